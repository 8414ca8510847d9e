//! Terraform's plugin protocol 5, for providers written in Rust.
//!
//! The way of a value, there and back:
//!
//! ```text
//! terraform -gRPC-> server -> msgpack -> Value -> validate | plan -> model -> a Resource
//! ```
//!
//! - [`handshake`] starts the process as Terraform expects it and opens the socket.
//! - [`server`] answers every rpc: it decodes, asks, and encodes.
//! - [`msgpack`] and [`json`] read and write values; [`cty`] says of which type they are; [`value`] is what they are.
//! - [`schema`] describes a resource as `const` data; [`validate`] and [`plan`] follow from it alone.
//! - [`model`] turns values into an author's own structs.
//! - [`provider`] has the trait of the whole, and [`resource`], [`data_source`], [`ephemeral`], [`action`], [`function`] what it
//!   offers; [`identity`] and [`listing`] belong to resources; [`context`] is what an operation has at hand.
//! - [`docs`] writes the registry's pages.
//! - [`diagnostic`] is how a user learns what went wrong.
//!
//! # Writing a provider
//!
//! 1. Describe the provider block as a `static` [`schema::Schema`], and implement [`provider::Provider`]: its `configure` makes the
//!    clients that everything else works with.
//! 2. For each resource, write its schema, a struct with the same fields as its model (`Option` for whatever may be null), and
//!    implement [`resource::Resource`]. Create, read, update and delete see known values alone; what the schema cannot say of a plan
//!    goes to the plan hook, the only place where values may be unknown. An [`identity::Identity`] is a handful of constants.
//! 3. Return errors as [`diagnostic::Diagnostic`]s on the attribute at fault. What exists when a creation fails is
//!    [kept](context::Context::keep).
//! 4. End `main` with [`handshake::serve`].
//!
//! This is all of a provider that keeps notes in files; `proto/tests/handshake.rs` starts it as Terraform does:
//!
//! ```no_run
#![doc = include_str!("../examples/toy.rs")]
//! ```

pub mod action;
pub mod context;
pub mod cty;
pub mod data_source;
pub mod diagnostic;
pub mod docs;
pub mod ephemeral;
pub mod function;
mod generate;
pub mod handshake;
pub mod identity;
pub mod json;
pub mod listing;
pub mod log;
pub mod model;
pub mod msgpack;
pub mod plan;
pub mod provider;
pub mod resource;
pub mod schema;
pub mod server;
mod settle;
pub mod validate;
pub mod value;
pub mod wire;
