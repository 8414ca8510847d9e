//! Every request of this client as one line, and every row as it is read.

use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::credential::{Credential, CredentialChange, NewCredential};
use super::environment_variable::{Definition, DefinitionChange, Kind, NewVariable, VariableValue};
use super::machine_group::{MachineGroup, Shares};
use super::solution::{Publisher, Solution};
use super::solution_component::{kinds, members};
use super::table::quoted;
use super::user::User;
use super::*;
use crate::clients::entra::Entra;

fn id(last: u8) -> Uuid {
    Uuid::from_u128(u128::from(last))
}

fn dataverse() -> Arc<Dataverse> {
    let http = Http::new(Entra::untried(), String::new(), Default::default());
    Dataverse::new(Arc::new(http), Url::parse("https://contoso.crm4.dynamics.com/").unwrap(), Arc::default())
}

/// The line without the headers that every read has.
#[track_caller]
fn check(request: &Request, expected: &str) {
    let headers = "  accept: application/json  odata-version: 4.0  odata-maxversion: 4.0  if-none-match: null";
    assert_eq!(request.line().replace(headers, "").replace("00000000-0000-0000-0000-0000000000", ""), expected);
}

#[test]
fn a_row_is_asked_for_with_the_columns_that_are_read() {
    let dataverse = dataverse();
    check(
        &dataverse.one::<Definition>(id(1)),
        "GET /api/data/v9.2/environmentvariabledefinitions(01)?$select=environmentvariabledefinitionid,schemaname,displayname,description,\
         type,secretstore,defaultvalue,_ownerid_value,statecode,ismanaged&$expand=environmentvariabledefinition_environmentvariablevalue\
         ($select=environmentvariablevalueid,value)",
    );
    check(
        &dataverse.one::<Credential>(id(2)),
        "GET /api/data/v9.2/credentials(02)?$select=credentialid,name,description,connectiontype,_username_value,_certificate_value,\
         _password_value,_ownerid_value,statecode,ismanaged",
    );
    check(
        &dataverse.one::<MachineGroup>(id(3)),
        "GET /api/data/v9.2/flowmachinegroups(03)?$select=flowmachinegroupid,_ownerid_value",
    );
}

#[test]
fn rows_are_asked_for_by_name_by_use_and_in_ordered_pages() {
    let dataverse = dataverse();
    let filter = |filter: &Filter| {
        let line = dataverse.list::<Credential>(filter).line();
        let (_, query) = line.split_once("&$filter=").unwrap();
        query.replace("%20", " ").replace("%27", "'").replace("00000000-0000-0000-0000-0000000000", "")
    };
    let headers = "  accept: application/json  odata-version: 4.0  odata-maxversion: 4.0  if-none-match: null";
    assert_eq!(filter(&Filter::named::<Credential>(&["O'Brien"])), format!("name eq 'O''Brien'{headers}"));
    assert_eq!(
        filter(&Credential::using(&[id(1)])),
        format!("_certificate_value eq 01 or _username_value eq 01 or _password_value eq 01{headers}")
    );
    assert_eq!(
        filter(&Credential::using(&[id(1), id(2)])).split("  ").next().unwrap().matches(" or ").count(),
        5,
        "three lookups of each"
    );
    assert_eq!(filter(&Filter::named::<Credential>(&["a", "b"])), format!("name eq 'a' or name eq 'b'{headers}"));
    let ids = Filter::with_ids::<Credential>(&[id(1), id(2)]);
    assert_eq!(filter(&ids), format!("credentialid eq 01 or credentialid eq 02{headers}"));
    let narrowing = Narrowing { name_prefix: Some("cto_"), unmanaged_only: true };
    assert_eq!(
        filter(&Credential::certificate_based(narrowing)),
        format!(
            "connectiontype eq 5 and startswith(name,'cto_') and ismanaged eq false&$orderby=name{headers}  \
             prefer: odata.maxpagesize=100"
        )
    );
    assert_eq!(Definition::references(Narrowing::default()).condition, "type eq 100000005 and secretstore eq 0");
}

