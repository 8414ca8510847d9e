//! What every object of an environment does the same.
//!
//! ```text
//! operation    what is done, to what, where, until when; `?` becomes a diagnostic      verb, timeouts
//! write        new, changed, removed, and what became of a lost answer
//! existing     what stands in a creation's way
//! environment  where it lives        row   who owns it, whether it is active, in which solution
//! import       by what it is found   listing  how all of its kind are told
//! ```

pub(crate) mod environment;
pub(crate) mod existing;
pub(crate) mod import;
pub(crate) mod listing;
pub(crate) mod operation;
pub(crate) mod row;
pub(crate) mod spelling;
pub(crate) mod timeouts;
pub(crate) mod variable;
pub(crate) mod verb;
mod write;
