//! Small, seeded runs of the harness: `cargo run -p acceptance-tests -- harness …` runs the whole.

use std::fs;
use std::path::Path;

use acceptance_tests::harness::{Asked, Tally, hostile, kill, page, walk, weather};

#[test]
fn the_page_of_the_full_runs_lacks_nothing() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(page::PATH);
    let page = fs::read_to_string(path).expect("a full run has written it");
    assert_eq!(page::lacks(&page), [""; 0]);
}

#[track_caller]
fn is_clean(tally: std::io::Result<Tally>) {
    let tally = tally.expect("there is a Terraform, a provider and a sandbox");
    assert!(tally.is_clean(), "{}\n{tally}", tally.summary());
}

#[test]
fn nothing_is_lost_by_a_kill() {
    is_clean(kill::run(&Asked::sample(3, 6)));
}

#[test]
fn nothing_is_lost_on_a_walk() {
    is_clean(walk::stroll(&Asked::sample(1, 2), 15));
}

#[test]
fn nothing_is_lost_in_bad_weather() {
    is_clean(weather::run(&Asked::sample(9, 60)));
}

#[test]
fn no_hostile_service_does_harm() {
    is_clean(hostile::run(&Asked::sample(9, 30)));
}
