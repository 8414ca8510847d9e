//! Terraform provider for certificate-based sign-in of Power Automate desktop flows.
//!
//! ```text
//! Terraform -> tfplugin -> provider (the provider block) -> resources/x -> clients/y -> Microsoft's services
//! ```
//!
//! - [`provider`](mod@provider) turns the provider block into an [`Account`]: who signs in, and to which environment.
//! - `resources` has one file for each resource; each reads like its page in `docs/`.
//! - `functions` and `actions` are the rest of what a configuration can use.
//! - [`clients`] speaks Microsoft's language and never mentions Terraform.

mod actions;
pub mod clients;
mod functions;
pub mod provider;
mod resources;

pub use provider::{Account, PowerAutomate};
pub use resources::identity::import_id;
