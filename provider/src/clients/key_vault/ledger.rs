//! What asking for certificates costs, in requests, and what it would have cost one by one.
//!
//! Pages of a list are worth their price only together: a page tells of twenty-five certificates, or of none that anybody asks for. So the
//! sums are those of all vaults, and a page is read only if it cannot make the whole cost more than twice what asking one by one would have,
//! even if everybody who waits has to be answered one by one after it.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// So many certificates are asked for one by one before a list is worth it.
const FEW: usize = 1;

/// What was asked for, and what it has cost.
#[derive(Debug, Default)]
pub(super) struct Ledger(Mutex<Sums>);

#[derive(Debug, Default)]
struct Sums {
    /// Certificates that were asked for.
    asked: usize,
    /// Requests that were made.
    spent: usize,
    /// Questions under way, of which each may cost one request more.
    owed: usize,
}

/// A question for a certificate that nobody has asked for before, as long as it is under way.
#[derive(Debug)]
pub(super) struct Question<'a> {
    ledger: &'a Ledger,
    is_early: bool,
}

impl Ledger {
    /// A certificate is asked for, for the first time.
    pub(super) fn ask(&self) -> Question<'_> {
        let mut sums = self.sums();
        sums.asked += 1;
        sums.owed += 1;
        Question { ledger: self, is_early: sums.asked <= FEW }
    }

    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Question<'_> {
    /// Whether it is one of the first, which are not worth a list.
    pub(super) fn is_early(&self) -> bool {
        self.is_early
    }

    /// Whether one page more pays. It is paid for.
    pub(super) fn pays_a_page(&self) -> bool {
        let mut sums = self.ledger.sums();
        let is_worth_it = sums.spent + 1 + sums.owed <= 2 * sums.asked;
        sums.spent += usize::from(is_worth_it);
        is_worth_it
    }

    /// The certificate is asked for by itself.
    pub(super) fn pays_for_itself(self) {
        self.ledger.sums().spent += 1;
    }
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        self.ledger.sums().owed -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks for so many certificates one after the other, of which no page tells; how many pages were read, and how many requests made.
    fn in_vain(certificates: usize) -> (usize, usize) {
        let (ledger, mut pages) = (Ledger::default(), 0);
        for _ in 0..certificates {
            let question = ledger.ask();
            while !question.is_early() && question.pays_a_page() {
                pages += 1;
            }
            question.pays_for_itself();
        }
        (pages, ledger.sums().spent)
    }

    #[test]
    fn whatever_the_lists_tell_it_costs_no_more_than_twice_as_much() {
        assert_eq!(in_vain(1), (0, 1), "the first is asked for by itself");
        assert_eq!(in_vain(3), (3, 6));
        assert_eq!(in_vain(100), (100, 200));
    }

    #[test]
    fn who_waits_beside_others_leaves_them_what_they_may_need() {
        let ledger = Ledger::default();
        let questions: Vec<Question<'_>> = (0..10).map(|_| ledger.ask()).collect();
        let mut pages = 0;
        while questions[9].pays_a_page() {
            pages += 1;
        }
        assert_eq!(pages, 10);
        questions.into_iter().for_each(Question::pays_for_itself);
        assert_eq!(ledger.sums().spent, 20);
    }

    #[test]
    fn what_a_page_has_told_pays_for_the_pages_of_others() {
        let ledger = Ledger::default();
        // Twenty-five are told by one page.
        let first = ledger.ask();
        assert!(first.pays_a_page());
        drop(first);
        (0..24).for_each(|_| drop(ledger.ask()));
        let other = ledger.ask();
        assert!((0..50).all(|_| other.pays_a_page()) && !other.pays_a_page());
    }
}
