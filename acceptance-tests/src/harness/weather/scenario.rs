//! What somebody does while the weather changes: a deed to a variant, and the world and the state from which it begins.

use std::fmt;

use sandbox::{Exchange, World};
use serde_json::{Value as Json, json};

use super::address::{Address, Told};
use crate::court::{CONNECTION, CREDENTIAL, Court, Object, REFERENCE, with};
use crate::harness::referee::Existing;
use crate::harness::secrets;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::harness) enum Deed {
    Create,
    Update,
    Replace,
    ReplaceFirst,
    Destroy,
    Refresh,
    Import,
    List,
    Action,
}

/// To what it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::harness) enum Variant {
    Reference,
    Credential,
    SharedVariable,
    Connection,
    RunOwner,
    HiddenFields,
    /// As many references as are worth a list of their vault.
    References,
}

use Deed::{Action, Create, Destroy, Import, List, Refresh, Replace, ReplaceFirst, Update};
use Variant::{Connection, Credential, HiddenFields, Reference, References, RunOwner, SharedVariable};

/// A deed to a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::harness) struct Scenario {
    /// What is done.
    pub(in crate::harness) deed: Deed,
    /// To what.
    pub(in crate::harness) variant: Variant,
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deed = match self.deed {
            Create => "create",
            Update => "update",
            Replace => "replace",
            ReplaceFirst => "replace-create-first",
            Destroy => "destroy",
            Refresh => "refresh",
            Import => "import",
            List => "list",
            Action => "action",
        };
        let variant = match self.variant {
            Reference => "reference",
            Credential => "credential",
            SharedVariable => "credential-with-shared-variable",
            Connection => "connection",
            RunOwner => "connection-with-run-owner",
            HiddenFields => "connection-with-hidden-fields",
            References => "references",
        };
        write!(f, "{deed}/{variant}")
    }
}

impl Scenario {
    /// Every scenario that meets weather. What a list or an action asks is the same of some variants.
    pub(in crate::harness) fn all() -> Vec<Scenario> {
        let variants = [Reference, Credential, SharedVariable, Connection, RunOwner, HiddenFields];
        let deeds = [Create, Update, Replace, ReplaceFirst, Destroy, Refresh, Import, List, Action];
        let all =
            variants.iter().flat_map(|variant| deeds.iter().map(|deed| Scenario { deed: *deed, variant: *variant }));
        all.filter(|Scenario { deed, variant }| match deed {
            List => matches!(variant, Reference | Credential | Connection),
            Action => matches!(variant, Connection | HiddenFields),
            _ => true,
        })
        .collect()
    }

    /// The row of the table where it counts.
    pub(in crate::harness) fn row(&self) -> String {
        self.to_string().replace(['/', '-'], " ")
    }

    fn kind(&self) -> &'static str {
        match self.variant {
            Reference | References => REFERENCE,
            Credential | SharedVariable => CREDENTIAL,
            Connection | RunOwner | HiddenFields => CONNECTION,
        }
    }
}

/// A scenario that was done once under a clear sky.
pub(in crate::harness) struct Prepared {
    /// The scenario.
    pub(in crate::harness) scenario: Scenario,
    /// The world before the deed.
    pub(in crate::harness) world: World,
    /// The state before the deed, and the configuration after it.
    pub(in crate::harness) addresses: Vec<Address>,
    /// What is nobody's business.
    pub(in crate::harness) before: Existing,
    /// What is asked under a clear sky.
    pub(in crate::harness) asked: Vec<Exchange>,
    /// What a list or an action tells.
    tells: Vec<String>,
}

impl Prepared {
    /// Prepares the world, and does the deed once.
    ///
    /// # Errors
    /// A deed that does not succeed.
    pub(in crate::harness) fn new(scenario: Scenario) -> Result<Prepared, String> {
        let mut court = Court::unconfigured(&[]);
        court.switch(|switches| {
            switches.connectivity.settles_after_ms = 0;
            switches.connectivity.returns_credential = scenario.variant != HiddenFields;
            switches.connectivity.returns_parameters = scenario.variant != HiddenFields;
        });
        configure(&mut court);
        let variables = [variable(&court, "cto_shared"), variable(&court, "cto_other")];
        let before = Existing::in_world(&court);
        let addresses = stage(&court, scenario, &variables);
        let world = court.sandbox().with(|world| world.clone());
        let mut prepared = Prepared { scenario, world, addresses, before, asked: Vec::new(), tells: Vec::new() };
        let mut addresses = prepared.begin(&mut court);
        let mut told = Told::default();
        prepared.tells = prepared.act(&court, &mut addresses, &mut told);
        if let Some(failure) = told.failures.first() {
            return Err(format!("{scenario}: {failure}"));
        }
        prepared.asked = court.sandbox().journal();
        Ok(prepared)
    }

    /// Lets a court begin where the deed begins.
    pub(in crate::harness) fn begin(&self, court: &mut Court) -> Vec<Address> {
        court.begin_anew(self.world.clone());
        configure(court);
        self.addresses.clone()
    }

