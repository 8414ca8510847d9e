output "connection" {
  value = provider::powerautomate::parse_connection_id(
    "/providers/Microsoft.PowerApps/apis/shared_uiflow/connections/3f1c7d0e5b6a4c2f9e8d7c6b5a493827"
  ).name
}
