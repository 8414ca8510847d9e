//! What the cases of a search came to, counted: the table.

use std::collections::BTreeMap;
use std::fmt;

use super::cases::{FAULTS, Kind, Verdict};

/// The counts of a search: a row for each variant, a column for each kind of fault.
#[derive(Debug, Clone)]
pub struct Tally {
    counted: &'static str,
    under: String,
    columns: Vec<Kind>,
    rows: BTreeMap<String, Row>,
}

#[derive(Debug, Clone, Default)]
struct Row {
    tried: usize,
    found: Vec<Kind>,
}

impl Row {
    fn count(&self, kind: Kind) -> usize {
        self.found.iter().filter(|found| **found == kind).count()
    }
}

impl Tally {
    /// An empty table that counts these: `kills`, `steps`, `cases`.
    #[must_use]
    pub fn of(counted: &'static str) -> Tally {
        Tally { counted, under: "the judge".to_owned(), columns: FAULTS.to_vec(), rows: BTreeMap::new() }
    }

    /// The same of cases that were run under this, such as `Terraform 1.15`, and not before the judge.
    #[must_use]
    pub fn under(self, under: String) -> Tally {
        Tally { under, ..self }
    }

    /// The same with one more column.
    #[must_use]
    pub fn with(mut self, kind: Kind) -> Tally {
        self.columns.push(kind);
        self
    }

    /// Counts what a case came to.
    pub fn add(&mut self, row: &str, verdict: &Verdict) {
        let row = self.rows.entry(row.to_owned()).or_default();
        row.tried += verdict.tried;
        row.found.extend(verdict.faults.iter().map(|fault| fault.kind));
    }

    /// How much was tried.
    #[must_use]
    pub fn tried(&self) -> usize {
        self.rows.values().map(|row| row.tried).sum()
    }

    /// How often a kind of fault was found.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        self.rows.values().map(|row| row.count(kind)).sum()
    }

    /// Whether something was tried, and no fault was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.tried() > 0 && FAULTS.iter().all(|kind| self.count(*kind) == 0)
    }

    /// What was counted, and under what: `412 kills under Terraform 1.15`.
    #[must_use]
    pub fn summary(&self) -> String {
        format!("{} {} under {}", self.tried(), self.counted, self.under)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head: Vec<String> = self.columns.iter().map(ToString::to_string).collect();
        writeln!(f, "|  | {} | {} |", self.counted, head.join(" | "))?;
        writeln!(f, "| --- |{}", " ---: |".repeat(self.columns.len() + 1))?;
        let mut line = |name: &str, tried: usize, count: &dyn Fn(Kind) -> usize| {
            let counts: Vec<String> = self.columns.iter().map(|kind| count(*kind).to_string()).collect();
            writeln!(f, "| {name} | {tried} | {} |", counts.join(" | "))
        };
        for (name, row) in &self.rows {
            line(name, row.tried, &|kind| row.count(kind))?;
        }
        line("**all**", self.tried(), &|kind| self.count(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_table_has_a_row_per_variant_and_a_column_per_kind() {
        let mut tally = Tally::of("kills").with(Kind::Torn);
        assert!(!tally.is_clean(), "nothing was tried");
        tally.add("create", &Verdict::clean());
        assert!(tally.is_clean());
        let mut torn = Verdict::clean();
        torn.find(Kind::Torn, "half a file");
        tally.add("create", &torn);
        assert!(tally.is_clean(), "what Terraform tears is not the provider's fault");
        let mut found = Verdict { tried: 2, ..Verdict::clean() };
        found.find(Kind::Orphan, "a row");
        found.find(Kind::Orphan, "another row");
        tally.add("update", &found);
        assert!(!tally.is_clean());
        expect![[r#"
            |  | kills | orphan | double | lie in the state | unclean plan | leak | breach of bounds | broken rule | state torn by Terraform |
            | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
            | create | 2 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 1 |
            | update | 2 | 2 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |
            | **all** | 4 | 2 | 0 | 0 | 0 | 0 | 0 | 0 | 1 |
        "#]]
        .assert_eq(&tally.to_string());
    }
}
