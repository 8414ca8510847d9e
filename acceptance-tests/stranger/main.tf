terraform {
  required_providers {
    powerautomate = {
      source = "cba/powerautomate"
    }
  }
}

variable "environment_id" {
  type = string
}

variable "key_vault_id" {
  type = string
}

variable "machine_group_ids" {
  type        = map(string)
  description = "The machine groups by what they do: finance and warehouse."
}

# Who signs in: ARM_TENANT_ID, ARM_CLIENT_ID, ARM_CLIENT_SECRET.
provider "powerautomate" {
  environment_id = var.environment_id
}

locals {
  robots = {
    "robot-01" = { account = "robot-01", groups = ["finance", "warehouse"] }
    "robot-02" = { account = "robot-02", groups = ["finance", "warehouse"] }
    "robot-03" = { account = "robot-03", groups = ["finance"] }
    "robot-04" = { account = "robot-04", groups = ["finance"] }
    "robot-05" = { account = "robot-05", groups = ["finance"] }
    "robot-06" = { account = "robot-06", groups = ["warehouse"] }
    "robot-07" = { account = "robot-07", groups = ["warehouse"] }
    "robot-08" = { account = "robot-08", groups = ["warehouse"] }
    "robot-09" = { account = "robot-09", groups = ["warehouse"] }
    "robot-10" = { account = "robot-10", groups = ["warehouse"] }
  }

  seats = merge([
    for key, robot in local.robots : {
      for group in robot.groups : "${key}/${group}" => { robot = key, account = robot.account, group = group }
    }
  ]...)
}

resource "powerautomate_key_vault_certificate_reference" "robot" {
  for_each = local.robots

  schema_name          = "cto_${replace(each.value.account, "-", "_")}_certificate"
  display_name         = "Certificate of ${each.value.account}"
  description          = "Declared by the platform team."
  key_vault_id         = var.key_vault_id
  certificate_name     = each.value.account
  solution_unique_name = "CtoRobots"

  requirements {
    min_days_remaining = 14
  }

  timeouts {
    create = "15m"
  }
}

resource "powerautomate_cba_credential" "robot" {
  for_each = local.robots

  name                     = each.value.account
  description              = "Signs ${each.value.account} in with its certificate."
  username                 = "${each.value.account}@contoso.com"
  certificate_reference_id = powerautomate_key_vault_certificate_reference.robot[each.key].id
  solution_unique_name     = "CtoRobots"
}

resource "powerautomate_desktop_flow_connection" "robot" {
  for_each = local.seats

  display_name     = "${each.value.account} on ${each.value.group}"
  credential_id    = powerautomate_cba_credential.robot[each.value.robot].id
  machine_group_id = var.machine_group_ids[each.value.group]

  timeouts {
    create = "5m"
    update = "5m"
  }
}

output "connections" {
  value = { for seat, connection in powerautomate_desktop_flow_connection.robot : seat => connection.id }
}

output "certificates_expire_on" {
  value = { for key, reference in powerautomate_key_vault_certificate_reference.robot : key => reference.expires_on }
}
