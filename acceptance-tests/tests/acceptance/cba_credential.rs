//! `powerautomate_cba_credential`: what each operation says to the services, and the rows that come of it.

use acceptance_tests::court::{Action, CREDENTIAL, Court, REFERENCE, with};
use acceptance_tests::world::{self, World};
use expect_test::expect;
use sandbox::{Effect, Fault};
use serde_json::{Value, json};

const DEFINITIONS: &str = "environmentvariabledefinitions";
const VALUES: &str = "environmentvariablevalues";

/// The value of the user name variable.
pub(crate) fn username(court: &Court, variable: &str) -> Value {
    let values = court.rows_of(VALUES, "environmentvariabledefinitionid", variable);
    assert_eq!(values.len(), 1, "{values:?}");
    values[0]["value"].clone()
}

#[test]
fn it_comes_is_read_and_goes() {
    let court = Court::new();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    court.forget();
    let seeded = court.rows();
    let credential = court.create(CREDENTIAL, &court.credential(&reference)).expect_quiet();
    expect![[r#"
        plan:
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_certificate_username' -> 200
        apply:
          POST dataverse /$batch -> 200
            POST /environmentvariabledefinitions?select  prefer: return=representation  {"description":"User name of the credential «id1», managed with it by Terraform.","displayname":"Robot user name","environmentvariabledefinitionid":"«id2»","schemaname":"cto_robot_certificate_username","type":100000000} -> 201
            POST /environmentvariablevalues  {"EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions(«id2»)","environmentvariablevalueid":"«id3»","schemaname":"cto_robot_certificate_username","value":"robot@contoso.com"} -> 204
            POST /credentials?select  prefer: return=representation  {"certificate@odata.bind":"/environmentvariabledefinitions(«id4»)","connectiontype":5,"credentialid":"«id1»","credentialtype":1,"name":"Robot","usagetype":"280920000","username@odata.bind":"/environmentvariabledefinitions(«id2»)"} -> 201
        read:
          GET dataverse /credentials(«id1»)?select&expand -> 200
    "#]].assert_eq(&court.told());

    let (id, variable) = (credential.attr("id"), credential.attr("username_variable_id"));
    assert_eq!(credential.attr("username_schema_name"), "cto_robot_certificate_username");
    assert_eq!(credential["active"], true);
    let row = court.row("credentials", &id);
    assert_eq!((&row["credentialtype"], &row["connectiontype"]), (&json!(1), &json!(5)));
    assert_eq!(username(&court, &variable), "robot@contoso.com");

    court.refresh(&credential).expect_quiet().expect("it is there");
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select&expand -> 200
    "#]]
    .assert_eq(&court.told());
    court.destroy(&credential).expect_quiet();
    expect![[r#"
        apply:
          token for connectivity -> 200
          GET connectivity /connections -> 200
          GET dataverse /credentials?select&expand&filter=credentialid eq «id1» or _certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
          POST dataverse /$batch -> 200
            DELETE /credentials(«id1») -> 204
            DELETE /environmentvariabledefinitions(«id2») -> 204
    "#]].assert_eq(&court.told());
    assert_eq!(court.rows(), seeded);
}

#[test]
fn what_can_be_changed_is_changed_in_place() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    let config = with(court.credential(&reference), json!({ "name": "Renamed" }));
    let changed = court.change(&credential, &config).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select&expand -> 200
        apply:
          POST dataverse /$batch -> 200
            PATCH /credentials(«id1»)  if-match: *  {"name":"Renamed"} -> 204
    "#]]
    .assert_eq(&court.told());
    let config = with(config, json!({ "description": "Finance" }));
    let changed = court.change(&changed, &config).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select&expand -> 200
        apply:
          POST dataverse /$batch -> 200
            PATCH /credentials(«id1»)  if-match: *  {"description":"Finance"} -> 204
    "#]]
    .assert_eq(&court.told());
    let config = with(config, json!({ "username": "ROBOT@contoso.com" }));
    let changed = court.change(&changed, &config).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select&expand -> 200
        plan:
          GET dataverse /credentials?select&filter=_certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
        apply:
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
          GET dataverse /credentials?select&filter=_certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
          POST dataverse /$batch -> 200
            PATCH /environmentvariablevalues(«id3»)  if-match: *  {"value":"ROBOT@contoso.com"} -> 204
    "#]].assert_eq(&court.told());
    let config = with(config, json!({ "timeouts": { "create": "1m" } }));
    let changed = court.change(&changed, &config).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select&expand -> 200
    "#]]
    .assert_eq(&court.told());
    for name in ["id", "username_variable_id"] {
        assert_eq!(changed.attr(name), credential.attr(name));
    }
    let row = court.row("credentials", &credential.attr("id"));
    assert_eq!((&row["name"], &row["description"]), (&json!("Renamed"), &json!("Finance")));
    assert_eq!(username(&court, &changed.attr("username_variable_id")), "ROBOT@contoso.com");
}

#[test]
fn what_cannot_be_changed_replaces() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    let config = with(court.credential(&reference), json!({ "username_schema_name": "cto_robot_user" }));
    let credential = court.change(&credential, &config).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select&expand -> 200
        plan:
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_user' -> 200
        apply:
          GET dataverse /credentials?select&expand&filter=credentialid eq «id1» or _certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
          POST dataverse /$batch -> 200
            DELETE /credentials(«id1») -> 204
            DELETE /environmentvariabledefinitions(«id2») -> 204
        apply:
          POST dataverse /$batch -> 200
            POST /environmentvariabledefinitions?select  prefer: return=representation  {"description":"User name of the credential «id3», managed with it by Terraform.","displayname":"Robot user name","environmentvariabledefinitionid":"«id4»","schemaname":"cto_robot_user","type":100000000} -> 201
            POST /environmentvariablevalues  {"EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions(«id4»)","environmentvariablevalueid":"«id5»","schemaname":"cto_robot_user","value":"robot@contoso.com"} -> 204
            POST /credentials?select  prefer: return=representation  {"certificate@odata.bind":"/environmentvariabledefinitions(«id6»)","connectiontype":5,"credentialid":"«id3»","credentialtype":1,"name":"Robot","usagetype":"280920000","username@odata.bind":"/environmentvariabledefinitions(«id4»)"} -> 201
        read:
          GET dataverse /credentials(«id3»)?select&expand -> 200
    "#]].assert_eq(&court.told());
    assert_eq!(credential.attr("username_schema_name"), "cto_robot_user");

    let second = with(court.reference(), json!({ "schema_name": "cto_second" }));
    let second = court.create(REFERENCE, &second).expect_quiet();
    court.forget();
    let credential = court.change(&credential, &court.credential(&second)).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /credentials(«id3»)?select&expand -> 200
        plan:
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_second_username' -> 200
        apply:
          GET dataverse /credentials?select&expand&filter=credentialid eq «id3» or _certificate_value eq «id4» or _username_value eq «id4» or _password_value eq «id4» -> 200
          POST dataverse /$batch -> 200
            DELETE /credentials(«id3») -> 204
            DELETE /environmentvariabledefinitions(«id4») -> 204
        apply:
          POST dataverse /$batch -> 200
            POST /environmentvariabledefinitions?select  prefer: return=representation  {"description":"User name of the credential «id7», managed with it by Terraform.","displayname":"Robot user name","environmentvariabledefinitionid":"«id8»","schemaname":"cto_second_username","type":100000000} -> 201
            POST /environmentvariablevalues  {"EnvironmentVariableDefinitionId@odata.bind":"/environmentvariabledefinitions(«id8»)","environmentvariablevalueid":"«id9»","schemaname":"cto_second_username","value":"robot@contoso.com"} -> 204
            POST /credentials?select  prefer: return=representation  {"certificate@odata.bind":"/environmentvariabledefinitions(«id10»)","connectiontype":5,"credentialid":"«id7»","credentialtype":1,"name":"Robot","usagetype":"280920000","username@odata.bind":"/environmentvariabledefinitions(«id8»)"} -> 201
        read:
          GET dataverse /credentials(«id7»)?select&expand -> 200
    "#]].assert_eq(&court.told());
    assert_eq!(credential.attr("username_schema_name"), "cto_second_username");
}

#[test]
fn a_variable_of_somebody_else_s_is_used_and_never_changed() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    let text = json!({
        "schemaname": "cto_shared_user", "displayname": "User", "type": 100_000_000, "defaultvalue": "robot@contoso.com",
    });
    let theirs = court.insert(DEFINITIONS, text);
    let shared =
        json!({ "name": "Robot", "certificate_reference_id": reference["id"], "username_variable_id": theirs });
    let credential = court.change(&credential, &shared).expect_quiet();
    expect![[r#"
        read:
          GET dataverse /credentials(«id1»)?select&expand -> 200
        plan:
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
        apply:
          GET dataverse /credentials?select&expand&filter=credentialid eq «id1» or _certificate_value eq «id3» or _username_value eq «id3» or _password_value eq «id3» -> 200
          POST dataverse /$batch -> 200
            DELETE /credentials(«id1») -> 204
            DELETE /environmentvariabledefinitions(«id3») -> 204
        apply:
          GET dataverse /credentials?select&filter=name eq 'Robot' -> 200
          GET dataverse /environmentvariabledefinitions(«id2»)?select&expand -> 200
          POST dataverse /$batch -> 200
            POST /credentials?select  prefer: return=representation  {"certificate@odata.bind":"/environmentvariabledefinitions(«id4»)","connectiontype":5,"credentialid":"«id5»","credentialtype":1,"name":"Robot","usagetype":"280920000","username@odata.bind":"/environmentvariabledefinitions(«id2»)"} -> 201
        read:
          GET dataverse /credentials(«id5»)?select&expand -> 200
    "#]].assert_eq(&court.told());
    assert_eq!(credential["username"], "robot@contoso.com");
    court.destroy(&credential).expect_quiet();
    expect![[r#"
        apply:
          token for connectivity -> 200
          GET connectivity /connections -> 200
          GET dataverse /credentials?select&expand&filter=credentialid eq «id5» or _certificate_value eq «id2» or _username_value eq «id2» or _password_value eq «id2» -> 200
          POST dataverse /$batch -> 200
            DELETE /credentials(«id5») -> 204
    "#]].assert_eq(&court.told());
    assert_eq!(court.row(DEFINITIONS, &theirs)["schemaname"], "cto_shared_user", "somebody else's variable stays");
}

#[test]
fn a_variable_in_the_way_is_named_and_left_alone() {
    let court = Court::new();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    court.forget();
    let config = court.credential(&reference);
    let text = json!({ "schemaname": "cto_robot_certificate_username", "displayname": "User", "type": 100_000_000 });
    let theirs = court.insert(DEFINITIONS, text);
    let summary = "The environment variable \"cto_robot_certificate_username\" exists already";
    let parts = ["no credential uses it", "username_variable_id"];
    let planned = court.plan(CREDENTIAL, None, &config);
    planned.expect_warning("username_schema_name", "What is to be created exists already", &parts).expect_ok();
    court.create(CREDENTIAL, &config).expect_error("username_schema_name", summary, &parts);

    court.insert(
        "credentials",
        json!({ "name": "Theirs", "credentialtype": 1, "connectiontype": 5, "usagetype": "280920000", "username": theirs }),
    );
    let summary =
        "The user name variable \"cto_robot_certificate_username\" of the credential \"Theirs\" exists already";
    court.create(CREDENTIAL, &config).expect_error("username_schema_name", summary, &["import {"]);
    assert_eq!(court.carried_out(), Vec::<String>::new());
}

#[test]
fn a_certificate_that_does_not_name_the_user_warns() {
    let court = Court::new();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    let config = with(court.credential(&reference), json!({ "username": "else@contoso.com" }));
    let planned = court.plan(CREDENTIAL, None, &config);
    let parts = ["robot@contoso.com", "else@contoso.com"];
    planned.expect_warning("username", "The certificate does not name the user", &parts).expect_ok();
}

#[test]
fn a_new_user_is_judged_by_the_certificate_that_the_same_run_plans() {
    let mut court = Court::new();
    let (reference, credential) = court.made_credential();
    let (config, summary) = (court.credential(&reference), "The certificate does not name the user");
    let repointed = with(court.reference(), json!({ "certificate_name": "robot-01" }));
    let renamed = |user: &str| with(config.clone(), json!({ "username": user }));
    court.plan(REFERENCE, Some(&reference), &repointed).expect_quiet();
    court.plan(CREDENTIAL, Some(&credential), &renamed("robot-01@contoso.com")).expect_quiet();
    let planned = court.plan(CREDENTIAL, Some(&credential), &renamed("Robot@contoso.com"));
    planned.expect_warning("username", summary, &["are: robot-01@contoso.com", "Robot@contoso.com"]).expect_ok();
    // While nobody knows at which certificate it will point, nobody is told of the one at which it points.
    court.plan_not_knowing(REFERENCE, Some(&reference), &repointed, &["certificate_name"]).expect_quiet();
    court.plan(CREDENTIAL, Some(&credential), &renamed("else@contoso.com")).expect_quiet();
    // Of a reference that is not planned here, what it is counts.
    court.next_run();
    let planned = court.plan(CREDENTIAL, Some(&credential), &renamed("else@contoso.com"));
    planned.expect_warning("username", summary, &["are: robot@contoso.com"]).expect_ok();
}

#[test]
fn a_first_apply_tells_of_a_user_whom_the_certificate_does_not_name() {
    let world = World::new();
    world.write("main.tf", &world::CREDENTIAL.replace("\"robot@contoso.com\"", "\"else@contoso.com\""));
    world.plan().expect_quiet();
    let parts = ["are: robot@contoso.com", "else@contoso.com"];
    world.apply().expect_warning("username", "The certificate does not name the user", &parts).expect_ok();
}

#[test]
fn a_second_plan_that_cannot_read_what_the_first_one_read_is_refused_and_not_another_one() {
    let mut court = Court::new();
    let (reference, credential) = court.made_credential();
    let busy = || Effect::Status(403, "0x80040220".into(), "Missing privilege.".into());
    // The name of the variable follows that of the reference.
    court.destroy(&credential).expect_quiet();
    let id = reference.attr("id");
    for is_second in [false, true] {
        court.next_run();
        if is_second {
            court.plan(CREDENTIAL, None, &court.credential(&reference)).expect_quiet();
            court.next_run();
        }
        court.weather(Fault::next(&format!("environmentvariabledefinitions({id})"), busy()).times(9));
        let created = court.create(CREDENTIAL, &court.credential(&reference));
        let summary = format!("Cannot read the environment variable {id}");
        let left = created.expect_error("certificate_reference_id", &summary, &["Missing privilege"]);
        assert!(left.is_none(), "nothing was made");
        court.sandbox().clear_faults();
    }
    court.next_run();
    // A variable that somebody else took over is not changed: the credential is replaced, by what the refresh has put into the state.
    let credential = court.create(CREDENTIAL, &court.credential(&reference)).expect_ok();
    let variable = credential.attr("username_variable_id");
    court.patch("environmentvariabledefinitions", &variable, json!({ "description": "Ours now." }));
    let credential = court.refresh(&credential).expect_ok().unwrap();
    let config = json!({ "username": "robot-01@contoso.com", "username_schema_name": "cto_robot_user" });
    let planned = court.plan(CREDENTIAL, Some(&credential), &with(court.credential(&reference), config));
    assert_eq!(planned.expect_ok(), Action::Replace);
}
