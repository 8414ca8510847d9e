resource "powerautomate_key_vault_certificate_reference" "robot" {
  schema_name      = "cto_robot_certificate"
  display_name     = "Certificate of the robot"
  key_vault_id     = var.key_vault_id
  certificate_name = "robot"

  requirements {
    min_days_remaining = 14
  }
}
