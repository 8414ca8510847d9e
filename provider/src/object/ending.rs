//! Whether an object is removed for good or makes way for its successor: a plan knows it, and a delete does not.
//!
//! So the plan leaves the delete a note in the private data, which Terraform hands on. What it does with each, tried with a real one:
//!
//! - A removal (a deleted block, `count`, `terraform destroy`, `-target`): the private data of the plan of the destruction.
//! - The first half of a replacement, a tainted object's included: that of the plan of the replacement.
//! - The second half under `create_before_destroy`, a deposed object: a plan of a destruction that is made while applying, when its
//!   successor is there and whoever used it has been changed.

use tfplugin::{Context, Plan};

use crate::account::Account;

const REMOVAL: &[u8] = b"removal";
const OTHER: &[u8] = b"no removal";

/// Leaves the delete a note.
pub(crate) fn note_ending(cx: &Context<Account>, plan: &Plan) {
    cx.set_private(if plan.is_destroy() { REMOVAL } else { OTHER }.to_vec());
}

/// Whether the object is removed, and nothing takes its place.
pub(crate) fn is_removal(cx: &Context<Account>) -> bool {
    cx.private() == REMOVAL
}
