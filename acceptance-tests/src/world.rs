//! A sandbox of its own, a work folder that is set up for it, and the portal's side of it.
//!
//! Every test has its own world: nothing is shared but the provider's binary and Terraform itself.

use std::fs;
use std::io;
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;

use sandbox::{
    ChangedTarget, ConnectivitySwitches, Exchange, Fault, Org, Sandbox, StatusError, Switches, Vault, default_world,
};
use serde_json::Value;
use uuid::Uuid;

use crate::conversation;
use crate::terraform::Terraform;
use crate::workspace::{Installed, SOURCE, Workspace};

/// The tables whose rows a test compares with what was seeded.
const TABLES: &[&str] = &["environmentvariabledefinitions", "environmentvariablevalues", "credentials"];

/// A sandbox and a work folder.
#[derive(Debug)]
pub struct World {
    // Dropped before the sandbox: a Terraform that still runs must not outlive what it talks to.
    workspace: Workspace,
    sandbox: Sandbox,
    place: Place,
}

/// The ids and addresses of the sandbox's default world.
#[derive(Debug, Clone)]
pub struct Place {
    /// The tenant.
    pub tenant_id: String,
    /// The application that the provider signs in as.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// Its service principal.
    pub object_id: String,
    /// The default environment.
    pub environment_id: String,
    /// The address of its Dataverse organization.
    pub environment_url: String,
    /// A second environment.
    pub other_environment_id: String,
    /// An environment without Dataverse.
    pub environment_without_dataverse_id: String,
    /// The vault with the certificates of the robots.
    pub key_vault_id: String,
    /// A vault with access policies instead of roles.
    pub policy_vault_id: String,
    /// A vault on which nobody has a role.
    pub closed_vault_id: String,
    /// A vault of somebody else's tenant.
    pub foreign_vault_id: String,
    /// The machine group *Finance*.
    pub machine_group_id: String,
    /// The machine group *Warehouse*.
    pub other_machine_group_id: String,
    /// A machine group that is shared with nobody.
    pub unshared_machine_group_id: String,
    /// An unmanaged solution.
    pub solution: String,
    /// An application that may own runs.
    pub run_owner_client_id: String,
}

impl Place {
    fn of(sandbox: &Sandbox) -> Place {
        let vault = |name: &str| {
            sandbox
                .with(|world| world.vaults.get(name).map(Vault::resource_id))
                .expect("the default world has four vaults")
        };
        Place {
            tenant_id: default_world::TENANT.to_owned(),
            client_id: default_world::CLIENT.to_owned(),
            client_secret: default_world::SECRET.to_owned(),
            object_id: default_world::CLIENT_OBJECT.to_owned(),
            environment_id: default_world::ENVIRONMENT.to_owned(),
            environment_url: format!("https://{}", default_world::ORG),
            other_environment_id: default_world::TEST_ENVIRONMENT.to_owned(),
            environment_without_dataverse_id: default_world::BARE_ENVIRONMENT.to_owned(),
            key_vault_id: vault("kv-robots"),
            policy_vault_id: vault("kv-policies"),
            closed_vault_id: vault("kv-closed"),
            foreign_vault_id: vault("kv-theirs"),
            machine_group_id: default_world::FINANCE.to_owned(),
            other_machine_group_id: default_world::WAREHOUSE.to_owned(),
            unshared_machine_group_id: default_world::BOARD.to_owned(),
            solution: default_world::SOLUTION.to_owned(),
            run_owner_client_id: default_world::RUN_OWNER.to_owned(),
        }
    }
}

impl Deref for World {
    type Target = Workspace;

    fn deref(&self) -> &Workspace {
        &self.workspace
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Workspace {
        &mut self.workspace
    }
}

impl World {
    /// A world whose folder already has a provider block and variables for the ids of the sandbox's default world.
    ///
    /// # Panics
    /// Without a provider, a Terraform or a sandbox there is nothing to test.
    #[track_caller]
    #[must_use]
    #[expect(clippy::new_without_default, reason = "starting servers is no default value")]
    pub fn new() -> World {
        let world = World::bare();
        world.write_variables();
        world.write_provider("environment_id = var.environment_id");
        world
    }

    /// A world whose folder is empty.
    ///
    /// # Panics
    /// As [`World::new`].
    #[track_caller]
    #[must_use]
    pub fn bare() -> World {
        let found = Terraform::find().and_then(World::start);
        found.unwrap_or_else(|error| panic!("there is no world to test in: {error}"))
    }

