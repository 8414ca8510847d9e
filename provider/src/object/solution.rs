//! The solution that rows are put into when they are made.

use tfplugin::{Attribute, Check, Diagnostic, Plan, Type};

/// The attribute that names it.
pub(super) const SOLUTION: &str = "solution_unique_name";

/// The solution that a row is put into.
pub(crate) const SOLUTION_UNIQUE_NAME: Attribute = Attribute::optional(
    SOLUTION,
    &Type::String,
    "The unique name of the unmanaged solution into which the rows are put when they are made, at most 65 characters. When it is left \
     out, they land in the default solution. It cannot be read back: on an imported resource it is recorded and nothing is written. \
     A change replaces the resource.",
)
.check(&[Check::Length { min: 1, max: 65 }, Check::Pattern { test: is_unique_name, words: UNIQUE_NAME_FORM }]);

const UNIQUE_NAME_FORM: &str = "consist of letters, digits and underscores";

fn is_unique_name(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// Plans the solution: recorded where none was, replaced where another one was.
pub(crate) fn plan_solution(plan: &mut Plan) {
    if !plan.is_destroy() && !plan.prior.at(SOLUTION).is_null() && plan.changes(SOLUTION) {
        plan.replace(SOLUTION);
    }
}

/// The error about a solution that is not there.
pub(super) fn missing(name: &str) -> Diagnostic {
    let detail = format!("There is no solution with the unique name {name:?} in this environment.");
    Diagnostic::error("The solution does not exist", detail)
        .on(SOLUTION)
        .hint("Check the solution's unique name, which is not its display name, and that it is unmanaged.")
}
