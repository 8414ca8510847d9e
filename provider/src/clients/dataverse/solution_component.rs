//! What belongs to which solution, and how rows that exist come to belong to one.
//!
//! That the two tables of a credential and of a variable are among the component definitions is inferred, as is that adding what is
//! there already is no error. Source: <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/addsolutioncomponent>

use reqwest::Method;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::table::{Filter, Table, quoted};
use super::{Dataverse, Error, Request};

/// A row that may belong to a solution: its table's own name, and its id.
pub type Component = (&'static str, Uuid);

/// A row of `solutioncomponent`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Member {
    #[serde(rename = "solutioncomponentid")]
    id: Uuid,
    objectid: Option<Uuid>,
}

impl Table for Member {
    const SET: &'static str = "solutioncomponents";
    const LOGICAL: &'static str = "solutioncomponent";
    const ROW: &'static str = "solution component";
    const NAME: &'static str = "solutioncomponentid";
    type Child = IgnoredAny;

    fn id(&self) -> Uuid {
        self.id
    }
}

/// A row of `solutioncomponentdefinition`.
///
/// Source: <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/solutioncomponentdefinition>
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Kind {
    #[serde(rename = "solutioncomponentdefinitionid")]
    id: Uuid,
    primaryentityname: Option<String>,
    solutioncomponenttype: Option<i64>,
}

impl Table for Kind {
    const SET: &'static str = "solutioncomponentdefinitions";
    const LOGICAL: &'static str = "solutioncomponentdefinition";
    const ROW: &'static str = "solution component definition";
    const NAME: &'static str = "name";
    type Child = IgnoredAny;

    fn id(&self) -> Uuid {
        self.id
    }
}

/// The parameters of the action.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Added<'a> {
    component_id: Uuid,
    component_type: i64,
    solution_unique_name: &'a str,
    add_required_components: bool,
}

impl Dataverse {
    /// Puts rows that exist into an unmanaged solution, and leaves them in those that they are in. Those that it holds already are not
    /// touched.
    ///
    /// # Errors
    /// Whatever keeps one of them from being added; those before it are.
    pub async fn join(&self, (name, solution): (&str, Uuid), rows: &[Component]) -> Result<(), Error> {
        let members: Vec<Member> = self.all(&members(solution, rows)).few().await?;
        let is_member = |id: Uuid| members.iter().any(|member| member.objectid == Some(id));
        let missing: Vec<Component> = rows.iter().copied().filter(|(_, id)| !is_member(*id)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let kinds: Vec<Kind> = self.all(&kinds(&missing)).few().await?;
        for (table, id) in missing {
            let kind = kinds.iter().find(|kind| kind.primaryentityname.as_deref() == Some(table));
            let Some(kind) = kind.and_then(|kind| kind.solutioncomponenttype) else {
                let what = format!("it has no component type for the table {table}");
                return Err(Error::unexpected("looking up what may be part of a solution", what));
            };
            self.http.send(&self.scope(), &self.add(name, kind, id)).await?;
        }
        Ok(())
    }

    /// The request that adds one row.
    pub(super) fn add(&self, solution: &str, kind: i64, id: Uuid) -> Request {
        let operation = format!("adding the row {id} to the solution {solution}");
        let added = Added {
            component_id: id,
            component_type: kind,
            solution_unique_name: solution,
            add_required_components: false,
        };
        let mut request = self.request(operation, Method::POST, "AddSolutionComponent", &[]).json(&added, &added);
        request.repeatable = true;
        request
    }
}

/// Those of the rows that a solution holds.
pub(super) fn members(solution: Uuid, rows: &[Component]) -> Filter {
    let any: Vec<String> = rows.iter().map(|(_, id)| format!("objectid eq {id}")).collect();
    Filter {
        operation: format!("looking up what belongs to the solution {solution}"),
        condition: format!("_solutionid_value eq {solution} and ({})", any.join(" or ")),
        ..Filter::default()
    }
}

/// The component types of the tables of rows.
pub(super) fn kinds(rows: &[Component]) -> Filter {
    let mut any: Vec<String> =
        rows.iter().map(|(table, _)| format!("primaryentityname eq {}", quoted(table))).collect();
    any.dedup();
    Filter {
        operation: "looking up what may be part of a solution".to_owned(),
        condition: any.join(" or "),
        ..Filter::default()
    }
}
