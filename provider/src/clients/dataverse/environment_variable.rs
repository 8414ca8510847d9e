//! Environment variables: a definition, and the row that holds its value.
//!
//! Source: <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/environmentvariabledefinition>

use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use super::change_set::ChangeSet;
use super::solution_component::Component;
use super::table::{Active, Children, Expand, Filter, Narrowing, Owner, Table, active, columns, flag, yes};
use crate::clients::careful::at_most;

/// As long as a schema name may be.
pub const MAX_SCHEMA_NAME: usize = 100;

const VALUES: &str = "environmentvariabledefinition_environmentvariablevalue";
const VALUE_SET: &str = "environmentvariablevalues";
const VALUE_TABLE: &str = "environmentvariablevalue";

/// A row of `environmentvariabledefinition`, with its values.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Definition {
    /// The id of the definition.
    #[serde(rename = "environmentvariabledefinitionid")]
    pub id: Uuid,
    /// The unique name.
    #[serde(rename = "schemaname")]
    pub schema_name: String,
    /// The name that people see.
    #[serde(rename = "displayname")]
    pub display_name: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// What its values are.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Where a secret is kept; without meaning for other kinds.
    #[serde(rename = "secretstore")]
    pub secret_store: Option<i64>,
    /// What holds where there is no value.
    #[serde(rename = "defaultvalue")]
    pub default_value: Option<String>,
    /// The owner.
    #[serde(rename = "_ownerid_value")]
    pub owner_id: Option<Uuid>,
    /// Whether the row is active.
    #[serde(rename = "statecode", deserialize_with = "active", default = "yes")]
    pub active: bool,
    /// Whether it came with a managed solution.
    #[serde(rename = "ismanaged", deserialize_with = "flag", default)]
    pub managed: bool,
    /// The version of the row, for a change that must not meet somebody else's.
    #[serde(rename = "@odata.etag")]
    pub etag: Option<String>,
    /// The value rows; there should be one at the most.
    #[serde(
        rename = "environmentvariabledefinition_environmentvariablevalue",
        deserialize_with = "at_most::<_, _, 100>",
        default
    )]
    pub values: Vec<VariableValue>,
    /// Where the value rows are that did not come along.
    #[serde(rename = "environmentvariabledefinition_environmentvariablevalue@odata.nextLink")]
    pub more_values: Option<String>,
}

/// A row of `environmentvariablevalue`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct VariableValue {
    /// The id of the row.
    #[serde(rename = "environmentvariablevalueid")]
    pub id: Uuid,
    /// The value.
    pub value: Option<String>,
}

impl Table for Definition {
    const SET: &'static str = "environmentvariabledefinitions";
    const LOGICAL: &'static str = "environmentvariabledefinition";
    const ROW: &'static str = "environment variable";
    const NAME: &'static str = "schemaname";
    const EXPAND: Option<Expand> = Some(Expand { property: VALUES, columns: || columns::<VariableValue>(None) });
    type Child = VariableValue;

    fn id(&self) -> Uuid {
        self.id
    }

    fn children(&mut self) -> Option<Children<'_, VariableValue>> {
        Some(Children { there: &mut self.values, next: &mut self.more_values })
    }
}

/// The type of an environment variable, by its option value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(from = "i64")]
pub enum Kind {
    /// A text.
    Text,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// JSON.
    Json,
    /// A data source.
    DataSource,
    /// A secret: a reference to one in Azure Key Vault, or one that Dataverse itself keeps.
    Secret,
    /// One that is not documented.
    Other(i64),
}

/// The option value of the secret store Azure Key Vault.
const AZURE_KEY_VAULT: i64 = 0;

impl From<i64> for Kind {
    fn from(option: i64) -> Kind {
        let known = [Kind::Text, Kind::Number, Kind::Boolean, Kind::Json, Kind::DataSource, Kind::Secret];
        known.into_iter().find(|kind| kind.option() == option).unwrap_or(Kind::Other(option))
    }
}

impl Kind {
    const fn option(self) -> i64 {
        match self {
            Kind::Text => 100_000_000,
            Kind::Number => 100_000_001,
            Kind::Boolean => 100_000_002,
            Kind::Json => 100_000_003,
            Kind::DataSource => 100_000_004,
            Kind::Secret => 100_000_005,
            Kind::Other(option) => option,
        }
    }

    /// What a variable of this kind is, in words.
    pub fn words(self) -> &'static str {
        match self {
            Kind::Text => "a text variable",
            Kind::Number => "a number variable",
            Kind::Boolean => "a yes/no variable",
            Kind::Json => "a JSON variable",
            Kind::DataSource => "a data source variable",
            Kind::Secret => "a secret that Dataverse itself keeps",
            Kind::Other(_) => "a variable of an unknown type",
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.option())
    }
}

