//! The provider itself under the judge, against a sandbox: every rule of Terraform's holds, without Terraform's leniency.

use acceptance_tests::court::{CONNECTION, CREDENTIAL, Court, Object, REFERENCE, with};
use judge::{Action, Failure};
use sandbox::default_world;
use serde_json::{Value as Json, json};
use tfplugin::value::Value;

/// Applies while these attributes are not known at plan.
#[track_caller]
fn apply(court: &Court, kind: &str, before: Option<&Object>, config: &Json, later: &[&str]) -> Object {
    court.apply(kind, before, config, later).expect_ok()
}

/// One robot's chain, each resource planned while it does not know the one before.
fn chain(court: &Court) -> [Object; 3] {
    let reference = apply(court, REFERENCE, None, &court.reference(), &["key_vault_id", "schema_name"]);
    let credential = apply(court, CREDENTIAL, None, &court.credential(&reference), &["certificate_reference_id"]);
    let connection = apply(court, CONNECTION, None, &court.connection(&credential), &["credential_id"]);
    [reference, credential, connection]
}

#[test]
fn a_chain_lives_by_every_rule() {
    let court = Court::new();
    let judge = court.judge();
    let [reference, credential, connection] = chain(&court);

    let described = with(court.reference(), json!({ "description": "The robot's" }));
    let reference = apply(&court, REFERENCE, Some(&reference), &described, &["description"]);
    let renamed = json!({
        "username": "robot2@contoso.com", "certificate_reference_id": reference.attr("id").to_uppercase(),
    });
    let renamed = with(court.credential(&reference), renamed);
    let credential = apply(&court, CREDENTIAL, Some(&credential), &renamed, &["username"]);
    let moved = json!({ "display_name": "Robot in the warehouse", "machine_group_id": default_world::WAREHOUSE });
    let moved = with(court.connection(&credential), moved);
    let connection = apply(&court, CONNECTION, Some(&connection), &moved, &["machine_group_id"]);

    for (name, object) in [(REFERENCE, &reference), (CREDENTIAL, &credential), (CONNECTION, &connection)] {
        let instance = object.instance();
        let held = |what: &str, failure: Failure| -> ! { panic!("{what} of {name}: {failure}") };
        let import = format!("{}/{}", default_world::ENVIRONMENT, object.attr("id"));
        let imported = judge.import_by_id(name, &import).unwrap_or_else(|failure| held("import", failure));
        let identity = instance.identity.as_ref().unwrap();
        judge.import_by_identity(name, identity, &import).unwrap_or_else(|failure| held("import by identity", failure));
        let config = judge.generate(&imported).unwrap_or_else(|failure| held("generated configuration", failure));
        let planned = judge.plan(name, Some(&imported), &config).unwrap_or_else(|failure| held("its plan", failure));
        assert_eq!(planned.action, Action::NoOp, "{name}: {:?} after {:?}", planned.state, imported.state);
        for include in [false, true] {
            let listed = judge.list(name, &Value::Null, include, 0).unwrap_or_else(|failure| held("list", failure));
            assert!(listed.iter().any(|hit| Some(&hit.identity) == instance.identity.as_ref()), "{name} is listed");
            if include {
                listed.iter().for_each(|hit| {
                    judge.listed_is_read(name, hit).unwrap_or_else(|failure| held("what was listed", failure));
                });
            }
        }
        judge.flatmap(name).unwrap_or_else(|failure| held("an old state", failure));
        let moved = judge.move_from("registry.terraform.io/hashicorp/null", "null_resource", "{}", name);
        assert!(matches!(moved, Err(Failure::Refused(_))), "{moved:?}");
    }
    for object in [&connection, &credential, &reference] {
        court.destroy(object).expect_quiet();
        judge.is_gone(object.instance()).unwrap_or_else(|failure| panic!("{failure}"));
    }
}

#[test]
fn a_replacement_and_a_tainted_object_keep_the_rules() {
    let court = Court::new();
    let [reference, ..] = chain(&court);
    let other = with(court.reference(), json!({ "schema_name": "cto_other" }));
    assert_eq!(court.plan(REFERENCE, Some(&reference), &other).expect_quiet(), Action::Replace);
    let refused = court.change(&reference, &other);
    assert!(!refused.is_ok(), "a credential still uses it: {refused}");
    let fresh = court.create(REFERENCE, &other).expect_ok();
    court.destroy(&fresh).expect_quiet();
}

#[test]
fn functions_and_the_action_keep_the_rules() {
    let court = Court::new();
    let [_, _, connection] = chain(&court);
    let host = court.judge().call("environment_host", &[default_world::ENVIRONMENT.into(), "public".into()]).unwrap();
    assert!(host.unwrap().as_str().unwrap().ends_with(".environment.api.powerplatform.com"));
    let refused = court.judge().call("environment_host", &["prod".into(), "public".into()]).unwrap();
    assert_eq!(refused.unwrap_err().1, Some(0));
    let told = court.invoke("powerautomate_verify_connection", &json!({ "connection_id": connection["id"] }));
    assert_eq!(told.expect_quiet(), ["Robot is Connected"]);
}

#[test]
fn ids_that_cannot_be_imported_say_why() {
    let court = Court::new();
    let environment = default_world::ENVIRONMENT;
    let missing = "12345678-1111-4222-8333-444455556666";
    let ids = [
        String::new(),
        "/".to_owned(),
        format!("{environment}/"),
        format!("mars/{missing}"),
        format!("{missing}/{missing}"),
        format!("{environment}/{missing}"),
        format!("{environment}/{missing}/more"),
        "Nobody's name".to_owned(),
        "'; drop table credentials".to_owned(),
        format!("{environment}/%2e%2e%2f\u{0}"),
        "Ã¤\u{202e}".to_owned(),
        "x".repeat(10_000),
    ];
    for name in [REFERENCE, CREDENTIAL, CONNECTION] {
        for id in &ids {
            match court.judge().import_by_id(name, id) {
                Err(Failure::Refused(refused)) => {
                    let one = &refused[0];
                    assert!(!one.summary.contains("bug") && !one.detail.is_empty(), "{name} {id:?}: {one:?}");
                }
                other => panic!("{name} {id:?}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_provider_that_is_not_known_yet_lets_a_client_wait_that_can() {
    let mut court = Court::new();
    let unknown = Value::object([("environment_id", Value::UNKNOWN), ("client_id", Value::UNKNOWN)]);
    court.judge_mut().configure(&unknown).unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(
        court.plan(REFERENCE, None, &court.reference()).expect_ok(),
        Action::Create,
        "others get a plan all the same"
    );
    let key_vault_id = court.place().key_vault_id.as_str().into();
    let reference =
        [("schema_name", "cto_robot".into()), ("key_vault_id", key_vault_id), ("certificate_name", "robot".into())];
    let reference = court.judge().config(REFERENCE, Value::object(reference));
    court.judge_mut().deferral_allowed = true;
    assert!(court.judge().plan(REFERENCE, None, &reference).unwrap().deferred);
}
