//! What each work may cost at most, as a computation.

use serde::{Deserialize, Serialize};

use super::fleet::{CERTIFICATES_A_PAGE, LATENCY, PARALLELISM, ROWS_A_PAGE};

/// What a plan may ask besides lists: tokens, addresses, and a few single reads before lists pay.
const PLAN_BESIDES: usize = 15;
/// What a query may ask besides lists.
const QUERY_BESIDES: usize = 10;
/// Requests of a creation for each chain, plan included.
pub const CREATE_A_CHAIN: f64 = 6.5;
/// Requests of a removal for each chain, plan included.
pub const DESTROY_A_CHAIN: f64 = 4.0;
/// Requests of a hundred chains on ten certificates: create, plan, destroy.
pub const OF_A_HUNDRED: [usize; 3] = [520, 14, 370];
/// How many times the time of the provider that answers from memory a creation may take, or of what its requests take.
pub const CREATE_TIME: f64 = 1.3;
/// The same of a plan.
pub const PLAN_TIME: f64 = 1.2;
/// How many times the processor time for an object may be that of a smaller fleet.
pub const PROCESSOR: f64 = 1.2;
/// MiB of memory, whatever the size.
pub const MEMORY: f64 = 60.0;

/// How much there is that lists tell of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The rows of each table.
    pub tables: Vec<usize>,
    /// The connections.
    pub connections: usize,
    /// The certificates of each vault.
    pub vaults: Vec<usize>,
}

impl Held {
    /// A plan without change: one request a page of each table, of the connections and of each vault, one a vault, and 15.
    #[must_use]
    pub fn plan(&self, connections_a_page: usize) -> usize {
        let vaults: usize = self.vaults.iter().map(|held| 1 + pages(*held, CERTIFICATES_A_PAGE)).sum();
        PLAN_BESIDES + self.rows() + pages(self.connections, connections_a_page) + vaults
    }

    /// A query of everything: one request a page of rows and of connections, and 10. A list asks no vault.
    #[must_use]
    pub fn query(&self, connections_a_page: usize) -> usize {
        QUERY_BESIDES + self.rows() + pages(self.connections, connections_a_page)
    }

    fn rows(&self) -> usize {
        self.tables.iter().map(|rows| pages(*rows, ROWS_A_PAGE)).sum()
    }
}

/// How many pages that are: an empty list is a page too.
fn pages(count: usize, size: usize) -> usize {
    count.div_ceil(size).max(1)
}

/// How many seconds so many requests take one after the other, as many at once as Terraform has under way.
#[must_use]
pub fn waiting(requests: usize) -> f64 {
    requests as f64 * LATENCY as f64 / 1000.0 / PARALLELISM as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::fleet::{CONNECTIONS_A_PAGE, FEW_CONNECTIONS_A_PAGE, Fleet};

    /// What there is when the chains of a fleet are there: two variables and a credential each.
    fn held(chains: usize) -> Held {
        let vaults = Fleet::of(chains).certificates_of_vaults();
        Held { tables: vec![2 * chains, chains], connections: chains, vaults }
    }

    #[test]
    fn a_plan_asks_one_a_page_and_one_a_vault() {
        assert_eq!(held(1000).plan(CONNECTIONS_A_PAGE), 82, "15 + 2 + 1 + 4 + 20 * 2 + 20");
        assert_eq!(held(1000).plan(FEW_CONNECTIONS_A_PAGE), 98);
        assert_eq!(held(100).plan(CONNECTIONS_A_PAGE), 20, "15 + 1 + 1 + 1 + 1 + 1");
        assert_eq!(Held { tables: vec![0, 0], ..Held::default() }.plan(CONNECTIONS_A_PAGE), 18);
    }

    #[test]
    fn a_query_asks_no_vault() {
        assert_eq!(held(3400).query(CONNECTIONS_A_PAGE), 10 + 7 + 4 + 14);
    }

    #[test]
    fn requests_wait_for_each_other_ten_at_once() {
        assert!((waiting(6500) - 32.5).abs() < 1e-9);
    }
}
