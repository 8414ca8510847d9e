//! What every object of an environment does the same.
//!
//! ```text
//! operation    what is done, to what, where, until when; `?` becomes a diagnostic      verb, timeouts
//! write        new, changed, removed, and what became of a lost answer
//! existing     what stands in a creation's way
//! foresight    what an apply would fail with, told by the plan
//! ending       removed for good, or replaced               order  what goes first
//! environment  where it lives        row   who owns it, whether it is active     solution  in which it is
//! description  what clears it
//! import       by what it is found   listing  how all of its kind are told
//! ```

mod description;
mod ending;
pub(crate) mod environment;
mod existing;
mod foresight;
pub(crate) mod import;
mod listing;
pub(crate) mod operation;
mod order;
mod row;
mod solution;
mod spelling;
pub(crate) mod timeouts;
pub(crate) mod variable;
mod verb;
mod write;

pub(crate) use description::{MANAGED, described, description, plan_description, rewritten, written};
pub(crate) use ending::{is_removal, note_ending, refuse_to_replace_managed};
pub(crate) use environment::{ENVIRONMENT_ID, WHERE_TO_LOOK, chosen, plan_environment};
pub(crate) use existing::{Existing, TAKEN, UniqueName};
pub(crate) use foresight::{Foresight, UNLESS_MENDED, foresee_organization, left_out};
pub(crate) use import::{IDENTITY, Target, blank, import_row};
pub(crate) use listing::{CERTIFICATE_NAME, NAME_PREFIX, RowQuery, UNMANAGED_ONLY, begins_with, points_at, tell_all};
pub(crate) use operation::{Fault, On, Operation, leave_to_plan, object};
pub(crate) use order::{and_more, no_order};
pub(crate) use row::{ACTIVE, OWNER_ID, again, changed, explained, new_owner};
pub(crate) use solution::{SOLUTION_UNIQUE_NAME, plan_solution, to_join};
pub(crate) use spelling::{same_id, same_resource_id, same_text};
pub(crate) use timeouts::{Deadline, TIMEOUTS, Timeouts, in_words, is_duration, spelled};
pub(crate) use variable::{SCHEMA_NAME_FORM, SecretReference, expect_reference, is_schema_name, refuse_other_kind};
pub(crate) use verb::Verb;
