//! What a small fleet asks of the services, in numbers that stand in `scale.txt`: a change that raises one fails, with the conversation
//! that did. `UPDATE_EXPECT=1` writes them down.
//!
//! No clock counts here; `cargo run --release -p acceptance-tests -- scale` has one. One thing at a time asks the same in every run. Ten
//! at once join each other's questions, or come too late to: then the number is a bound.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use acceptance_tests::feature::Feature;
use acceptance_tests::outcome::Outcome;
use acceptance_tests::scale::contender::Contender;
use acceptance_tests::scale::requests::Requests;
use acceptance_tests::scale::{Fleet, configuration, fleet};
use acceptance_tests::terraform::Terraform;
use acceptance_tests::world::World;
use sandbox::CertificateSpec;

/// Whoever comes before the first answer asks for himself: as many as there are at once.
const AT_FIRST: usize = 10;

const FLEET: Fleet = Fleet { chains: 12, modules: 0, vaults: 2, certificates: 4 };

/// A fleet under Terraform, and what every operation asked.
struct Counted {
    world: World,
    parallelism: String,
    counts: Vec<(&'static str, Requests, Vec<String>)>,
}

impl Counted {
    fn new(at_once: usize) -> Counted {
        let world = World::new();
        world.remove("variables.tf");
        world.remove("provider.tf");
        FLEET.furnish(&world);
        world.switch(|switches| {
            switches.latency_milliseconds = 0;
            // How often a connection is looked at until it has settled is a question of time.
            switches.connectivity.settles_after_ms = 0;
        });
        configuration::write(&FLEET, &world);
        Counted { world, parallelism: format!("-parallelism={at_once}"), counts: Vec::new() }
    }

    fn count(&mut self, operation: &'static str, work: impl FnOnce(&World, &str) -> Outcome) -> Outcome {
        self.world.sandbox().clear_journal();
        let outcome = work(&self.world, &self.parallelism);
        outcome.expect_quiet();
        let exchanges = self.world.sandbox().take_journal();
        let said = exchanges.iter().flat_map(|exchange| self.world.worded(exchange)).collect();
        let mut requests = Requests::default();
        requests.count(&exchanges);
        self.counts.push((operation, requests, said));
        outcome
    }

    /// Everything that is done with a fleet in its life.
    fn live(mut self) -> Counted {
        self.count("create", |world, at_once| world.apply_with(&[at_once]));
        self.count("plan without change", |world, at_once| world.plan_with(&[at_once])).expect_no_changes();
        if self.world.offers(Feature::Query) {
            self.count("query", |world, _| world.run(&["query", "-json"]));
        }
        rotate(&self.world, 3);
        self.count("plan after a rotation", |world, at_once| world.plan_with(&[at_once])).expect_no_changes();
        self.count("refresh after a rotation", |world, at_once| world.apply_with(&["-refresh-only", at_once]));
        self.world.set("TF_VAR_renamed", r#"{"0005":" B"}"#);
        self.count("one changed credential", |world, at_once| world.apply_with(&[at_once]));
        self.count("destroy", |world, at_once| world.run(&["destroy", "-json", "-auto-approve", at_once]));
        self
    }
}

/// A new version of a certificate that three robots share.
fn rotate(world: &World, certificate: usize) {
    world.sandbox().with(|all| {
        let now = all.now();
        let vault = all.vaults.get_mut(&fleet::vault_name(FLEET.vault_of(certificate))).expect("the fleet has vaults");
        let versions = &vault.certificates[&fleet::certificate_name(certificate)];
        let spec: CertificateSpec = versions.last().expect("a certificate has a version").spec.clone();
        vault.put_certificate(&fleet::certificate_name(certificate), spec, now);
    });
}

/// The numbers of the file, by operation and by service.
fn known() -> BTreeMap<String, BTreeMap<String, usize>> {
    let number =
        |text: &str| text.split_once(' ').and_then(|(name, count)| Some((name.to_owned(), count.parse().ok()?)));
    let services = |rest: &str| {
        let (_, rest) = rest.split_once('(')?;
        Some(rest.split_once(')')?.0.split(", ").filter_map(number).collect())
    };
    let text = fs::read_to_string(path()).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.split_once(": "));
    lines.filter_map(|(operation, rest)| Some((operation.to_owned(), services(rest)?))).collect()
}

/// How many requests more it may be of a service: what was read seconds ago is read again before something is made, and a machine may be slow.
fn more(operation: &str, service: &str) -> usize {
    if operation == "create" && ["connectivity", "vault"].contains(&service) { FLEET.chains } else { 0 }
}

/// Whether an operation asked of each service what it did, or as many more as it may.
fn is_known(operation: &str, known: &BTreeMap<String, usize>, requests: &Requests) -> bool {
    let is_so = |(service, count): (&String, &usize)| {
        let known = known.get(service).copied().unwrap_or_default();
        (known..=known + more(operation, service)).contains(count)
    };
    requests.services.len() == known.len() && requests.services.iter().all(is_so)
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/acceptance/scale.txt")
}

/// What an operation asks, with the conversation that it was.
fn told(operation: &str, known: &BTreeMap<String, usize>, requests: &Requests, said: &[String]) -> String {
    format!("{operation}: {known:?} before, now {requests}\n{}\n{}\n", requests.by_kind(FLEET.chains), said.join("\n"))
}

#[test]
fn one_thing_at_a_time_asks_as_much_as_it_did() {
    let counted = Counted::new(1).live();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let line = |(operation, requests, _): &(&str, Requests, Vec<String>)| format!("{operation}: {requests}\n");
        let lines: String = counted.counts.iter().map(line).collect();
        fs::write(path(), format!("What {} chains ask, one thing at a time.\n{lines}", FLEET.chains)).unwrap();
        return;
    }
    let mut known = known();
    let mut other = Vec::new();
    for (operation, requests, said) in &counted.counts {
        let known = known.remove(*operation).unwrap_or_default();
        if !is_known(operation, &known, requests) {
            other.push(told(operation, &known, requests, said));
        }
    }
    assert!(other.is_empty(), "UPDATE_EXPECT=1 writes down what is better or has to be:\n{}", other.join("\n"));
}

#[test]
fn ten_at_once_ask_no_more_than_one_after_the_other() {
    let mut known = known();
    for (operation, requests, said) in Counted::new(10).live().counts {
        let known = known.remove(operation).unwrap_or_default();
        let most: usize = known.iter().map(|(service, count)| count + more(operation, service)).sum();
        let is_bounded = requests.total() <= most + AT_FIRST;
        assert!(is_bounded && requests.throttled == 0, "{}", told(operation, &known, &requests, &said));
    }
}

#[test]
fn the_twin_that_answers_from_memory_takes_the_same_configuration_and_asks_nothing() {
    let fleet = FLEET.in_modules(2);
    let world = Terraform::find().and_then(|terraform| Contender::Memory.world(&terraform, &fleet));
    let world = world.expect("there is a Terraform, a twin and a sandbox");
    world.apply().expect_quiet();
    world.plan().expect_quiet().expect_no_changes();
    assert_eq!(
        world.state_text().matches("BEGIN CERTIFICATE").count(),
        fleet.chains,
        "values are as long as real ones"
    );
    world.destroy().expect_quiet();
    assert_eq!(world.sandbox().journal().len(), 0);
}
