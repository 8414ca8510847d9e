resource "powerautomate_cba_credential" "robot" {
  name                     = "Robot"
  description              = "Signs in to the machines of Finance."
  username                 = "robot@contoso.com"
  certificate_reference_id = powerautomate_key_vault_certificate_reference.robot.id
}
