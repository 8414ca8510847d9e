//! What people do in the portal meanwhile.

use serde_json::json;

use super::model::{Model, description};
use crate::court::{CONNECTION, CREDENTIAL, REFERENCE};
use crate::world::World;

const DEFINITIONS: &str = "environmentvariabledefinitions";
const VALUES: &str = "environmentvariablevalues";

/// Does something to what one of the robots has, and tells what it was.
pub(super) fn take(model: &mut Model, world: &World, chance: &mut fastrand::Rng) -> Option<String> {
    let known = world.addresses();
    let whole = |model: &Model, place: usize| {
        let robot = &model.robots[place];
        let addresses = robot.kinds().iter().map(|kind| model.address(robot, kind));
        !model.touched.contains(&robot.number) && addresses.into_iter().all(|address| known.contains(&address))
    };
    let places: Vec<usize> = (0..model.robots.len()).filter(|place| whole(model, *place)).collect();
    let place = *chance.choice(&places)?;
    let fresh = model.fresh();
    let address = |kind: &str| model.address(&model.robots[place], kind);
    let (reference, credential) = (world.attr(&address(REFERENCE), "id"), world.attr(&address(CREDENTIAL), "id"));
    let username = world.attr(&address(CREDENTIAL), "username_variable_id");
    // What is there counts: the same apply may be about to take the user name from the company's variable, or to put it there.
    let is_managed = world.attribute(&address(CREDENTIAL), "username_variable_managed") == json!(true);
    let connection = model.robots[place].is_connected.then(|| world.attr(&address(CONNECTION), "id"));
    let robot = &mut model.robots[place];
    let is_free = robot.is_free();
    let is_own = robot.user.is_some() && is_managed;
    let inactive = json!({ "statecode": 1, "statuscode": 2 });
    let what = match (chance.u8(..14), connection) {
        (0, _) => {
            let text = description(fresh);
            world.patch(DEFINITIONS, &reference, json!({ "description": text, "displayname": "Mine" }));
            robot.ignored = robot.ignored.map(|_| Some(fresh));
            "describes the reference otherwise"
        }
        (1, _) => {
            world.patch("credentials", &credential, json!({ "name": "Mine", "description": "Now" }));
            "renames the credential"
        }
        (2, _) => {
            let elsewhere = format!("{}/secrets/robot-02", world.place().key_vault_id);
            world.patch(VALUES, &value(world, &reference)?, json!({ "value": elsewhere }));
            "points the reference elsewhere"
        }
        (3, _) => {
            world.remove_row(VALUES, &value(world, &reference)?);
            "takes the reference's value"
        }
        (4, _) if is_own => {
            world.patch(VALUES, &value(world, &username)?, json!({ "value": "intern@contoso.com" }));
            "changes the user name"
        }
        (5, _) if is_own => {
            world.remove_row(VALUES, &value(world, &username)?);
            "takes the user name's value"
        }
        (6, _) => {
            world.patch(DEFINITIONS, &reference, inactive);
            "deactivates the reference"
        }
        (7, _) => {
            world.patch("credentials", &credential, inactive);
            "deactivates the credential"
        }
        (8, _) if is_free => {
            world.remove_row("credentials", &credential);
            "deletes the credential"
        }
        (9, _) if is_free && is_own => {
            world.remove_row("credentials", &credential);
            world.remove_row(DEFINITIONS, &username);
            "deletes the credential with its variable"
        }
        (10, _) if is_free => {
            world.patch("credentials", &credential, json!({ "certificate": null }));
            "takes the credential's certificate"
        }
        (11, Some(id)) => {
            world.remove_connection(&id);
            "deletes the connection"
        }
        (12, Some(id)) => {
            world.fail_connection(&id);
            "breaks the connection"
        }
        _ => {
            world.rotate_certificate(&format!("robot-{:02}", robot.certificate));
            "rotates the certificate"
        }
    };
    let told = format!("drift: somebody {what} of {}", robot.number);
    let number = robot.number;
    model.touched.insert(number);
    Some(told)
}

/// The id of a variable's value.
fn value(world: &World, variable: &str) -> Option<String> {
    let values = world.rows_of(VALUES, "environmentvariabledefinitionid", variable);
    values
        .first()
        .and_then(|row| row["environmentvariablevalueid"].as_str())
        .map(str::to_owned)
        .filter(|_| values.len() == 1)
}
