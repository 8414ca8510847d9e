//! Green plans that cannot be applied: what no apply can bring about is an error of the plan, what the same apply may make a warning.

use acceptance_tests::court::{Action, CONNECTION, CREDENTIAL, Court, REFERENCE, with};
use expect_test::expect;
use sandbox::{Effect, Fault};
use serde_json::{Value, json};

const NOWHERE: &str = "00000000-0000-4000-8000-00000000dead";
const DEFINITIONS: &str = "environmentvariabledefinitions";
const LEFT_OUT: &str = "A check of the plan is left out";

/// A configuration of each type in which nothing is known that is looked up.
fn bases(court: &Court) -> [(&'static str, Value); 3] {
    let credential = json!({ "name": "Robot", "username": "robot@contoso.com", "certificate_reference_id": NOWHERE });
    let connection = json!({ "display_name": "Robot", "credential_id": NOWHERE, "machine_group_id": NOWHERE });
    [(REFERENCE, court.reference()), (CREDENTIAL, credential), (CONNECTION, connection)]
}

fn asked(court: &Court, part: &str) -> usize {
    court.sandbox().journal().iter().filter(|one| one.target.contains(part)).count()
}

#[test]
fn an_environment_that_the_service_does_not_know_is_an_error_of_each_plan() {
    let court = Court::new();
    for (kind, config) in bases(&court) {
        let planned = court.plan(kind, None, &with(config, json!({ "environment_id": NOWHERE })));
        let summary = format!("Cannot look up the environment {NOWHERE}");
        planned.expect_error("environment_id", &summary, &["EnvironmentNotFound", "Check the environment id"]);
    }
    assert_eq!(asked(&court, &format!("environments/{NOWHERE}")), 1, "it is asked for once");
}

#[test]
fn an_object_that_moves_to_an_unknown_environment_is_an_error_of_the_plan() {
    let court = Court::new();
    let (reference, credential, connection) = court.made_chain();
    let summary = format!("Cannot look up the environment {NOWHERE}");
    for (kind, object, config) in [
        (REFERENCE, &reference, court.reference()),
        (CREDENTIAL, &credential, court.credential(&reference)),
        (CONNECTION, &connection, court.connection(&credential)),
    ] {
        let planned = court.plan(kind, Some(object), &with(config, json!({ "environment_id": NOWHERE })));
        planned.expect_error("environment_id", &summary, &[]);
    }
}

#[test]
fn an_address_of_another_organization_is_an_error_of_each_plan() {
    let mut court = Court::new();
    let (own, other) = (court.place().environment_id.clone(), "https://contoso-test.crm4.dynamics.com");
    court.configure(&json!({ "environment_id": own, "dataverse_url": other })).expect_quiet();
    for (kind, config) in bases(&court) {
        let summary = "The provider's dataverse_url is of another environment";
        court.plan(kind, None, &config).expect_error("dataverse_url", summary, &[&own]);
    }
}

#[test]
fn an_environment_may_come_to_have_dataverse() {
    let court = Court::new();
    let bare = json!({ "environment_id": court.place().environment_without_dataverse_id });
    let config = with(court.reference(), bare);
    let planned = court.plan(REFERENCE, None, &config);
    let parts = ["the apply will fail", "Add Dataverse"];
    planned.expect_warning("environment_id", "The environment has no Dataverse", &parts).expect_ok();
    court.create(REFERENCE, &config).expect_error("environment_id", "The environment has no Dataverse", &[]);
}

#[test]
fn who_may_not_look_the_environment_up_is_warned_once() {
    let court = Court::new();
    court.sandbox().with(|world| world.admin_applications.clear());
    let parts = [court.place().environment_id.as_str(), "admin management application"];
    let planned = court.plan(REFERENCE, None, &court.reference());
    planned.expect_warning("environment_id", "The environment cannot be looked up", &parts).expect_ok();
    let second = with(court.reference(), json!({ "schema_name": "cto_second" }));
    assert_eq!(court.plan(REFERENCE, None, &second).expect_quiet(), Action::Create);
    assert_eq!(asked(&court, "scopes/admin/environments"), 1);
}

#[test]
fn whatever_keeps_a_plan_from_looking_at_the_environment_is_a_warning_of_one_object() {
    let elsewhere = || {
        let address = "/properties/linkedEnvironmentMetadata/instanceUrl".to_owned();
        Effect::Altered(vec![(address, json!("https://evil.example"))])
    };
    let status = |status, code: &str| Effect::Status(status, code.to_owned(), "No.".to_owned());
    let (looked_up, left_out) = ("The environment cannot be looked up", LEFT_OUT);
    for (host, effect, attribute, headline, part) in [
        ("api.bap", Effect::Html(200), "environment_id", looked_up, "Blocked by the web gateway"),
        ("api.bap", status(401, "Unauthorized"), "environment_id", looked_up, "HTTP 401"),
        ("api.bap", status(500, "Broken"), "environment_id", looked_up, "HTTP 500"),
        ("api.bap", elsewhere(), "environment_id", looked_up, "https://evil.example"),
        ("crm4.dynamics.com", Effect::Html(200), "", left_out, "Blocked by the web gateway"),
        ("crm4.dynamics.com", status(401, "Unauthorized"), "", left_out, "HTTP 401"),
        ("/publishers", status(400, "Odd"), "", left_out, "says of publishers is not checked"),
    ] {
        let mut court = Court::unconfigured(&[]);
        let here = json!({ "environment_id": court.place().environment_id, "max_retries": 0 });
        court.configure(&here).expect_quiet();
        court.weather(Fault::next(host, effect).times(99));
        let planned = court.plan(REFERENCE, None, &court.reference());
        planned.expect_warning(attribute, headline, &[part]).expect_ok();
        let second = with(court.reference(), json!({ "schema_name": "cto_second" }));
        assert_eq!(court.plan(REFERENCE, None, &second).expect_quiet(), Action::Create, "{host}");
    }
}

#[test]
fn an_id_of_nothing_or_of_another_kind_is_an_error_of_the_plan() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    let text = court.insert(DEFINITIONS, json!({ "schemaname": "cto_text", "displayname": "T", "type": 100_000_000 }));
    let password = json!({ "name": "Password", "credentialtype": 1, "connectiontype": 1, "usagetype": "280920000" });
    let password = court.insert("credentials", password);
    let new_credential = with(court.credential(&reference), json!({ "username_schema_name": "cto_new_username" }));
    let with_variable =
        |id: &str| with(court.credential(&reference), json!({ "username": null, "username_variable_id": id }));
    let certificate = reference.attr("id");
    for (kind, config, attribute, summary) in [
        (
            CREDENTIAL,
            with(new_credential.clone(), json!({ "certificate_reference_id": NOWHERE })),
            "certificate_reference_id",
            "The certificate reference does not exist",
        ),
        (
            CREDENTIAL,
            with(new_credential.clone(), json!({ "certificate_reference_id": text })),
            "certificate_reference_id",
            "The environment variable is no reference to a vault",
        ),
        (CREDENTIAL, with_variable(NOWHERE), "username_variable_id", "The user name's variable does not exist"),
        (
            CREDENTIAL,
            with_variable(&certificate),
            "username_variable_id",
            "The user name's variable is of another type",
        ),
        (
            CONNECTION,
            with(court.connection(&credential), json!({ "credential_id": NOWHERE })),
            "credential_id",
            "The credential does not exist",
        ),
        (
            CONNECTION,
            with(court.connection(&credential), json!({ "credential_id": password })),
            "credential_id",
            "The credential does not sign in with a certificate",
        ),
        (
            REFERENCE,
            with(court.reference(), json!({ "schema_name": "cto_new", "owner_id": NOWHERE })),
            "owner_id",
            "The owner does not exist",
        ),
        (CREDENTIAL, with(new_credential, json!({ "owner_id": NOWHERE })), "owner_id", "The owner does not exist"),
    ] {
        court.plan(kind, None, &config).expect_error(attribute, summary, &[]);
    }
    assert_eq!(asked(&court, &format!("systemusers({NOWHERE})")), 1, "an owner is looked for once");
    // The owner of what is there, too; what has no id yet is not looked for.
    let owned = with(court.reference(), json!({ "owner_id": NOWHERE }));
    court.plan(REFERENCE, Some(&reference), &owned).expect_error(
        "owner_id",
        "The owner does not exist",
        &["systemuserid"],
    );
    assert_eq!(court.writes(), Vec::<String>::new());
}

