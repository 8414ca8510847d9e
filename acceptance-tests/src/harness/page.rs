//! `docs/reliability.md`: each full run of a search writes its part, which says of which commit it is.

use std::fs;
use std::path::Path;
use std::time::Duration;

use time::OffsetDateTime;

use super::cases::FAULTS;
use super::{Asked, Tally};
use crate::revision;

/// The page, from the root of the sources.
pub const PATH: &str = "docs/reliability.md";

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

/// The parts, and how much each must have tried.
const PARTS: [(&str, usize); 5] =
    [("hostile", 1), ("kill", 400), ("walk", 3000), ("walk, under OpenTofu", 1), ("weather", 2000)];

/// Writes the part of a search.
///
/// # Errors
/// Sources that are not those of this commit, or a disk that is full.
pub(super) fn write(search: &str, asked: &Asked, tally: &Tally, took: Duration, revision: &str) -> Result<(), String> {
    let now = revision::clean(&[PATH])?;
    if now != revision {
        return Err(format!("the run began at {revision}, and the sources are at {now} by now"));
    }
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
    let page = with_part(&fs::read_to_string(&path).unwrap_or_default(), &title, &text, revision);
    fs::write(&path, page).map_err(|error| error.to_string())
}

/// What a page lacks: a part, its numbers, or its zeros. That parts are of several commits it says itself.
#[must_use]
pub fn lacks(page: &str) -> Vec<String> {
    let parts = parts(page);
    let lacking = PARTS.iter().filter_map(|(title, least)| {
        let Some((_, text)) = parts.iter().find(|(known, _)| known == title) else {
            return Some(format!("{title}: there is no such part"));
        };
        let all = text.lines().find_map(|line| line.strip_prefix("| **all** | "))?;
        let counts: Vec<usize> = all.split('|').filter_map(|cell| cell.trim().parse().ok()).collect();
        let (tried, faults) = counts.split_first()?;
        let found: usize = faults.iter().take(FAULTS.len()).sum();
        match () {
            () if tried < least => Some(format!("{title}: {tried} tried, of at least {least}")),
            () if found > 0 => Some(format!("{title}: {found} faults")),
            () => None,
        }
    });
    lacking.collect()
}

/// The parts of a page by their titles.
fn parts(page: &str) -> Vec<(String, String)> {
    let parts = page.split("\n## ").skip(1).filter_map(|part| part.split_once("\n\n"));
    parts.map(|(title, text)| (title.to_owned(), text.trim_end().to_owned())).collect()
}

/// The page with a part in place of the one of the same title; the parts of other revisions are marked.
fn with_part(page: &str, title: &str, text: &str, revision: &str) -> String {
    let mut parts = parts(page);
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

    #[test]
    fn a_page_lacks_what_was_not_run_and_what_was_found() {
        let part = |tried: usize, orphans: usize| {
            format!(
                "Revision `one`\n\n|  | tried | orphan |\n| **all** | {tried} | {orphans} | 0 | 0 | 0 | 0 | 0 | 0 | 9 |\n"
            )
        };
        let mut page = String::new();
        for (title, least) in PARTS {
            page = with_part(&page, title, &part(least, 0), "one");
        }
        assert_eq!(lacks(&page), [""; 0]);
        assert_eq!(lacks(&with_part(&page, "kill", &part(399, 0), "one")), ["kill: 399 tried, of at least 400"]);
        assert_eq!(lacks(&with_part(&page, "kill", &part(400, 2), "one")), ["kill: 2 faults"]);
        assert_eq!(lacks("").len(), PARTS.len());
    }
}
