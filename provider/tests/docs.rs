//! `docs/` is an expected value: it is written afresh, and if it was stale this fails, so that the next run is green.
//!
//! And what is true of every resource's page: it has an example, and its sentences are sentences.

use std::fs;
use std::path::{Path, PathBuf};

use provider::PowerAutomate;
use tfplugin::docs::{self, Import, Page, markdown};
use tfplugin::provider::Provider as _;
use tfplugin::schema::{Block, Schema};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every example of a folder whose name begins so, each in a block of its own.
fn examples(folder: &str, prefix: &str) -> String {
    let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(prefix) && name.ends_with(".tf")).collect();
    // The plain one comes first.
    names.sort_by_key(|name| (name.len(), name.clone()));
    let texts: Vec<String> = names.iter().map(|name| read(&format!("{folder}/{name}"))).collect();
    texts.join("```\n\n```terraform\n")
}

fn short(name: &str) -> &str {
    name.strip_prefix("powerautomate_").expect("a type bears the provider's name")
}

fn page<'a>(title: &'a str, kind: &'a str, example: &'a str) -> Page<'a> {
    Page { title, kind, example, import: None }
}

/// Every page: where it is, and what is in it.
fn pages() -> Vec<(String, String)> {
    let provider = read("examples/provider/provider.tf");
    let index = markdown(&page("powerautomate", "Provider", &provider), PowerAutomate::SCHEMA);
    let mut pages = vec![("docs/index.md".to_owned(), index)];
    for resource in PowerAutomate.resources() {
        let name = resource.name();
        let file = |file: &str| read(&format!("examples/resources/{name}/{file}"));
        let (command, by_id) = (file("import.sh"), file("import-by-string-id.tf"));
        let by_identity = file("import-by-identity.tf");
        let by_identity = resource.identity().map(|identity| (by_identity.as_str(), identity));
        let import = Some(Import { command: &command, by_id: &by_id, by_identity });
        let example = examples(&format!("examples/resources/{name}"), "resource");
        let page = Page { import, ..page(name, "Resource", &example) };
        pages.push((format!("docs/resources/{}.md", short(name)), markdown(&page, resource.schema())));
    }
    for resource in PowerAutomate.resources() {
        if let (name, Some(schema)) = (resource.name(), resource.listing()) {
            let example = read(&format!("examples/list-resources/{name}/list-resource.tfquery.hcl"));
            let text = markdown(&page(name, "List Resource", &example), schema);
            pages.push((format!("docs/list-resources/{}.md", short(name)), text));
        }
    }
    for action in PowerAutomate.actions() {
        let name = action.name();
        let example = read(&format!("examples/actions/{name}/action.tf"));
        let text = markdown(&page(name, "Action", &example), action.schema());
        pages.push((format!("docs/actions/{}.md", short(name)), text));
    }
    for function in PowerAutomate.functions() {
        let name = function.name;
        let example = read(&format!("examples/functions/{name}/function.tf"));
        pages.push((format!("docs/functions/{name}.md"), docs::function(function, "powerautomate", &example)));
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
    check("provider", PowerAutomate::SCHEMA);
    for resource in PowerAutomate.resources() {
        check(resource.name(), resource.schema());
        resource.listing().into_iter().for_each(|schema| check(resource.name(), schema));
    }
    PowerAutomate.actions().iter().for_each(|action| check(action.name(), action.schema()));
    for parameter in PowerAutomate.functions().iter().flat_map(|function| function.parameters) {
        assert!(parameter.description.ends_with('.'), "{}", parameter.name);
    }
    assert!(found.is_empty(), "no sentences: {found:#?}");
}

#[test]
fn every_name_is_there_once() {
    let mut names: Vec<&str> = PowerAutomate.resources().iter().map(|resource| resource.name()).collect();
    names.extend(PowerAutomate.actions().iter().map(|action| action.name()));
    assert!(names.iter().all(|name| name.starts_with("powerautomate_")));
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}
