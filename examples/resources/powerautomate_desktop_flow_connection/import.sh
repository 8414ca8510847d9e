# The environment, and the connection's display name or id. Without the environment and the slash, it is the provider's.
terraform import powerautomate_desktop_flow_connection.robot "00000000-0000-0000-0000-000000000000/Robot on Finance"
