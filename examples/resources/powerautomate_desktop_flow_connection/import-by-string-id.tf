import {
  to = powerautomate_desktop_flow_connection.robot
  id = "00000000-0000-0000-0000-000000000000/Robot on Finance"
}