    /// A world whose folder is empty, and whose provider is installed from a mirror by `init`.
    ///
    /// # Panics
    /// As [`World::new`].
    #[track_caller]
    #[must_use]
    pub fn from_mirror() -> World {
        let found = Terraform::find().and_then(|terraform| World::with(terraform, Installed::Mirror));
        found.unwrap_or_else(|error| panic!("there is no world to test in: {error}"))
    }

    /// A world with an empty folder for this Terraform.
    ///
    /// # Errors
    /// A provider that does not compile, a port or a disk that is not to be had.
    pub fn start(terraform: Terraform) -> io::Result<World> {
        World::with(terraform, Installed::Override)
    }

    fn with(terraform: Terraform, installed: Installed) -> io::Result<World> {
        let mut workspace = Workspace::new(terraform, installed)?;
        let sandbox = Sandbox::start()?;
        let place = Place::of(&sandbox);
        for (name, value) in sandbox.env() {
            workspace.set(&name, &value);
        }
        for (name, value) in ids(&place) {
            workspace.set(&format!("TF_VAR_{name}"), value);
        }
        Ok(World { workspace, sandbox, place })
    }

    /// The ids and addresses of the sandbox's default world.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The sandbox itself, for what has no word here.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Declares the variables whose values the commands get.
    #[track_caller]
    pub fn write_variables(&self) {
        let declared: String =
            ids(&self.place).iter().map(|(name, _)| format!("variable \"{name}\" {{ type = string }}\n")).collect();
        self.write("variables.tf", &declared);
    }

    /// Writes the block that names the provider's source, and a provider block with these lines.
    #[track_caller]
    pub fn write_provider(&self, lines: &str) {
        let required = format!(
            "terraform {{\n  required_providers {{\n    powerautomate = {{ source = \"{SOURCE}\" }}\n  }}\n}}\n"
        );
        self.write("provider.tf", &format!("{required}\nprovider \"powerautomate\" {{\n  {lines}\n}}\n"));
    }

    /// What the portal shows of the default environment, as something to compare: every row of the tables that are written.
    #[must_use]
    pub fn rows(&self) -> Value {
        TABLES.iter().map(|table| ((*table).to_owned(), Value::Array(self.table(table)))).collect()
    }

    /// A row, as a read of it answers.
    #[track_caller]
    #[must_use]
    pub fn row(&self, table: &str, id: &str) -> Value {
        let key = primary_key(table);
        let found = self.table(table).into_iter().find(|row| row[&key] == id);
        found.unwrap_or_else(|| panic!("there is no row {id} among the {table}"))
    }

    /// The rows of a table whose lookup points at an id.
    #[must_use]
    pub fn rows_of(&self, table: &str, lookup: &str, id: &str) -> Vec<Value> {
        self.rows_named(table, &format!("_{lookup}_value"), id)
    }

    /// The rows of a table that hold a text in a column.
    #[must_use]
    pub fn rows_named(&self, table: &str, column: &str, text: &str) -> Vec<Value> {
        self.table(table).into_iter().filter(|row| row[column] == text).collect()
    }

    /// Changes a row, as somebody in the portal would.
    #[track_caller]
    pub fn patch(&self, table: &str, id: &str, changes: Value) {
        let id = guid(id);
        self.in_portal(|org| org.patch(table, id, changes)).unwrap_or_else(|what| panic!("the portal: {what}"));
    }

    /// Makes a row, and returns its id.
    #[track_caller]
    pub fn insert(&self, table: &str, row: Value) -> String {
        let made = self.in_portal(|org| org.insert(table, row));
        made.unwrap_or_else(|what| panic!("the portal: {what}")).to_string()
    }

    /// Deletes a row.
    #[track_caller]
    pub fn remove_row(&self, table: &str, id: &str) {
        let id = guid(id);
        let is_removed =
            self.in_portal(|org| org.remove(table, id)).unwrap_or_else(|what| panic!("the portal: {what}"));
        assert!(is_removed, "there is no row {id} among the {table}");
    }

    fn table(&self, table: &str) -> Vec<Value> {
        self.in_portal(|org| org.rows(table))
    }

    fn in_portal<T>(&self, act: impl FnOnce(&mut Org) -> T) -> T {
        self.sandbox.with(|world| act(world.org_mut(&self.place.environment_id)))
    }

