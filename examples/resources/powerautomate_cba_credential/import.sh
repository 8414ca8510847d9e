# The environment, and the credential's name or id.
terraform import powerautomate_cba_credential.robot 00000000-0000-0000-0000-000000000000/Robot
