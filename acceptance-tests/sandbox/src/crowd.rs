//! Robots of which there are many: what a client meets in a large organization, made in no time.
//!
//! Robot 7 of the crowd `crowd` has the certificate `crowd-000007`, the variables `cto_crowd_000007` and `cto_crowd_000007_username`, each
//! with its value, a credential of both, `crowd 000007`, and a connection of that name.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::connectivity::Connection;
use crate::dataverse::{Org, Table};
use crate::default_world::{ENVIRONMENT, FINANCE, MAKER};
use crate::world::World;

const VARIABLES: &str = "environmentvariabledefinition";

/// Which robots are to be made, where, and whose they are. What is left out is Contoso's, and the maker's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Crowd {
    /// What all their names begin with: small letters.
    pub name: String,
    /// What the names of their variables begin with.
    pub prefix: String,
    /// The number of the first robot.
    pub first: u32,
    /// How many there are.
    pub count: u32,
    /// The environment.
    pub environment: String,
    /// The name of the vault.
    pub vault: String,
    /// The application that owns the rows and has made the connections.
    pub owner: String,
    /// The machine group of the connections.
    pub machine_group: Uuid,
}

impl Default for Crowd {
    fn default() -> Self {
        Self {
            name: "crowd".to_owned(),
            prefix: "cto".to_owned(),
            first: 1,
            count: 1,
            environment: ENVIRONMENT.to_owned(),
            vault: "kv-robots".to_owned(),
            owner: MAKER.to_owned(),
            machine_group: FINANCE.parse().expect("the default world's machine group has a GUID"),
        }
    }
}

/// The rows of a robot, and its connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Robot {
    /// Its number.
    pub number: u32,
    /// The variable that names the certificate.
    pub certificate: Uuid,
    /// The variable that holds the user name.
    pub username: Uuid,
    /// The credential.
    pub credential: Uuid,
    /// The connection.
    pub connection: String,
}

impl Crowd {
    /// So many robots of the default world's maker.
    pub fn of(count: u32) -> Self {
        Self { count, ..Self::default() }
    }

    /// What the names of the certificates have in common.
    pub(crate) fn certificate(&self, number: u32) -> String {
        format!("{}-{number:06}", self.name)
    }

    /// The name of the variable that names the certificate; with `_username` it is the other one's.
    pub(crate) fn schema_name(&self, number: u32) -> String {
        format!("{}_{}_{number:06}", self.prefix, self.name)
    }

    fn title(&self, number: u32) -> String {
        format!("{} {number:06}", self.name)
    }

    /// Their numbers.
    pub(crate) fn numbers(&self) -> Range<u32> {
        self.first..self.first.saturating_add(self.count)
    }
}

impl World {
    /// Makes a crowd of robots: certificates, variables, credentials and connections. No right is checked. What signs a certificate signs
    /// the first alone.
    ///
    /// # Errors
    /// A text that names what is not there, or what is there already, or the number that is too large.
    pub fn add_crowd(&mut self, crowd: &Crowd) -> Result<Vec<Robot>, String> {
        if crowd.numbers().end > 1_000_000 {
            return Err("the numbers of robots have six digits".to_owned());
        }
        let owner = self.applications.get(&crowd.owner.to_ascii_lowercase()).ok_or("there is no such application")?;
        let (owner, now) = (owner.caller.clone(), self.now());
        let environment = self.environment(&crowd.environment).ok_or("there is no such environment")?;
        let org = environment.dataverse.as_ref().ok_or("the environment has no Dataverse")?;
        let user = org.user_of(&owner).ok_or("the application is no user of the environment")?;
        let is_there =
            |number| !org.named(Table::known(VARIABLES), "schemaname", &crowd.schema_name(number)).is_empty();
        if let Some(number) = crowd.numbers().find(|number| is_there(*number)) {
            return Err(format!("the robot {} is there already", crowd.title(number)));
        }
        let vault = self.vaults.get_mut(&crowd.vault).ok_or("there is no such vault")?;
        let secrets = format!("{}/secrets/", vault.resource_id());
        vault.put_certificates(crowd, now);
        let org = self.org_mut(&crowd.environment);
        let robots: Vec<Robot> = crowd.numbers().map(|number| org.add_robot(crowd, number, &secrets, user)).collect();
        let made = robots.iter().map(|robot| {
            let username = format!("{}_username", crowd.schema_name(robot.number));
            let title = crowd.title(robot.number);
            let mut connection =
                Connection::of_credential(&title, robot.credential, &username, crowd.machine_group, &owner, now);
            connection.id.clone_from(&robot.connection);
            (robot.connection.clone(), connection)
        });
        let environment = self.environment_mut(&crowd.environment).expect("it was there a moment ago");
        environment.connections.extend(made);
        Ok(robots)
    }
}

