//! The tables that the sandbox knows, column by column: one more costs its file here and its line in [`TABLES`].
//!
//! From the table reference, e.g.
//! <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/credential>; columns of types that
//! a table of ours would have to lead to (images, networks) are left out, and so are refused by name. A lookup may lead to
//! a table that is not here: it is read as null, and nothing can be bound to it.

mod credential;
mod machines;
mod platform;
mod variables;

use super::tables::{Choice, Column, Fallback, Kind, Required, Table};

const VARIABLE: &[&str] = &["environmentvariabledefinition"];
const USER: &[&str] = &["systemuser"];

const STATES: &[Choice] = &[(0, "Active"), (1, "Inactive")];
const STATUSES: &[(i64, &str, i64)] = &[(1, "Active", 0), (2, "Inactive", 1)];

/// What every row carries that people work with.
const SYSTEM: &[Column] = &[
    Column::date_time("createdon").read_only(),
    Column::date_time("modifiedon").read_only(),
    Column::lookup("createdby", USER).read_only(),
    Column::lookup("modifiedby", USER).read_only(),
    Column::lookup("createdonbehalfby", USER).read_only(),
    Column::lookup("modifiedonbehalfby", USER).read_only(),
    Column::of_kind("versionnumber", Kind::Big).read_only(),
    Column::integer("importsequencenumber").create_only(),
    Column::date_time("overriddencreatedon").read_only(),
    Column::integer("timezoneruleversionnumber"),
    Column::integer("utcconversiontimezonecode"),
];

const STATEFUL: &[Column] = &[
    Column::of_kind("statecode", Kind::State(STATES)).required(Required::System).default(Fallback::Number(0)),
    Column::of_kind("statuscode", Kind::Status(STATUSES)).default(Fallback::Number(1)),
];

const OWNED: &[Column] = &[
    Column::lookup("ownerid", USER).required(Required::System),
    Column::lookup("owninguser", USER).read_only(),
    Column::lookup("owningbusinessunit", &["businessunit"]).read_only(),
    Column::lookup("owningteam", &["team"]).read_only(),
];

/// What a row carries that may be part of a solution.
const COMPONENT: &[Column] = &[
    Column::choice(
        "componentstate",
        &[(0, "Published"), (1, "Unpublished"), (2, "Deleted"), (3, "Deleted Unpublished")],
    )
    .read_only()
    .default(Fallback::Number(0)),
    Column::guid("componentidunique").read_only(),
    Column::flag("ismanaged", false).read_only(),
    Column::of_kind("iscustomizable", Kind::Managed),
    Column::date_time("overwritetime").read_only(),
    Column::guid("solutionid").read_only(),
    Column::guid("supportingsolutionid").read_only(),
];

/// Every table, in the order of the chain.
pub(crate) const TABLES: &[Table] = &[
    variables::DEFINITION,
    variables::VALUE,
    credential::CREDENTIAL,
    machines::GROUP,
    machines::MACHINE,
    platform::USER,
    platform::PUBLISHER,
    platform::SOLUTION,
    platform::COMPONENT,
    platform::COMPONENT_DEFINITION,
];
