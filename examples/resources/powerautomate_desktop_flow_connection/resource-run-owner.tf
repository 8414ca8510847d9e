# Runs that a service principal owns. Its certificate comes from another provider's ephemeral resource and goes to the service: it is in
# no state, no plan and no log. Terraform or OpenTofu from 1.11.
ephemeral "azurerm_key_vault_secret" "run_owner" {
  name         = "run-owner"
  key_vault_id = var.key_vault_id
}

resource "powerautomate_desktop_flow_connection" "owned" {
  display_name     = "Robot on Finance, owned"
  credential_id    = powerautomate_cba_credential.robot.id
  machine_group_id = var.machine_group_id

  run_owner {
    client_id                  = var.run_owner_client_id
    certificate_pfx_wo         = ephemeral.azurerm_key_vault_secret.run_owner.value
    certificate_pfx_wo_version = "1" # change it when the certificate has changed
  }
}
