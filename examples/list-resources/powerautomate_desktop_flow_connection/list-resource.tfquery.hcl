# In a file of its own, robots.tfquery.hcl for example.
# terraform query                            shows what is there
# terraform query -generate-config-out=x.tf  writes it down as configuration with import blocks
# What is written names other objects by their ids. Name them by their addresses (TYPE.NAME.id) instead: only those tell
# Terraform in which order to remove them.
list "powerautomate_desktop_flow_connection" "all" {
  provider         = powerautomate
  include_resource = true
  limit            = 1000

  config {
    machine_group_id = "8f6d5a1c-1111-4222-8333-444455556666"
  }
}
