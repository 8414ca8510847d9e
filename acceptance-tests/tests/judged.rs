//! The provider itself under the judge, against a sandbox: every rule of Terraform's holds, without Terraform's leniency.

use acceptance_tests::provider_binary;
use judge::client::Launch;
use judge::{Action, Failure, Instance, Judge};
use sandbox::{Sandbox, default_world};
use tfplugin::value::Value;

const REFERENCE: &str = "powerautomate_key_vault_certificate_reference";
const CREDENTIAL: &str = "powerautomate_cba_credential";
const CONNECTION: &str = "powerautomate_desktop_flow_connection";

struct Court {
    judge: Judge,
    // Dropped after the provider that talks to it.
    sandbox: Sandbox,
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::object(fields)
}

impl Court {
    fn new() -> Court {
        let sandbox = Sandbox::start().unwrap();
        let program = provider_binary::folder().unwrap().join(provider_binary::file_name());
        let launch = || {
            let launch = Launch::of(program.clone());
            sandbox.env().into_iter().fold(launch, |launch, (name, value)| launch.env(&name, &value))
        };
        let judge = Judge::start(launch).unwrap_or_else(|failure| panic!("{failure}"));
        let mut court = Court { judge, sandbox };
        let first = court.judge.config(REFERENCE, court.reference("robot"));
        court.judge.validate_first(REFERENCE, &first).unwrap_or_else(|failure| panic!("{failure}"));
        court.configure();
        court
    }

    fn configure(&mut self) {
        let config = object([("environment_id", default_world::ENVIRONMENT.into())]);
        self.judge.configure(&config).unwrap_or_else(|failure| panic!("{failure}"));
    }

    fn reference(&self, certificate: &str) -> Value {
        let vault = self.sandbox.with(|world| world.vaults.get("kv-robots").map(sandbox::Vault::resource_id)).unwrap();
        object([
            ("schema_name", "cto_robot".into()),
            ("key_vault_id", vault.into()),
            ("certificate_name", certificate.into()),
        ])
    }

    #[track_caller]
    fn apply(&self, name: &str, prior: Option<&Instance>, config: Value, open: &[&str]) -> Instance {
        let config = self.judge.config(name, config);
        let mut at_plan = config.clone();
        open.iter().for_each(|name| at_plan.put(name, Value::UNKNOWN));
        self.judge.apply(name, prior, &at_plan, &config).unwrap_or_else(|failure| panic!("{failure}"))
    }
}

fn id(instance: &Instance) -> Value {
    instance.state.at("id").clone()
}

/// One robot's chain, each resource planned while it does not know the one before.
fn chain(court: &Court) -> [Instance; 3] {
    let reference = court.apply(REFERENCE, None, court.reference("robot"), &["key_vault_id", "schema_name"]);
    let credential = object([
        ("name", "Robot".into()),
        ("username", "robot@contoso.com".into()),
        ("certificate_reference_id", id(&reference)),
    ]);
    let credential = court.apply(CREDENTIAL, None, credential, &["certificate_reference_id"]);
    let connection = object([
        ("display_name", "Robot".into()),
        ("credential_id", id(&credential)),
        ("machine_group_id", default_world::FINANCE.into()),
    ]);
    let connection = court.apply(CONNECTION, None, connection, &["credential_id"]);
    [reference, credential, connection]
}

#[test]
fn a_chain_lives_by_every_rule() {
    let court = Court::new();
    let judge = &court.judge;
    let [reference, credential, connection] = chain(&court);

    let mut described = court.reference("robot");
    described.put("description", "The robot's".into());
    let reference = court.apply(REFERENCE, Some(&reference), described, &["description"]);
    let renamed = object([
        ("name", "Robot".into()),
        ("username", "robot2@contoso.com".into()),
        ("certificate_reference_id", reference.state.at("id").as_str().unwrap().to_uppercase().into()),
    ]);
    let credential = court.apply(CREDENTIAL, Some(&credential), renamed, &["username"]);
    let moved = object([
        ("display_name", "Robot in the warehouse".into()),
        ("credential_id", id(&credential)),
        ("machine_group_id", default_world::WAREHOUSE.into()),
    ]);
    let connection = court.apply(CONNECTION, Some(&connection), moved, &["machine_group_id"]);

    for (name, instance) in [(REFERENCE, &reference), (CREDENTIAL, &credential), (CONNECTION, &connection)] {
        let held = |what: &str, failure: Failure| -> ! { panic!("{what} of {name}: {failure}") };
        let text = instance.state.at("id").as_str().unwrap();
        let import = format!("{}/{text}", default_world::ENVIRONMENT);
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
    for instance in [&connection, &credential, &reference] {
        judge.destroy(instance).unwrap_or_else(|failure| panic!("{failure}"));
        judge.is_gone(instance).unwrap_or_else(|failure| panic!("{failure}"));
    }
}

#[test]
fn a_replacement_and_a_tainted_object_keep_the_rules() {
    let court = Court::new();
    let [reference, ..] = chain(&court);
    let mut other = court.reference("robot");
    other.put("schema_name", "cto_other".into());
    let config = court.judge.config(REFERENCE, other.clone());
    let planned = court.judge.plan(REFERENCE, Some(&reference), &config).unwrap();
    assert_eq!(planned.action, Action::Replace);
    let refused = court.judge.apply(REFERENCE, Some(&reference), &config, &config);
    assert!(matches!(refused, Err(Failure::Refused(_))), "a credential still uses it: {refused:?}");
    let fresh = court.apply(REFERENCE, None, other, &[]);
    court.judge.destroy(&fresh).unwrap();
}

#[test]
fn functions_and_the_action_keep_the_rules() {
    let court = Court::new();
    let [_, _, connection] = chain(&court);
    let host = court.judge.call("environment_host", &[default_world::ENVIRONMENT.into(), "public".into()]).unwrap();
    assert!(host.unwrap().as_str().unwrap().ends_with(".environment.api.powerplatform.com"));
    let refused = court.judge.call("environment_host", &["prod".into(), "public".into()]).unwrap();
    assert_eq!(refused.unwrap_err().1, Some(0));
    let verify = object([("connection_id", id(&connection))]);
    let (told, end) = court.judge.invoke("powerautomate_verify_connection", &verify).unwrap();
    assert_eq!((told.as_slice(), end.len()), (["Robot is Connected".to_owned()].as_slice(), 0));
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
            match court.judge.import_by_id(name, id) {
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
    let config = object([("environment_id", Value::UNKNOWN), ("client_id", Value::UNKNOWN)]);
    court.judge.configure(&config).unwrap_or_else(|failure| panic!("{failure}"));
    let reference = court.judge.config(REFERENCE, court.reference("robot"));
    assert!(!court.judge.plan(REFERENCE, None, &reference).unwrap().deferred, "others get a plan all the same");
    court.judge.deferral_allowed = true;
    assert!(court.judge.plan(REFERENCE, None, &reference).unwrap().deferred);
}
