//! What the fuzzers found worth keeping, replayed: see `provider/fuzz`.

#[path = "../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::path::Path;

#[track_caller]
fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join("corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 5, "{} holds too little", folder.display());
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let run = std::panic::AssertUnwindSafe(|| run(&bytes));
        assert!(std::panic::catch_unwind(run).is_ok(), "{} panics", file.display());
    }
}

#[test]
fn msgpack() {
    replay("msgpack", targets::msgpack);
}

#[test]
fn rpc() {
    replay("rpc", targets::rpc);
}

#[test]
fn import_id() {
    replay("import_id", targets::import_id);
}

#[test]
fn functions() {
    replay("functions", targets::functions);
}
