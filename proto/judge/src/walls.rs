//! Walls in source text: which files of a crate name each other in a circle.
//!
//! A circle is a room that cannot be read, or moved, without all of its other rooms.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of a crate by their paths, the crate's root being the empty one, each with those that it names.
type Graph = BTreeMap<Vec<String>, BTreeSet<Vec<String>>>;

/// The circles of files below a crate's `src`, each as the names of its modules, sorted: who names whom by `crate::` and `super::`, and
/// who so comes back to where they began.
///
/// # Panics
/// When the folder cannot be read.
pub fn circles(src: &Path) -> Vec<Vec<String>> {
    let mut texts = BTreeMap::new();
    read(src, &mut Vec::new(), &mut texts);
    let graph: Graph = texts.iter().map(|(at, text)| (at.clone(), named(at, text, &texts))).collect();
    let reached: Graph = graph.keys().map(|at| (at.clone(), reach(&graph, at))).collect();
    let mut found = BTreeSet::new();
    for (at, far) in &reached {
        let circle: BTreeSet<_> = far.iter().filter(|other| reached[*other].contains(at)).cloned().collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    let name = |at: &Vec<String>| if at.is_empty() { "crate".to_owned() } else { at.join("::") };
    found.iter().map(|circle| circle.iter().map(name).collect()).collect()
}

fn read(folder: &Path, at: &mut Vec<String>, texts: &mut BTreeMap<Vec<String>, String>) {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the sources can be read")
        .map(|entry| entry.expect("the sources can be read").path())
        .collect();
    paths.sort();
    for path in paths {
        let stem = path.file_stem().expect("the sources can be read").to_string_lossy().into_owned();
        let is_of_folder = ["lib", "main", "mod"].contains(&stem.as_str());
        if path.is_dir() {
            at.push(stem);
            read(&path, at, texts);
            at.pop();
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let place = if is_of_folder { at.clone() } else { [at.as_slice(), &[stem]].concat() };
            texts
                .entry(place)
                .or_default()
                .push_str(&code(&fs::read_to_string(&path).expect("the sources can be read")));
        }
    }
}

/// The text without its comments.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n").collect()
}

/// The modules that a module's text names: by `crate::` and `super::`, and by the name of a module that it brought in so.
fn named(at: &[String], text: &str, modules: &BTreeMap<Vec<String>, String>) -> BTreeSet<Vec<String>> {
    let above = at[..at.len().saturating_sub(1)].to_vec();
    let mut paths = after(text, "crate", &[]);
    // A `super` of an inner module, such as the tests, is the file itself: one that comes after another is counted with it.
    paths.extend(after(text, "super", &above));
    let brought: Vec<Vec<String>> = paths.iter().filter(|path| modules.contains_key(*path)).cloned().collect();
    for module in &brought {
        if let Some(name) = module.last() {
            paths.extend(after(text, name, module));
        }
    }
    let mut found: BTreeSet<Vec<String>> = paths.into_iter().map(|path| owner(path, modules)).collect();
    found.remove(at);
    found
}

/// The paths that a text begins with a word, which stands for this base.
fn after(text: &str, word: &str, base: &[String]) -> Vec<Vec<String>> {
    let is_within = |before: char| before.is_alphanumeric() || ":_$".contains(before);
    let mut found = Vec::new();
    for (place, _) in text.match_indices(&format!("{word}::")).filter(|(place, _)| !text[..*place].ends_with(is_within))
    {
        let (mut rest, mut base) = (&text[place + word.len() + 2..], base.to_vec());
        while let Some(further) = rest.strip_prefix("super::") {
            base.pop();
            rest = further;
        }
        found.extend(paths(rest).into_iter().map(|path| [base.clone(), path].concat()));
    }
    found
}

/// The paths that begin a text: one, or those of a group in braces, however deep.
fn paths(text: &str) -> Vec<Vec<String>> {
    let text = text.trim_start();
    if let Some(group) = text.strip_prefix('{') {
        let (mut depth, mut begin, mut found) = (0, 0, Vec::new());
        for (place, letter) in group.char_indices() {
            match letter {
                '{' => depth += 1,
                ',' | '}' if depth == 0 => {
                    found.extend(paths(&group[begin..place]));
                    begin = place + 1;
                    if letter == '}' {
                        break;
                    }
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
        return found;
    }
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    if word.is_empty() {
        return Vec::new();
    }
    if word == "self" {
        return vec![Vec::new()];
    }
    let further = rest.strip_prefix("::").map(paths).filter(|further| !further.is_empty());
    let further = further.unwrap_or_else(|| vec![Vec::new()]);
    further.into_iter().map(|path| [vec![word.to_owned()], path].concat()).collect()
}

/// The module that a path leads into.
fn owner(mut path: Vec<String>, modules: &BTreeMap<Vec<String>, String>) -> Vec<String> {
    while !path.is_empty() && !modules.contains_key(&path) {
        path.pop();
    }
    path
}

fn reach(graph: &Graph, from: &[String]) -> BTreeSet<Vec<String>> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from.to_vec()]);
    while let Some(at) = open.pop() {
        open.extend(graph[&at].iter().filter(|next| seen.insert((*next).clone())).cloned());
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_found_through_groups_and_parents() {
        let crate_of = |files: &[(&str, &str)]| {
            let folder = tempfile::tempdir().unwrap();
            for (name, text) in files {
                let path = folder.path().join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            circles(folder.path())
        };
        let none: [Vec<String>; 0] = [];
        let root = ("lib.rs", "mod a;\nmod b;\n");
        let back = ("b/mod.rs", "// use crate::a;\nmod deep;\n");
        assert_eq!(crate_of(&[root, ("a.rs", "use crate::b::{deep::X, Y};"), back, ("b/deep.rs", "")]), none);
        let circle = [vec!["a".to_owned(), "b::deep".to_owned()]];
        assert_eq!(
            crate_of(&[root, ("a.rs", "use crate::b::{Y, deep::X};"), back, ("b/deep.rs", "use super::super::a::Z;")]),
            circle
        );
        assert_eq!(
            crate_of(&[root, ("a.rs", "fn f() -> crate::b::deep::X {}"), back, ("b/deep.rs", "use crate::{a::Z};")]),
            circle
        );
        let inner = ("b/deep.rs", "mod tests { use super::*; }");
        assert_eq!(crate_of(&[root, ("a.rs", ""), back, inner]), none);
    }
}
