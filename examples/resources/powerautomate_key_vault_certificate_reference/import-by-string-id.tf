import {
  to = powerautomate_key_vault_certificate_reference.robot
  id = "00000000-0000-0000-0000-000000000000/cto_robot_certificate"
}
