import {
  to = powerautomate_desktop_flow_connection.robot
  identity = {
    environment_id = "00000000-0000-0000-0000-000000000000"
    id             = "8f6d5a1c-1111-4222-8333-444455556666"
  }
}
