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

    /// The items that others may use and that have no doc line, each as `path:line`.
    pub(crate) fn undocumented(&self) -> Vec<String> {
        let lines: Vec<&str> = self.text.lines().collect();
        let is_item = |line: &str| {
            let Some(rest) = line.trim_start().strip_prefix("pub") else { return false };
            let rest = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, rest)| rest);
            let mut words = rest.split_whitespace().skip_while(|word| ["async", "unsafe", "extern"].contains(word));
            ["fn", "struct", "enum", "trait", "const", "static", "type"].contains(&words.next().unwrap_or_default())
        };
        let is_told = |place: usize| {
            let above = lines[..place].iter().rev().map(|line| line.trim_start());
            // An attribute may take several lines; what closes one is `]`.
            let mut above = above.skip_while(|line| line.starts_with("#[") || line.ends_with(")]"));
            above.next().is_some_and(|line| line.starts_with("///"))
        };
        let places = (0..lines.len()).filter(|place| is_item(lines[*place]) && !is_told(*place));
        places.map(|place| format!("{}:{} {}", self.path, place + 1, lines[place].trim())).collect()
    }
}

#[test]
fn an_item_without_a_doc_line_is_found() {
    let check = |text: &str, expected: usize| {
        let source = Source { path: "x.rs".to_owned(), text: text.to_owned() };
        assert_eq!(source.undocumented().len(), expected, "{text}");
    };
    check("pub(crate) fn f() {}", 1);
    check("/// Does.\n#[must_use]\npub(crate) async fn f() {}", 0);
    check("    pub(super) const X: u8 = 1;", 1);
    check("pub(crate) use x;\npub mod y;\nfn f() {}\npub(crate) name: String,", 0);
}
