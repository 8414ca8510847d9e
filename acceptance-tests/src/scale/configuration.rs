//! The HCL of a fleet: one `for_each` in the root, or modules of as many chains each.

use sandbox::default_world;

use super::Fleet;
use crate::workspace::{SOURCE, Workspace};

/// What every file of a module begins with.
const REQUIRED: &str = "terraform {\n  required_providers {\n    powerautomate = { source = \"SOURCE\" }\n  }\n}\n";

/// The three resources of each robot.
const CHAIN: &str = r#"
resource "powerautomate_key_vault_certificate_reference" "robot" {
  for_each         = local.robots
  schema_name      = "cto_robot_${each.key}_certificate"
  key_vault_id     = each.value.key_vault_id
  certificate_name = each.value.certificate_name
}
resource "powerautomate_cba_credential" "robot" {
  for_each                 = local.robots
  name                     = "Robot ${each.key}${lookup(var.renamed, each.key, "")}"
  username                 = "robot-${each.key}@contoso.com"
  certificate_reference_id = powerautomate_key_vault_certificate_reference.robot[each.key].id
}
resource "powerautomate_desktop_flow_connection" "robot" {
  for_each         = local.robots
  display_name     = "Robot ${each.key} on Finance"
  credential_id    = powerautomate_cba_credential.robot[each.key].id
  machine_group_id = var.machine_group_id
}
"#;

const VARIABLES: &str = r#"
variable "machine_group_id" { type = string }
variable "renamed" {
  type    = map(string)
  default = {}
}
"#;

/// A query that finds everything, more than there is.
const LISTS: &str = r#"
list "powerautomate_key_vault_certificate_reference" "all" {
  provider = powerautomate
  limit    = 100000
}
list "powerautomate_cba_credential" "all" {
  provider = powerautomate
  limit    = 100000
}
list "powerautomate_desktop_flow_connection" "all" {
  provider = powerautomate
  limit    = 100000
}
"#;

/// Writes the configuration of a fleet.
pub fn write(fleet: &Fleet, workspace: &Workspace) {
    let required = REQUIRED.replace("SOURCE", SOURCE);
    let provider = "variable \"environment_id\" { type = string }\nprovider \"powerautomate\" {\n  environment_id = var.environment_id\n}\n";
    let head = format!("{required}{provider}{VARIABLES}");
    if fleet.modules == 0 {
        workspace.write("main.tf", &format!("{head}{}{CHAIN}", robots(fleet, "1", &fleet.chains.to_string())));
    } else {
        workspace.write("main.tf", &format!("{head}{}", modules(fleet)));
        let folder = workspace.folder().join("team");
        std::fs::create_dir_all(folder).expect("a work folder has room for a module");
        let numbers = "variable \"first\" { type = number }\nvariable \"last\" { type = number }\n";
        let body = format!("{required}{VARIABLES}{numbers}{}{CHAIN}", robots(fleet, "var.first", "var.last"));
        workspace.write("team/main.tf", &body);
    }
    workspace.write("all.tfquery.hcl", LISTS);
}

/// The address of the first chain's connection: what a user would name in `-target`.
#[must_use]
pub fn first_connection(fleet: &Fleet) -> String {
    let module = if fleet.modules == 0 { "" } else { "module.team_01." };
    format!("{module}powerautomate_desktop_flow_connection.robot[\"0001\"]")
}

/// The robots from one number to another, which are numbers or name them.
fn robots(fleet: &Fleet, first: &str, last: &str) -> String {
    let (certificates, vaults, subscription) = (fleet.certificates, fleet.vaults, default_world::SUBSCRIPTION);
    format!(
        r#"
locals {{
  vaults = "/subscriptions/{subscription}/resourceGroups/rg-robots/providers/Microsoft.KeyVault/vaults"
  robots = {{ for n in range({first}, {last} + 1) : format("%04d", n) => {{
    key_vault_id     = format("${{local.vaults}}/kv-fleet-%02d", (n - 1) % {certificates} % {vaults} + 1)
    certificate_name = format("robot-%04d", (n - 1) % {certificates} + 1)
  }} }}
}}
"#
    )
}

/// One block for each module, as teams have it.
fn modules(fleet: &Fleet) -> String {
    let each = fleet.chains.div_ceil(fleet.modules);
    let block = |number: usize| {
        let (first, last) = ((number - 1) * each + 1, (number * each).min(fleet.chains));
        format!(
            "module \"team_{number:02}\" {{\n  source           = \"./team\"\n  first            = {first}\n  last             = {last}\n  machine_group_id = var.machine_group_id\n}}\n"
        )
    };
    (1..=fleet.modules).map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_hold_every_chain_once() {
        let text = modules(&Fleet::of(250).in_modules(3));
        let numbers = |name: &str| -> Vec<usize> {
            let lines = text.lines().filter(|line| line.trim_start().starts_with(name));
            lines.filter_map(|line| line.split('=').nth(1)?.trim().parse().ok()).collect()
        };
        assert_eq!(numbers("first"), [1, 85, 169]);
        assert_eq!(numbers("last"), [84, 168, 250]);
    }
}
