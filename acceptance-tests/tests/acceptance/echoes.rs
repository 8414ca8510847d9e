//! Services that say again what they were told in confidence: nobody hears it from the provider.

use acceptance_tests::court::{CONNECTION, Court, Ruling};
use sandbox::{Effect, Fault, Notation, StatusError};

use crate::run_owner::{PASSWORD, Secrets, owned, secrets};

const NOTATIONS: [Notation; 6] =
    [Notation::Sent, Notation::Decoded, Notation::Json, Notation::Address, Notation::Beginning, Notation::Page];

/// No part of a secret is in what was said, nor anything that a terminal obeys.
#[track_caller]
fn expect_kept<T>(ruling: &Ruling<T>, secrets: &[&str]) {
    let said = ruling.to_string();
    assert!(ruling.errors() == 1, "a refusal is told: {said}");
    for secret in secrets {
        let part = secret.len().min(20);
        let shown = (0..=secret.len() - part).find(|at| said.contains(&secret[*at..at + part]));
        assert_eq!(shown, None, "{secret} is in {said}");
    }
    assert!(said.chars().all(|letter| letter == '\n' || !letter.is_control()), "{said:?}");
}

#[track_caller]
fn expect_no_token<T>(court: &Court, ruling: &Ruling<T>) {
    let tokens = court.sandbox().tokens();
    expect_kept(ruling, &tokens.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn a_run_owner_s_certificate_is_not_heard_of_again() {
    let Secrets { pfx, .. } = secrets();
    let court = Court::new();
    let (_, credential) = court.made_credential();
    court.share("credentials", &credential.attr("id"), &court.place().run_owner_client_id);
    let config = owned(&court, &credential, &pfx, PASSWORD);
    for notation in NOTATIONS {
        court.weather(Fault::next("/connections/", Effect::Echo(notation)).method("PUT"));
        let refused = court.create(CONNECTION, &config);
        expect_kept(&refused, &[&pfx, PASSWORD]);
        expect_no_token(&court, &refused);
    }
    let error = StatusError { code: PASSWORD.to_owned(), message: format!("It was {pfx}.") };
    court.switch(|switches| switches.connectivity.settles_to_error = Some(error));
    let failed = court.create(CONNECTION, &config);
    expect_kept(&failed, &[&pfx, PASSWORD]);
    assert!(failed.expect_refused().is_some(), "what failed exists");
}

#[test]
fn a_text_with_a_short_password_in_it_is_left_out() {
    let Secrets { pfx, .. } = Secrets::with("hunter2");
    let court = Court::new();
    let (_, credential) = court.made_credential();
    court.share("credentials", &credential.attr("id"), &court.place().run_owner_client_id);
    court.weather(Fault::next("/connections/", Effect::Echo(Notation::Sent)).method("PUT"));
    let refused = court.create(CONNECTION, &owned(&court, &credential, &pfx, "hunter2"));
    expect_kept(&refused, &["hunter2"]);
    assert!(refused.to_string().contains("BadRequest: (left out: a secret is in it)"), "{refused}");
}

#[test]
fn a_sign_in_is_not_heard_of_again() {
    for notation in NOTATIONS {
        let court = Court::new();
        court.weather(Fault::next("/token", Effect::Echo(notation)).method("POST").times(9));
        let refused = court.import(CONNECTION, "Robot");
        expect_kept(&refused, &[&court.place().client_secret]);
    }
}

#[test]
fn a_token_is_not_heard_of_again() {
    let court = Court::new();
    let (reference, _, connection) = court.made_chain();
    for notation in NOTATIONS {
        let echo = |at: &str| court.weather(Fault::next(at, Effect::Echo(notation)));
        echo("$batch");
        expect_no_token(&court, &court.destroy(&reference));
        echo("environmentvariabledefinitions(");
        expect_no_token(&court, &court.refresh(&reference));
        echo("/connections/");
        expect_no_token(&court, &court.refresh(&connection));
    }
}
