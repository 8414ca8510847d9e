//! What the registry's own validator (`tfplugindocs validate`) asks of `docs/`.

use crate::tree::{files, read};

/// The folders that the registry knows.
const FOLDERS: [&str; 7] =
    ["actions", "data-sources", "ephemeral-resources", "functions", "guides", "list-resources", "resources"];

/// What a page lacks.
fn lack(path: &str, text: &str) -> Option<String> {
    let Some((head, _)) = text.strip_prefix("---\n").and_then(|text| text.split_once("\n---\n")) else {
        return Some("front matter".to_owned());
    };
    let has = |key: &str| head.lines().any(|line| line.starts_with(&format!("{key}:")));
    let is_index = path == "docs/index.md";
    let wrong = ["layout", "sidebar_current"].into_iter().chain(is_index.then_some("subcategory")).find(|key| has(key));
    if let Some(key) = wrong {
        return Some(format!("front matter without {key}"));
    }
    let missing = ["page_title", "description"].into_iter().find(|key| !has(key));
    missing.map(str::to_owned).or((text.len() > 500_000).then(|| "room: it is too long".to_owned()))
}

#[test]
fn the_registry_s_validator_finds_nothing() {
    let mut found = Vec::new();
    for path in files("docs") {
        let folder = path.strip_prefix("docs/").and_then(|path| path.rsplit_once('/')).map(|(folder, _)| folder);
        // What else lies beside the index is for readers of the repository: the validator passes it over.
        if folder.is_none() && path != "docs/index.md" {
            continue;
        }
        if !folder.is_none_or(|folder| FOLDERS.contains(&folder)) || !path.ends_with(".md") {
            found.push(format!("{path} is no page of the registry's"));
        } else if let Some(lack) = lack(&path, &read(&path)) {
            found.push(format!("{path} lacks {lack}"));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn what_the_validator_would_find_is_found() {
    let page = |head: &str| format!("---\n{head}\n---\n\n# Page\n");
    let good = page("page_title: \"x\"\nsubcategory: \"\"\ndescription: |-\n  x");
    assert_eq!(lack("docs/resources/x.md", &good), None);
    assert_eq!(lack("docs/index.md", &good).as_deref(), Some("front matter without subcategory"));
    assert_eq!(lack("docs/guides/x.md", "# x").as_deref(), Some("front matter"));
    assert_eq!(lack("docs/guides/x.md", &page("description: x")).as_deref(), Some("page_title"));
}
