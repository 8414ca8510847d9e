//! Holds what exists against what a state says exists: whatever happened before, each object stands in the state once, as it is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Kind, Verdict};
use crate::court::{CONNECTION, CREDENTIAL, REFERENCE};
use crate::sandboxed::Sandboxed;
use crate::world::World;

const DEFINITIONS: &str = "environmentvariabledefinitions";
const VALUES: &str = "environmentvariablevalues";
const CREDENTIALS: &str = "credentials";

/// What exists in the default environment.
#[derive(Debug, Clone, Default)]
pub(super) struct Existing {
    /// By kind and id: the row, or the connection.
    objects: BTreeMap<(&'static str, String), Value>,
}

impl Existing {
    /// What exists now.
    pub(super) fn in_world<T>(world: &Sandboxed<T>) -> Existing {
        let mut objects = BTreeMap::new();
        let rows = world.rows();
        for (table, key) in [
            (DEFINITIONS, "environmentvariabledefinitionid"),
            (VALUES, "environmentvariablevalueid"),
            (CREDENTIALS, "credentialid"),
        ] {
            for row in rows[table].as_array().into_iter().flatten() {
                objects.insert((table, plain(&row[key])), row.clone());
            }
        }
        for connection in world.connections() {
            objects.insert((CONNECTION, plain(&connection["name"])), connection);
        }
        Existing { objects }
    }

