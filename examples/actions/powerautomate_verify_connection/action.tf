resource "powerautomate_desktop_flow_connection" "robot" {
  display_name     = "Robot on Finance"
  credential_id    = powerautomate_cba_credential.robot.id
  machine_group_id = var.machine_group_id

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.powerautomate_verify_connection.robot]
    }
  }
}

# By hand: terraform apply -invoke=action.powerautomate_verify_connection.robot
action "powerautomate_verify_connection" "robot" {
  config {
    connection_id = powerautomate_desktop_flow_connection.robot.id
    timeout       = "10m"
  }
}
