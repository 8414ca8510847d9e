//! `docs/` is an expected value: it is written afresh, and if it was stale this fails, so that the next run is green.
//!
//! And what is true of every resource's page: it has an example, and its sentences are sentences.

use std::fs;
use std::path::{Path, PathBuf};

use proto::docs::{Page, markdown};
use proto::resource::Provider as _;
use proto::schema::{Block, Schema};
use provider::PowerAutomate;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every page: where it is, and what is in it.
fn pages() -> Vec<(String, String)> {
    let provider =
        Page { title: "powerautomate", kind: "Provider", example: &read("examples/provider/provider.tf"), import: "" };
    let mut pages = vec![("docs/index.md".to_owned(), markdown(&provider, PowerAutomate.schema()))];
    for resource in PowerAutomate.resources() {
        let name = resource.name();
        let page = Page {
            title: name,
            kind: "Resource",
            example: &read(&format!("examples/resources/{name}/resource.tf")),
            import: &read(&format!("examples/resources/{name}/import.sh")),
        };
        let short = name.strip_prefix("powerautomate_").expect("a resource bears the provider's name");
        pages.push((format!("docs/resources/{short}.md"), markdown(&page, resource.schema())));
    }
    pages
}

#[test]
fn the_pages_are_those_of_the_schema() {
    let mut stale = Vec::new();
    for (path, page) in pages() {
        let file = root().join(&path);
        if fs::read_to_string(&file).ok().as_deref() != Some(page.as_str()) {
            fs::create_dir_all(file.parent().expect("a page is in a folder")).unwrap();
            fs::write(&file, page).unwrap();
            stale.push(path);
        }
    }
    assert!(stale.is_empty(), "these pages were stale and are written afresh; look at them and commit: {stale:?}");
}

fn sentences(block: &Block, path: &str, found: &mut Vec<String>) {
    let mut check = |path: String, text: &str| {
        let capital = text.starts_with(|letter: char| letter.is_uppercase());
        if !capital || !text.ends_with('.') || text.contains("  ") {
            found.push(format!("{path}: {text:?}"));
        }
    };
    check(path.to_owned(), block.description);
    block.attributes.iter().for_each(|one| check(format!("{path}.{}", one.name), one.description));
    for nested in block.blocks {
        sentences(&nested.block, &format!("{path}.{}", nested.name), found);
    }
}

#[test]
fn every_description_is_made_of_sentences() {
    let mut found = Vec::new();
    let mut check = |name: &str, schema: &Schema| sentences(&schema.block, name, &mut found);
    check("provider", PowerAutomate.schema());
    PowerAutomate.resources().iter().for_each(|resource| check(resource.name(), resource.schema()));
    assert!(found.is_empty(), "no sentences: {found:#?}");
}

#[test]
fn every_name_is_there_once() {
    let mut names: Vec<&str> = PowerAutomate.resources().iter().map(|resource| resource.name()).collect();
    assert!(names.iter().all(|name| name.starts_with("powerautomate_")));
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}
