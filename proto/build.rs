//! Compiles the .proto files with a compiler written in Rust, so that a build needs no protoc.
//!
//! The descriptors are kept beside the code: tests/wire.rs holds them against the protocol's facts.

use std::error::Error;
use std::path::PathBuf;

use prost::Message as _;

fn main() -> Result<(), Box<dyn Error>> {
    let protos = ["tfplugin5.proto", "go_plugin.proto"];
    for proto in protos {
        println!("cargo::rerun-if-changed={proto}");
    }
    let descriptors = protox::compile(protos, ["."])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    // A client over whatever carries HTTP/2: tonic's own transport knows no pinned certificates.
    tonic_prost_build::configure().build_transport(false).compile_fds(descriptors)?;
    Ok(())
}
