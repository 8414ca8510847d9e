//! `docs/guides/rights.md`: written from the rows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use sandbox::rights::Known;

use super::operations::TYPES;
use super::principal::Right;
use super::tried::{Phase, Row, Without};

/// The verbs of privileges, as the editor of roles has them.
const VERBS: [&str; 8] = ["Create", "Read", "Write", "Delete", "Append", "AppendTo", "Assign", "Share"];

/// Writes the page if it was another one, and tells whether it was.
pub(super) fn write(rows: &[Row]) -> bool {
    let page = page(rows);
    if fs::read_to_string(path()).is_ok_and(|known| known == page) {
        return false;
    }
    fs::write(path(), page).expect("the page can be written");
    true
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guides/rights.md")
}

fn page(rows: &[Row]) -> String {
    let head = include_str!("head.md").replace("ROLE_TABLE\n", &format!("{}\n", roles(rows)));
    let mut page = head.replace("VAULT_TABLE\n", &format!("{}\n", others(rows)));
    for of in TYPES {
        page.push_str(&format!("### `{of}`\n\n"));
        for (phase, title) in [(Phase::Plan, "Plan"), (Phase::Apply, "Apply")] {
            let rows: Vec<&Row> = rows.iter().filter(|row| row.of == of && row.phase == phase).collect();
            if !rows.is_empty() {
                page.push_str(&format!("{title}:\n\n{}\n", table(&rows)));
            }
        }
    }
    format!("{}\n", page.trim_end())
}

/// What a role needs, by tables.
fn roles(rows: &[Row]) -> String {
    let mut tables: BTreeMap<&str, [BTreeSet<usize>; 2]> = BTreeMap::new();
    for (row, right) in rights(rows) {
        if let Right::Privilege(name) = right {
            let rest = name.strip_prefix("prv").expect("privileges are called so");
            let verbs = VERBS.iter().enumerate();
            let found = verbs.filter_map(|(verb, word)| Some((verb, rest.strip_prefix(word)?)));
            // Of two verbs that begin alike, the longer.
            let (verb, table) = found.min_by_key(|(_, table)| table.len()).expect("it has a verb");
            tables.entry(called(table)).or_default()[usize::from(row.phase == Phase::Apply)].insert(verb);
        }
    }
    let mut text = "| Table | Plan | Apply, besides | Access level |\n|---|---|---|---|\n".to_owned();
    for (table, [plan, apply]) in tables {
        let words = |verbs: Vec<&usize>| match verbs.is_empty() {
            true => "–".to_owned(),
            false => verbs
                .into_iter()
                .map(|verb| VERBS[*verb])
                .collect::<Vec<_>>()
                .join(", ")
                .replace("AppendTo", "Append To"),
        };
        let level = match table {
            "User" | "Solution" | "Publisher" => "organization",
            _ => "user",
        };
        let (plan, apply) = (words(plan.iter().collect()), words(apply.difference(&plan).collect()));
        text.push_str(&format!("| {table} | {plan} | {apply} | {level} |\n"));
    }
    text
}

/// What a table is called in the editor of roles.
fn called(table: &str) -> &str {
    match table {
        "EnvironmentVariableDefinition" => "Environment Variable Definition",
        "credential" => "Credential",
        "flowmachinegroup" => "Flow Machine Group",
        other => other,
    }
}

/// Where else rights are needed.
const PLACES: [&str; 3] = ["the vault", "Power Platform, for connections", "what connections use"];

/// What is needed elsewhere than in Dataverse.
fn others(rows: &[Row]) -> String {
    let mut places = PLACES.map(|place| (place, [BTreeSet::new(), BTreeSet::new()]));
    for (row, right) in rights(rows) {
        let place = match right {
            Right::Privilege(_) => continue,
            Right::Reader | Right::Secrets | Right::SecretsOfDataverse => 0,
            Right::Power(_) => 1,
            Right::Shared(_) => 2,
        };
        let words = right.to_string();
        let words = words.split_once(": ").map_or(words.as_str(), |(_, words)| words).to_owned();
        places[place].1[usize::from(row.phase == Phase::Apply)].insert(words);
    }
    let line = |(place, [plan, apply]): (&str, [BTreeSet<String>; 2])| {
        let words = |words: Vec<String>| if words.is_empty() { "–".to_owned() } else { words.join("; ") };
        let besides = apply.difference(&plan).cloned().collect();
        format!("| {place} | {} | {} |\n", words(plan.iter().cloned().collect()), words(besides))
    };
    places.into_iter().map(line).collect()
}

fn rights(rows: &[Row]) -> impl Iterator<Item = (&Row, Right<'_>)> {
    rows.iter().flat_map(|row| row.rights.iter().map(move |(right, _)| (row, Right::of(right))))
}

/// How rights are known and what their want comes to, and which they are.
type Needs = BTreeMap<(Known, &'static str), Vec<String>>;

/// The table of one phase of one type: operations that need the same stand together.
fn table(rows: &[&Row]) -> String {
    let mut together: Vec<(Vec<&str>, Needs)> = Vec::new();
    for row in rows {
        let needs = needs(row);
        match together.iter_mut().find(|(_, known)| *known == needs) {
            Some((names, _)) => names.push(&row.operation),
            None => together.push((vec![&row.operation], needs)),
        }
    }
    let mut text = "| Operation | Rights | Known | Without |\n|---|---|---|---|\n".to_owned();
    for (names, needs) in together {
        if needs.is_empty() {
            text.push_str(&format!("| {} | none | | |\n", names.join("; ")));
        }
        for (number, ((known, without), rights)) in needs.iter().enumerate() {
            let name = if number == 0 { names.join("; ") } else { String::new() };
            let known = match known {
                Known::Documented => "documented",
                Known::Reported => "reported",
                Known::Inferred => "inferred",
            };
            text.push_str(&format!("| {name} | {} | {known} | {without} |\n", rights.join(", ")));
        }
    }
    text
}

fn needs(row: &Row) -> Needs {
    let mut needs = Needs::new();
    for (right, without) in &row.rights {
        let without = match without {
            Without::Error => "error",
            Without::Warning => "warning",
            Without::Unsaid(_) => "nothing",
        };
        needs.entry((right.known, without)).or_default().push(Right::of(right).to_string());
    }
    needs
}
