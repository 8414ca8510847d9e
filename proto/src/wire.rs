//! What is generated from the .proto files: messages, and one trait for each service.

/// Terraform's plugin protocol, major version 5.
#[allow(missing_docs, unreachable_pub, clippy::all)] // generated
pub mod tfplugin5 {
    tonic::include_proto!("tfplugin5");
}

/// The services of go-plugin.
#[allow(missing_docs, unreachable_pub, clippy::all)] // generated
pub mod plugin {
    tonic::include_proto!("plugin");
}

/// Both files' descriptors, as protobuf's own `FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
