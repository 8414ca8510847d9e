resource "powerautomate_desktop_flow_connection" "robot" {
  display_name     = "Robot on Finance"
  credential_id    = powerautomate_cba_credential.robot.id
  machine_group_id = var.machine_group_id
}