#[test]
fn what_a_plan_asks_is_a_line_each() {
    let dataverse = dataverse();
    check(&dataverse.one::<User>(id(4)), "GET /api/data/v9.2/systemusers(04)?$select=systemuserid");
    check(
        &dataverse.list::<Solution>(&Filter::named::<Solution>(&["CtoRobots"])),
        "GET /api/data/v9.2/solutions?$select=solutionid,ismanaged&$filter=uniquename%20eq%20%27CtoRobots%27",
    );
    check(
        &dataverse.list::<Publisher>(&Filter::named::<Publisher>(&["cto"])),
        "GET /api/data/v9.2/publishers?$select=publisherid&$filter=customizationprefix%20eq%20%27cto%27",
    );
    check(
        &dataverse.shares_of(id(3)),
        "GET /api/data/v9.2/RetrieveSharedPrincipalsAndAccess(Target=@target)?@target=\
         %7B%27%40odata.id%27%3A%27flowmachinegroups(03)%27%7D",
    );
}

#[test]
fn a_group_is_shared_with_a_user_or_perhaps_with_a_team_of_his() {
    let shares = |principals: Json| -> Shares {
        let shares =
            principals.as_array().unwrap().iter().map(|one| json!({"AccessMask": "ReadAccess", "Principal": one}));
        serde_json::from_value(json!({"PrincipalAccesses": shares.collect::<Vec<_>>()})).unwrap()
    };
    assert!(!shares(json!([])).hold(id(1)));
    assert!(!shares(json!([{"systemuserid": id(2)}])).hold(id(1)));
    assert!(shares(json!([{"systemuserid": id(2)}, {"systemuserid": id(1)}])).hold(id(1)));
    assert!(shares(json!([{"teamid": id(2)}])).hold(id(1)), "who is in a team is not said");
}

#[test]
fn a_row_is_added_to_a_solution_by_its_component_type() {
    let dataverse = dataverse();
    let rows = [("credential", id(1)), ("environmentvariabledefinition", id(2))];
    assert_eq!(
        members(id(9), &rows).condition.replace("00000000-0000-0000-0000-0000000000", ""),
        "_solutionid_value eq 09 and (objectid eq 01 or objectid eq 02)"
    );
    assert_eq!(
        kinds(&rows).condition,
        "primaryentityname eq 'credential' or primaryentityname eq 'environmentvariabledefinition'"
    );
    let line = dataverse.add("CtoRobots", 380, id(2)).line();
    let (_, body) = line.split_once("  {").unwrap();
    assert_eq!(
        body.replace("00000000-0000-0000-0000-0000000000", ""),
        r#""ComponentId":"02","ComponentType":380,"SolutionUniqueName":"CtoRobots","AddRequiredComponents":false}"#
    );
    assert!(line.starts_with("POST /api/data/v9.2/AddSolutionComponent  "), "{line}");
}

#[test]
fn a_text_is_quoted_and_encoded() {
    assert_eq!(quoted("O'Brien"), "'O''Brien'");
    assert_eq!(encoded("name eq 'O''Brien & Söhne'"), "name%20eq%20'O''Brien%20%26%20S%C3%B6hne'");
}

#[track_caller]
fn check_changes(changes: &ChangeSet, expected: &[&str]) {
    let mut lines: Vec<String> =
        changes.lines().iter().map(|line| line.replace("00000000-0000-0000-0000-0000000000", "")).collect();
    for line in &mut lines {
        // The columns are those of a read.
        if let (Some(from), Some(to)) = (line.find("$select="), line.find("  ")) {
            line.replace_range(from + "$select=".len()..to, "…");
        }
        // The id of a value is minted where it is written.
        if let Some(at) = line.find("\"environmentvariablevalueid\":\"") {
            let at = at + "\"environmentvariablevalueid\":\"".len();
            line.replace_range(at..at + 36, "new");
        }
    }
    assert_eq!(lines, expected);
}

#[test]
fn a_variable_comes_with_its_value() {
    let owner = Some(Owner(id(9)));
    let mut changes = ChangeSet::new(Some("Robots"));
    let variable =
        NewVariable { id: id(1), schema_name: "cto_a", display_name: "A", description: Some("d"), owner, value: "v" };
    variable.reference(&mut changes);
    NewVariable { description: None, owner: None, ..variable }.text(&mut changes);
    check_changes(
        &changes,
        &[
            r#"POST environmentvariabledefinitions?$select=…  MSCRM.SolutionUniqueName: Robots  Prefer: return=representation  {"description":"d","displayname":"A","environmentvariabledefinitionid":"01","ownerid@odata.bind":"/systemusers(09)","schemaname":"cto_a","secretstore":0,"type":100000005}"#,
            r#"POST environmentvariablevalues  MSCRM.SolutionUniqueName: Robots  {"EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions(01)","environmentvariablevalueid":"new","schemaname":"cto_a","value":"v"}"#,
            r#"POST environmentvariabledefinitions?$select=…  MSCRM.SolutionUniqueName: Robots  Prefer: return=representation  {"displayname":"A","environmentvariabledefinitionid":"01","schemaname":"cto_a","type":100000000}"#,
            r#"POST environmentvariablevalues  MSCRM.SolutionUniqueName: Robots  {"EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions(01)","environmentvariablevalueid":"new","schemaname":"cto_a","value":"v"}"#,
        ],
    );
}

