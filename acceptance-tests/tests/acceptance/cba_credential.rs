//! `powerautomate_cba_credential`: a real Terraform, the provider, and the rows that come of it.

use acceptance_tests::world::World;
use serde_json::json;

const ADDRESS: &str = "powerautomate_cba_credential.robot";
const DEFINITIONS: &str = "environmentvariabledefinitions";
const VALUES: &str = "environmentvariablevalues";

const REFERENCE: &str = r#"
resource "powerautomate_key_vault_certificate_reference" "robot" {
  schema_name      = "cto_robot_certificate"
  key_vault_id     = var.key_vault_id
  certificate_name = "robot"
}
"#;

fn credential(more: &str) -> String {
    with("name = \"Robot\"\n username = \"robot@contoso.com\"", more)
}

fn with(first: &str, more: &str) -> String {
    format!(
        r#"
resource "powerautomate_cba_credential" "robot" {{
  certificate_reference_id = powerautomate_key_vault_certificate_reference.robot.id
  {first}
  {more}
}}
"#
    )
}

/// A world that holds the certificate reference already.
fn referenced() -> World {
    let world = World::new();
    world.write("reference.tf", REFERENCE);
    world.apply().expect_quiet();
    world.forget_conversation();
    world
}

fn applied(configuration: &str) -> World {
    let world = referenced();
    world.write("main.tf", configuration);
    world.apply().expect_quiet();
    world.forget_conversation();
    world
}

fn username_value(world: &World) -> serde_json::Value {
    let variable = world.attr(ADDRESS, "username_variable_id");
    let values = world.rows_of(VALUES, "environmentvariabledefinitionid", &variable);
    assert_eq!(values.len(), 1, "{values:?}");
    values[0].clone()
}

#[test]
fn it_comes_and_goes_in_one_change_set_each() {
    let world = referenced();
    let seeded = world.rows();
    world.write("main.tf", &credential(""));
    world.plan().expect_quiet().expect_changes(&[&format!("create {ADDRESS}")]);
    assert_eq!(world.writes(), Vec::<String>::new(), "a plan writes nothing");
    world.apply_plan().expect_quiet();

    let (id, variable) = (world.attr(ADDRESS, "id"), world.attr(ADDRESS, "username_variable_id"));
    assert_eq!(world.attr(ADDRESS, "username_schema_name"), "cto_robot_certificate_username");
    assert_eq!(world.attribute(ADDRESS, "active"), json!(true));
    let row = world.row("credentials", &id);
    assert_eq!((&row["credentialtype"], &row["connectiontype"]), (&json!(1), &json!(5)));
    assert_eq!(row["usagetype"], "280920000");
    assert_eq!(username_value(&world)["value"], "robot@contoso.com");
    let description = world.row(DEFINITIONS, &variable)["description"].clone();
    assert!(
        description.as_str().is_some_and(|text| text.contains(&id)),
        "the variable says whose it is: {description}"
    );
    let writes = world.writes();
    assert_eq!(writes.len(), 4, "one $batch of three rows: {writes:#?}");
    for (line, set) in writes[1..].iter().zip([DEFINITIONS, VALUES, "credentials"]) {
        assert!(line.contains(set), "{writes:#?}");
    }

    world.plan().expect_quiet().expect_no_changes();
    world.forget_conversation();
    world.remove("main.tf");
    world.apply().expect_quiet();
    assert_eq!(world.rows(), seeded);
    assert_eq!(world.writes().len(), 3, "one $batch of two deletions: {:#?}", world.writes());
}

