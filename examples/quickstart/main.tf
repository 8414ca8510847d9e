terraform {
  required_providers {
    powerautomate = { source = "cba/powerautomate" }
  }
}

variable "environment_id" { type = string }
variable "key_vault_id" { type = string }
variable "machine_group_id" { type = string }

variable "certificate_name" {
  type    = string
  default = "robot"
}

# Who signs in comes from the ARM_ variables of the Azure provider, in a pipeline too; without any, from the Azure CLI.
provider "powerautomate" {
  environment_id = var.environment_id
}

resource "powerautomate_key_vault_certificate_reference" "robot" {
  schema_name      = "cto_robot_certificate"
  key_vault_id     = var.key_vault_id
  certificate_name = var.certificate_name
}

resource "powerautomate_cba_credential" "robot" {
  name                     = "Robot"
  username                 = "robot@contoso.com"
  certificate_reference_id = powerautomate_key_vault_certificate_reference.robot.id
}

resource "powerautomate_desktop_flow_connection" "robot" {
  display_name     = "Robot on Finance"
  credential_id    = powerautomate_cba_credential.robot.id
  machine_group_id = var.machine_group_id
}
