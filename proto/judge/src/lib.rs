//! Terraform's side of protocol 5, as a judge: it starts a provider's built binary through the whole handshake, drives it as
//! Terraform's core does, and names the rule that an answer breaks.
//!
//! ```text
//! a test -> Judge -> propose, rules -> client -TLS-> the provider's process
//! ```
//!
//! - [`client`] is go-plugin's side: a process, its line on stdout, a socket behind mutual TLS.
//! - [`schema`] reads the schema from the wire and holds it against the rules S; the provider's own code is never looked at.
//! - [`propose`] merges prior state and configuration as Terraform does, before it asks for a plan.
//! - [`rules`] are the rules P and A as functions of values; [`json`] writes a state as Terraform stores it.
//! - [`Judge`] drives: in `core` it starts and validates, in `changes` it plans, applies and removes, in `states` it upgrades, reads
//!   and imports, and in `offers` it asks for all that has no state.
//! - [`walls`] finds circles among the files of any crate.
//! - [`table`] lists every rule, and where it is held.
//!
//! The rules are numbered as in RULES.md beside this crate, which says where each is held.

mod carried;
mod changes;
pub mod client;
mod configured;
mod core;
pub mod json;
mod offers;
mod others;
pub mod propose;
pub mod rules;
pub mod schema;
mod states;
pub mod table;
mod verdict;
pub mod walls;

pub use self::core::{Action, Instance, Judge, Planned, Witness};
pub use self::offers::{Leased, Listed};
pub use self::verdict::{Failure, Judged, Said, Violation};
