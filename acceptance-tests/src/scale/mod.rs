//! What many robots cost: requests, time and memory of ten, a hundred and a thousand chains, beside a provider that answers from memory.
//!
//! ```text
//! asked -> fleet (vaults, switches) -> configuration -> contender's world -> step (Terraform, watched) -> figures -> table, plot -> page
//!                                                           |- requests, from the journal as it grows
//!                                                           `- process, from what the system says of the provider
//! ```
//!
//! A *chain* is what one robot needs: a certificate reference, a credential and a connection. Every contender gets the same
//! configuration, the same folder layout and the same Terraform.
//!
//! - [`command`] is the program: `cargo run --release -p acceptance-tests -- scale`.
//! - [`fleet`] says how many chains there are and how they share vaults; [`configuration`] is its HCL.
//! - [`contender`] is who is measured; [`step`] runs one command and watches it.
//! - [`requests`] counts what was asked; `process` asks the system for processor time and memory; `tell` shows what was said of a few.
//! - [`figures`] is what was measured; [`bounds`] is what it may be at most; [`table`] holds one against the other.
//! - [`plot`] draws, and [`page`] writes `docs/guides/scale.md`, of figures that are kept beside the plots.

pub mod bounds;
pub mod command;
pub mod configuration;
pub mod contender;
pub mod figures;
pub mod fleet;
pub mod page;
pub mod plot;
mod process;
pub mod requests;
pub mod step;
pub mod table;
mod tell;

pub use command::{Arguments, run};
pub use fleet::Fleet;
