terraform {
  required_providers {
    powerautomate = { source = "cba/powerautomate" }
  }
}

# Who signs in comes from ARM_TENANT_ID, ARM_CLIENT_ID and ARM_CLIENT_SECRET; without them, from the Azure CLI.
provider "powerautomate" {
  environment_id = var.environment_id
}