#[test]
fn what_can_be_changed_is_changed_in_place() {
    let world = applied(&credential(""));
    let (id, variable) = (world.attr(ADDRESS, "id"), world.attr(ADDRESS, "username_variable_id"));
    for (first, more) in [
        ("name = \"Renamed\"\n username = \"robot@contoso.com\"", ""),
        ("name = \"Renamed\"\n username = \"robot@contoso.com\"", "description = \"Finance\""),
        ("name = \"Renamed\"\n username = \"ROBOT@contoso.com\"", "description = \"Finance\""),
        (
            "name = \"Renamed\"\n username = \"ROBOT@contoso.com\"",
            "description = \"Finance\"\n timeouts {\n create = \"1m\"\n }",
        ),
    ] {
        world.write("main.tf", &with(first, more));
        world.plan().expect_quiet().expect_changes(&[&format!("update {ADDRESS}")]);
        world.apply_plan().expect_quiet();
        world.plan().expect_quiet().expect_no_changes();
    }
    assert_eq!((world.attr(ADDRESS, "id"), world.attr(ADDRESS, "username_variable_id")), (id.clone(), variable));
    let row = world.row("credentials", &id);
    assert_eq!((&row["name"], &row["description"]), (&json!("Renamed"), &json!("Finance")));
    assert_eq!(username_value(&world)["value"], "ROBOT@contoso.com");
}

#[test]
fn what_cannot_be_changed_replaces() {
    let world = applied(&credential(""));
    world.write("main.tf", &credential("username_schema_name = \"cto_robot_user\""));
    world.plan().expect_quiet().expect_changes(&[&format!("replace {ADDRESS}")]);
    world.apply_plan().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
    assert_eq!(world.attr(ADDRESS, "username_schema_name"), "cto_robot_user");

    let text = json!({ "schemaname": "cto_shared_user", "displayname": "User", "type": 100_000_000, "defaultvalue": "robot@contoso.com" });
    let theirs = world.insert(DEFINITIONS, text);
    world.write("main.tf", &with("name = \"Robot\"", &format!("username_variable_id = \"{theirs}\"")));
    world.plan().expect_quiet().expect_changes(&[&format!("replace {ADDRESS}")]);
    world.apply_plan().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
    assert_eq!(world.attr(ADDRESS, "username"), "robot@contoso.com");

    world.forget_conversation();
    world.remove("main.tf");
    world.apply().expect_quiet();
    assert_eq!(world.row(DEFINITIONS, &theirs)["schemaname"], "cto_shared_user", "somebody else's variable stays");
    assert!(!world.writes().iter().any(|line| line.contains(DEFINITIONS)), "{:#?}", world.writes());
}

#[test]
fn another_certificate_reference_replaces() {
    let world = applied(&credential(""));
    let second = REFERENCE.replace("\"robot\" {", "\"second\" {").replace("cto_robot_certificate", "cto_second");
    world.write("second.tf", &second);
    world.write("main.tf", &credential("").replace("reference.robot.id", "reference.second.id"));
    let create = "create powerautomate_key_vault_certificate_reference.second";
    world.plan().expect_quiet().expect_changes(&[create, &format!("replace {ADDRESS}")]);
    world.apply_plan().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
    assert_eq!(world.attr(ADDRESS, "username_schema_name"), "cto_second_username");
}

#[test]
fn drift_is_seen_and_repaired() {
    let world = applied(&credential("description = \"Finance\""));
    let id = world.attr(ADDRESS, "id");
    let update = format!("update {ADDRESS}");

    world.patch("credentials", &id, json!({ "name": "Mine", "description": "now" }));
    world.plan().expect_quiet().expect_changes(&[&update]).expect_drift(&[&update]);
    world.apply_plan().expect_quiet();

    let value = username_value(&world)["environmentvariablevalueid"].as_str().expect("a row has an id").to_owned();
    world.patch(VALUES, &value, json!({ "value": "somebody@contoso.com" }));
    world.plan().expect_quiet().expect_changes(&[&update]).expect_drift(&[&update]);
    world.apply_plan().expect_quiet();
    assert_eq!(username_value(&world)["value"], "robot@contoso.com");

    world.remove_row(VALUES, &value);
    world.plan().expect_quiet().expect_changes(&[&update]);
    world.apply_plan().expect_quiet();
    assert_eq!(username_value(&world)["value"], "robot@contoso.com");

    world.patch("credentials", &id, json!({ "statecode": 1, "statuscode": 2 }));
    world.plan().expect_quiet().expect_changes(&[&update]).expect_drift(&[&update]);
    world.apply_plan().expect_quiet();
    assert_eq!(world.row("credentials", &id)["statecode"], 0);
    world.plan().expect_quiet().expect_no_changes();
    assert_eq!(world.attr(ADDRESS, "id"), id);
}

