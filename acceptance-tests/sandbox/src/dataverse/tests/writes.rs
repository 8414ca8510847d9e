//! Creating, changing and deleting rows.

use serde_json::json;

use super::super::{CredentialLookups, SecretRefusal};
use super::*;

#[test]
fn a_created_row_is_named_by_its_address_or_returned() {
    let mut desk = Desk::new();
    let body = json!({ "environmentvariabledefinitionid": DEFINITION, "schemaname": "cto_a", "displayname": "A" });
    let response = desk.ask("POST environmentvariabledefinitions", "", &body.to_string());
    assert_eq!(response.status, 204);
    let address = format!("https://{HOST}/api/data/v9.2/environmentvariabledefinitions({DEFINITION})");
    assert_eq!(response.headers["odata-entityid"], *address);
    let body = r#"{"schemaname":"cto_b","displayname":"B","type":100000005}"#;
    let response = desk.ask(
        "POST environmentvariabledefinitions?$select=schemaname,type,statecode",
        "Prefer: return=representation",
        body,
    );
    assert_eq!(response.status, 201);
    assert!(!response.headers.contains_key("odata-entityid"));
    let row: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(
        (&row["schemaname"], &row["type"], &row["statecode"]),
        (&json!("cto_b"), &json!(100_000_005), &json!(0))
    );
    assert_eq!(row.get("displayname"), None);
}

