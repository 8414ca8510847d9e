//! What a folder and a world of the harness have besides what is declared: variables, secrets, and something that is somebody else's.

use serde_json::json;

use super::secrets;
use crate::world::{EPHEMERAL, World};

/// The variables of the declarations besides those of the sandbox's place.
const VARIABLES: &str = r#"
variable "client_id" { type = string }
variable "username_variable_id" { type = string }
"#;

/// Writes the provider's block and the variables. The user name's variable is the one that somebody else made.
pub(super) fn furnish(world: &mut World, username_variable: &str) {
    world.write_variables();
    world.write_provider("environment_id = var.environment_id");
    world.write("more.tf", &format!("{VARIABLES}{EPHEMERAL}"));
    let client_id = world.place().client_id.clone();
    for (name, value) in [
        ("TF_VAR_client_id", client_id.as_str()),
        ("TF_VAR_username_variable_id", username_variable),
        ("TF_VAR_pfx", secrets::pfx()),
        ("TF_VAR_password", secrets::PASSWORD),
    ] {
        world.set(name, value);
    }
    // Nothing is learnt from waiting.
    world.switch(|switches| switches.connectivity.settles_after_ms = 0);
}

/// A user name's variable that a company made by hand.
pub(super) fn username_variable(world: &World) -> String {
    let name = "cto_company_user";
    let definition = json!({ "schemaname": name, "displayname": name, "type": 100_000_000 });
    let variable = world.insert("environmentvariabledefinitions", definition);
    let value =
        json!({ "schemaname": name, "value": "robot@contoso.com", "environmentvariabledefinitionid": variable });
    world.insert("environmentvariablevalues", value);
    variable
}