#[test]
fn a_nulled_lookup_replaces() {
    let world = applied(&credential(""));
    let variable = world.attr(ADDRESS, "username_variable_id");
    world.remove_row(DEFINITIONS, &variable);
    let replace = format!("replace {ADDRESS}");
    world.plan().expect_quiet().expect_changes(&[&replace]);
    world.apply_plan().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();

    let id = world.attr(ADDRESS, "id");
    world.patch("credentials", &id, json!({ "certificate": null }));
    world.plan().expect_quiet().expect_changes(&[&replace]);
    world.apply_plan().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
}

#[test]
fn what_was_deleted_by_hand_is_made_again() {
    let world = applied(&credential(""));
    let (id, variable) = (world.attr(ADDRESS, "id"), world.attr(ADDRESS, "username_variable_id"));
    world.remove_row("credentials", &id);
    world.remove_row(DEFINITIONS, &variable);
    world.plan().expect_quiet().expect_changes(&[&format!("create {ADDRESS}")]);
    world.apply_plan().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
    assert_ne!(world.attr(ADDRESS, "id"), id);
}

#[test]
fn it_is_imported_by_id_and_by_name() {
    for by_name in [true, false] {
        let world = applied(&credential(""));
        let (id, environment_id) = (world.attr(ADDRESS, "id"), world.place().environment_id.clone());
        world.run(&["state", "rm", ADDRESS]).expect_ok();
        world.import(ADDRESS, &format!("{environment_id}/{}", if by_name { "Robot" } else { &id })).expect_ok();
        assert_eq!(world.attr(ADDRESS, "id"), id);
        world.forget_conversation();
        world.plan().expect_quiet().expect_no_changes();
        assert_eq!(world.writes(), Vec::<String>::new());
    }
}

#[test]
fn an_import_refuses_what_is_of_another_kind_and_names_that_are_not_unique() {
    let world = referenced();
    world.write("main.tf", &credential(""));
    let import = |what: &str| world.import(ADDRESS, &format!("{}/{what}", world.place().environment_id));
    let password = json!({ "name": "Password", "credentialtype": 1, "connectiontype": 1, "usagetype": "280920000" });
    world.insert("credentials", password.clone());
    import("Password").expect_error(
        "",
        "The credential does not sign in with a certificate",
        &["user name and password"],
    );
    world.insert("credentials", password);
    import("Password").expect_error("", "The name is not unique", &["2 credentials"]);
    import("Nobody").expect_error("", "There is nothing to import", &["Nobody"]);
}

#[test]
fn a_certificate_that_does_not_name_the_user_warns() {
    let world = referenced();
    world.write("main.tf", &with("name = \"Robot\"\n username = \"else@contoso.com\"", ""));
    let summary = "The certificate does not name the user";
    world.plan().expect_ok().expect_warning("username", summary, &["robot@contoso.com", "else@contoso.com"]);
}

#[test]
fn a_variable_of_somebody_else_s_is_never_changed() {
    let world = referenced();
    let text = json!({ "schemaname": "cto_robot_certificate_username", "displayname": "User", "type": 100_000_000 });
    let theirs = world.insert(DEFINITIONS, text);
    world.write("main.tf", &credential(""));
    let summary = "The environment variable \"cto_robot_certificate_username\" exists already";
    let parts = ["no credential uses it", "username_variable_id"];
    world.plan().expect_ok().expect_warning("resource", summary, &parts);
    world.apply_plan().expect_error("resource", summary, &parts);

    let credential = json!({ "name": "Theirs", "credentialtype": 1, "connectiontype": 5, "usagetype": "280920000", "username": theirs });
    world.insert("credentials", credential);
    let summary =
        "The user name variable \"cto_robot_certificate_username\" of the credential \"Theirs\" exists already";
    world.apply().expect_error("resource", summary, &["import {"]);
    assert_eq!(world.writes(), Vec::<String>::new());
}
