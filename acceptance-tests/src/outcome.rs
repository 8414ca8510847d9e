//! What a Terraform command said, and what a test expects of it.
//!
//! Terraform is asked for its machine-readable lines (`-json`): a diagnostic keeps its words unbroken there, and says on which
//! attribute it sits only by quoting the line of the configuration.

use std::fmt;
use std::process::Output;

use serde_json::Value;

/// The end of a command.
#[derive(Debug)]
pub struct Outcome {
    command: String,
    code: Option<i32>,
    /// What it reported, in order, without the notice about development overrides.
    pub diagnostics: Vec<Reported>,
    changes: Vec<String>,
    drift: Vec<String>,
    raw: String,
}

/// A diagnostic as Terraform shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// `error` or `warning`.
    pub severity: String,
    /// What failed.
    pub summary: String,
    /// Why, and what to do.
    pub detail: String,
    /// The resource it is about.
    pub address: String,
    /// The attribute at fault; the block's type when the attribute is not configured, empty when it is about nothing in particular.
    pub attribute: String,
}

impl fmt::Display for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reported { severity, summary, detail, address, attribute } = self;
        write!(f, "{severity}: {summary}\n  on: {address} {attribute}\n  {}", detail.replace('\n', "\n  "))
    }
}

impl Outcome {
    pub(crate) fn new(command: String, output: &Output) -> Outcome {
        let said = String::from_utf8_lossy(&output.stdout);
        let raw = format!("{said}{}", String::from_utf8_lossy(&output.stderr));
        let (mut diagnostics, mut changes, mut drift) = (Vec::new(), Vec::new(), Vec::new());
        for line in said.lines() {
            let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
            match line["type"].as_str() {
                Some("diagnostic") => diagnostics.push(reported(&line["diagnostic"])),
                Some("planned_change") => changes.extend(change(&line["change"])),
                Some("resource_drift") => drift.extend(change(&line["change"])),
                _ => {}
            }
        }
        if diagnostics.is_empty() {
            diagnostics = printed(&String::from_utf8_lossy(&output.stderr));
        }
        diagnostics.retain(|found| found.summary != "Provider development overrides are in effect");
        changes.sort();
        drift.sort();
        Outcome { command, code: output.status.code(), diagnostics, changes, drift, raw }
    }

    /// Everything it wrote.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Its exit code.
    #[must_use]
    pub fn code(&self) -> Option<i32> {
        self.code
    }

    /// The changes that a plan holds, each as `action address`, sorted.
    #[must_use]
    pub fn changes(&self) -> &[String] {
        &self.changes
    }

