//! The other side: what people do in the portal, in the vault and to the services, without Terraform knowing.
//!
//! No right is checked here, and nothing of it stands in the conversation.

use sandbox::{ChangedTarget, ConnectivitySwitches, Fault, Org, StatusError, Switches, Vault, default_world};
use serde_json::Value;
use uuid::Uuid;

use super::Sandboxed;

/// The tables whose rows a test compares with what was seeded.
const TABLES: &[&str] = &["environmentvariabledefinitions", "environmentvariablevalues", "credentials"];

impl<T> Sandboxed<T> {
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
        self.in_portal(|org| org.rows(table)).expect("the table is there")
    }

    fn in_portal<R>(&self, act: impl FnOnce(&mut Org) -> R) -> R {
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

    /// Makes the same connection as another one but for its name, so many seconds later than that was made, or earlier, as another
    /// workspace would. Its id is returned.
    #[track_caller]
    pub fn twin_connection(&self, id: &str, display_name: &str, seconds: i64) -> String {
        let twin = Uuid::new_v4().to_string();
        self.sandbox.with(|world| {
            let environment =
                world.environment_mut(&self.place.environment_id).expect("the default environment is there");
            let connection = environment.connections.get(id).unwrap_or_else(|| panic!("there is no connection {id}"));
            let mut made = connection.twin(&twin, seconds);
            display_name.clone_into(&mut made.display_name);
            environment.connections.insert(twin.clone(), made);
        });
        twin
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
