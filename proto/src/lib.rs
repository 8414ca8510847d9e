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
//! - [`resource`] has the traits that an author implements.
//! - [`docs`] writes the registry's pages.
//! - [`diagnostic`] is how a user learns what went wrong.

pub mod cty;
pub mod diagnostic;
pub mod docs;
pub mod handshake;
pub mod json;
pub mod log;
pub mod model;
pub mod msgpack;
pub mod plan;
pub mod resource;
pub mod schema;
pub mod server;
pub mod validate;
pub mod value;
pub mod wire;
