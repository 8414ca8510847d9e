//! The bindings in `src/wire` are those of the .proto files: made anew here, by a compiler written in Rust.
//!
//! What differs is written, and then this fails: the second run is green.

use std::fs;
use std::path::Path;

const HEADER: &str = "Made from the .proto file of this name by tests/bindings.rs; not to be edited.";

fn check(package: &str, made: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/wire").join(package).with_extension("rs");
    let expected = format!("//! {HEADER}\n\n{made}");
    if fs::read_to_string(&file).is_ok_and(|kept| kept == expected) {
        return;
    }
    fs::write(&file, expected).expect("the bindings can be written");
    panic!("{} was not that of its .proto file, and is now", file.display());
}

#[test]
fn the_bindings_are_those_of_the_proto_files() {
    let manifest = env!("CARGO_MANIFEST_DIR");
    let descriptors = protox::compile(["tfplugin5.proto", "go_plugin.proto"], [manifest]).expect("the files compile");
    let out = tempfile::tempdir().expect("a folder can be made");
    // A client over whatever carries HTTP/2: tonic's own transport knows no pinned certificates.
    let config = tonic_prost_build::configure().build_transport(false).out_dir(out.path());
    config.compile_fds(descriptors).expect("bindings can be made");
    for package in ["tfplugin5", "plugin"] {
        let made = fs::read_to_string(out.path().join(package).with_extension("rs")).expect("each package has a file");
        check(package, &made);
    }
}