#[test]
fn a_reference_that_this_principal_may_not_see_is_no_error_of_the_plan() {
    let mut court = Court::new();
    let reference = court.create(REFERENCE, &court.reference()).expect_quiet();
    court.next_run();
    let config = with(court.credential(&reference), json!({ "username_schema_name": "cto_new_username" }));
    let forbidden = Effect::Status(403, "0x80040220".into(), "Missing privilege.".into());
    court
        .weather(Fault::next(&format!("environmentvariabledefinitions({})", reference.attr("id")), forbidden).times(9));
    let planned = court.plan(CREDENTIAL, None, &config);
    planned.expect_warning("", LEFT_OUT, &["Missing privilege", "environment variables"]).expect_ok();
    let second = with(config, json!({ "name": "Second", "username_schema_name": "cto_second_username" }));
    assert_eq!(court.plan(CREDENTIAL, None, &second).expect_quiet(), Action::Create);
}

#[test]
fn what_the_same_apply_may_make_is_a_warning() {
    let court = Court::new();
    court.insert("solutions", json!({ "uniquename": "Vendors", "friendlyname": "Vendor's", "ismanaged": true }));
    let (_, credential) = court.made_credential();
    let new = with(court.reference(), json!({ "schema_name": "cto_new" }));
    let group = court.place().unshared_machine_group_id.clone();
    let connection = |group: &str| with(court.connection(&credential), json!({ "machine_group_id": group }));
    for (kind, config, attribute, summary, part) in [
        (
            REFERENCE,
            with(new.clone(), json!({ "solution_unique_name": "Nothing" })),
            "solution_unique_name",
            "The solution does not exist",
            "\"Nothing\"",
        ),
        (
            REFERENCE,
            with(new.clone(), json!({ "solution_unique_name": "Vendors" })),
            "solution_unique_name",
            "The solution is managed",
            "unmanaged",
        ),
        (
            REFERENCE,
            with(new, json!({ "schema_name": "zzz_robot" })),
            "schema_name",
            "The prefix is no publisher's",
            "\"zzz\"",
        ),
        (
            CONNECTION,
            connection(&group),
            "machine_group_id",
            "The machine group is not shared",
            "Share the machine group",
        ),
        (CONNECTION, connection(NOWHERE), "machine_group_id", "The machine group does not exist", "Check the id"),
    ] {
        let planned = court.plan(kind, None, &config);
        planned.expect_warning(attribute, summary, &[part, "the apply will fail"]).expect_ok();
    }
    let shared = connection(&court.place().other_machine_group_id);
    assert_eq!(court.plan(CONNECTION, None, &shared).expect_quiet(), Action::Create);
}