#[test]
fn a_credential_points_at_two_variables() {
    let mut changes = ChangeSet::new(None);
    let (username_id, certificate_id) = (id(2), id(3));
    NewCredential { id: id(1), name: "Robot", description: None, username_id, certificate_id, owner: None }
        .write(&mut changes);
    let change = CredentialChange { name: Some("Mine"), active: Some(ACTIVE), ..CredentialChange::default() };
    changes.update(Credential::SET, id(1), change);
    changes.update(Credential::SET, id(1), CredentialChange::default());
    let change = DefinitionChange { owner: Some(Owner(id(9))), ..DefinitionChange::default() };
    changes.update(Definition::SET, id(2), change);
    changes.delete(Credential::SET, id(1));
    check_changes(
        &changes,
        &[
            r#"POST credentials?$select=…  Prefer: return=representation  {"certificate@odata.bind":"/environmentvariabledefinitions(03)","connectiontype":5,"credentialid":"01","credentialtype":1,"name":"Robot","usagetype":"280920000","username@odata.bind":"/environmentvariabledefinitions(02)"}"#,
            r#"PATCH credentials(01)  If-Match: *  {"name":"Mine","statecode":0,"statuscode":1}"#,
            r#"PATCH environmentvariabledefinitions(02)  If-Match: *  {"ownerid@odata.bind":"/systemusers(09)"}"#,
            "DELETE credentials(01)",
        ],
    );
    assert_eq!(changes.subject(), "credentials, environmentvariabledefinitions, credentials");
}

#[test]
fn every_change_is_of_a_row() {
    let mut changes = ChangeSet::new(None);
    changes.create::<Credential>(json!({ "credentialid": id(7), "name": "Robot" }));
    changes.update("environmentvariablevalues", id(7), json!({ "value": "x" }));
    changes.delete("credentials", id(7));
    let objects: Vec<String> = changes.objects().map(|(method, path)| format!("{method} {path}")).collect();
    let rows = ["POST credentials", "PATCH environmentvariablevalues", "DELETE credentials"];
    assert_eq!(objects, rows.map(|row| format!("{row}({})", id(7))));
    assert_eq!(changes.concerned().collect::<Vec<_>>(), [id(7); 3]);
}

fn row<T: DeserializeOwned>(json: Json) -> Result<T, Error> {
    serde_path_to_error::deserialize(json).map_err(|error| Error::unexpected("reading", error.to_string()))
}

#[test]
fn a_definition_is_read_with_its_values() {
    let definition: Definition = row(json!({"environmentvariabledefinitionid": id(1), "schemaname": "cto_a", "displayname": null,
        "type": 100000005, "secretstore": 0, "_ownerid_value": id(2), "statecode": 1, "ismanaged": true,
        "environmentvariabledefinition_environmentvariablevalue": [{"environmentvariablevalueid": id(3), "value": "x"}]}))
    .unwrap();
    assert_eq!((definition.active, definition.managed, definition.owner_id), (false, true, Some(id(2))));
    assert_eq!(definition.values, [VariableValue { id: id(3), value: Some("x".into()) }]);
    assert!(definition.is_reference());
    assert_eq!(Kind::from(7), Kind::Other(7));
}

#[test]
fn a_row_may_say_little_and_of_another_shape_is_an_error_that_names_the_place() {
    let credential: Credential = row(json!({"credentialid": id(1), "name": null, "ismanaged": null})).unwrap();
    assert_eq!((credential.name.as_str(), credential.active, credential.managed), ("", true, false));
    let error = row::<Credential>(json!({"credentialid": "x"})).unwrap_err();
    assert!(error.to_string().contains("credentialid"), "{error}");
}
