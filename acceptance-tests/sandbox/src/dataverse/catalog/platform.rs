//! What the platform itself keeps: users, publishers, solutions and what belongs to those.
//!
//! <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/solution>

use super::SYSTEM;
use crate::dataverse::tables::{Column, Fallback, Ownership, Required, Table};

/// A user.
pub(super) const USER: Table = Table {
    logical: "systemuser",
    schema: "SystemUser",
    set: "systemusers",
    label: "User",
    privileges: "User",
    id: "systemuserid",
    name: "fullname",
    ownership: Ownership::Organization,
    writable: false,
    columns: &[
        &[
            Column::id("systemuserid"),
            Column::text("fullname", 200),
            Column::text("domainname", 1024),
            Column::text("internalemailaddress", 100),
            Column::guid("azureactivedirectoryobjectid"),
            Column::guid("applicationid"),
            Column::flag("isdisabled", false),
        ],
        SYSTEM,
    ],
    collections: &[],
    object_type_code: 8,
};

/// A publisher of solutions.
pub(super) const PUBLISHER: Table = Table {
    logical: "publisher",
    schema: "Publisher",
    set: "publishers",
    label: "Publisher",
    privileges: "Publisher",
    id: "publisherid",
    name: "friendlyname",
    ownership: Ownership::Organization,
    writable: false,
    columns: &[
        &[
            Column::id("publisherid"),
            Column::text("uniquename", 256).required(Required::System),
            Column::text("friendlyname", 256).required(Required::System),
            Column::text("customizationprefix", 8).required(Required::System),
            Column::integer("customizationoptionvalueprefix"),
        ],
        SYSTEM,
    ],
    collections: &[],
    object_type_code: 7101,
};

/// A solution.
pub(super) const SOLUTION: Table = Table {
    logical: "solution",
    schema: "Solution",
    set: "solutions",
    label: "Solution",
    privileges: "Solution",
    id: "solutionid",
    name: "friendlyname",
    ownership: Ownership::Organization,
    writable: false,
    columns: &[
        &[
            Column::id("solutionid"),
            Column::text("uniquename", 65).required(Required::System),
            Column::text("friendlyname", 256).required(Required::System),
            Column::text("version", 256).default(Fallback::Text("1.0.0.0")),
            Column::flag("ismanaged", false),
            Column::flag("isvisible", true),
            Column::lookup("publisherid", &["publisher"]).required(Required::System),
        ],
        SYSTEM,
    ],
    collections: &[],
    object_type_code: 7100,
};

/// What belongs to a solution.
pub(super) const COMPONENT: Table = Table {
    logical: "solutioncomponent",
    schema: "SolutionComponent",
    set: "solutioncomponents",
    label: "Solution Component",
    privileges: "Solution",
    id: "solutioncomponentid",
    name: "solutioncomponentid",
    ownership: Ownership::Organization,
    writable: false,
    columns: &[
        &[
            Column::id("solutioncomponentid"),
            Column::lookup("solutionid", &["solution"]).required(Required::System),
            Column::guid("objectid"),
            Column::integer("componenttype"),
        ],
        SYSTEM,
    ],
    collections: &[],
    object_type_code: 7103,
};

/// What may be part of a solution: by this number a component says of what kind it is.
///
/// <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/solutioncomponentdefinition>
pub(super) const COMPONENT_DEFINITION: Table = Table {
    logical: "solutioncomponentdefinition",
    schema: "SolutionComponentDefinition",
    set: "solutioncomponentdefinitions",
    label: "Solution Component Definition",
    privileges: "Solution",
    id: "solutioncomponentdefinitionid",
    name: "name",
    ownership: Ownership::Organization,
    writable: false,
    columns: &[
        &[
            Column::id("solutioncomponentdefinitionid"),
            Column::text("name", 256),
            Column::text("primaryentityname", 128),
            Column::integer("solutioncomponenttype"),
        ],
        SYSTEM,
    ],
    collections: &[],
    object_type_code: 7104,
};
