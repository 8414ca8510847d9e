//! `docs/guides/compatibility.md`: written from columns of one revision, and read back.

use std::fs;
use std::path::{Path, PathBuf};

use acceptance_tests::feature::FEATURES;

use super::column::Column;

/// The titles of the rows with counts.
pub(super) const PASSED: &str = "acceptance tests passed";
pub(super) const FAILED: &str = "acceptance tests failed";
const MISSING: &str = "of them, hold what happens without a feature";

const HEAD: &str = "---
page_title: \"What works with which Terraform\"
subcategory: \"\"
description: |-
  Which features of the provider work with which version of Terraform.
---

# What works with which Terraform

The provider works with Terraform from 1.6 on. Everything works the same in every version, except for what the version itself lacks: ✓ is there and tested, – is not there, which is tested too: a configuration without it works, and one with it gets an error. Two exceptions: 1.13 accepts `action` blocks and does nothing with them, and below 1.14 `-generate-config-out` is Terraform's own guess: it says everything that may be said, and plans clean.
";

const FOOT: &str = "
OpenTofu has functions from 1.7, write-only arguments from 1.11, and imports by identity from 1.12 on; it has neither `query`, actions nor generated configuration by providers. It can be had from no package registry, so that it is tested only where `TF_ACC_TERRAFORM_PATH` names it.
";

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guides/compatibility.md")
}

/// Writes the page.
pub(super) fn write(columns: &[Column], revision: &str) {
    let row = |title: &str, cells: Vec<String>| format!("| {title} | {} |\n", cells.join(" | "));
    let all = |cell: &dyn Fn(&Column) -> String| columns.iter().map(cell).collect::<Vec<_>>();
    let mut text = format!(
        "{HEAD}\nThis table is written by the acceptance tests, run at revision `{revision}` under each of these versions.\n\n"
    );
    text.push_str(&row("", all(&|column| column.name.replace("tofu-", "OpenTofu "))));
    text.push_str(&format!("| --- |{}\n", " --- |".repeat(columns.len())));
    let works = |column: &Column| if column.failed.is_empty() { "✓" } else { "✗" }.to_owned();
    text.push_str(&row("resources, plans, imports by id, drift", all(&works)));
    for feature in FEATURES {
        text.push_str(&row(feature.title(), all(&|column| column.cell(feature).to_owned())));
    }
    text.push_str(&row(PASSED, all(&|column| column.passed.to_string())));
    text.push_str(&row(MISSING, all(&|column| column.absences().to_string())));
    text.push_str(&row(FAILED, all(&|column| column.failed.len().to_string())));
    for column in columns.iter().filter(|column| !column.failed.is_empty()) {
        text.push_str(&format!("\nUnder {} these fail: `{}`.\n", column.name, column.failed.join("`, `")));
    }
    text.push_str(FOOT);
    fs::create_dir_all(path().parent().expect("a page is in a folder")).expect("a folder can be made");
    fs::write(path(), text).expect("the page can be written");
}

/// The table of the page.
pub(super) struct Table {
    /// The columns.
    pub(super) names: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Reads the table.
pub(super) fn read() -> Table {
    let text = fs::read_to_string(path()).expect("the page is there");
    let cells =
        |line: &str| -> Vec<String> { line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect() };
    let mut rows: Vec<Vec<String>> = text.lines().filter(|line| line.starts_with("| ")).map(cells).collect();
    let names = rows.remove(0).split_off(1);
    Table { names, rows }
}

impl Table {
    /// The cells of a row.
    #[track_caller]
    pub(super) fn row(&self, title: &str) -> &[String] {
        let found = self.rows.iter().find(|row| row[0] == title);
        &found.unwrap_or_else(|| panic!("the table has no row {title:?}"))[1..]
    }
}
