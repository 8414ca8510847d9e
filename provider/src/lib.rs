//! Terraform provider for certificate-based sign-in of Power Automate desktop flows.
//!
//! Each room knows only those below it:
//!
//! ```text
//! provider                 the provider block, and the one list of what there is
//!   resources  actions  functions        what a configuration can use; each file reads like its page
//!     object               what every object of an environment does the same
//!       account            who is signed in, and where           failure   a service's error as a diagnostic
//!         sign_in  network  which way to sign in, which way there  checks    what makes a chain unfit
//!           clients        Microsoft's language; never mentions Terraform
//! ```
//!
//! The way of a value, there and back: below Terraform's own language (the crate `tfplugin`), a resource turns a plan into an
//! operation, the operation asks the account for a client, and the client sends a request.
//!
//! ```text
//! resource.tf -> terraform -gRPC-> tfplugin -> resources/x -> object/operation -> account -> clients/y -> clients/http -HTTPS-> service
//! ```

mod account;
mod actions;
mod checks;
pub mod clients;
mod failure;
mod functions;
mod network;
mod object;
pub mod provider;
mod resources;
mod sign_in;

pub use account::Account;
pub use clients::cloud::table as cloud_table;
pub use object::import::import_id;
pub use provider::PowerAutomate;
pub use sign_in::table as sign_in_table;
