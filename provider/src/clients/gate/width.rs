//! How many requests may be under way at once: few at first, one after a refusal, and more with every answer.

/// So many requests to a host are under way at the most, whatever Terraform does at once. Dataverse bears 52 of a user at a web server, of
/// which there may be one alone. Less than half of that: the same principal may be at work in another workspace, or apply here while it
/// plans there, and neither is to be refused what the other one asks for.
pub(super) const AT_ONCE: usize = 24;
/// So many are let in before anything is known of a service: it may have little left of what it lets the user ask for. And so many are soon
/// let in again after a refusal, however few were under way: most refusals are not of how many that were.
pub(super) const FEW: usize = 4;

/// How many requests may be under way, and how that grows.
#[derive(Debug)]
pub(super) struct Width {
    at_once: usize,
    /// Up to so many, each answer lets one more in; beyond, each round of answers.
    steady: usize,
    /// How many answers there were since one more was let in.
    answers: usize,
}

impl Default for Width {
    fn default() -> Width {
        Width { at_once: FEW, steady: AT_ONCE, answers: 0 }
    }
}

impl Width {
    /// How many may be under way.
    pub(super) fn at_once(&self) -> usize {
        self.at_once
    }

    /// The service has refused one while so many were under way.
    pub(super) fn refused(&mut self, under_way: usize) {
        *self = Width { at_once: 1, steady: (under_way / 2).max(FEW), answers: 0 };
    }

    /// The service has answered one.
    pub(super) fn answered(&mut self) {
        self.answers += 1;
        let enough = if self.at_once < self.steady { 1 } else { self.at_once };
        if self.at_once < AT_ONCE && self.answers >= enough {
            self.at_once += 1;
            self.answers = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(width: &mut Width, answers: usize) -> usize {
        (0..answers).for_each(|_| width.answered());
        width.at_once()
    }

    #[test]
    fn each_answer_lets_one_more_in() {
        let mut width = Width::default();
        assert_eq!([0, 1, 2, 100].map(|answers| after(&mut width, answers)), [FEW, FEW + 1, FEW + 3, AT_ONCE]);
    }

    #[test]
    fn after_a_refusal_one_is_let_in_and_soon_half_of_what_was_too_much_and_slowly_more() {
        let mut width = Width::default();
        width.refused(20);
        let told = [0, 1, 8, 9, 1, 11, 1000].map(|answers| after(&mut width, answers));
        assert_eq!(told, [1, 2, 10, 10, 11, 12, AT_ONCE]);
    }
}
