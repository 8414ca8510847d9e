//! Whether an object is removed for good or makes way for its successor: a plan knows it, and a delete does not.
//!
//! So the plan leaves the delete a note in the private data, which Terraform hands on. What it does with each, tried with a real one:
//!
//! - A removal (a deleted block, `count`, `terraform destroy`, `-target`): the private data of the plan of the destruction.
//! - The first half of a replacement, a tainted object's included: that of the plan of the replacement.
//! - The second half under `create_before_destroy`, a deposed object: a plan of a destruction that is made while applying, when its
//!   successor is there and whoever used it has been changed.

use tfplugin::{Context, Diagnostic, Plan, Value};

use crate::account::Account;

const REMOVAL: &[u8] = b"removal";
const OTHER: &[u8] = b"no removal";

/// Leaves the delete a note.
pub(crate) fn note_ending(cx: &Context<Account>, plan: &Plan) {
    cx.set_private(if plan.is_destroy() { REMOVAL } else { OTHER }.to_vec());
}

/// Refuses to replace what came with a managed solution, which alone can remove it.
///
/// # Errors
/// It would be replaced.
pub(crate) fn refuse_to_replace_managed(plan: &Plan) -> Result<(), Diagnostic> {
    if !plan.is_replacement() || *plan.prior.at("managed") != Value::Bool(true) {
        return Ok(());
    }
    let what =
        "What came with a managed solution is removed by that solution alone, so that nothing can take its place.";
    let managed = Diagnostic::error("What is managed cannot be replaced", what).on("managed");
    Err(managed.hint(
        "Change it in the solution that it comes from. To make another one beside it, let Terraform forget this one first: \
         terraform state rm, or a `removed` block.",
    ))
}

/// Whether the object is removed, and nothing takes its place.
pub(crate) fn is_removal(cx: &Context<Account>) -> bool {
    cx.private() == REMOVAL
}
