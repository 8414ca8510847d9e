//! What the source says of itself: walls between rooms, a header in each file, and nothing that is forgotten.

mod source;

use provider::PowerAutomate;
use source::{Source, below};
use tfplugin::provider::Provider as _;

/// The files that read the process's environment: who signs in, and whom a connection trusts.
const READ_THE_ENVIRONMENT: [&str; 2] = ["provider/src/clients/reach.rs", "provider/src/sign_in.rs"];

fn paths(sources: &[&Source]) -> Vec<String> {
    sources.iter().map(|source| source.path.clone()).collect()
}

#[test]
fn the_clients_do_not_know_terraform() {
    let sources = below("provider/src/clients");
    assert!(sources.len() > 5, "the clients are there");
    let found: Vec<&Source> = sources.iter().filter(|one| one.names("proto") || one.names("tfplugin")).collect();
    assert!(found.is_empty(), "clients speak Microsoft's language: {:?}", paths(&found));
}

#[test]
fn the_environment_is_read_in_two_places() {
    let sources = below("provider/src");
    let reads = |one: &&Source| one.code().contains("env::var") || one.code().contains("env::vars");
    let found: Vec<&Source> = sources.iter().filter(reads).collect();
    assert_eq!(paths(&found), READ_THE_ENVIRONMENT);
}

#[test]
fn a_secret_is_no_text_and_cannot_be_shown() {
    const NAMES: [&str; 5] = ["pfx", "password", "secret", "client_secret", "certificate_pfx_wo"];
    let plain = |line: &&str| {
        let field = line.trim().trim_start_matches("pub ").trim_start_matches("pub(crate) ").split_once(": ");
        field.is_some_and(|(name, ty)| NAMES.contains(&name) && ty.contains("String"))
    };
    for source in below("provider/src") {
        let code = source.code();
        assert_eq!(code.lines().find(plain), None, "{}", source.path);
        let shows = ["Debug", "Display", "Serialize"].into_iter().find(|shows| code.contains(shows));
        assert!(!source.path.ends_with("clients/secret.rs") || shows.is_none(), "a secret has {shows:?}");
    }
}

#[test]
fn a_warning_s_headline_names_no_object() {
    // Both ways to a warning take a headline that is part of the program; a third one would be found here.
    for source in below("provider/src") {
        let code = source.code();
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        let third = ["Severity", ".summary =", "Box::leak", ".leak()"].into_iter().find(|way| code.contains(way));
        assert_eq!(third, None, "{}", source.path);
    }
}

#[test]
fn every_file_says_what_it_is() {
    let found: Vec<Source> = below("").into_iter().filter(|one| !one.text.starts_with("//! ")).collect();
    assert!(found.is_empty(), "no header: {:?}", paths(&found.iter().collect::<Vec<_>>()));
}

#[test]
fn what_is_used_elsewhere_says_what_it_is() {
    let found: Vec<String> = below("provider/src").iter().flat_map(Source::undocumented).collect();
    assert!(found.is_empty(), "no doc line: {found:#?}");
}

#[test]
fn every_resource_has_a_file_and_a_test_of_its_own_name() {
    // A file may drop the first words of a long type: `certificate_reference` for `key_vault_certificate_reference`.
    let bears = |one: &Source, name: &str| {
        let words: Vec<&str> = name.split('_').collect();
        let names = (0..words.len() - 1).map(|first| words[first..].join("_"));
        names
            .into_iter()
            .any(|name| one.path.ends_with(&format!("/{name}.rs")) || one.path.ends_with(&format!("/{name}/mod.rs")))
    };
    for (folder, what) in [("provider/src/resources", "file"), ("acceptance-tests/tests", "test")] {
        let sources = below(folder);
        for resource in PowerAutomate.resources() {
            let name = resource.name().strip_prefix("powerautomate_").expect("a type bears the provider's name");
            assert!(sources.iter().any(|one| bears(one, name)), "{name} has no {what} of its name below {folder}");
        }
    }
}

#[test]
fn no_files_name_each_other_in_a_circle() {
    let found = judge::walls::circles(&source::root().join("provider/src"));
    assert!(found.is_empty(), "a reader of these files has no first one: {found:#?}");
}