    /// Whether it succeeded, be it with warnings.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        matches!(self.code, Some(0 | 2)) && !self.diagnostics.iter().any(|found| found.severity == "error")
    }

    /// It succeeded. Warnings are allowed.
    #[track_caller]
    pub fn expect_ok(&self) -> &Outcome {
        assert!(self.is_ok(), "expected success of {self}");
        self
    }

    /// It succeeded without a warning.
    #[track_caller]
    pub fn expect_quiet(&self) -> &Outcome {
        self.expect_ok();
        assert!(self.diagnostics.is_empty(), "expected no warning of {self}");
        self
    }

    /// The plan changes nothing, neither a resource nor an output.
    #[track_caller]
    pub fn expect_no_changes(&self) -> &Outcome {
        self.expect_ok();
        assert!(self.code == Some(0) && self.changes.is_empty(), "expected no changes of {self}");
        self
    }

    /// The plan holds exactly these changes, each as `action address`, where an action is `create`, `update`, `replace`, `delete`,
    /// `move` or `import`.
    #[track_caller]
    pub fn expect_changes(&self, expected: &[&str]) -> &Outcome {
        self.expect_ok();
        let mut expected: Vec<&str> = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(self.changes, expected, "the changes of {self}");
        self
    }

    /// The refresh found exactly these objects changed outside Terraform, each as `update address` or `delete address`.
    #[track_caller]
    pub fn expect_drift(&self, expected: &[&str]) -> &Outcome {
        let mut expected: Vec<&str> = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(self.drift, expected, "the drift of {self}");
        self
    }

    /// It failed with exactly one error: this summary, on this attribute, and a detail that holds each of the parts.
    #[track_caller]
    pub fn expect_error(&self, attribute: &str, summary: &str, parts: &[&str]) -> &Outcome {
        assert_eq!(self.code, Some(1), "expected failure of {self}");
        let errors: Vec<&Reported> = self.diagnostics.iter().filter(|found| found.severity == "error").collect();
        assert_eq!(errors.len(), 1, "expected one error of {self}");
        self.expect("error", attribute, summary, parts)
    }

    /// It warned with this summary, on this attribute, and a detail that holds each of the parts.
    #[track_caller]
    pub fn expect_warning(&self, attribute: &str, summary: &str, parts: &[&str]) -> &Outcome {
        self.expect("warning", attribute, summary, parts)
    }

    #[track_caller]
    fn expect(&self, severity: &str, attribute: &str, summary: &str, parts: &[&str]) -> &Outcome {
        let found = self.diagnostics.iter().find(|found| found.severity == severity && found.summary == summary);
        let Some(found) = found else { panic!("expected the {severity} {summary:?} of {self}") };
        assert_eq!(found.attribute, attribute, "where the {severity} {summary:?} sits, of {self}");
        for part in parts {
            assert!(found.detail.contains(part), "expected {part:?} in the {severity} {summary:?} of {self}");
        }
        self
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "terraform {} (exit code {:?})", self.command, self.code)?;
        for found in &self.diagnostics {
            writeln!(f, "{found}")?;
        }
        for change in &self.changes {
            writeln!(f, "change: {change}")?;
        }
        for drift in &self.drift {
            writeln!(f, "drift: {drift}")?;
        }
        if self.diagnostics.is_empty() && self.changes.is_empty() {
            writeln!(f, "{}", self.raw)?;
        }
        Ok(())
    }
}

fn reported(found: &Value) -> Reported {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let quoted = found["snippet"]["code"].as_str().unwrap_or_default();
    Reported {
        severity: text(&found["severity"]),
        summary: text(&found["summary"]),
        detail: text(&found["detail"]),
        address: text(&found["address"]),
        attribute: quoted.split_whitespace().next().unwrap_or_default().to_owned(),
    }
}

fn change(change: &Value) -> Option<String> {
    let (action, address) = (change["action"].as_str()?, change["resource"]["addr"].as_str()?);
    (action != "noop" && action != "read").then(|| format!("{action} {address}"))
}

/// The diagnostics of a command that knows no `-json`, such as `import`.
fn printed(said: &str) -> Vec<Reported> {
    let mut found: Vec<Reported> = Vec::new();
    for line in said.lines() {
        let severities = [("Error: ", "error"), ("Warning: ", "warning")];
        let heading = severities
            .iter()
            .find_map(|(prefix, severity)| line.strip_prefix(prefix).map(|summary| (summary, *severity)));
        if let Some((summary, severity)) = heading {
            let (severity, summary) = (severity.to_owned(), summary.to_owned());
            let empty = String::new;
            found.push(Reported { severity, summary, detail: empty(), address: empty(), attribute: empty() });
        } else if let (Some(last), text) = (found.last_mut(), line.trim())
            && !text.is_empty()
        {
            // Terraform breaks lines at the width of a terminal: a test compares the words.
            if !last.detail.is_empty() {
                last.detail.push(' ');
            }
            last.detail.push_str(text);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_printed_is_read_back() {
        let said = "\nWarning: Careful\n\nOne\n\nError: No such thing\n\nIt is not\nthere.\n\nMake it.\n";
        let found = printed(said);
        let seen: Vec<_> = found.iter().map(|d| (&*d.severity, &*d.summary, &*d.detail)).collect();
        assert_eq!(seen, [("warning", "Careful", "One"), ("error", "No such thing", "It is not there. Make it.")]);
    }

    #[test]
    fn the_attribute_is_the_first_word_of_the_quoted_line() {
        let found = serde_json::json!({
            "severity": "error", "summary": "s", "detail": "d", "address": "a.b",
            "snippet": { "code": "  schema_name      = \"x\"" },
        });
        assert_eq!(reported(&found).attribute, "schema_name");
    }
}
