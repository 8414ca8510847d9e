//! What a user does after something went wrong: applies once more, pastes the `import` block that the error prints, and applies.

use std::fmt;

use super::{Kind, Verdict};
use crate::outcome::{Outcome, Reported};
use crate::world::World;

/// How many applies may print another block: one for each link of a chain, and one more.
const ROUNDS: usize = 4;

/// The file of the pasted blocks.
const PASTED: &str = "pasted.tf";

/// Applies until nothing more is to be imported; then the plan must be empty.
pub(super) fn recover(world: &World, verdict: &mut Verdict) {
    let mut pasted: Vec<Block> = Vec::new();
    let mut outcome = world.apply();
    for _ in 0..ROUNDS {
        let fresh: Vec<Block> = blocks(&outcome).into_iter().filter(|block| !pasted.contains(block)).collect();
        if fresh.is_empty() {
            break;
        }
        fresh.iter().for_each(|block| set_aside(world, block));
        pasted.extend(fresh);
        world.write(PASTED, &pasted.iter().map(ToString::to_string).collect::<String>());
        outcome = world.apply();
    }
    // What was set aside goes when nothing uses it any more, as the error says: that takes one apply more.
    if !outcome.is_ok() && !pasted.is_empty() {
        outcome = world.apply();
    }
    if !pasted.is_empty() {
        world.remove(PASTED);
    }
    verdict.hold(outcome.is_ok(), Kind::Unclean, || format!("the apply failed: {outcome}"));
    hold_clean(world, verdict);
}

/// Where something else has the address, it makes room, as the error says: a replacement that was made first, and lost.
fn set_aside(world: &World, block: &Block) {
    let taken = world.addresses().iter().any(|known| known.trim_end_matches(" (tainted)") == block.to);
    if let (true, Some((kind, _))) = (taken, block.to.split_once('.')) {
        world.run(&["state", "mv", &block.to, &format!("{kind}.set_aside")]).expect_ok();
    }
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

/// An `import` block that an error prints, with the address of the error.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Block {
    to: String,
    id: String,
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "import {{\n  to = {}\n  id = \"{}\"\n}}", self.to, self.id)
    }
}

fn blocks(outcome: &Outcome) -> Vec<Block> {
    outcome.diagnostics.iter().filter(|found| found.severity == "error").filter_map(block).collect()
}

fn block(found: &Reported) -> Option<Block> {
    let (_, block) = found.detail.split_once("import {")?;
    let (block, _) = block.split_once('}')?;
    let (_, id) = block.split_once("id = \"")?;
    let (id, _) = id.split_once('"')?;
    Some(Block { to: found.address.clone(), id: id.to_owned() })
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
        assert_eq!(block(&found).unwrap().to_string(), "import {\n  to = a_b.robot[\"x\"]\n  id = \"e/1\"\n}\n");
        assert_eq!(block(&Reported { detail: "Nothing to paste.".to_owned(), ..found }), None);
    }
}
