# The environment, and the variable's schema name or the id of its definition. Without the environment and the slash, it is the provider's.
terraform import powerautomate_key_vault_certificate_reference.robot 00000000-0000-0000-0000-000000000000/cto_robot_certificate
