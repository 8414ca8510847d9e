# The environment, and the credential's name or id. Without the environment and the slash, it is the provider's.
terraform import powerautomate_cba_credential.robot 00000000-0000-0000-0000-000000000000/Robot
