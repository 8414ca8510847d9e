//! Terraform provider for certificate-based sign-in of Power Automate desktop flows.
//!
//! ```text
//! Terraform -> proto -> provider (the provider block) -> resources/x -> clients/y -> Microsoft's services
//! ```
//!
//! - [`provider`](mod@provider) turns the provider block into an [`Account`]: who signs in, and to which environment.
//! - `resources` has one file for each resource; each reads like its page in `docs/`.
//! - [`clients`] speaks Microsoft's language and never mentions Terraform.

pub mod clients;
pub mod provider;
mod resources;

pub use provider::{Account, PowerAutomate};