    /// Does the deed. What a list or an action told is returned.
    pub(in crate::harness) fn act(&self, court: &Court, addresses: &mut [Address], told: &mut Told) -> Vec<String> {
        if self.scenario == (Scenario { deed: Refresh, variant: References }) {
            addresses.iter_mut().for_each(|address| address.refresh(court, told));
            return Vec::new();
        }
        let target = addresses.last_mut().expect("every scenario has an address");
        match self.scenario.deed {
            Create | Update | Replace | ReplaceFirst | Destroy | Import => target.apply(court, told),
            Refresh => target.refresh(court, told),
            List => return told.hear(court.list(self.scenario.kind(), &json!({}))).0.unwrap_or_default(),
            Action => {
                let id = &target.current.as_ref().expect("the connection was made")["id"];
                let config = json!({ "connection_id": id, "timeout": format!("{DEADLINE}s") });
                return told.hear(court.invoke("powerautomate_verify_connection", &config)).0.unwrap_or_default();
            }
        }
        Vec::new()
    }

    /// Whether a list or an action told the truth.
    pub(in crate::harness) fn is_true(&self, tells: &[String]) -> bool {
        self.tells == tells
    }
}

/// Configures the provider, as every command of Terraform does. A role that is refused is not waited for.
pub(in crate::harness) fn configure(court: &mut Court) {
    let environment_id = court.place().environment_id.clone();
    court.configure(&json!({ "environment_id": environment_id, "role_propagation_timeout": "0s" })).expect_quiet();
}

/// How many seconds an operation may take: longer than anything takes that does not wait for what never comes.
pub(in crate::harness) const DEADLINE: u64 = 30;

fn hurried(config: Json) -> Json {
    let limit = format!("{DEADLINE}s");
    with(config, json!({ "timeouts": { "create": limit, "read": limit, "update": limit, "delete": limit } }))
}

/// A variable for a user name, made by hand.
fn variable(court: &Court, schema_name: &str) -> String {
    let definition = json!({ "schemaname": schema_name, "displayname": schema_name, "type": 100_000_000 });
    let id = court.insert("environmentvariabledefinitions", definition);
    let value =
        json!({ "schemaname": schema_name, "value": "robot@contoso.com", "environmentvariabledefinitionid": id });
    court.insert("environmentvariablevalues", value);
    id
}

/// What is there before the deed, in the order in which it depends on each other; the last one is what it is done to.
fn stage(court: &Court, scenario: Scenario, variables: &[String; 2]) -> Vec<Address> {
    let made = |kind: &'static str, config: Json| {
        let current = court.create(kind, &config).expect_ok();
        (Address { current: Some(current.clone()), ..Address::new(kind, config) }, current)
    };
    let reference = hurried(court.reference());
    if scenario.variant == Reference {
        let update = json!({ "display_name": "Renamed", "certificate_name": "robot-01" });
        let replacement = json!({ "schema_name": "cto_other_robot" });
        return vec![target(court, scenario, reference, update, replacement)];
    }
    if scenario.variant == References {
        let other = |number: u32| {
            let (schema_name, certificate) = (format!("cto_robot_{number}"), format!("robot-0{number}"));
            with(reference.clone(), json!({ "schema_name": schema_name, "certificate_name": certificate }))
        };
        let others = (1..=3).map(|number| made(REFERENCE, other(number)).0);
        return others.chain([target(court, scenario, reference.clone(), json!({}), json!({}))]).collect();
    }
    let (reference, object) = made(REFERENCE, reference);
    let credential = hurried(court.credential(&object));
    let shared = |variable: &String| json!({ "username": null, "username_variable_id": variable });
    if scenario.variant == Credential {
        let update = json!({ "name": "Renamed", "username": "robot-01@contoso.com" });
        let replacement = json!({ "username_schema_name": "cto_other_robot" });
        return vec![reference, target(court, scenario, credential, update, replacement)];
    }
    if scenario.variant == SharedVariable {
        let credential = with(credential, shared(&variables[0]));
        let update = json!({ "name": "Renamed", "description": "Renamed" });
        return vec![reference, target(court, scenario, credential, update, shared(&variables[1]))];
    }
    let (credential, object) = made(CREDENTIAL, credential);
    let mut connection = hurried(court.connection(&object));
    if scenario.variant == RunOwner {
        court.share("credentials", &object.attr("id"), &court.place().run_owner_client_id);
        connection["run_owner"] = json!({
            "client_id": court.place().run_owner_client_id,
            "certificate_pfx_wo": secrets::pfx(),
            "certificate_pfx_wo_version": "1",
            "certificate_password_wo": secrets::PASSWORD,
        });
    }
    let update = json!({ "display_name": "Renamed", "machine_group_id": court.place().other_machine_group_id });
    let replacement = json!({ "display_name": "Replaced", "run_owner": null });
    vec![reference, credential, target(court, scenario, connection, update, replacement)]
}

/// What the deed is done to.
fn target(court: &Court, scenario: Scenario, config: Json, update: Json, replacement: Json) -> Address {
    let kind = scenario.kind();
    let address = Address::new(kind, config.clone());
    if scenario.deed == Create {
        return address;
    }
    let made: Object = court.create(kind, &config).expect_ok();
    let id = made.attr("id");
    let there = Address { current: Some(made.clone()), ..address.clone() };
    match scenario.deed {
        Update => Address { config: Some(with(config, update)), ..there },
        Replace => Address { current: Some(made.tainted(true)), ..there },
        ReplaceFirst => Address {
            config: Some(with(config, replacement)),
            current: Some(made.tainted(true)),
            create_before_destroy: true,
            ..there
        },
        Destroy => Address { config: None, ..there },
        Import => Address { import: Some(format!("{}/{id}", court.place().environment_id)), ..address },
        Create | Refresh | List | Action => there,
    }
}
