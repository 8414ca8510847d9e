//! `docs/reliability.md`: each full run of a search writes its part, which says of which commit it is.

use std::fs;
use std::path::Path;
use std::time::Duration;

use time::OffsetDateTime;

use super::{Asked, Tally};
use crate::revision;

/// The page, from the root of the sources.
pub(super) const PATH: &str = "docs/reliability.md";

const HEAD: &str = "# Reliability

What the provider withstood, in numbers that `cargo run -p acceptance-tests -- harness <search> --full` wrote here. Every row is tried
against the sandbox; a fault of any kind fails the command, and is printed with the line that repeats it.

- *orphan*: something exists that no state knows, after one more apply and the `import` block that it printed.
- *double*: something that is wanted once exists twice.
- *lie in the state*: the state says something that is not so.
- *unclean plan*: the plan after an apply is not empty.
- *leak*: a secret stands in a state, a plan, a diagnostic or a log.
- *breach of bounds*: more time, memory or requests than what is promised.
- *broken rule*: a rule of Terraform's protocol is broken, the provider crashed, or the case could not be judged.
";

/// What marks a part that is not of the newest part's commit.
const STALE: &str = "*This part is of another revision than the newest one.*";

/// Writes the part of a search.
///
/// # Errors
/// Sources that are not those of a commit, or a disk that is full.
pub(super) fn write(search: &str, asked: &Asked, tally: &Tally, took: Duration) -> Result<(), String> {
    let revision = revision::clean(&[PATH])?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(PATH);
    let title =
        if tally.summary().contains("OpenTofu") { format!("{search}, under OpenTofu") } else { search.to_owned() };
    let text = format!(
        "Revision `{revision}`, {}, seed {}: {} in {} min.\n\n{tally}",
        OffsetDateTime::now_utc().date(),
        asked.seed,
        tally.summary(),
        took.as_secs().div_ceil(60),
    );
    let page = with_part(&fs::read_to_string(&path).unwrap_or_default(), &title, &text, &revision);
    fs::write(&path, page).map_err(|error| error.to_string())
}

/// The page with a part in place of the one of the same title; the parts of other revisions are marked.
fn with_part(page: &str, title: &str, text: &str, revision: &str) -> String {
    let parts = page.split("\n## ").skip(1).filter_map(|part| part.split_once("\n\n"));
    let mut parts: Vec<(String, String)> =
        parts.map(|(title, text)| (title.to_owned(), text.trim_end().to_owned())).collect();
    parts.retain(|(known, _)| known != title);
    parts.push((title.to_owned(), text.trim_end().to_owned()));
    parts.sort();
    let mut written = HEAD.to_owned();
    for (title, text) in parts {
        let text = text.replace(&format!("\n\n{STALE}"), "");
        let is_current = text.contains(&format!("Revision `{revision}`"));
        let mark = if is_current { String::new() } else { format!("\n\n{STALE}") };
        written.push_str(&format!("\n## {title}\n\n{text}{mark}\n"));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_takes_the_place_of_its_own_and_what_is_older_is_marked() {
        let kill = with_part("", "kill", "Revision `one`\n\n| 1 |\n", "one");
        assert!(kill.ends_with("\n## kill\n\nRevision `one`\n\n| 1 |\n"), "{kill}");
        let both = with_part(&kill, "walk", "Revision `two`\n\n| 2 |\n", "two");
        assert!(both.contains(&format!("| 1 |\n\n{STALE}\n\n## walk\n\nRevision `two`\n\n| 2 |\n")), "{both}");
        let again = with_part(&both, "kill", "Revision `two`\n\n| 3 |\n", "two");
        assert!(
            again.ends_with("\n## kill\n\nRevision `two`\n\n| 3 |\n\n## walk\n\nRevision `two`\n\n| 2 |\n"),
            "{again}"
        );
        assert!(!again.contains(STALE));
        assert_eq!(with_part(&again, "kill", "Revision `two`\n\n| 3 |\n", "two"), again);
    }
}
