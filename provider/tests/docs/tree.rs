//! The files of the repository, by their paths from its root.

use std::fs;
use std::path::{Path, PathBuf};

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of a file that must be there.
#[track_caller]
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path} is missing: {error}"))
}

/// Writes a file that has another text, or is not there; tells whether it did.
pub(crate) fn write(path: &str, text: &str) -> bool {
    let file = root().join(path);
    if fs::read_to_string(&file).is_ok_and(|known| known == text) {
        return false;
    }
    fs::create_dir_all(file.parent().expect("a file of the repository lies in a folder")).unwrap();
    fs::write(&file, text).unwrap();
    true
}

/// Every file below a folder, sorted.
pub(crate) fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let entries = fs::read_dir(root().join(folder)).into_iter().flatten();
    for entry in entries.map(Result::unwrap) {
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
