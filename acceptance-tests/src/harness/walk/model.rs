//! What is declared, and what therefore is to be there.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::court::{CONNECTION, CREDENTIAL, REFERENCE};
use crate::harness::{Kind, Verdict};
use crate::world::World;

/// Where a robot's resources are declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Home {
    /// In blocks of their own, under this name.
    Alone(String),
    /// Under `for_each`, with this key.
    Each(String),
    /// Under `count`; the index is the place among those.
    Counted,
}

/// A robot: a reference, a credential, and perhaps a connection.
#[derive(Debug, Clone)]
pub(super) struct Robot {
    pub(super) number: usize,
    pub(super) home: Home,
    /// Counts up when the schema name changes, which replaces.
    pub(super) schema: usize,
    pub(super) certificate: usize,
    pub(super) description: Option<usize>,
    pub(super) shown: usize,
    pub(super) name: usize,
    /// The user; none when the company's variable holds it.
    pub(super) user: Option<usize>,
    pub(super) is_connected: bool,
    pub(super) display: usize,
    pub(super) is_in_warehouse: bool,
    /// The version of the run owner's certificate, if a service principal owns the runs.
    pub(super) run_owner: Option<usize>,
    /// `create_before_destroy`.
    pub(super) creates_first: bool,
    /// `prevent_destroy`.
    pub(super) is_kept: bool,
    /// `ignore_changes` of the reference's description; this is the one that is there.
    pub(super) ignored: Option<Option<usize>>,
    /// In which spelling ids are given.
    pub(super) spelling: usize,
}

impl Robot {
    pub(super) fn schema_name(&self) -> String {
        format!("cto_walk_{}_{}", self.number, self.schema)
    }

    pub(super) fn shown_name(&self) -> String {
        format!("Shown {} {}", self.number, self.shown)
    }

    pub(super) fn credential_name(&self) -> String {
        format!("Robot {} {}", self.number, self.name)
    }

    pub(super) fn display_name(&self) -> String {
        format!("Robot {} on a machine {}", self.number, self.display)
    }

    /// Whether nothing is said of it that a block under `for_each` cannot say of one alone.
    pub(super) fn is_plain(&self) -> bool {
        !self.creates_first
            && !self.is_kept
            && self.ignored.is_none()
            && self.run_owner.is_none()
            && self.user.is_some()
    }

    /// Whether it may be destroyed, and made again under the same names.
    pub(super) fn is_free(&self) -> bool {
        !self.creates_first && !self.is_kept && self.ignored.is_none()
    }

    /// The kinds of its resources.
    pub(super) fn kinds(&self) -> &'static [&'static str] {
        if self.is_connected { &[REFERENCE, CREDENTIAL, CONNECTION] } else { &[REFERENCE, CREDENTIAL] }
    }
}

/// Text that descriptions and users are made of.
pub(super) fn description(number: usize) -> String {
    format!("Description {number}")
}

/// Everything that is declared.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    pub(super) robots: Vec<Robot>,
    /// What Terraform was told to forget, with its ids by kind.
    pub(super) forgotten: Vec<(Robot, Vec<(&'static str, String)>)>,
    /// Numbers that were used, so that no two names are the same.
    pub(super) used: usize,
    /// Whether the provider block spells the environment in capitals.
    pub(super) shouts: bool,
    /// Whether the service tells neither credential nor parameters of a connection.
    pub(super) is_hidden: bool,
    /// Whether weather is about to strike.
    pub(super) is_stormy: bool,
    /// The robots of which something was done in the portal since the last apply, which another edit must not meet.
    pub(super) touched: BTreeSet<usize>,
    /// The robots of which something else is declared since the last apply: what is there is older.
    pub(super) changed: BTreeSet<usize>,
}

impl Model {
    /// A number that was never used.
    pub(super) fn fresh(&mut self) -> usize {
        self.used += 1;
        self.used
    }

    /// The address of a robot's resource.
    pub(super) fn address(&self, robot: &Robot, kind: &str) -> String {
        match &robot.home {
            Home::Alone(name) => format!("{kind}.{name}"),
            Home::Each(key) => format!("{kind}.each[\"{key}\"]"),
            Home::Counted => {
                let mut counted = self.robots.iter().filter(|other| other.home == Home::Counted);
                let place = counted.position(|other| other.number == robot.number).unwrap_or_default();
                format!("{kind}.counted[{place}]")
            }
        }
    }

    /// What the state is to say of each address.
    fn expected(&self) -> Vec<(String, Vec<(&'static str, Value)>)> {
        let mut all = Vec::new();
        for robot in &self.robots {
            let text = |number: Option<usize>| number.map_or(Value::Null, |number| json!(description(number)));
            let reference = vec![
                ("schema_name", json!(robot.schema_name())),
                ("display_name", json!(robot.shown_name())),
                ("certificate_name", json!(format!("robot-{:02}", robot.certificate))),
                ("description", text(robot.ignored.unwrap_or(robot.description))),
            ];
            all.push((self.address(robot, REFERENCE), reference));
            let user = robot.user.map_or(json!("robot@contoso.com"), |user| json!(format!("robot-{user}@contoso.com")));
            let credential = vec![
                ("name", json!(robot.credential_name())),
                ("username", user),
                ("description", text(robot.description)),
                ("active", json!(true)),
            ];
            all.push((self.address(robot, CREDENTIAL), credential));
            if robot.is_connected {
                let connection = vec![("display_name", json!(robot.display_name())), ("status", json!("Connected"))];
                all.push((self.address(robot, CONNECTION), connection));
            }
        }
        all
    }

    /// Holds the state against what is declared; that the state is true, the referee holds.
    pub(super) fn hold(&self, world: &World, verdict: &mut Verdict) {
        let expected = self.expected();
        let mut addresses: Vec<String> = expected.iter().map(|(address, _)| address.clone()).collect();
        addresses.sort();
        let found = world.addresses();
        verdict.hold(addresses == found, Kind::Unclean, || format!("the state holds {found:?}, not {addresses:?}"));
        for (address, attributes) in expected {
            let state = world.attributes(&address);
            for (name, value) in attributes {
                verdict.hold(state[name] == value, Kind::Lie, || {
                    format!("{address}.{name} is {} and declared as {value}", state[name])
                });
            }
        }
    }

    /// The ids of what Terraform was told to forget, by kind.
    pub(super) fn forgotten_ids(&self) -> Vec<(&'static str, String)> {
        self.forgotten.iter().flat_map(|(_, ids)| ids.clone()).collect()
    }

    /// What is about to be applied is no news any more.
    pub(super) fn settle(&mut self) {
        self.touched.clear();
        self.changed.clear();
    }
}
