//! What was said of the first few chains: so that one sees why there are so many requests.

use std::collections::BTreeSet;

use sandbox::Exchange;

use crate::conversation::guid_at;
use crate::world::World;

/// Whoever follows the first chains through the steps.
#[derive(Debug)]
pub(crate) struct Teller {
    /// What the chains are named by: names first, then the ids of what was made of them.
    words: BTreeSet<String>,
    /// Ids that everybody's requests hold.
    common: BTreeSet<String>,
    told: Vec<String>,
}

impl Teller {
    /// Follows so many chains.
    pub(crate) fn of(chains: usize, world: &World) -> Teller {
        let words = (1..=chains)
            .flat_map(|chain| [format!("robot_{chain:04}_"), format!("Robot {chain:04}"), format!("robot-{chain:04}")]);
        let place = world.place();
        let common = [&place.tenant_id, &place.client_id, &place.object_id, &place.environment_id];
        let common = common.into_iter().chain([&place.machine_group_id]).flat_map(|id| guids(id));
        let common = common.chain(guids(&place.key_vault_id)).collect();
        Teller { words: words.collect(), common, told: Vec::new() }
    }

    /// Hears what was said.
    pub(crate) fn hear(&mut self, exchanges: &[Exchange], world: &World) {
        for exchange in exchanges {
            let lines = exchange.lines();
            if !self.words.is_empty() && lines.iter().any(|line| self.concerns(line)) {
                if exchange.is_write() {
                    let ids = lines.iter().flat_map(|line| guids(line)).filter(|id| !self.common.contains(id));
                    self.words.extend(ids.collect::<Vec<_>>());
                }
                self.told.extend(world.worded(exchange));
            }
        }
    }

    /// What was heard since this was asked last.
    pub(crate) fn told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }

    fn concerns(&self, line: &str) -> bool {
        let line = line.to_lowercase();
        self.words.iter().any(|word| line.contains(&word.to_lowercase()))
    }
}

/// The ids in a text, in lower case.
fn guids(text: &str) -> Vec<String> {
    let starts =
        text.char_indices().filter(|(at, _)| !text[..*at].ends_with(|before: char| before.is_ascii_hexdigit()));
    let found = starts.filter_map(|(at, _)| match guid_at(&text[at..]) {
        0 => None,
        length => Some(text[at..at + length].to_ascii_lowercase()),
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_a_text() {
        let text = "PATCH /x(ABCDEF00-0000-4000-8000-000000000001) {\"id\":\"11111111111141118111111111111111\"}";
        assert_eq!(guids(text), ["abcdef00-0000-4000-8000-000000000001", "11111111111141118111111111111111"]);
    }
}
