//! `docs/` and the generated part of `examples/` are expected values: they are written afresh, and if one was stale this fails, so that
//! the next run is green.
//!
//! And what is true of everything that the provider offers: it has an example and a page, nothing else has, and its sentences are
//! sentences.

mod examples;
mod limits;
mod offers;
mod pages;
mod registry;
mod tree;

use offers::offers;
use provider::PowerAutomate;
use tfplugin::provider::Provider as _;
use tfplugin::schema::Block;

/// Holds files against what they must be: what differs is written, and named.
#[track_caller]
fn expect(files: Vec<(String, String)>) {
    let stale: Vec<String> =
        files.into_iter().filter(|(path, text)| tree::write(path, text)).map(|(path, _)| path).collect();
    assert!(stale.is_empty(), "these files were stale and are written afresh; look at them and commit: {stale:#?}");
}

#[test]
fn the_pages_and_the_examples_of_imports_and_lists_are_those_of_the_schema() {
    expect([examples::all(), pages::all()].concat());
}

#[test]
fn the_readme_begins_with_the_quickstart() {
    let readme = include_str!("../../../README.md");
    let shown = readme.split("```hcl\n").nth(1).and_then(|rest| rest.split("```").next());
    assert_eq!(shown, Some(tree::read("examples/quickstart/main.tf").as_str()));
}

#[test]
fn no_page_and_no_example_is_left_of_what_is_no_more() {
    let mut known: Vec<String> = [examples::all(), pages::all()].concat().into_iter().map(|(path, _)| path).collect();
    known.extend(examples::written_by_hand());
    // Written by hand, or by the run of the matrix, of the harness or of the scale.
    let by_hand = |path: &String| {
        path.starts_with("docs/guides/")
            || path.starts_with("examples/pipelines/")
            || ["docs/architecture.md", "docs/reliability.md", "docs/scale-requests.svg", "docs/scale-seconds.svg"]
                .contains(&path.as_str())
    };
    let there = [tree::files("docs"), tree::files("examples")].concat();
    let orphans: Vec<String> = there.into_iter().filter(|path| !known.contains(path) && !by_hand(path)).collect();
    assert!(orphans.is_empty(), "nothing is offered that these belong to: {orphans:#?}");
}

#[test]
fn every_resource_is_known_by_a_name_and_nothing_else_is() {
    let known: Vec<&str> = examples::KNOWN.iter().map(|known| known.resource).collect();
    let offered: Vec<&str> = PowerAutomate.resources().iter().map(|resource| resource.name()).collect();
    assert_eq!(known, offered, "examples::KNOWN holds the resources in the order of the provider's list");
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
    sentences(&PowerAutomate::SCHEMA.block, "provider", &mut found);
    for offer in offers() {
        sentences(&offer.schema.block, offer.name, &mut found);
    }
    for parameter in PowerAutomate.functions().iter().flat_map(|function| function.parameters) {
        assert!(parameter.description.ends_with('.'), "{}", parameter.name);
    }
    assert!(found.is_empty(), "no sentences: {found:#?}");
}

#[test]
fn every_list_says_that_ids_give_no_order() {
    for offer in offers().iter().filter(|offer| offer.room == "list-resources") {
        let description = offer.schema.block.description;
        let said = ["gives Terraform no order", ".NAME.id", "`terraform destroy -parallelism=200`"];
        assert!(said.iter().all(|part| description.contains(part)), "{}", offer.name);
        assert!(examples::shown(offer).contains("in which order to remove them"), "{}", offer.name);
    }
}

#[test]
fn the_pages_say_what_no_plan_can_mend() {
    let pages = pages::all();
    for (page, part) in [
        ("docs/resources/cba_credential.md", "`terraform apply -target=ADDRESS`"),
        ("docs/resources/cba_credential.md", "take the name out, apply, and put it back"),
        ("docs/resources/key_vault_certificate_reference.md", "take the name out, apply, and put it back"),
        ("docs/index.md", "`terraform state rm`"),
    ] {
        assert!(pages.iter().any(|(path, text)| path == page && text.contains(part)), "{page} does not say {part}");
    }
}

#[test]
fn every_offer_has_its_rows_on_the_page_of_rights() {
    let page = tree::read("docs/guides/rights.md");
    let named = |name: &str| page.contains(&format!("\n### `{name}`\n"));
    let missing: Vec<&str> = offers().iter().map(|offer| offer.name).filter(|name| !named(name)).collect();
    assert!(missing.is_empty(), "acceptance-tests/tests/acceptance/rights has no operation of these: {missing:#?}");
}

#[test]
fn every_name_is_there_once() {
    let mut names: Vec<(&str, &str)> = offers().iter().map(|offer| (offer.room, offer.name)).collect();
    assert!(names.iter().all(|(_, name)| name.starts_with("powerautomate_")));
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}
