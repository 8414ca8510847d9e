//! Walls in source text: which files of a folder name each other in a circle.
//!
//! A circle is a room that cannot be read, or moved, without all of its other rooms.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The circles of files below `folder`, the root of a crate's sources: each is the sorted names of files of which every one reaches
/// every other by `use crate::…` and `super::…`.
///
/// A folder's `mod.rs` stands for the folder, the crate's root for nothing: naming what they merely pass on is no circle. Tests are
/// left out.
///
/// # Panics
/// When the folder cannot be read.
pub fn circles(folder: &Path) -> Vec<Vec<String>> {
    let mut files = BTreeMap::new();
    gather(folder, &mut Vec::new(), &mut files);
    let names: BTreeSet<String> = files.keys().cloned().collect();
    let arrows: BTreeMap<&str, BTreeSet<String>> =
        files.iter().map(|(name, text)| (name.as_str(), named(name, text, &names))).collect();
    let reached: BTreeMap<&str, BTreeSet<&str>> = arrows.keys().map(|name| (*name, reach(name, &arrows))).collect();
    let mut circles = BTreeSet::new();
    for (name, others) in &reached {
        let circle: Vec<String> =
            others.iter().filter(|other| reached[**other].contains(name)).map(|other| (*other).to_owned()).collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

/// The text of each module by its path, as `server::answer`; what stands in test modules is cut off.
fn gather(folder: &Path, path: &mut Vec<String>, files: &mut BTreeMap<String, String>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut entries: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort();
    for entry in entries {
        let stem = entry.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        if entry.is_dir() {
            path.push(stem);
            gather(&entry, path, files);
            path.pop();
            continue;
        }
        let is_root = path.is_empty() && ["lib", "main"].contains(&stem.as_str());
        if entry.extension().is_none_or(|extension| extension != "rs") || is_root || stem == "tests" {
            continue;
        }
        let text = fs::read_to_string(&entry).unwrap_or_else(|error| panic!("{}: {error}", entry.display()));
        let name = if stem == "mod" { path.join("::") } else { [path.as_slice(), &[stem]].concat().join("::") };
        files.insert(name, text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned());
    }
}

/// The modules that a module's text names.
fn named(module: &str, text: &str, modules: &BTreeSet<String>) -> BTreeSet<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let parents: Vec<&str> = module.split("::").collect();
    let is_folder = modules.iter().any(|other| other.starts_with(&format!("{module}::")));
    let mut found = BTreeSet::new();
    for (place, _) in code.match_indices("crate::") {
        paths(&code[place + "crate::".len()..], "", &mut found);
    }
    for (place, _) in code.match_indices("super::") {
        // A name inside a longer path was met with its first word.
        if code[..place].ends_with("::") {
            continue;
        }
        let rest = code[place..].trim_start_matches("super::");
        let up = (code[place..].len() - rest.len()) / "super::".len();
        let base = parents.len().checked_sub(up).map(|depth| parents[..depth].join("::")).unwrap_or_default();
        paths(rest, &base, &mut found);
    }
    if is_folder {
        // What is made of rooms may name them; that they are its own is said by `mod` alone.
        found.retain(|path| !path.starts_with(&format!("{module}::")));
    }
    let module_of = |path: &String| {
        let parts: Vec<&str> = path.split("::").collect();
        (1..=parts.len()).rev().map(|length| parts[..length].join("::")).find(|name| modules.contains(name))
    };
    // An inner room may name what its folder passes on: the folder's file stands above it.
    found
        .iter()
        .filter_map(module_of)
        .filter(|other| !module.starts_with(&format!("{other}::")) && other != module)
        .collect()
}

/// The paths that begin here, with every branch of a group in braces.
fn paths(text: &str, base: &str, found: &mut BTreeSet<String>) {
    let below = |name: &str| if base.is_empty() { name.to_owned() } else { format!("{base}::{name}") };
    if let Some(group) = text.strip_prefix('{') {
        let mut depth = 0_usize;
        let mut begin = 0;
        for (place, letter) in group.char_indices() {
            match letter {
                '{' => depth += 1,
                ',' if depth == 0 => {
                    paths(group[begin..place].trim(), base, found);
                    begin = place + 1;
                }
                '}' if depth == 0 => {
                    paths(group[begin..place].trim(), base, found);
                    return;
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
        return;
    }
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    match rest.strip_prefix("::") {
        _ if name.is_empty() || name == "self" => drop(found.insert(base.to_owned())),
        Some(rest) => paths(rest, &below(name), found),
        None => drop(found.insert(below(name))),
    }
}

fn reach<'a>(from: &'a str, arrows: &'a BTreeMap<&str, BTreeSet<String>>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next = vec![from];
    while let Some(name) = next.pop() {
        for other in arrows.get(name).into_iter().flatten() {
            if reached.insert(other.as_str()) {
                next.push(other);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &[&[&str]]) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        assert_eq!(circles(folder.path()), expected);
    }

    #[test]
    fn a_circle_is_found_however_it_is_written() {
        check(
            &[
                ("lib.rs", "pub use crate::a::A;"),
                ("a.rs", "use crate::b::{inner::{X, Y}, Z};"),
                ("b/mod.rs", "mod inner;\npub use inner::X;\nfn f() -> crate::c::C {}"),
                ("b/inner.rs", "use super::Z;"),
                ("c.rs", "use super::a::A;"),
                ("d.rs", "use crate::{a, c};\n// crate::e\n#[cfg(test)]\nmod tests {\n use crate::e::E; }"),
                ("e.rs", "use crate::d::D;"),
            ],
            &[&["a", "b", "c"]],
        );
    }

    #[test]
    fn what_is_straight_is_no_circle() {
        check(&[("a.rs", "use crate::b::B;"), ("b.rs", "use std::fmt;")], &[]);
    }
}
