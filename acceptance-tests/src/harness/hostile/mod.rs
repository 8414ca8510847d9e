//! Services that answer what would harm: bodies, pages, addresses, echoes, headers, and answers that never end.
//!
//! ```text
//! attack -> a deed of one scenario, under faults that last -> bounds (time, memory, hosts, secrets) -> one more apply, under a clear sky
//! ```
//!
//! Memory is that of a process which did nothing else: it reads ten objects at once, as Terraform does.

mod addresses;
mod bodies;
mod case;
mod fields;

use std::io;

use sandbox::Fault;

use super::weather::PATIENT;
use super::weather::scenario::{Deed, Prepared, Scenario, Variant};
use super::weather::seat::Seats;
use super::{Asked, Case, Tally, cases};

/// What a service does to a deed.
#[derive(Debug, Clone)]
struct Attack {
    /// Its name, within the scenario.
    name: String,
    /// The row of the table where it counts.
    row: &'static str,
    /// What is attacked.
    scenario: Scenario,
    /// How.
    faults: Vec<Fault>,
    /// Whether ten objects are read at once, by a process of their own, whose memory is measured.
    is_measured: bool,
}

impl Attack {
    fn new(row: &'static str, name: String, scenario: Scenario, fault: Fault) -> Attack {
        Attack { name, row, scenario, faults: vec![fault.times(u32::MAX)], is_measured: false }
    }
}

/// A case: an attack, and where it begins.
struct Attacked<'a> {
    prepared: &'a Prepared,
    attack: Attack,
}

const fn scenario(deed: Deed, variant: Variant) -> Scenario {
    Scenario { deed, variant }
}

/// Everything is asked for: the vault, the environment, the organization.
const MAKE_REFERENCE: Scenario = scenario(Deed::Create, Variant::Reference);
/// A secret is sent.
const MAKE_CONNECTION: Scenario = scenario(Deed::Create, Variant::RunOwner);
/// Ten objects are read at once.
const READ: Scenario = scenario(Deed::Refresh, Variant::RunOwner);
/// As many references as are worth a list of their vault are read at once.
const READ_REFERENCES: Scenario = scenario(Deed::Refresh, Variant::References);
/// What is attacked.
const SCENARIOS: [Scenario; 9] = [
    MAKE_REFERENCE,
    MAKE_CONNECTION,
    READ,
    scenario(Deed::Refresh, Variant::Reference),
    READ_REFERENCES,
    scenario(Deed::Refresh, Variant::Credential),
    scenario(Deed::List, Variant::Reference),
    scenario(Deed::List, Variant::Credential),
    scenario(Deed::List, Variant::Connection),
];

/// Runs the wanted cases.
///
/// # Errors
/// No provider or no sandbox to try it with.
pub fn run(asked: &Asked) -> io::Result<Tally> {
    let prepared = cases::at_once(asked.jobs, &SCENARIOS, |scenario| Prepared::new(*scenario));
    let prepared: Vec<Prepared> = prepared.into_iter().collect::<Result<_, _>>().map_err(io::Error::other)?;
    let mut attacks = bodies::attacks();
    attacks.extend(addresses::attacks());
    attacks.extend(prepared.iter().flat_map(|prepared| fields::attacks(prepared, asked.only.is_none())));
    let all = attacks.into_iter().map(|attack| {
        let prepared = prepared.iter().find(|prepared| prepared.scenario == attack.scenario);
        let prepared = prepared.expect("every scenario is prepared");
        let name = format!("{}/{}/{}", attack.row, attack.scenario, attack.name);
        Case::new(name, attack.row, Attacked { prepared, attack })
    });
    let (seats, asked) = (Seats::default(), Asked { jobs: asked.jobs * PATIENT, ..asked.clone() });
    Ok(cases::run("hostile", &asked, all.collect(), Tally::of("attacks"), |case| case.what.judge(&seats)))
}
