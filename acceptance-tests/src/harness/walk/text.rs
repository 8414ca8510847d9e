//! The configuration of a model, as somebody would write it.

use serde_json::json;

use super::model::{Home, Model, Robot, description};

/// How a GUID may be given: as it is, in capitals, without dashes.
fn spelt_id(expression: &str, spelling: usize) -> String {
    match spelling % 4 {
        1 => format!("upper({expression})"),
        2 => format!("replace({expression}, \"-\", \"\")"),
        3 => format!("upper(replace({expression}, \"-\", \"\"))"),
        _ => expression.to_owned(),
    }
}

/// How the id of a vault may be given: the names of an Azure resource id know no case.
fn spelt_vault(spelling: usize) -> &'static str {
    match spelling % 4 {
        1 => "replace(var.key_vault_id, \"resourceGroups\", \"resourcegroups\")",
        2 => "upper(var.key_vault_id)",
        3 => "replace(var.key_vault_id, \"Microsoft.KeyVault\", \"microsoft.keyvault\")",
        _ => "var.key_vault_id",
    }
}

/// The whole configuration.
pub(super) fn of(model: &Model) -> String {
    let mut text = String::new();
    for robot in &model.robots {
        if let Home::Alone(name) = &robot.home {
            text.push_str(&alone(name, robot));
        }
    }
    let listed =
        |wanted: &dyn Fn(&Robot) -> bool| model.robots.iter().filter(|robot| wanted(robot)).collect::<Vec<_>>();
    let each = listed(&|robot| matches!(robot.home, Home::Each(_)));
    let counted = listed(&|robot| robot.home == Home::Counted);
    let by_key: serde_json::Map<String, serde_json::Value> = each
        .iter()
        .filter_map(|robot| match &robot.home {
            Home::Each(key) => Some((key.clone(), values(robot))),
            _ => None,
        })
        .collect();
    let in_order: Vec<serde_json::Value> = counted.iter().map(|robot| values(robot)).collect();
    let locals = format!("locals {{\n  each = {}\n  counted = {}\n}}\n", json!(by_key), json!(in_order));
    let connected = "{ for key, robot in local.each : key => robot if robot.is_connected }";
    text.push_str(&locals);
    text.push_str(&many("each", "for_each = local.each", &format!("for_each = {connected}"), "each.value", "each.key"));
    text.push_str(&many(
        "counted",
        "count = length(local.counted)",
        "count = length(local.counted)",
        "local.counted[count.index]",
        "count.index",
    ));
    text
}

/// What differs between robots of one block.
fn values(robot: &Robot) -> serde_json::Value {
    json!({
        "schema_name": robot.schema_name(),
        "certificate": format!("robot-{:02}", robot.certificate),
        "description": robot.description.map(description),
        "shown": robot.shown_name(),
        "name": robot.credential_name(),
        "username": format!("robot-{}@contoso.com", robot.user.unwrap_or_default()),
        "display_name": robot.display_name(),
        "is_in_warehouse": robot.is_in_warehouse,
        "is_connected": robot.is_connected,
    })
}

fn many(name: &str, meta: &str, meta_connected: &str, value: &str, key: &str) -> String {
    format!(
        r#"
resource "powerautomate_key_vault_certificate_reference" "{name}" {{
  {meta}
  schema_name      = {value}.schema_name
  display_name     = {value}.shown
  description      = {value}.description
  key_vault_id     = var.key_vault_id
  certificate_name = {value}.certificate
}}

resource "powerautomate_cba_credential" "{name}" {{
  {meta}
  name                     = {value}.name
  username                 = {value}.username
  description              = {value}.description
  certificate_reference_id = powerautomate_key_vault_certificate_reference.{name}[{key}].id
}}

resource "powerautomate_desktop_flow_connection" "{name}" {{
  {meta_connected}
  display_name     = {value}.display_name
  credential_id    = powerautomate_cba_credential.{name}[{key}].id
  machine_group_id = {value}.is_in_warehouse ? var.other_machine_group_id : var.machine_group_id
}}
"#
    )
}

fn alone(name: &str, robot: &Robot) -> String {
    let line = |name: &str, value: &str| format!("{name} = {value}");
    let described = robot.description.map(|number| line("description", &format!("\"{}\"", description(number))));
    let described = described.unwrap_or_default();
    let user = match robot.user {
        Some(user) => format!("username = \"robot-{user}@contoso.com\""),
        None => format!("username_variable_id = {}", spelt_id("var.username_variable_id", robot.spelling)),
    };
    let environment = match robot.spelling % 3 {
        1 => "environment_id = upper(var.environment_id)",
        2 => "environment_id = var.environment_id",
        _ => "",
    };
    let lifecycle = |ignored: &str| {
        let ignored = if ignored.is_empty() { String::new() } else { format!("ignore_changes = [{ignored}]") };
        format!(
            "lifecycle {{\n    create_before_destroy = {}\n    prevent_destroy = {}\n    {ignored}\n  }}",
            robot.creates_first, robot.is_kept
        )
    };
    let certificate = format!("powerautomate_key_vault_certificate_reference.{name}.id");
    let mut text = format!(
        r#"
resource "powerautomate_key_vault_certificate_reference" "{name}" {{
  {environment}
  schema_name      = "{}"
  display_name     = "{}"
  key_vault_id     = {}
  certificate_name = "robot-{:02}"
  {described}
  {}
}}

resource "powerautomate_cba_credential" "{name}" {{
  {environment}
  name                     = "{}"
  certificate_reference_id = {}
  {user}
  {described}
  {}
}}
"#,
        robot.schema_name(),
        robot.shown_name(),
        spelt_vault(robot.spelling),
        robot.certificate,
        lifecycle(if robot.ignored.is_some() { "description" } else { "" }),
        robot.credential_name(),
        spelt_id(&certificate, robot.spelling),
        lifecycle(""),
    );
    if robot.is_connected {
        let group = if robot.is_in_warehouse { "var.other_machine_group_id" } else { "var.machine_group_id" };
        let owner = robot.run_owner.map(|version| {
            format!(
                "run_owner {{\n    client_id = {}\n    certificate_pfx_wo = var.pfx\n    certificate_pfx_wo_version = \"{version}\"\n    \
                 certificate_password_wo = var.password\n  }}",
                spelt_id("var.client_id", robot.spelling)
            )
        });
        text.push_str(&format!(
            r#"
resource "powerautomate_desktop_flow_connection" "{name}" {{
  {environment}
  display_name     = "{}"
  credential_id    = {}
  machine_group_id = {}
  {}
  {}
}}
"#,
            robot.display_name(),
            spelt_id(&format!("powerautomate_cba_credential.{name}.id"), robot.spelling),
            spelt_id(group, robot.spelling),
            owner.unwrap_or_default(),
            lifecycle(""),
        ));
    }
    text
}