impl Org {
    /// Makes the rows of one robot.
    fn add_robot(&mut self, crowd: &Crowd, number: u32, secrets: &str, owner: Uuid) -> Robot {
        let (name, title, certificate) = (crowd.schema_name(number), crowd.title(number), crowd.certificate(number));
        let variable = |org: &mut Self, name: &str, kind: u32, value: String| {
            let definition = org.add_row(
                VARIABLES,
                [("schemaname", json!(name)), ("displayname", json!(title)), ("type", json!(kind))],
                owner,
            );
            let values: [(&str, Value); 3] = [
                ("schemaname", json!(name)),
                ("value", json!(value)),
                ("environmentvariabledefinitionid", json!(definition.to_string())),
            ];
            org.add_row("environmentvariablevalue", values, owner);
            definition
        };
        let by_certificate = variable(self, &name, 100_000_005, format!("{secrets}{certificate}"));
        let username = variable(self, &format!("{name}_username"), 100_000_000, format!("{certificate}@contoso.com"));
        let credential = [
            ("name", json!(title)),
            ("credentialtype", json!(1)),
            ("connectiontype", json!(5)),
            ("certificate", json!(by_certificate.to_string())),
            ("username", json!(username.to_string())),
        ];
        let credential = self.add_row("credential", credential, owner);
        let connection = Uuid::new_v4().simple().to_string();
        Robot { number, certificate: by_certificate, username, credential, connection }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use x509_parser::prelude::{FromDer as _, X509Certificate};

    use super::*;
    use crate::default_world::{self, CLIENT, RUN_OWNER};

    #[test]
    fn a_robot_is_whole() {
        let mut world = default_world::make();
        let crowd =
            Crowd { name: "fleet".to_owned(), first: 7, count: 3, owner: RUN_OWNER.to_owned(), ..Crowd::default() };
        let robots = world.add_crowd(&crowd).unwrap();
        assert_eq!(robots.iter().map(|robot| robot.number).collect::<Vec<_>>(), [7, 8, 9]);
        let (vault, last) = (&world.vaults["kv-robots"], &robots[2]);
        let reference = format!("{}/secrets/fleet-000009", vault.resource_id());
        let version = vault.certificates["fleet-000009"].last().unwrap();
        let (_, certificate) = X509Certificate::from_der(&version.der).unwrap();
        assert_eq!(certificate.subject().to_string(), "O=Contoso, CN=fleet-000009");
        assert!(version.der.windows(24).any(|bytes| bytes == b"fleet-000009@contoso.com"), "the user principal name");
        let (_, other) = X509Certificate::from_der(&vault.certificates["fleet-000008"][0].der).unwrap();
        assert_ne!(certificate.raw_serial(), other.raw_serial());

        let org = world.org_mut(ENVIRONMENT);
        let owner = org.user_of_application(RUN_OWNER).unwrap();
        let credential = org.credential(last.credential).unwrap();
        assert_eq!((&credential["name"], &credential["_ownerid_value"]), (&json!("fleet 000009"), &json!(owner)));
        let name = |id: Uuid| org.definition_schema_name(id).unwrap();
        assert_eq!(name(last.username), "cto_fleet_000009_username");
        let held = org.rows("environmentvariablevalue").unwrap();
        let held = held.iter().find(|row| row["schemaname"] == name(last.certificate).as_str()).unwrap();
        assert_eq!(held["value"], reference);
        let environment = world.environment(ENVIRONMENT).unwrap();
        let shown = environment.connections[&last.connection].shown(ENVIRONMENT, &Default::default(), world.now());
        assert_eq!(shown["properties"]["statuses"][0]["status"], "Connected");
        assert_eq!(shown["properties"]["createdBy"]["displayName"], "Run owner");
        assert_eq!(shown["properties"]["credentialId"], last.credential.to_string());
    }

    #[test]
    fn what_is_not_there_is_named() {
        #[track_caller]
        fn check(crowd: Crowd, what: &str) {
            let error = default_world::make().add_crowd(&crowd).unwrap_err();
            assert!(error.contains(what), "{error}");
        }
        check(Crowd { vault: "nowhere".to_owned(), ..Crowd::default() }, "vault");
        check(Crowd { owner: "nobody".to_owned(), ..Crowd::default() }, "application");
        check(Crowd { environment: "nowhere".to_owned(), ..Crowd::default() }, "environment");
        check(Crowd { environment: default_world::BARE_ENVIRONMENT.to_owned(), ..Crowd::default() }, "Dataverse");
        check(Crowd { first: 999_999, count: 2, ..Crowd::default() }, "six digits");
        let mut world = default_world::make();
        assert_eq!(world.add_crowd(&Crowd { first: 999_998, count: 2, ..Crowd::default() }).unwrap().len(), 2);
        assert!(world.add_crowd(&Crowd::of(0)).unwrap().is_empty());
        let again = Crowd { first: 999_990, count: 10, ..Crowd::default() };
        assert_eq!(world.add_crowd(&again).unwrap_err(), "the robot crowd 999998 is there already");
    }

    /// Far above what it takes: whatever looked at each row for each row would not be done.
    #[test]
    fn fifty_thousand_rows_are_nothing() {
        let mut world = default_world::make();
        let start = Instant::now();
        let robots = world.add_crowd(&Crowd { owner: CLIENT.to_owned(), ..Crowd::of(10_000) }).unwrap();
        let org = world.org_mut(ENVIRONMENT);
        for robot in robots.iter().step_by(2) {
            assert!(org.remove("environmentvariabledefinition", robot.certificate).unwrap());
            assert!(org.remove("credential", robot.credential).unwrap());
        }
        assert_eq!(org.rows("environmentvariablevalue").unwrap().len(), 15_000);
        assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    }
}
