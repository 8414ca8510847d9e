import {
  to = powerautomate_cba_credential.robot
  id = "00000000-0000-0000-0000-000000000000/Robot"
}
