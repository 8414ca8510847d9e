//! Every limit that `validate` enforces stands in the sentence of its attribute.

use provider::PowerAutomate;
use tfplugin::Check;
use tfplugin::provider::Provider as _;
use tfplugin::schema::Block;

use crate::offers::offers;

/// A number as people read it.
fn number(number: impl ToString) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let parts = (first..digits.len()).step_by(3).map(|at| &digits[at..at + 3]);
    let head = (first > 0).then_some(&digits[..first]);
    head.into_iter().chain(parts).collect::<Vec<_>>().join(",")
}

/// What a sentence must say of a check, and does not.
fn unsaid(check: &Check, sentence: &str) -> Option<String> {
    let wanted = match check {
        Check::Length { min: 0, max } => format!("at most {} characters", number(max)),
        Check::Length { min, max } => {
            let range = format!("{} to {}", number(min), number(max));
            let letters = format!("{range} letters");
            if sentence.contains(&letters) { letters } else { format!("{range} characters") }
        }
        Check::Between { min, max } => format!("from {} to {}", number(min), number(max)),
        Check::OneOf(words) => {
            let is_unsaid = |word: &&&str| !sentence.contains(&format!("`{word}`"));
            return words.iter().find(is_unsaid).map(|word| format!("`{word}`"));
        }
        Check::Pattern { words, .. } => {
            let form = words.split(", such as").next().unwrap_or_default();
            form.trim_start_matches("be ").trim_start_matches("consist of ").to_owned()
        }
        Check::Uuid => "a GUID".to_owned(),
        Check::Url => "`https://".to_owned(),
        Check::Format(parse) => {
            let examples: Vec<&str> =
                sentence.split('`').skip(1).step_by(2).filter(|code| parse(code).is_ok()).collect();
            // The longest of all durations is such a limit.
            let is_longest = parse("24h").is_ok() && parse("24h1s").is_err();
            return match examples.is_empty() || is_longest && !examples.contains(&"24h") {
                true => Some(format!("an example, or the longest, beside {examples:?}")),
                false => None,
            };
        }
        other => panic!("{other:?} is a new check: say here what its sentence must hold"),
    };
    (!sentence.contains(&wanted)).then_some(wanted)
}

fn search(block: &Block, path: &str, found: &mut Vec<String>) {
    for attribute in block.attributes {
        let unsaid = attribute.checks.iter().filter_map(|check| unsaid(check, attribute.description));
        found.extend(unsaid.map(|what| format!("{path}.{} does not say: {what}", attribute.name)));
    }
    block.blocks.iter().for_each(|nested| search(&nested.block, &format!("{path}.{}", nested.name), found));
}

#[test]
fn every_limit_stands_in_the_sentence_of_its_attribute() {
    let mut found = Vec::new();
    search(&PowerAutomate::SCHEMA.block, "provider", &mut found);
    offers().iter().for_each(|offer| search(&offer.schema.block, offer.name, &mut found));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn numbers_have_commas() {
    assert_eq!(["7", "127", "1000", "100000"].map(number), ["7", "127", "1,000", "100,000"]);
}
