//! Who sees and does what.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::dataverse::tables::{Column, Ownership, Table};
use crate::dataverse::{Depth, Verb};

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
    desk.check(&format!("GET {row}"), "", "", "403 0x80048306 Principal with id");
    desk.check(&format!("PATCH {row}"), "", r#"{"name":"S"}"#, "403 0x80048306");
    desk.check(&format!("DELETE {row}"), "", "", "403 0x80048306");
    let bind =
        json!({ "name": "Mine", "certificate@odata.bind": format!("/environmentvariabledefinitions({DEFINITION})") });
    desk.check("POST credentials", "", &bind.to_string(), "403 0x80048306");

    let maker = desk.org.user_of(&desk.caller()).unwrap();
    desk.org.share("credential", CREDENTIAL.parse().unwrap(), maker).unwrap();
    desk.org.share("environmentvariabledefinition", DEFINITION.parse().unwrap(), maker).unwrap();
    assert_eq!(desk.column("GET credentials", "name"), "Robot");
    assert_eq!(desk.column("GET environmentvariablevalues", "value"), SECRET);
    desk.check(&format!("GET {row}"), "", "", "200");
    desk.check(&format!("PATCH {row}"), "", r#"{"name":"S"}"#, "403 0x80048306");
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
    desk.check("POST environmentvariablevalues", "", &of(OTHER_DEFINITION), "403 0x80048306");
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
    assert_eq!(shares[0]["AccessMask"], "ReadAccess, AppendToAccess");
    desk.check(&line.replace("?@t", "?@u"), "", "", "400 0x80060888 The parameter alias '@t' has no value.");
    desk.check(&line.replace(DEFINITION, NOBODY), "", "", "404 0x80040217");
    desk.app_id = MAKER;
    desk.check(&line, "", "", "403 0x80048306");
}

/// A table that belongs to another parent than a variable's value does.
static CHILD: Table = Table {
    logical: "robotshift",
    schema: "RobotShift",
    set: "robotshifts",
    label: "Robot Shift",
    privileges: "robotshift",
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
    assert!(desk.org.may(maker, Verb::Write, &CHILD, id));
    let reader = desk.org.user_of_application(READER).unwrap();
    desk.org.assign_role(reader, "Basic User").unwrap();
    assert!(!desk.org.may(reader, Verb::Read, &CHILD, id));
    desk.org.share("flowmachinegroup", group, reader).unwrap();
    assert!(desk.org.may(reader, Verb::Read, &CHILD, id) && !desk.org.may(reader, Verb::Write, &CHILD, id));
}

#[test]
fn an_owner_may_give_a_row_away() {
    let mut desk = Desk::new().speaking_as(MAKER);
    desk.check("POST credentials", "", &format!(r#"{{"credentialid":"{CREDENTIAL}","name":"R"}}"#), "204");
    let admin = desk.org.user_of_application(ADMIN).unwrap();
    let bind = format!(r#"{{"ownerid@odata.bind":"/systemusers({admin})"}}"#);
    desk.check(&format!("PATCH credentials({CREDENTIAL})"), "", &bind, "204");
    desk.check(&format!("GET credentials({CREDENTIAL})"), "", "", "403 0x80048306");
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
    let reader = desk.org.user_of(&desk.caller()).unwrap();
    let told = format!(
        "403 0x80042f09 RetrievePrivilegeForUser: The user with id {reader} has not been assigned any roles. They need a role with the \
         prvCreatecredential privilege."
    );
    desk.check("POST credentials", "", r#"{"name":"R"}"#, &told);
    desk.check("GET credentials", "", "", "403 0x80042f09");
    desk.check("GET WhoAmI", "", "", "200");
    desk.org.role("Robots", [("prvReadUser", Depth::Global)]).unwrap();
    desk.org.assign_role(reader, "Robots").unwrap();
    let told = format!(
        "403 0x80040220 Principal user (Id={reader}, type=8, roleCount=1, privilegeCount=1, accessMode=0), is missing prvCreatecredential \
         privilege (Id="
    );
    desk.check("POST credentials", "", r#"{"name":"R"}"#, &told);
    assert!(desk.org.take_role(reader, "Robots") && !desk.org.take_role(reader, "Robots"));
    desk.check("GET credentials", "", "", "403 0x80042f09");
}

#[test]
fn a_role_is_made_of_privileges_that_there_are() {
    let mut desk = Desk::new();
    let reader = desk.org.user_of_application(READER).unwrap();
    assert!(desk.org.role("X", [("prvReadAccount", Depth::Basic)]).unwrap_err().contains("prvReadAccount"));
    assert!(desk.org.assign_role(reader, "X").unwrap_err().contains("'X'"));
}

/// Somebody with these privileges and no other, in an organization with a machine group, and what the administrator has made: a secret
/// variable with a value, a text variable, a credential.
fn holder(privileges: &[(&str, Depth)]) -> Desk {
    let mut desk = Desk::furnished().speaking_as(READER);
    desk.org.insert("flowmachinegroup", json!({ "name": "Night" })).unwrap();
    let reader = desk.org.user_of_application(READER).unwrap();
    desk.org.role("Robots", privileges.iter().copied()).unwrap();
    desk.org.assign_role(reader, "Robots").unwrap();
    desk
}

/// The names of the rights that a request was asked for.
fn asked(response: &Response) -> Vec<String> {
    response.rights.iter().map(|one| one.right.clone()).collect()
}

/// With all of these privileges somebody may do this, which is asked for them and no others, and without any one of them he is told which
/// is missing.
#[track_caller]
fn check(line: &str, body: &str, done: &str, privileges: &[&str]) {
    let all: Vec<(&str, Depth)> = privileges.iter().map(|name| (*name, Depth::Global)).collect();
    holder(&all).check(line, "", body, done);
    let (told, all_told) = (asked(&holder(&all).ask(line, "", body)), privileges.iter().map(|name| (*name).to_owned()));
    assert_eq!(told.into_iter().collect::<BTreeSet<_>>(), all_told.collect(), "{line}");
    for missing in privileges {
        let rest = all.iter().copied().filter(|(name, _)| name != missing);
        let others: Vec<_> = rest.chain([("prvCreateflowmachine", Depth::Basic)]).collect();
        let shown = shown(&holder(&others).ask(line, "", body));
        assert!(shown.starts_with("403 0x80040220") && shown.contains(missing), "{line} without {missing}: {shown}");
    }
}

#[test]
fn each_operation_asks_for_its_privileges() {
    let definition = r#"{"schemaname":"cto_new","displayname":"New","type":100000000}"#;
    check(
        "POST environmentvariabledefinitions",
        definition,
        "204",
        &["prvCreateEnvironmentVariableDefinition", "prvReadEnvironmentVariableDefinition"],
    );
    let value = format!(
        r#"{{"schemaname":"cto_robot_username","value":"x","EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions({OTHER_DEFINITION})"}}"#
    );
    check(
        "POST environmentvariablevalues",
        &value,
        "204",
        &[
            "prvWriteEnvironmentVariableDefinition",
            "prvReadEnvironmentVariableDefinition",
            "prvAppendEnvironmentVariableDefinition",
            "prvAppendToEnvironmentVariableDefinition",
        ],
    );
    let credential =
        format!(r#"{{"name":"R","certificate@odata.bind":"/environmentvariabledefinitions({DEFINITION})"}}"#);
    check(
        "POST credentials",
        &credential,
        "204",
        &[
            "prvCreatecredential",
            "prvReadcredential",
            "prvAppendcredential",
            "prvReadEnvironmentVariableDefinition",
            "prvAppendToEnvironmentVariableDefinition",
        ],
    );
    let row = |set: &str, id: &str| format!("{set}({id})");
    check(&format!("GET {}", row("credentials", CREDENTIAL)), "", "200", &["prvReadcredential"]);
    check("GET flowmachinegroups", "", "200", &["prvReadflowmachinegroup"]);
    check("GET systemusers", "", "200", &["prvReadUser"]);
    check("GET solutions", "", "200", &["prvReadSolution"]);
    check("GET publishers", "", "200", &["prvReadPublisher"]);
    check("GET solutioncomponents", "", "200", &["prvReadSolution"]);
    check("GET solutioncomponentdefinitions", "", "200", &["prvReadSolution"]);
    check(&format!("PATCH {}", row("credentials", CREDENTIAL)), r#"{"name":"S"}"#, "204", &["prvWritecredential"]);
    check(
        &format!("PATCH {}", row("environmentvariablevalues", VALUE)),
        r#"{"value":""}"#,
        "204",
        &["prvWriteEnvironmentVariableDefinition"],
    );
    check(&format!("DELETE {}", row("credentials", CREDENTIAL)), "", "204", &["prvDeletecredential"]);
    check(
        &format!("DELETE {}", row("environmentvariabledefinitions", DEFINITION)),
        "",
        "204",
        &["prvDeleteEnvironmentVariableDefinition"],
    );
    check(
        &format!("DELETE {}", row("environmentvariablevalues", VALUE)),
        "",
        "204",
        &["prvWriteEnvironmentVariableDefinition"],
    );
    check(
        "GET credentials?$expand=certificate",
        "",
        "200",
        &["prvReadcredential", "prvReadEnvironmentVariableDefinition"],
    );
    let shares = format!("RetrieveSharedPrincipalsAndAccess(Target=@t)?@t={{'@odata.id':'credentials({CREDENTIAL})'}}");
    check(&format!("GET {shares}"), "", "200", &["prvReadcredential"]);
    let component = format!(
        r#"{{"ComponentId":"{DEFINITION}","ComponentType":380,"SolutionUniqueName":"CtoRobots","AddRequiredComponents":false}}"#
    );
    check(
        "POST AddSolutionComponent",
        &component,
        "200",
        &["prvWriteSolution", "prvReadEnvironmentVariableDefinition"],
    );
}

#[test]
fn what_is_asked_for_is_told_with_each_part_of_a_batch_and_where_it_is_known_from() {
    let reference = format!(r#"{{"value":"{SECRET}"}}"#);
    let items: &[&[&str]] = &[
        &["GET /api/data/v9.2/credentials?$expand=certificate"],
        &[&format!("PATCH /api/data/v9.2/environmentvariablevalues({VALUE})\n{reference}")],
    ];
    let response = Desk::furnished().batch(&batches::batch_of(items), "");
    assert_eq!(asked(&response), Vec::<String>::new(), "the batch itself asks for nothing");
    let told = |part: usize| {
        let rights = response.parts[part].1.rights.iter();
        rights.map(|one| format!("{} {} {}", one.service, one.right, one.known)).collect::<Vec<_>>()
    };
    assert_eq!(told(0), ["Dataverse prvReadcredential D", "Dataverse prvReadEnvironmentVariableDefinition D"]);
    let secret = "Key Vault Microsoft.KeyVault/vaults/secrets/getSecret/action";
    assert_eq!(
        told(1),
        [
            "Dataverse prvWriteEnvironmentVariableDefinition I",
            &format!("{secret} D"),
            &format!("{secret} of 00000007-0000-0000-c000-000000000000 D"),
        ]
    );
    // After the right that is missing no other is asked for.
    let mut stranger = Desk::furnished().speaking_as(READER);
    let refused = stranger.ask("GET credentials?$expand=certificate", "", "");
    assert_eq!(asked(&refused), ["prvReadcredential"]);
}

#[test]
fn a_value_is_refused_by_the_privilege_of_its_variable() {
    let mut desk = holder(&[("prvReadUser", Depth::Global)]);
    let told = shown(&desk.ask("GET environmentvariablevalues", "", ""));
    assert!(told.contains("on OTC=380 for entity 'environmentvariabledefinition'"), "{told}");
}

#[test]
fn some_ask_for_nothing() {
    let mut desk = Desk::new().speaking_as(READER);
    desk.check("GET WhoAmI", "", "", "200");
    desk.check("GET EntityDefinitions", "", "", "200");
    let line = "GET RetrieveCurrentOrganization(AccessType=Microsoft.Dynamics.CRM.EndpointAccessType'Default')";
    desk.check(line, "", "", "200");
}

#[test]
fn a_depth_decides_which_rows_are_reached() {
    for (depth, others) in
        [(Depth::Basic, "403 0x80048306"), (Depth::Local, "200"), (Depth::Deep, "200"), (Depth::Global, "200")]
    {
        let mut desk = holder(&[("prvReadcredential", depth), ("prvCreatecredential", depth)]);
        desk.check("POST credentials", "", r#"{"name":"Mine"}"#, "204");
        desk.check(&format!("GET credentials({CREDENTIAL})"), "", "", others);
        let seen = desk.column("GET credentials?$orderby=name", "name");
        assert_eq!(seen, if depth == Depth::Basic { "Mine" } else { "Mine,Robot" }, "{depth:?}");
        desk.check(&format!("GET credentials({NOBODY})"), "", "", "404");
    }
}

#[test]
fn a_solution_in_a_header_asks_for_what_adding_does() {
    let body = r#"{"name":"R"}"#;
    let rights = [("prvCreatecredential", Depth::Basic), ("prvReadcredential", Depth::Basic)];
    let header = "MSCRM.SolutionUniqueName: CtoRobots";
    let refused = shown(&holder(&rights).ask("POST credentials", header, body));
    assert!(refused.starts_with("403 0x80040220") && refused.contains("prvWriteSolution"), "{refused}");
    let rights = [rights.as_slice(), &[("prvWriteSolution", Depth::Global)]].concat();
    holder(&rights).check("POST credentials", header, body, "204");
}

#[test]
fn to_give_a_row_away_asks_for_more_on_both_sides() {
    let basic = |names: &[&'static str]| names.iter().map(|name| (*name, Depth::Basic)).collect::<Vec<_>>();
    let all = basic(&["prvCreatecredential", "prvReadcredential", "prvWritecredential", "prvAssigncredential"]);
    let give = |desk: &mut Desk, to: &str, expected: &str| {
        let to = desk.org.user_of_application(to).unwrap();
        let body = format!(r#"{{"ownerid@odata.bind":"/systemusers({to})"}}"#);
        desk.check(&format!("PATCH credentials({NOBODY})"), "", &body, expected);
    };
    let mine = format!(r#"{{"credentialid":"{NOBODY}","name":"Mine"}}"#);
    let mut desk = holder(&all);
    desk.check("POST credentials", "", &mine, "204");
    let stranger = desk.org.add_user("aaaaaaaa-0000-0000-0000-000000000009", "", "Stranger", &[]);
    give(&mut desk, "aaaaaaaa-0000-0000-0000-000000000009", "403 0x80040220 Read Privilege Check For Owner failed");
    desk.org.assign_role(stranger, "Basic User").unwrap();
    give(&mut desk, "aaaaaaaa-0000-0000-0000-000000000009", "204");
    give(&mut desk, READER, "403 0x80048306");
    let mut desk = holder(&all[..3]);
    desk.check("POST credentials", "", &mine, "204");
    give(&mut desk, ADMIN, "403 0x80040220 Principal user");
    give(&mut desk, READER, "204");
}

#[test]
fn a_share_gives_what_it_says() {
    let mut desk = holder(&[("prvReadcredential", Depth::Basic), ("prvWritecredential", Depth::Basic)]);
    let (id, row) = (CREDENTIAL.parse().unwrap(), format!("credentials({CREDENTIAL})"));
    let reader = desk.org.user_of_application(READER).unwrap();
    desk.org.share("credential", id, reader).unwrap();
    desk.check(&format!("PATCH {row}"), "", r#"{"name":"S"}"#, "403 0x80048306 Principal with id");
    desk.org.share_rights("credential", id, reader, &[Verb::Read, Verb::Write]).unwrap();
    desk.check(&format!("PATCH {row}"), "", r#"{"name":"S"}"#, "204");
}
