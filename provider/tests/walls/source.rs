//! The Rust files of the repository, read as text.

use std::fs;
use std::path::{Path, PathBuf};

/// A Rust file.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its path from the repository's root.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust file below a folder of the repository, sorted.
pub(crate) fn below(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    for entry in entries.map(Result::unwrap) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        // What cargo builds is nobody's source, wherever its folder is.
        let is_built = name.starts_with('.') || entry.path().join("CACHEDIR.TAG").is_file();
        if entry.file_type().unwrap().is_dir() {
            if !is_built {
                found.extend(below(&path));
            }
        } else if name.ends_with(".rs") {
            found.push(Source { text: fs::read_to_string(entry.path()).unwrap(), path });
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

impl Source {
    /// The text without its comments.
    pub(crate) fn code(&self) -> String {
        self.text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
    }

    /// Whether the code names a crate.
    pub(crate) fn names(&self, name: &str) -> bool {
        let code = self.code();
        code.contains(&format!("use {name};"))
            || code.match_indices(&format!("{name}::")).any(|(place, _)| {
                !code[..place].ends_with(|before: char| before.is_alphanumeric() || "_:".contains(before))
            })
    }
}
