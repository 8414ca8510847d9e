//! Terraform's plugin protocol 5, for providers written in Rust.
//!
//! The rooms, each below those that it stands on, and the way of a value through them, there and back:
//!
//! ```text
//!                  handshake     the process, the socket, pinned TLS
//!                      |
//!   terraform --gRPC-- server --------------------------- wire
//!                      | decode, ask, encode
//!          +-----------+--------------+-----------------+
//!          v                          v                 v
//!     validate | plan            resource, data_source, ephemeral, action, function, listing
//!     settle   | generate             |  each erased to an offer, with a context at hand
//!          |                          v
//!        schema                     model, known
//!          |                          |
//!          +------------+-------------+
//!                       v
//!     msgpack, json:  bytes <-> Value,  guided by a Type
//! ```
//!
//! - [`handshake`] starts the process as Terraform expects it and opens the socket; [`log`] is where its lines go.
//! - [`server`] answers every rpc: it decodes, asks, and encodes.
//! - [`msgpack`] and [`json`] read and write values; [`cty`] says of which type they are; [`value`] is what they are.
//! - [`schema`] describes a resource as `const` data; [`validate`] and [`plan`] follow from it alone.
//! - [`model`] turns values into an author's own structs, and [`known`] is what a field is before the apply.
//! - [`provider`] has the trait of the whole, and [`mod@resource`], [`mod@data_source`], [`mod@ephemeral`], [`mod@action`], [`function`] what it
//!   offers, which the server holds alike as an [`offer`]; [`identity`] and [`listing`] belong to resources; [`context`] is what an
//!   operation has at hand.
//! - [`docs`] writes the registry's pages, and [`testing`] has what a provider's own tests ask.
//! - [`diagnostic`] is how a user learns what went wrong.
//!
//! # What a build must set
//!
//! `AWS_LC_SYS_NO_JITTER_ENTROPY=1`, as `[env]` of `.cargo/config.toml`: without it the first random number of a process costs 30 to
//! 40 ms, and Terraform starts a provider four times per apply. The operating system's generator stays the source of entropy.
//!
//! # Writing a provider
//!
//! 1. Implement [`Provider`]: its schema is the provider block, and its `configure` makes the clients that everything else works with.
//! 2. For each resource, write a struct with the fields of its schema, which is its model (`Option` for whatever may be null), and
//!    implement [`Resource`], of which the name, the schema and the identity are constants. Create, read, update and delete see known
//!    values alone; what the schema cannot say of a plan goes to the plan hook, the only place where values may be unknown: there a
//!    [`view`] reads them by the names of the model, with each field a [`Known`].
//! 3. Return errors as [`Diagnostic`]s on the attribute at fault. What exists when a creation fails is
//!    [kept](context::Context::keep).
//! 4. End `main` with [`serve`].
//!
//! This is all of a provider that keeps notes in files; `proto/tests/handshake.rs` starts it as Terraform does:
//!
//! ```no_run
#![doc = include_str!("../examples/toy.rs")]
//! ```

pub mod action;
pub mod config;
pub mod context;
pub mod cty;
pub mod data_source;
pub mod diagnostic;
pub mod docs;
mod envelope;
pub mod ephemeral;
pub mod function;
mod generate;
mod grown;
pub mod handshake;
pub mod identity;
pub mod json;
pub mod known;
pub mod listing;
pub mod log;
pub mod model;
pub mod msgpack;
mod number;
pub mod offer;
mod plain;
pub mod plan;
pub mod provider;
pub mod resource;
pub mod schema;
pub mod server;
mod settle;
pub mod testing;
mod typed;
mod upgrade;
pub mod validate;
pub mod value;
#[doc(hidden)]
pub mod wire;

pub use action::{Action, Progress, action};
pub use context::Context;
pub use cty::Type;
pub use data_source::{DataSource, data_source};
pub use diagnostic::Diagnostic;
pub use ephemeral::{Ephemeral, ephemeral};
pub use function::Function;
pub use handshake::{Plugin, is_orphaned, serve};
pub use identity::{Identity, IdentityAttribute};
pub use known::Known;
pub use model::view;
pub use plan::Plan;
pub use provider::Provider;
pub use resource::{AnyResource, Import, Resource, resource};
pub use schema::{Attribute, Check, NestedBlock, Rule, Schema};
pub use server::Server;
pub use value::{Path, Value};
