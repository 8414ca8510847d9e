//! The wire's messages, and one trait for each service: bindings of the .proto files beside the manifest.
//!
//! They are kept in the tree, so that a build compiles no .proto file; `tests/bindings.rs` makes them anew and fails when they differ.

/// Terraform's plugin protocol, major version 5.
#[rustfmt::skip]
#[allow(missing_docs, unreachable_pub, clippy::all)] // generated
pub mod tfplugin5;

/// The services of go-plugin.
#[rustfmt::skip]
#[allow(missing_docs, unreachable_pub, clippy::all)] // generated
pub mod plugin;
