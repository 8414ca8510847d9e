//! What the acceptance tests came to under one version, kept under `target/` until every version was run.

use std::env;
use std::fs;
use std::process::{Command, Stdio};

use acceptance_tests::feature::{Feature, absences, findings};
use serde::{Deserialize, Serialize};

use super::ITSELF;

/// What a run under one version came to.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Column {
    /// `1.15`, or `tofu-1.12`.
    pub(super) name: String,
    /// The commit that was run.
    pub(super) revision: String,
    /// How many tests passed.
    pub(super) passed: usize,
    /// The tests that failed.
    pub(super) failed: Vec<String>,
}

/// The file of a version's findings that says what its run came to.
const RUN: &str = "run.json";

impl Column {
    /// Runs every acceptance test but the one that asks.
    pub(super) fn run(name: &str, revision: &str, variable: (&str, &str)) -> Column {
        eprintln!("the acceptance tests under {name} …");
        let folder = findings(name).expect("there is a target folder");
        let _ = fs::remove_dir_all(&folder);
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
        cargo.args(["test", "--package", "acceptance-tests", "--no-fail-fast", "--", "--skip", ITSELF]);
        cargo.env_remove("TF_ACC_MATRIX").env_remove("TF_ACC_TERRAFORM_PATH").env(variable.0, variable.1);
        let output = cargo.stdin(Stdio::null()).output().expect("cargo runs");
        let said = String::from_utf8_lossy(&output.stdout);
        let (passed, mut failed) = read(&said);
        if passed == 0 || (failed.is_empty() && !output.status.success()) {
            failed.push(format!("cargo test: {}", output.status));
        }
        eprintln!("  {passed} passed, {} failed", failed.len());
        if !failed.is_empty() {
            eprintln!("{said}\n{}", String::from_utf8_lossy(&output.stderr));
        }
        let column = Column { name: name.to_owned(), revision: revision.to_owned(), passed, failed };
        let text = serde_json::to_string(&column).expect("a column is JSON");
        fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(RUN), text)).expect("a finding can be kept");
        column
    }

    /// What the last run of a version came to.
    pub(super) fn found(name: &str) -> Option<Column> {
        let text = fs::read_to_string(findings(name).ok()?.join(RUN)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// What the run found of a feature, as the table shows it.
    pub(super) fn cell(&self, feature: Feature) -> &'static str {
        let file = findings(&self.name).map(|folder| folder.join(format!("{feature:?}")));
        match file.and_then(fs::read_to_string).as_deref() {
            Ok("yes") => "✓",
            Ok(_) => "–",
            Err(_) => "?",
        }
    }

    /// How many of the tests held that something is missing.
    pub(super) fn absences(&self) -> usize {
        absences(&self.name).unwrap_or_default().len()
    }
}

/// How many tests passed, and which failed.
fn read(said: &str) -> (usize, Vec<String>) {
    let passed = |line: &str| line.split(" passed").next()?.split_whitespace().last()?.parse::<usize>().ok();
    let results = said.lines().filter(|line| line.starts_with("test result:"));
    let failed = said.lines().filter_map(|line| line.strip_prefix("    "));
    let mut failed: Vec<String> = failed
        .filter(|line| !line.starts_with(' ') && said.contains(&format!("---- {line} stdout ----")))
        .map(str::to_owned)
        .collect();
    failed.sort();
    failed.dedup();
    (results.filter_map(passed).sum(), failed)
}

#[test]
fn passed_and_failed_are_read_from_what_cargo_says() {
    let said = "test a::b ... ok\ntest a::c ... FAILED\n\nfailures:\n\n---- a::c stdout ----\n\n    a line\n\nfailures:\n    a::c\n\n\
                test result: FAILED. 2 passed; 1 failed; 0 ignored\n\ntest result: ok. 3 passed; 0 failed\n";
    assert_eq!(read(said), (5, vec!["a::c".to_owned()]));
}