#[test]
fn a_body_is_held_against_the_columns() {
    let mut desk = Desk::furnished();
    let long = "x".repeat(101);
    let bind = |nav: &str, target: &str| format!(r#"{{"name":"R","{nav}@odata.bind":"{target}"}}"#);
    let value = "The length of the 'value' attribute of the 'environmentvariablevalue' entity exceeded";
    for (line, body, expected) in [
        ("POST credentials", r#"{"nam":"R"}"#.to_owned(), "400 0x80048d19 Error identified in Payload"),
        ("POST credentials", r#"{"name":7}"#.to_owned(), "400 0x80048d19"),
        ("POST credentials", r#"{"name":"R","usagetype":280920000}"#.to_owned(), "400 0x80048d19"),
        ("POST credentials", r#"{"name":"R","usagetype":"280920000,5"}"#.to_owned(), "400 0x8004431a"),
        (
            "POST credentials",
            r#"{"name":"R","connectiontype":9}"#.to_owned(),
            "400 0x8004431a A validation error occurred. The value 9 of 'connectiontype' on record of type 'credential' is outside the valid range. Accepted Values: 1,2,3,4,5,6,7",
        ),
        (
            "POST credentials",
            format!(r#"{{"name":"{long}"}}"#),
            "400 0x80044331 A validation error occurred.  The length of the 'name' attribute of the 'credential' entity exceeded the maximum allowed length of '100'.",
        ),
        ("POST credentials", r#"{"name":"R","createdon":"2026-01-01T00:00:00Z"}"#.to_owned(), "400 0x80048d19"),
        ("POST credentials", r#"{"name":"R","ismanaged":true}"#.to_owned(), "400 0x80048d19"),
        ("POST credentials", r#"{"name":"R","name@odata.type":"x"}"#.to_owned(), "400 0x80048d19"),
        ("POST credentials", r#"{"@odata.type":"Microsoft.Dynamics.CRM.account"}"#.to_owned(), "400 0x80048d19"),
        (
            "POST credentials",
            format!(r#"{{"_certificate_value":"{DEFINITION}"}}"#),
            "400 0x80060888 CRM do not support direct update of Entity Reference properties",
        ),
        ("POST credentials", r#"{"certificate":{"schemaname":"cto_x"}}"#.to_owned(), "400 0x80048d19"),
        ("POST credentials", "[]".to_owned(), "400 0x80048d19"),
        ("POST credentials", "{".to_owned(), "400 0x80048d19"),
        ("POST credentials", bind("Certificate", "/environmentvariabledefinitions(x)"), "400 0x80048d19"),
        ("POST credentials", bind("certificate", "/environmentvariabledefinitions(x)"), "400 0x80048d19"),
        ("POST credentials", bind("certificate", &format!("/systemusers({NOBODY})")), "400 0x80048d19"),
        ("POST credentials", bind("certificate", &format!("/environmentvariables({DEFINITION})")), "404 0x8006088a"),
        (
            "POST credentials",
            bind("certificate", &format!("/environmentvariabledefinitions({NOBODY})")),
            "404 0x80040217 Entity 'environmentvariabledefinition' With Id = ffffffff-0000-0000-0000-00000000000f Does Not Exist",
        ),
        (
            "POST credentials",
            bind("certificate", "$1"),
            "400 0x80048d19 Content-ID Reference: '$1' does not exist in the batch context.",
        ),
        (
            "POST credentials",
            bind("ownerid", &format!("/teams({NOBODY})")),
            "404 0x8006088a Resource not found for the segment 'teams'",
        ),
        ("POST credentials", bind("certificate", &format!("/environmentvariabledefinitions({DEFINITION})")), "204"),
        (
            "POST credentials",
            bind("certificate", &format!("https://{HOST}/api/data/v9.2/environmentvariabledefinitions({DEFINITION})")),
            "204",
        ),
        ("POST credentials", format!(r#"{{"credentialid":"{CREDENTIAL}","name":"Twice"}}"#), "412 0x80040237"),
        (
            "POST environmentvariabledefinitions",
            r#"{"displayname":"A"}"#.to_owned(),
            "400 0x80040203 Attribute 'schemaname' cannot be NULL.",
        ),
        ("POST environmentvariabledefinitions", r#"{"schemaname":null}"#.to_owned(), "400 0x80040203"),
        (
            "POST environmentvariabledefinitions",
            r#"{"schemaname":"CTO_robot_CERTIFICATE"}"#.to_owned(),
            "412 0x80040237 A record that you are trying to create or update violates a database constraint",
        ),
        (
            "POST environmentvariabledefinitions",
            r#"{"schemaname":"xyz_robot"}"#.to_owned(),
            "400 0x800608ad Export key attribute schemaname for component EnvironmentVariableDefinition must start with a valid customization prefix.",
        ),
        ("POST environmentvariabledefinitions", r#"{"schemaname":"robot"}"#.to_owned(), "400 0x800608ad"),
        (
            "POST environmentvariabledefinitions",
            r#"{"schemaname":"new_robot","statecode":1,"statuscode":1}"#.to_owned(),
            "400 0x80048408 1 is not a valid status code for state code EnvironmentVariableDefinitionState.Inactive",
        ),
        ("POST environmentvariabledefinitions", r#"{"schemaname":"new_robot","statecode":1}"#.to_owned(), "204"),
        (
            "POST environmentvariablevalues",
            r#"{"schemaname":"cto_x"}"#.to_owned(),
            "400 0x80040203 Attribute 'environmentvariabledefinitionid' cannot be NULL.",
        ),
        (
            "POST environmentvariablevalues",
            format!(r#"{{"value":"{}"}}"#, "x".repeat(2001)),
            &format!("400 0x80044331 A validation error occurred.  {value}"),
        ),
        (
            "POST environmentvariablevalues",
            format!(
                r#"{{"environmentvariabledefinitionid@odata.bind":"/environmentvariabledefinitions({DEFINITION})"}}"#
            ),
            "400 0x80048d19",
        ),
        ("POST flowmachinegroups", r#"{"name":"G"}"#.to_owned(), "405"),
        ("POST systemusers", r#"{"fullname":"G"}"#.to_owned(), "405"),
    ] {
        desk.check(line, "", &body, expected);
    }
}

#[test]
fn an_empty_text_is_no_text() {
    let mut desk = Desk::furnished();
    let row = format!("credentials({CREDENTIAL})");
    desk.check(&format!("PATCH {row}"), "", r#"{"description":""}"#, "204");
    assert_eq!(desk.read(&format!("GET {row}"), "")["description"], Value::Null);
    desk.check("POST environmentvariabledefinitions", "", r#"{"schemaname":""}"#, "400 0x80040203");
}

#[test]
fn lengths_count_what_dataverse_counts() {
    let mut desk = Desk::new();
    desk.check("POST credentials", "", &format!(r#"{{"name":"{}"}}"#, "ü".repeat(100)), "204");
    desk.check("POST credentials", "", &format!(r#"{{"name":"{}"}}"#, "\u{1F916}".repeat(51)), "400 0x80044331");
}

#[test]
fn a_patch_creates_or_changes_as_its_conditions_say() {
    let row = format!("PATCH credentials({CREDENTIAL})");
    let mut desk = Desk::new();
    desk.check(&row, "If-Match: *", r#"{"name":"R"}"#, "404 0x80040217");
    desk.check(&row, "If-None-Match: *", r#"{"name":"R"}"#, "204");
    desk.check(
        &row,
        "If-None-Match: *",
        r#"{"name":"R"}"#,
        "412 0x80040237 A record with matching key values already exists.",
    );
    desk.check(&row, "If-Match: *", r#"{"name":"S"}"#, "204");
    let etag = desk.read(&format!("GET credentials({CREDENTIAL})"), "")["@odata.etag"].as_str().unwrap().to_owned();
    desk.check(&row, "", r#"{"name":"T"}"#, "204");
    desk.check(
        &row,
        &format!("If-Match: {etag}"),
        r#"{"name":"U"}"#,
        "412 0x80060882 The version of the existing record doesn't match the RowVersion property provided.",
    );
    desk.check(&row, &format!("If-None-Match: *\nIf-Match: {etag}"), r#"{"name":"U"}"#, "412");
    let response = desk.ask(&row, "Prefer: return=representation", r#"{"name":"V"}"#);
    assert_eq!(response.status, 200);
    assert_eq!(serde_json::from_slice::<Value>(&response.body).unwrap()["name"], "V");
    desk.check(&row, "", &format!(r#"{{"credentialid":"{NOBODY}"}}"#), "400 0x80048d19");
    desk.check(&row, "", r#"{"statecode":1}"#, "204");
    let read = desk.read(&format!("GET credentials({CREDENTIAL})"), "");
    assert_eq!((&read["statecode"], &read["statuscode"]), (&json!(1), &json!(2)));
    desk.check(&row, "", r#"{"statuscode":1}"#, "400 0x80048408");
}

#[test]
fn a_secret_is_written_only_by_who_may_read_it() {
    let mut desk = Desk::furnished();
    let row = format!("PATCH environmentvariablevalues({VALUE})");
    let body = |reference: &str| format!(r#"{{"value":"{reference}"}}"#);
    desk.check(&row, "", &body(SECRET), "204");
    desk.check(
        &row,
        "",
        &body(FORBIDDEN),
        &format!("400 0x8004801e User is not authorized to read secrets from '{FORBIDDEN}' resource."),
    );
    desk.check(
        &row,
        "",
        &body(UNREGISTERED),
        &format!("400 0x8004801e Could not verify the user permission on '{UNREGISTERED}' resource."),
    );
    desk.check(&row, "", &body("robot"), "400 0x8004801e 'robot' is not a reference to a secret");
    desk.check(&row, "", &body(&format!("{SECRET}/0123456789abcdef0123456789abcdef")), "400 0x8004801e");
    desk.switches.secret_refusal = SecretRefusal::Forbidden;
    desk.check(&row, "", &body(FORBIDDEN), "403 0x8004801e");
    assert_eq!(desk.read(&format!("GET environmentvariablevalues({VALUE})"), "")["value"], SECRET);
    // A text variable may hold anything, and the default of a secret variable is held to the same rule.
    let text = json!({
        "schemaname": "cto_robot_username", "value": "robot",
        "EnvironmentVariableDefinitionId@odata.bind": format!("/environmentvariabledefinitions({OTHER_DEFINITION})"),
    });
    desk.check("POST environmentvariablevalues", "", &text.to_string(), "204");
    let default = json!({ "schemaname": "cto_x", "type": 100_000_005, "defaultvalue": FORBIDDEN });
    desk.check("POST environmentvariabledefinitions", "", &default.to_string(), "403 0x8004801e");
}

#[test]
fn the_variables_of_a_credential_change_as_the_switch_says() {
    let row = format!("PATCH credentials({CREDENTIAL})");
    let bind = |id: &str| format!(r#"{{"certificate@odata.bind":"/environmentvariabledefinitions({id})"}}"#);
    for (switch, expected, then) in [
        (CredentialLookups::Refused, "400 0x80040203 The 'certificate' of an existing credential", DEFINITION),
        (CredentialLookups::Ignored, "204", DEFINITION),
        (CredentialLookups::Accepted, "204", OTHER_DEFINITION),
    ] {
        let mut desk = Desk::furnished();
        desk.switches.credential_lookups = switch;
        desk.check(&row, "", &bind(DEFINITION), "204");
        desk.check(&row, "", &bind(OTHER_DEFINITION), expected);
        assert_eq!(desk.read(&format!("GET credentials({CREDENTIAL})"), "")["_certificate_value"], then);
    }
}

#[test]
fn what_is_inferred_can_be_switched_off() {
    let mut desk = Desk::furnished();
    desk.switches.publisher_prefix = false;
    desk.check("POST environmentvariabledefinitions", "", r#"{"schemaname":"robot"}"#, "204");
    let twice = json!({
        "schemaname": "cto_robot_certificate", "value": SECRET,
        "EnvironmentVariableDefinitionId@odata.bind": format!("/environmentvariabledefinitions({DEFINITION})"),
    });
    desk.check("POST environmentvariablevalues", "", &twice.to_string(), "412 0x80040237");
    desk.switches.unique_value_schema_names = false;
    desk.check("POST environmentvariablevalues", "", &twice.to_string(), "204");
}

#[test]
fn a_deleted_variable_takes_its_values_along_and_leaves_holes_in_credentials() {
    let mut desk = Desk::furnished();
    desk.check(&format!("DELETE environmentvariabledefinitions({DEFINITION})?$select=x"), "", "", "400");
    desk.check(&format!("DELETE environmentvariabledefinitions({DEFINITION})"), "If-Match: W/\"1\"", "", "412");
    desk.check(&format!("DELETE environmentvariabledefinitions({DEFINITION})"), "", "", "204");
    desk.check(&format!("DELETE environmentvariabledefinitions({DEFINITION})"), "", "", "404 0x80040217");
    desk.check(&format!("GET environmentvariablevalues({VALUE})"), "", "", "404 0x80040217");
    let credential = desk.read(&format!("GET credentials({CREDENTIAL})"), "");
    assert_eq!(credential["_certificate_value"], Value::Null);
    assert_eq!(credential["_username_value"], OTHER_DEFINITION);
    desk.check(&format!("DELETE credentials({CREDENTIAL})"), "", "", "204");
    desk.check(&format!("GET environmentvariabledefinitions({OTHER_DEFINITION})"), "", "", "200");
}

#[test]
fn managed_rows_keep_everything_but_their_values() {
    let mut desk = Desk::furnished();
    let definition = Uuid::parse_str(DEFINITION).unwrap();
    desk.org.patch("environmentvariabledefinition", definition, json!({ "ismanaged": true })).unwrap();
    desk.org.patch("environmentvariablevalue", VALUE.parse().unwrap(), json!({ "ismanaged": true })).unwrap();
    let row = format!("environmentvariabledefinitions({DEFINITION})");
    desk.check(&format!("PATCH {row}"), "", r#"{"displayname":"B"}"#, "400 0x8004f026");
    desk.check(&format!("DELETE {row}"), "", "", "400 0x8004f026");
    desk.check(&format!("PATCH environmentvariablevalues({VALUE})"), "", &format!(r#"{{"value":"{SECRET}"}}"#), "204");
    desk.check(&format!("DELETE environmentvariablevalues({VALUE})"), "", "", "204");
}

#[test]
fn a_solution_holds_what_was_put_in_it() {
    let mut desk = Desk::new();
    let body = format!(r#"{{"environmentvariabledefinitionid":"{DEFINITION}","schemaname":"cto_a"}}"#);
    desk.check("POST environmentvariabledefinitions", "MSCRM.SolutionUniqueName: Nothing", &body, "400 0x80048403");
    desk.check("POST environmentvariabledefinitions", "MSCRM.SolutionUniqueName: CtoRobots", &body, "204");
    let line =
        format!("GET solutioncomponents?$filter=objectid eq {DEFINITION}&$expand=solutionid($select=uniquename)");
    let read = desk.read(&line, "");
    assert_eq!(read["value"].as_array().unwrap().len(), 1);
    assert_eq!(read["value"][0]["solutionid"]["uniquename"], "CtoRobots");
    assert_eq!(read["value"][0]["componenttype"], 380);
    desk.check(&format!("DELETE environmentvariabledefinitions({DEFINITION})"), "", "", "204");
    assert_eq!(desk.column("GET solutioncomponents", "objectid"), "");
}

#[test]
fn a_row_that_exists_is_added_to_one_more_solution() {
    let mut desk = Desk::furnished();
    let types = desk.read("GET solutioncomponentdefinitions?$filter=primaryentityname eq 'credential'", "");
    let kind = types["value"][0]["solutioncomponenttype"].as_i64().unwrap();
    let body = |id: &str, kind: i64, solution: &str| {
        json!({
            "ComponentId": id, "ComponentType": kind, "SolutionUniqueName": solution, "AddRequiredComponents": false,
        })
        .to_string()
    };
    let line = "POST AddSolutionComponent";
    let members = format!("GET solutioncomponents?$filter=objectid eq {CREDENTIAL}");
    for _ in 0..2 {
        desk.check(line, "", &body(CREDENTIAL, kind, "CtoRobots"), "200");
        assert_eq!(desk.read(&members, "")["value"].as_array().unwrap().len(), 1, "once is enough");
    }
    desk.check(line, "", &body(CREDENTIAL, kind, "Nothing"), "400 0x80048403");
    desk.check(line, "", &body(NOBODY, kind, "CtoRobots"), "404 0x80040217 Entity 'credential'");
    desk.check(line, "", &body(CREDENTIAL, 7, "CtoRobots"), "400 0x80040203 Solution component type 7");
    desk.check(line, "", r#"{"ComponentId":1}"#, "400 0x80048d19");
    desk.app_id = READER;
    desk.check(line, "", &body(CREDENTIAL, kind, "CtoRobots"), "403 0x80042f09");
}
