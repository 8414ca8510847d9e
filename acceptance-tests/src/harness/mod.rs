//! The harness: many small cases that try to make the provider lose, double, leak or never end something, and a table of what came of
//! them.
//!
//! ```text
//! asked (seed, count, only) -> a search's cases -> cases::run, several at once -> verdicts -> tally -> stdout, docs/reliability.md
//! ```
//!
//! - [`kill`] kills the provider or Terraform at a request; [`walk`] edits at random, with drift and weather in between.
//! - [`weather`] strikes every request with every effect; [`hostile`] lets services answer what would harm.
//! - [`cases`] chooses and runs cases, each of which has a name that repeats it; [`tally`] counts what they came to.
//! - `furnished` is what is there before, `recovery` what a user does afterwards; `referee` holds the world against the state, and
//!   [`secrets`] seeks what nobody may read.
//! - [`command`] is the program, [`page`] writes the part of `docs/reliability.md` that is of a full run.
//!
//! A new search is a file with `run(&Asked) -> io::Result<Tally>`, and its line in [`Search`](command::Search).

pub mod asked;
pub mod cases;
pub mod command;
mod furnished;
pub mod hostile;
pub mod kill;
pub mod page;
mod recovery;
mod referee;
pub mod secrets;
pub mod tally;
pub mod walk;
pub mod weather;

pub use asked::Asked;
pub use cases::{Case, Fault, Kind, Verdict};
pub use tally::Tally;
