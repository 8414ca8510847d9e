//! The solution that rows are put into: new ones as they are made, and those that exist by one request each.
//!
//! A row may belong to many solutions, and nothing is ever taken out of one.

use serde::Deserialize;
use tfplugin::{Attribute, Check, Diagnostic, Known, Plan, Type};

use super::operation::{Fault, On as _, Operation};
use crate::clients::dataverse::Dataverse;
use crate::clients::dataverse::solution::Solution;
use crate::clients::dataverse::solution_component::Component;

/// The attribute that names it.
pub(super) const SOLUTION: &str = "solution_unique_name";

/// The solution that a row is put into.
pub(crate) const SOLUTION_UNIQUE_NAME: Attribute = Attribute::optional(
    SOLUTION,
    &Type::String,
    "The unique name (1 to 65 characters: letters, digits and underscores) of the unmanaged solution into which the rows are put. When \
     it is left out, new rows land in the default solution. Rows that exist already, be they imported, are added to it unless it holds \
     them. Another name adds them to that one too: they stay in the solution that was named before, also when none is named any more. It cannot be read back: \
     where a state names a solution that does not hold the rows, as of a version that added new rows alone, take the name out, apply, and \
     put it back.",
)
.check(&[Check::Length { min: 1, max: 65 }, Check::Pattern { test: is_unique_name, words: UNIQUE_NAME_FORM }]);

const UNIQUE_NAME_FORM: &str = "consist of letters, digits and underscores";

fn is_unique_name(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// Plans the solution: rows that stay are taken out of none.
///
/// # Errors
/// A schema without it.
pub(crate) fn plan_solution(plan: &mut Plan) -> Result<(), Diagnostic> {
    #[derive(Deserialize)]
    struct View {
        solution_unique_name: Known<String>,
    }
    let (prior, planned): (View, View) = (plan.prior_view()?, plan.planned_view()?);
    if !plan.is_destroy()
        && !plan.is_replacement()
        && let (Known::Known(name), Known::Null) = (prior.solution_unique_name, planned.solution_unique_name)
    {
        let detail = format!("Nothing is taken out of the solution {name:?}.");
        let stay = Diagnostic::warning("The rows stay in their solution", detail).on(SOLUTION);
        plan.tell(stay.hint("If they shall not belong to it any more, remove them from it in the portal."));
    }
    Ok(())
}

/// The solution that rows that exist have to be put into.
pub(crate) fn to_join<'a>(prior: &Option<String>, planned: &'a Option<String>) -> Option<&'a str> {
    planned.as_deref().filter(|_| prior != planned)
}

impl Operation<'_> {
    /// Puts rows that exist into a solution, unless it holds them.
    ///
    /// # Errors
    /// There is no such solution, or a row cannot be added to it.
    pub(crate) async fn join(&self, organization: &Dataverse, name: &str, rows: &[Component]) -> Result<(), Fault> {
        let found = organization.by_name::<Solution>(name).await.on(SOLUTION)?;
        let solution = found.first().ok_or_else(|| missing(name))?;
        self.begin_to_write();
        self.in_time(organization.join((name, solution.id), rows)).await.on(SOLUTION)
    }
}

/// The error about a solution that is not there.
pub(super) fn missing(name: &str) -> Diagnostic {
    let detail = format!("There is no solution with the unique name {name:?} in this environment.");
    Diagnostic::error("The solution does not exist", detail)
        .on(SOLUTION)
        .hint("Check the solution's unique name, which is not its display name, and that it is unmanaged.")
}