impl Definition {
    /// The references to vaults among the variables.
    pub fn references(narrowing: Narrowing<'_>) -> Filter {
        Filter::list::<Definition>(&Definition::kind_of_references(), narrowing)
    }

    /// What makes a variable a reference to a vault.
    pub(super) fn kind_of_references() -> String {
        format!("type eq {} and secretstore eq {AZURE_KEY_VAULT}", Kind::Secret.option())
    }

    /// Whether it refers to a secret in a vault.
    pub fn is_reference(&self) -> bool {
        self.kind == Kind::Secret && self.secret_store.is_none_or(|store| store == AZURE_KEY_VAULT)
    }

    /// Writes the value: into the row that is there, else into a new one.
    pub fn write_value(&self, changes: &mut ChangeSet, value: &str) {
        match self.values.first() {
            Some(row) => {
                changes.update(VALUE_SET, row.id, ValueChange { value });
                changes.concerns(self.id);
            }
            None => new_value(changes, self.id, &self.schema_name, value),
        }
    }

    /// Its rows, as parts of a solution: itself and what it holds.
    pub fn components(&self) -> Vec<Component> {
        let values = self.values.iter().map(|row| (VALUE_TABLE, row.id));
        std::iter::once((Definition::LOGICAL, self.id)).chain(values).collect()
    }

    /// Deletes what it holds, and leaves the definition.
    pub fn delete_values(&self, changes: &mut ChangeSet) {
        self.values.iter().for_each(|row| changes.delete(VALUE_SET, row.id));
        changes.concerns(self.id);
    }
}

/// A variable that is made, definition and value together.
#[derive(Debug, Clone, Serialize)]
pub struct NewVariable<'a> {
    /// The id of the definition.
    #[serde(rename = "environmentvariabledefinitionid")]
    pub id: Uuid,
    /// The unique name.
    #[serde(rename = "schemaname")]
    pub schema_name: &'a str,
    /// The name that people see.
    #[serde(rename = "displayname")]
    pub display_name: &'a str,
    /// The description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'a str>,
    /// Who owns it, if not whoever makes it.
    #[serde(rename = "ownerid@odata.bind", skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// Its value.
    #[serde(skip)]
    pub value: &'a str,
}

/// A definition on the wire.
#[derive(Serialize)]
struct NewDefinition<'a> {
    #[serde(flatten)]
    variable: &'a NewVariable<'a>,
    r#type: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    secretstore: Option<i64>,
}

impl NewVariable<'_> {
    /// Makes it as a text.
    pub fn text(&self, changes: &mut ChangeSet) {
        self.rows(changes, Kind::Text, None);
    }

    /// Makes it as a reference to a secret in a vault.
    pub fn reference(&self, changes: &mut ChangeSet) {
        self.rows(changes, Kind::Secret, Some(AZURE_KEY_VAULT));
    }

    fn rows(&self, changes: &mut ChangeSet, r#type: Kind, secretstore: Option<i64>) {
        changes.create::<Definition>(NewDefinition { variable: self, r#type, secretstore });
        new_value(changes, self.id, self.schema_name, self.value);
    }
}

#[derive(Serialize)]
struct NewValue<'a> {
    environmentvariablevalueid: Uuid,
    schemaname: &'a str,
    value: &'a str,
    #[serde(rename = "EnvironmentVariableDefinitionId@odata.bind")]
    definition: String,
}

#[derive(Serialize)]
struct ValueChange<'a> {
    value: &'a str,
}

fn new_value(changes: &mut ChangeSet, id: Uuid, schemaname: &str, value: &str) {
    let (environmentvariablevalueid, definition) = (Uuid::new_v4(), bound(id));
    let made = (environmentvariablevalueid, value);
    changes.create_value(VALUE_SET, id, made, NewValue { environmentvariablevalueid, schemaname, value, definition });
}

/// A definition as another row points at it.
pub(super) fn bound(definition: Uuid) -> String {
    format!("/{}({definition})", Definition::SET)
}

/// What is changed of a definition; what is none stays as it is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DefinitionChange<'a> {
    /// The name that people see.
    #[serde(rename = "displayname", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<&'a str>,
    /// The description, which may be none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Option<&'a str>>,
    /// The owner.
    #[serde(rename = "ownerid@odata.bind", skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// Whether it becomes active again.
    #[serde(flatten)]
    pub active: Option<Active>,
}