    /// The same with more objects that are nobody's business, each by the kind of resource and its id.
    pub(super) fn with(&self, more: &[(&'static str, String)], world: &World) -> Existing {
        let mut all = self.clone();
        let now = Existing::in_world(world);
        for (kind, id) in more {
            let id = Value::from(id.as_str());
            let table = if *kind == REFERENCE {
                DEFINITIONS
            } else if *kind == CREDENTIAL {
                CREDENTIALS
            } else {
                CONNECTION
            };
            let values = now.values_of(&id).into_iter().map(|(id, row)| ((VALUES, id.clone()), row.clone()));
            all.objects.extend(values);
            all.objects.entry((table, plain(&id))).or_insert(Value::Null);
        }
        all
    }

    fn get(&self, kind: &'static str, id: &Value) -> Option<&Value> {
        self.objects.get(&(kind, plain(id)))
    }

    /// The ids of the values of a variable.
    fn values_of(&self, variable: &Value) -> Vec<(&String, &Value)> {
        let of = |row: &Value| plain(&row["_environmentvariabledefinitionid_value"]) == plain(variable);
        let all = self.objects.iter().filter(|((kind, _), row)| *kind == VALUES && of(row));
        all.map(|((_, id), row)| (id, row)).collect()
    }

    /// The name that people see.
    fn name(&self, kind: &str, object: &Value) -> String {
        let name = match kind {
            CONNECTION => &object["properties"]["displayName"],
            CREDENTIALS => &object["name"],
            _ => &object["schemaname"],
        };
        name.as_str().unwrap_or_default().to_owned()
    }
}

/// An object as a state has it.
pub(super) struct Stated {
    /// Where it stands: `type.name`.
    pub(super) address: String,
    /// Its attributes.
    pub(super) attributes: Value,
    /// Whether it is tainted.
    pub(super) is_tainted: bool,
}

/// Holds Terraform's state against the world: `before` is what was there before Terraform came, and is nobody's business.
pub(super) fn judge(world: &World, before: &Existing, verdict: &mut Verdict) {
    let stated = world.instances().map(|(address, instance)| Stated {
        address,
        attributes: instance["attributes"].clone(),
        is_tainted: instance["status"] == "tainted",
    });
    hold(world, &stated.collect::<Vec<_>>(), before, verdict);
}

/// Holds what is stated against the world.
pub(super) fn hold<T>(world: &Sandboxed<T>, stated: &[Stated], before: &Existing, verdict: &mut Verdict) {
    let existing = Existing::in_world(world);
    let mut known: BTreeSet<(&'static str, String)> = before.objects.keys().cloned().collect();
    for Stated { address, attributes: state, is_tainted } in stated {
        let mut hold = Truth { address, verdict };
        if *is_tainted {
            hold.verdict.find(Kind::Unclean, format!("{address} is tainted after all"));
        }
        let kind = address.split_once('.').map_or("", |(kind, _)| kind);
        if kind == REFERENCE {
            known.insert((DEFINITIONS, plain(&state["id"])));
            known.extend(existing.values_of(&state["id"]).into_iter().map(|(id, _)| (VALUES, id.clone())));
            hold.reference(&existing, state);
        } else if kind == CREDENTIAL {
            known.insert((CREDENTIALS, plain(&state["id"])));
            known.insert((DEFINITIONS, plain(&state["username_variable_id"])));
            let values = existing.values_of(&state["username_variable_id"]);
            known.extend(values.into_iter().map(|(id, _)| (VALUES, id.clone())));
            hold.credential(&existing, state);
        } else if kind == CONNECTION {
            known.insert((CONNECTION, plain(&state["id"])));
            hold.connection(&existing, state);
        }
    }
    for (key, object) in existing.objects.iter().filter(|(key, _)| !known.contains(*key)) {
        let name = existing.name(key.0, object);
        let mut others = existing.objects.iter().filter(|(other, _)| other.0 == key.0 && *other != key);
        let is_double = others.any(|(_, other)| existing.name(key.0, other) == name);
        let kind = if is_double { Kind::Double } else { Kind::Orphan };
        verdict.find(kind, format!("the {} {name:?} ({}) is in no state", key.0, key.1));
    }
    for (kind, id) in before.objects.keys().filter(|key| !existing.objects.contains_key(*key)) {
        verdict.find(Kind::Lie, format!("the {kind} {id}, which is somebody else's, is gone"));
    }
}

/// What the state says of an address.
struct Truth<'a> {
    address: &'a str,
    verdict: &'a mut Verdict,
}

impl Truth<'_> {
    fn same(&mut self, name: &str, state: &Value, world: &Value) {
        let address = self.address;
        self.verdict.hold(plain(state) == plain(world), Kind::Lie, || {
            format!("{address}.{name} is {state} in the state and {world} in the world")
        });
    }

    fn gone(&mut self, what: &str, id: &Value) {
        self.verdict.find(Kind::Lie, format!("{}: the {what} {id} does not exist", self.address));
    }

    fn reference(&mut self, existing: &Existing, state: &Value) {
        let Some(row) = existing.get(DEFINITIONS, &state["id"]) else { return self.gone("variable", &state["id"]) };
        for (name, column) in
            [("schema_name", "schemaname"), ("display_name", "displayname"), ("description", "description")]
        {
            self.same(name, &state[name], &row[column]);
        }
        let values = existing.values_of(&state["id"]);
        self.verdict.hold(values.len() == 1, Kind::Double, || format!("{} has {} values", self.address, values.len()));
        if let [(_, value)] = values[..] {
            self.same("secret_reference", &state["secret_reference"], &value["value"]);
        }
    }

    fn credential(&mut self, existing: &Existing, state: &Value) {
        let Some(row) = existing.get(CREDENTIALS, &state["id"]) else { return self.gone("credential", &state["id"]) };
        for (name, column) in [
            ("name", "name"),
            ("description", "description"),
            ("certificate_reference_id", "_certificate_value"),
            ("username_variable_id", "_username_value"),
        ] {
            self.same(name, &state[name], &row[column]);
        }
        let Some(variable) = existing.get(DEFINITIONS, &state["username_variable_id"]) else {
            return self.gone("user name's variable", &state["username_variable_id"]);
        };
        self.same("username_schema_name", &state["username_schema_name"], &variable["schemaname"]);
        let values = existing.values_of(&state["username_variable_id"]);
        if let [(_, value)] = values[..] {
            self.same("username", &state["username"], &value["value"]);
        } else {
            self.verdict.find(Kind::Double, format!("{}'s user name has {} values", self.address, values.len()));
        }
    }

    fn connection(&mut self, existing: &Existing, state: &Value) {
        let Some(found) = existing.get(CONNECTION, &state["id"]) else { return self.gone("connection", &state["id"]) };
        let properties = &found["properties"];
        let values = &properties["connectionParametersSet"]["values"];
        let owner = &state["run_owner"];
        let owner = owner.get(0).unwrap_or(owner);
        for (name, state, world) in [
            ("display_name", &state["display_name"], &properties["displayName"]),
            ("credential_id", &state["credential_id"], &properties["credentialId"]),
            ("machine_group_id", &state["machine_group_id"], &values["targetId"]["value"]),
            ("run_owner.client_id", &owner["client_id"], &values["tokenRunOwnerCert:clientId"]["value"]),
        ] {
            self.same(name, state, world);
        }
    }
}

/// A text to compare: ids in one spelling, and nothing is an empty text.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => uuid::Uuid::try_parse(text).map_or_else(|_| text.clone(), |id| id.to_string()),
        other => other.to_string(),
    }
}
