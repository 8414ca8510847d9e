//! Who sees and does what.

use serde_json::json;

use super::*;
use crate::dataverse::tables::{Column, Ownership, Table};

#[test]
fn only_users_of_the_organization_are_answered() {
    let mut stranger = Desk::new().speaking_as(NOBODY);
    stranger.check("GET WhoAmI", "", "", "403 0x80072560 The user is not a member of the organization.");
    stranger.check("POST $batch", "", "x", "403 0x80072560");
}

#[test]
fn a_row_is_for_its_owner_for_whom_it_is_shared_with_and_for_administrators() {
    let mut desk = Desk::furnished().speaking_as(MAKER);
    let row = format!("credentials({CREDENTIAL})");
    assert_eq!(desk.column("GET credentials", "name"), "");
    desk.check(&format!("GET {row}"), "", "", "403 0x80040220 SecLib::AccessCheckEx failed.");
    desk.check(&format!("PATCH {row}"), "", r#"{"name":"S"}"#, "403 0x80040220");
    desk.check(&format!("DELETE {row}"), "", "", "403 0x80040220");
    let bind =
        json!({ "name": "Mine", "certificate@odata.bind": format!("/environmentvariabledefinitions({DEFINITION})") });
    desk.check("POST credentials", "", &bind.to_string(), "403 0x80040220");

    let maker = desk.org.user_of(&desk.caller()).unwrap();
    desk.org.share("credential", CREDENTIAL.parse().unwrap(), maker).unwrap();
    desk.org.share("environmentvariabledefinition", DEFINITION.parse().unwrap(), maker).unwrap();
    assert_eq!(desk.column("GET credentials", "name"), "Robot");
    assert_eq!(desk.column("GET environmentvariablevalues", "value"), SECRET);
    desk.check(&format!("GET {row}"), "", "", "200");
    desk.check(&format!("PATCH {row}"), "", r#"{"name":"S"}"#, "403 0x80040220");
    desk.check("POST credentials", "", &bind.to_string(), "204");
    // The other variable of the credential was not shared: it is not read along.
    let read = desk.read("GET credentials?$filter=name eq 'Robot'&$expand=username,certificate", "");
    assert_eq!(read["value"][0]["username"], Value::Null);
    assert_eq!(read["value"][0]["certificate"]["schemaname"], "cto_robot_certificate");

    desk.org.unshare("credential", CREDENTIAL.parse().unwrap(), maker).unwrap();
    assert_eq!(desk.column("GET credentials", "name"), "Mine");
    desk.app_id = ADMIN;
    assert_eq!(desk.column("GET credentials?$orderby=name", "name"), "Mine,Robot");
}

#[test]
fn a_value_belongs_to_whoever_the_definition_belongs_to() {
    let mut desk = Desk::furnished().speaking_as(MAKER);
    let of = |definition: &str| {
        let bind = format!("/environmentvariabledefinitions({definition})");
        json!({ "schemaname": "new_x", "value": "x", "EnvironmentVariableDefinitionId@odata.bind": bind }).to_string()
    };
    let maker = desk.org.user_of(&desk.caller()).unwrap();
    desk.org.share("environmentvariabledefinition", OTHER_DEFINITION.parse().unwrap(), maker).unwrap();
    desk.check("POST environmentvariablevalues", "", &of(OTHER_DEFINITION), "403 0x80040220");
    let body = r#"{"schemaname":"new_x","environmentvariabledefinitionid":"dddddddd-0000-0000-0000-000000000009"}"#;
    desk.check("POST environmentvariabledefinitions", "", body, "204");
    desk.check("POST environmentvariablevalues", "", &of("dddddddd-0000-0000-0000-000000000009"), "204");
    assert_eq!(desk.column("GET environmentvariablevalues", "schemaname"), "new_x");
}

#[test]
fn who_has_a_share_is_told_whatever_the_roles() {
    let mut desk = Desk::furnished();
    let line = format!(
        "GET RetrieveSharedPrincipalsAndAccess(Target=@t)?@t={{'@odata.id':'environmentvariabledefinitions({DEFINITION})'}}"
    );
    assert_eq!(desk.read(&line, "")["PrincipalAccesses"], json!([]), "an administrator sees it, and has no share");
    let reader = desk.org.user_of_application(READER).unwrap();
    desk.org.share("environmentvariabledefinition", DEFINITION.parse().unwrap(), reader).unwrap();
    let shares = desk.read(&line, "")["PrincipalAccesses"].clone();
    assert_eq!(shares[0]["Principal"]["systemuserid"], reader.to_string());
    desk.check(&line.replace("?@t", "?@u"), "", "", "400 0x80060888 The parameter alias '@t' has no value.");
    desk.check(&line.replace(DEFINITION, NOBODY), "", "", "404 0x80040217");
    desk.app_id = MAKER;
    desk.check(&line, "", "", "403 0x80040220");
}

/// A table that belongs to another parent than a variable's value does.
static CHILD: Table = Table {
    logical: "robotshift",
    schema: "RobotShift",
    set: "robotshifts",
    label: "Robot Shift",
    id: "robotshiftid",
    name: "name",
    ownership: Ownership::Parent("groupid"),
    writable: true,
    columns: &[&[
        Column::id("robotshiftid"),
        Column::text("name", 100),
        Column::navigated("groupid", "GroupId", &["flowmachinegroup"]),
    ]],
    collections: &[],
    object_type_code: 0,
};

#[test]
fn a_row_belongs_to_the_parent_of_its_own_table() {
    let mut desk = Desk::new();
    let (admin, maker) = (desk.org.user_of_application(ADMIN).unwrap(), desk.org.user_of_application(MAKER).unwrap());
    let group = desk.org.insert("flowmachinegroup", json!({ "name": "Night", "ownerid": maker.to_string() })).unwrap();
    let id = Uuid::from_u128(1);
    desk.org.add(&CHILD, id, [("groupid", json!(group.to_string()))].into(), admin);
    assert!(desk.org.may_write(maker, &CHILD, id));
    let reader = desk.org.user_of_application(READER).unwrap();
    assert!(!desk.org.may_read(reader, &CHILD, id));
    desk.org.share("flowmachinegroup", group, reader).unwrap();
    assert!(desk.org.may_read(reader, &CHILD, id) && !desk.org.may_write(reader, &CHILD, id));
}

#[test]
fn an_owner_may_give_a_row_away() {
    let mut desk = Desk::new().speaking_as(MAKER);
    desk.check("POST credentials", "", &format!(r#"{{"credentialid":"{CREDENTIAL}","name":"R"}}"#), "204");
    let admin = desk.org.user_of_application(ADMIN).unwrap();
    let bind = format!(r#"{{"ownerid@odata.bind":"/systemusers({admin})"}}"#);
    desk.check(&format!("PATCH credentials({CREDENTIAL})"), "", &bind, "204");
    desk.check(&format!("GET credentials({CREDENTIAL})"), "", "", "403 0x80040220");
    desk.app_id = ADMIN;
    let row = desk.read(&format!("GET credentials({CREDENTIAL})"), "");
    assert_eq!(
        (&row["_ownerid_value"], &row["_owninguser_value"]),
        (&json!(admin.to_string()), &json!(admin.to_string()))
    );
}

#[test]
fn without_a_role_nothing_is_created() {
    let mut desk = Desk::new().speaking_as(READER);
    desk.check("POST credentials", "", r#"{"name":"R"}"#, "403 0x80040220 Principal user");
}