    /// A new version of a certificate in the vault, otherwise the same.
    pub fn rotate_certificate(&self, name: &str) {
        self.replace_certificate(name, name);
    }

    /// A new version of a certificate, of the kind of another one.
    #[track_caller]
    pub fn replace_certificate(&self, name: &str, like: &str) {
        self.sandbox.with(|world| {
            let now = world.now();
            let vault = vault_mut(world, &self.place.key_vault_id);
            let versions = vault.certificates.get(like).unwrap_or_else(|| panic!("there is no certificate {like}"));
            let spec = versions.last().expect("a certificate has a version").spec.clone();
            vault.put_certificate(name, spec, now);
        });
    }

    /// Takes every role on the vault from everybody.
    pub fn forbid_vault(&self) {
        self.sandbox.with(|world| vault_mut(world, &self.place.key_vault_id).roles.clear());
    }

    /// The connections of the default environment, as reads of them answer.
    #[must_use]
    pub fn connections(&self) -> Vec<Value> {
        self.sandbox.with(|world| {
            let (now, everything) = (world.now(), ConnectivitySwitches::default());
            let environment = world.environment(&self.place.environment_id).expect("the default environment is there");
            environment
                .connections
                .values()
                .map(|connection| connection.shown(&environment.id, &everything, now))
                .collect()
        })
    }

    /// Deletes a connection, as somebody in the portal would.
    #[track_caller]
    pub fn remove_connection(&self, id: &str) {
        let removed = self.sandbox.with(|world| {
            world.environment_mut(&self.place.environment_id).and_then(|environment| environment.connections.remove(id))
        });
        assert!(removed.is_some(), "there is no connection {id}");
    }

    /// Breaks a connection, as a machine that is gone would.
    #[track_caller]
    pub fn fail_connection(&self, id: &str) {
        self.sandbox.with(|world| {
            let environment =
                world.environment_mut(&self.place.environment_id).expect("the default environment is there");
            let connection =
                environment.connections.get_mut(id).unwrap_or_else(|| panic!("there is no connection {id}"));
            connection.fail("WindowsIdentityIncorrect", "The machine refused the certificate.");
        });
    }

    /// Takes the role to read secrets from the signed-in principal, so that no reference to one can be written.
    pub fn forbid_secrets(&self) {
        self.sandbox.with(|world| {
            let vault = vault_mut(world, &self.place.key_vault_id);
            vault
                .roles
                .retain(|(principal, role)| principal != default_world::CLIENT_OBJECT || !role.contains("Secrets"));
        });
    }

    /// Shares rows with an application, as the portal does.
    #[track_caller]
    pub fn share(&self, table: &str, id: &str, application: &str) {
        let (users, id) = (self.table("systemusers"), guid(id));
        let user = users.iter().find(|user| user["applicationid"] == application);
        let user =
            user.and_then(|user| user["systemuserid"].as_str()).expect("the application is a user of the environment");
        let user = guid(user);
        self.in_portal(|org| org.share(table, id, user)).unwrap_or_else(|what| panic!("the portal: {what}"));
    }

    /// The variable of that name, as commands get it.
    #[track_caller]
    #[must_use]
    pub fn variable(&self, name: &str) -> String {
        let found = self.variables().iter().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("{name} is not set")).1.clone()
    }

    /// The sandbox's own address, for people.
    #[must_use]
    pub fn control_address(&self) -> String {
        self.sandbox.control_url()
    }

    /// What connections do that are written from now on: settle to an error, or to `Connected`.
    pub fn let_connections_fail(&self, fail: bool) {
        let error = || StatusError {
            code: "WindowsIdentityIncorrect".to_owned(),
            message: "The machine refused the certificate.".to_owned(),
        };
        self.switch(|switches| switches.connectivity.settles_to_error = fail.then(error));
    }

    /// From now on reads of connections return neither the credential nor the parameters.
    pub fn hide_connection_values(&self) {
        self.switch(|switches| {
            switches.connectivity.returns_credential = false;
            switches.connectivity.returns_parameters = false;
        });
    }

    /// From now on another credential or machine group in a PUT is answered well and ignored.
    pub fn keep_old_connection_values(&self) {
        self.switch(|switches| switches.connectivity.changed_target = ChangedTarget::Kept);
    }

    /// Answers an open question about the services.
    pub fn switch(&self, answer: impl FnOnce(&mut Switches)) {
        self.sandbox.with(|world| answer(world.switches_mut()));
    }

