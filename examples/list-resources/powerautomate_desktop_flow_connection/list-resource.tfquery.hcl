list "powerautomate_desktop_flow_connection" "finance" {
  provider         = powerautomate
  include_resource = true

  config {
    machine_group_id = "8f6d5a1c-1111-4222-8333-444455556666"
  }
}
