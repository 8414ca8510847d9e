//! What the fuzzers found worth keeping, replayed: see `provider/fuzz`.

#[path = "../fuzz/targets.rs"]
mod targets;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use zip::ZipArchive;

#[track_caller]
fn replay(target: &str, run: fn(&[u8])) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus.zip");
    let mut archive = ZipArchive::new(File::open(&path).unwrap()).unwrap();
    let folder = format!("corpus/{target}/");
    let mut inputs = 0;
    for place in 0..archive.len() {
        let mut entry = archive.by_index(place).unwrap();
        let name = entry.name().to_owned();
        if !entry.is_file() || !name.starts_with(&folder) {
            continue;
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        let run = std::panic::AssertUnwindSafe(|| run(&bytes));
        assert!(std::panic::catch_unwind(run).is_ok(), "{name} panics");
        inputs += 1;
    }
    assert!(inputs >= 5, "{} holds too little below {folder}", path.display());
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
