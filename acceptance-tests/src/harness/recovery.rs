//! What a user does after something went wrong: applies once more, pastes the `import` block that the error prints, and applies.

use super::{Kind, Verdict};
use crate::outcome::{Outcome, Reported};
use crate::world::World;

/// How many applies may print another block: one for each link of a chain, and one more.
const ROUNDS: usize = 4;

/// The file of the pasted blocks.
const PASTED: &str = "pasted.tf";

/// Applies until nothing more is to be imported; then the plan must be empty.
pub(super) fn recover(world: &World, verdict: &mut Verdict) {
    let mut pasted = String::new();
    let mut outcome = world.apply();
    for _ in 0..ROUNDS {
        let blocks = blocks(&outcome);
        if blocks.is_empty() {
            break;
        }
        pasted.push_str(&blocks);
        world.write(PASTED, &pasted);
        outcome = world.apply();
    }
    if !pasted.is_empty() {
        world.remove(PASTED);
    }
    verdict.hold(outcome.is_ok(), Kind::Unclean, || format!("the apply failed: {outcome}"));
    hold_clean(world, verdict);
}

/// Holds that a plan changes nothing.
pub(super) fn hold_clean(world: &World, verdict: &mut Verdict) {
    let planned = world.plan();
    let is_empty = planned.code() == Some(0) && planned.changes().is_empty();
    verdict.hold(is_empty, Kind::Unclean, || format!("the plan is not empty: {planned}"));
}

/// Whether Terraform tore its own state file: then nobody can judge what the provider did.
pub(super) fn is_torn(world: &World, had_state: bool) -> bool {
    let text = world.state_text();
    // Terraform makes an empty file to lock it, where none was before, and reads an empty one as no state.
    let is_fresh = text.is_empty() && !had_state;
    !is_fresh && serde_json::from_str::<serde_json::Value>(&text).is_err()
}

/// The `import` blocks that the errors print, each with the address of its error.
fn blocks(outcome: &Outcome) -> String {
    outcome.diagnostics.iter().filter(|found| found.severity == "error").filter_map(block).collect()
}

fn block(found: &Reported) -> Option<String> {
    let (_, block) = found.detail.split_once("import {")?;
    let (block, _) = block.split_once('}')?;
    let (_, id) = block.split_once("id = \"")?;
    let (id, _) = id.split_once('"')?;
    Some(format!("import {{\n  to = {}\n  id = \"{id}\"\n}}\n", found.address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_pasted_with_the_address_of_its_error() {
        let found = Reported {
            severity: "error".to_owned(),
            summary: "It exists already".to_owned(),
            detail: "Paste this:\n\nimport {\n  to = a_b.NAME\n  id = \"e/1\"\n}\n\nOr not.".to_owned(),
            address: "a_b.robot[\"x\"]".to_owned(),
            attribute: "name".to_owned(),
        };
        assert_eq!(block(&found).as_deref(), Some("import {\n  to = a_b.robot[\"x\"]\n  id = \"e/1\"\n}\n"));
        assert_eq!(block(&Reported { detail: "Nothing to paste.".to_owned(), ..found }), None);
    }
}