    /// The next requests meet this weather.
    pub fn weather(&self, fault: Fault) {
        self.sandbox.fault(fault);
    }

    /// What was said to the services, one line per exchange; what stands in a change set has a line of its own.
    #[must_use]
    pub fn conversation(&self) -> Vec<String> {
        self.told(|_| true)
    }

    /// What was written: everything that is neither a read nor a request for a token.
    #[must_use]
    pub fn writes(&self) -> Vec<String> {
        self.told(Exchange::is_write)
    }

    fn told(&self, wanted: impl Fn(&Exchange) -> bool) -> Vec<String> {
        let place = &self.place;
        let known = [
            (place.tenant_id.clone(), "tenant"),
            (place.client_id.clone(), "client"),
            (place.environment_id.clone(), "environment"),
            (place.other_environment_id.clone(), "other environment"),
            (place.machine_group_id.clone(), "Finance"),
            (place.other_machine_group_id.clone(), "Warehouse"),
        ];
        let journal = self.sandbox.journal();
        let mut lines = Vec::new();
        for exchange in journal.iter().filter(|exchange| wanted(exchange)) {
            lines.extend(exchange.lines());
        }
        conversation::told(&lines, &known)
    }

    /// Forgets what was said until now.
    pub fn forget_conversation(&self) {
        self.sandbox.clear_journal();
    }

    /// No secret of a vault was ever asked for.
    #[track_caller]
    pub fn expect_no_secret_was_asked(&self) {
        let journal = self.sandbox.journal();
        let asked: Vec<String> = journal
            .iter()
            .filter(|exchange| exchange.host.contains(".vault.") && exchange.target.starts_with("/secrets"))
            .map(Exchange::line)
            .collect();
        assert_eq!(asked, Vec::<String>::new());
        assert!(
            journal.iter().any(|exchange| exchange.target.starts_with("/certificates/")),
            "the vault was never asked at all"
        );
    }
}

impl World {
    /// Writes the values of the variables, for a user who runs Terraform by hand.
    ///
    /// # Errors
    /// A disk that is full.
    pub fn write_variables_file(&self) -> io::Result<()> {
        let declared = fs::read_to_string(self.folder().join("main.tf"))?;
        let is_declared = |name: &str| declared.contains(&format!("variable \"{name}\""));
        let values: String = ids(&self.place)
            .iter()
            .filter(|(name, _)| is_declared(name))
            .map(|(name, value)| format!("{name} = \"{value}\"\n"))
            .collect();
        fs::write(self.folder().join("terraform.tfvars"), values)
    }

    /// Writes a script that a POSIX shell reads with `.`: after it, `terraform` there talks to the sandbox.
    ///
    /// # Errors
    /// A disk that is full.
    pub fn write_environment(&self) -> io::Result<PathBuf> {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
        let mut script: String =
            self.variables().iter().map(|(name, value)| format!("export {name}={}\n", quoted(value))).collect();
        let line: Vec<String> = self.terraform().line().iter().map(|word| quoted(&word.to_string_lossy())).collect();
        script.push_str(&format!("terraform() {{ {} \"$@\"; }}\n", line.join(" ")));
        let path = self.folder().join("sandbox.env");
        fs::write(&path, script).map(|()| path)
    }
}

/// The ids of the default world, by the names of the variables that hold them.
fn ids(place: &Place) -> [(&'static str, &str); 6] {
    [
        ("environment_id", &place.environment_id),
        ("other_environment_id", &place.other_environment_id),
        ("key_vault_id", &place.key_vault_id),
        ("machine_group_id", &place.machine_group_id),
        ("other_machine_group_id", &place.other_machine_group_id),
        ("unshared_machine_group_id", &place.unshared_machine_group_id),
    ]
}

fn vault_mut<'a>(world: &'a mut sandbox::World, id: &str) -> &'a mut Vault {
    let vault = world.vaults.values_mut().find(|vault| vault.resource_id() == id);
    vault.expect("the default world's vault is there")
}

/// A table's primary key: its logical name, which is its set's without the plural, and `id`.
fn primary_key(set: &str) -> String {
    format!("{}id", set.trim_end_matches('s'))
}

#[track_caller]
fn guid(text: &str) -> Uuid {
    Uuid::try_parse(text).unwrap_or_else(|_| panic!("{text:?} is no GUID"))
}