#[test]
fn each_thing_is_asked_for_once_whatever_the_number_of_objects() {
    let court = Court::new();
    let (reference, credential) = court.made_credential();
    let terraform = &court.rows_named("systemusers", "fullname", "Terraform")[0]["systemuserid"];
    let read_before = asked(&court, "/credentials(");
    let common = json!({ "owner_id": terraform, "solution_unique_name": court.place().solution });
    for number in 0..3 {
        let name = json!({ "schema_name": format!("cto_robot_{number}") });
        court.plan(REFERENCE, None, &with(with(court.reference(), common.clone()), name)).expect_quiet();
        let name = json!({ "username_schema_name": format!("cto_user_{number}") });
        court.plan(CREDENTIAL, None, &with(with(court.credential(&reference), common.clone()), name)).expect_quiet();
        let name = json!({ "display_name": format!("Robot {number}") });
        court.plan(CONNECTION, None, &with(court.connection(&credential), name)).expect_quiet();
    }
    for part in
        ["publishers?", "solutions?", "systemusers(", "RetrieveSharedPrincipals", "WhoAmI", "/flowmachinegroups("]
    {
        assert_eq!(asked(&court, part), 1, "{part}");
    }
    assert_eq!(asked(&court, "/credentials("), read_before, "what a write of ours has left is known");
    expect![[r#"
        plan:
          GET dataverse /systemusers(«id1»)?select -> 200
          GET dataverse /solutions?select&filter=uniquename eq 'CtoRobots' -> 200
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_0' -> 200
        plan:
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_user_0' -> 200
        plan:
          GET dataverse /flowmachinegroups(«Finance»)?select -> 200
          GET dataverse /WhoAmI -> 200
          GET dataverse /RetrieveSharedPrincipalsAndAccess(Target=@target)?@target={'@odata.id':'flowmachinegroups(«Finance»)'} -> 200
        plan:
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_1' -> 200
        plan:
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_user_1' -> 200
        plan:
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_robot_2' -> 200
        plan:
          GET dataverse /environmentvariabledefinitions?select&expand&filter=schemaname eq 'cto_user_2' -> 200
    "#]].assert_eq(&court.told());
}

#[test]
fn a_right_that_is_missing_silences_a_check_with_one_warning() {
    let court = Court::new();
    let (_, credential) = court.made_credential();
    for what in ["/solutions", "/publishers", "/systemusers(", "/flowmachinegroups("] {
        let forbidden = Effect::Status(403, "0x80040220".into(), "Missing privilege.".into());
        court.weather(Fault::next(what, forbidden).times(99));
    }
    let config = |name: &str| {
        let checked = json!({ "schema_name": name, "owner_id": NOWHERE, "solution_unique_name": "Nothing" });
        with(court.reference(), checked)
    };
    let planned = court.plan(REFERENCE, None, &config("abc_first"));
    assert_eq!(planned.errors(), 0, "{planned}");
    for what in ["users", "solutions", "publishers"] {
        let told = planned.to_string();
        assert!(told.contains(&format!("says of {what} is not checked")), "{told}");
    }
    planned.expect_warning("", LEFT_OUT, &["Missing privilege"]).expect_ok();
    court.plan(REFERENCE, None, &config("abc_second")).expect_quiet();
    let planned = court.plan(CONNECTION, None, &court.connection(&credential));
    planned.expect_warning("", LEFT_OUT, &["machine groups"]).expect_ok();
    let second = with(court.connection(&credential), json!({ "display_name": "Second" }));
    court.plan(CONNECTION, None, &second).expect_quiet();
}
