//! Environment variables: what one is, and the value that an environment gives it.
//!
//! <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/environmentvariabledefinition>

use super::{COMPONENT, OWNED, STATEFUL, SYSTEM, VARIABLE};
use crate::dataverse::tables::{Collection, Column, Fallback, Ownership, Required, Table, Unique};

/// What a variable is.
pub(super) const DEFINITION: Table = Table {
    logical: "environmentvariabledefinition",
    schema: "EnvironmentVariableDefinition",
    set: "environmentvariabledefinitions",
    label: "Environment Variable Definition",
    privileges: "EnvironmentVariableDefinition",
    id: "environmentvariabledefinitionid",
    name: "schemaname",
    ownership: Ownership::User,
    writable: true,
    columns: &[
        &[
            Column::id("environmentvariabledefinitionid"),
            Column::text("schemaname", 100).required(Required::System).unique(Unique::Prefixed),
            Column::text("displayname", 100).required(Required::Application),
            Column::choice(
                "type",
                &[
                    (100_000_000, "String"),
                    (100_000_001, "Number"),
                    (100_000_002, "Boolean"),
                    (100_000_003, "JSON"),
                    (100_000_004, "Data Source"),
                    (100_000_005, "Secret"),
                ],
            )
            .required(Required::Application)
            .default(Fallback::Number(100_000_000)),
            Column::choice("secretstore", &[(0, "Azure Key Vault"), (1, "Microsoft Dataverse")])
                .default(Fallback::Number(0)),
            Column::memo("defaultvalue", 2000),
            Column::memo("description", 2000),
            Column::flag("isrequired", false).required(Required::Application),
            Column::memo("valueschema", 2000),
            Column::memo("hint", 2000),
            Column::memo("inputcontrolconfig", 10_000),
            Column::text("learnmoreurl", 2000),
            Column::text("apiid", 150),
            Column::text("parameterkey", 150),
            Column::text("introducedversion", 48).default(Fallback::Text("1.0.0.0")),
            Column::navigated("parentdefinitionid", "ParentDefinitionId", VARIABLE),
        ],
        STATEFUL,
        OWNED,
        COMPONENT,
        SYSTEM,
    ],
    collections: &[Collection {
        nav: "environmentvariabledefinition_environmentvariablevalue",
        table: "environmentvariablevalue",
        column: "environmentvariabledefinitionid",
    }],
    object_type_code: 380,
};

/// The value of a variable in this environment.
pub(super) const VALUE: Table = Table {
    logical: "environmentvariablevalue",
    schema: "EnvironmentVariableValue",
    set: "environmentvariablevalues",
    label: "Environment Variable Value",
    privileges: "EnvironmentVariableDefinition",
    id: "environmentvariablevalueid",
    name: "schemaname",
    ownership: Ownership::Parent("environmentvariabledefinitionid"),
    writable: true,
    columns: &[
        &[
            Column::id("environmentvariablevalueid"),
            Column::text("schemaname", 100).required(Required::Application).unique(Unique::Perhaps),
            Column::memo("value", 2000),
            Column::text("introducedversion", 48).default(Fallback::Text("1.0.0.0")),
            Column::navigated("environmentvariabledefinitionid", "EnvironmentVariableDefinitionId", VARIABLE)
                .required(Required::System),
        ],
        STATEFUL,
        COMPONENT,
        SYSTEM,
    ],
    collections: &[],
    object_type_code: 381,
};
