//! What a user does when the sky is clear again, and whether all is well then.

use super::address::{Address, Told};
use super::scenario::configure;
use super::seat::Seat;
use crate::court::{Action, Court};
use crate::harness::referee::{self, Existing};
use crate::harness::secrets::Secrets;
use crate::harness::{Kind, Verdict};

/// Recovers, and holds everything against everything: the state against the world, what was said against the rules and the secrets.
pub(in crate::harness) fn judge(
    seat: &mut Seat,
    addresses: &mut [Address],
    before: &Existing,
    mut all_told: Vec<Told>,
    verdict: &mut Verdict,
) {
    recover(&mut seat.court, addresses, &mut all_told, verdict);
    let stated: Vec<_> = addresses.iter().flat_map(Address::stated).collect();
    referee::hold(&seat.court, &stated, before, verdict);
    let broken = all_told.iter().filter_map(Told::broken_rule);
    broken.for_each(|rule| verdict.find(Kind::Rule, rule));
    seek_secrets(seat, addresses, &all_told, verdict);
    if !verdict.faults.is_empty() {
        let lines: Vec<String> = all_told.iter().flat_map(|told| &told.said).map(said).collect();
        let conversation = seat.court.conversation().join("\n    ");
        verdict.find_more(format!("said:\n    {}\n  asked:\n    {conversation}", lines.join("\n    ")));
    }
}

/// What a user does: applies once more, does what an error named (an `import` block to paste, or `terraform untaint`), and plans.
fn recover(court: &mut Court, addresses: &mut [Address], all_told: &mut Vec<Told>, verdict: &mut Verdict) {
    configure(court);
    for address in addresses.iter_mut() {
        let mut told = Told::default();
        address.apply(court, &mut told);
        let printed = told.printed_import();
        if address.current.is_none() && printed.is_some() {
            address.import = printed;
            all_told.push(std::mem::take(&mut told));
            address.apply(court, &mut told);
        } else if address.create_before_destroy && told.names("terraform untaint") {
            // It was made and tainted, and its successor wants the same name.
            address.current = address.current.take().map(|object| object.tainted(false));
            all_told.push(std::mem::take(&mut told));
            address.apply(court, &mut told);
        }
        if let Some(failure) = told.failures.first() {
            verdict.find(Kind::Unclean, format!("one more apply of the {}: {failure}", address.kind));
        }
        all_told.push(told);
    }
    for address in addresses.iter() {
        let Some(config) = &address.config else { continue };
        let mut told = Told::default();
        let (action, _) = told.hear(court.plan(address.kind, address.current.as_ref(), config));
        verdict.hold(action == Some(Action::NoOp), Kind::Unclean, || {
            format!("the plan of the {} is to {action:?} {:?}", address.kind, told.failures.first())
        });
        all_told.push(told);
    }
}

fn seek_secrets(seat: &mut Seat, addresses: &[Address], all_told: &[Told], verdict: &mut Verdict) {
    let secrets = Secrets::of(&seat.court);
    let log = seat.logged();
    let lines: String = all_told.iter().flat_map(|told| &told.said).map(said).collect();
    let states = addresses.iter().flat_map(Address::stated).map(|stated| stated.attributes.to_string());
    let private = addresses.iter().filter_map(|address| address.current.as_ref());
    let private = private.map(|object| String::from_utf8_lossy(&object.instance().private).into_owned());
    for (place, text) in
        [("the log", log), ("what it said", lines), ("the state", states.chain(private).collect::<String>())]
    {
        for what in secrets.within(&text) {
            verdict.find(Kind::Leak, format!("{what} is in {place}"));
        }
    }
}

fn said(said: &judge::Said) -> String {
    let severity = if said.is_error { "error" } else { "warning" };
    format!("{severity} on {:?}: {}: {}", said.attribute, said.summary, said.detail)
}
