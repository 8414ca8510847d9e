output "certificate_name" {
  value = provider::powerautomate::parse_key_vault_certificate_id(
    "https://kv-robots.vault.azure.net/certificates/robot/0123456789abcdef0123456789abcdef"
  ).name
}
