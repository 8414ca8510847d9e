//! What is asked of an error, and how it reads.

use uuid::Uuid;

use super::*;

fn refused(status: u16, code: &str, message: &str) -> Error {
    let refusal = Refusal { status, code: code.into(), message: message.into(), ..Refusal::default() };
    Error::refused("reading the credential 7", refusal, &Secrets::default())
}

fn page(text: &str) -> Page<'_> {
    Page { text, location: None }
}

#[test]
fn an_error_says_what_was_asked_and_what_was_answered() {
    let text = refused(403, "0x80040220", "missing prvReadCredential").to_string();
    assert_eq!(text, "reading the credential 7: HTTP 403 0x80040220: missing prvReadCredential");
}

#[test]
fn only_the_service_s_own_word_about_this_very_row_proves_that_it_is_gone() {
    let id = Uuid::from_u128(7);
    let gone = format!("Entity 'credential' With Id = {id} Does Not Exist");
    let proves = |status, code: &str, message: &str| refused(status, code, message).proves_no_row("credential", id);
    assert!(proves(404, "0x80040217", &gone) && proves(404, "", &gone));
    assert!(proves(404, "0x80040217", &gone.replace("Entity 'credential'", "credential")));
    for (status, code, message) in [
        (404, "", ""),
        (404, "0x80060888", "Resource not found for the segment 'credentials'."),
        (404, "", "Organization not found"),
        (404, "0x80040217", &*gone.replace("credential", "systemuser")),
        (404, "0x80040217", &*gone.replace(&id.to_string(), &Uuid::from_u128(8).to_string())),
        (400, "0x80040217", &*gone),
        (404, "NotFound", &*gone),
    ] {
        assert!(!proves(status, code, message), "{status} {code} {message}");
    }
    let proves = |code: &str, message: &str| refused(404, code, message).proves_no_connection(&id.to_string());
    let gone = format!("Could not find connection '{}' for API 'shared_uiflow'.", id.simple());
    assert!(proves("ConnectionNotFound", "") && proves("ConnectionNotFound", &gone));
    let another = gone.replace(&id.simple().to_string(), &Uuid::from_u128(8).to_string());
    assert!(!proves("ConnectionNotFound", &another) && !proves("EnvironmentNotFound", &gone) && !proves("", &gone));
    let prefixed = format!("shared-uiflow-{}", id.simple());
    assert!(refused(404, "ConnectionNotFound", &format!("No {prefixed}.")).proves_no_connection(&prefixed));
}

#[test]
fn once_a_try_may_have_been_carried_out_the_outcome_is_unknown() {
    let refusal = refused(403, "Forbidden", "no");
    assert!(!refusal.outcome_unknown() && refusal.after(true).outcome_unknown());
    assert!(Error::not_the_service("writing", 200, page("<html>"), &Secrets::default()).after(true).outcome_unknown());
    assert!(!Error::not_the_service("writing", 403, page("<html>"), &Secrets::default()).outcome_unknown());
}

#[test]
fn a_question_has_no_outcome_and_says_nothing_of_one() {
    let told = |operation: &str, is_read| {
        let error = Error::connection(operation, "a.example", true, &["timed out".to_owned()]).of_read(is_read);
        (error.to_string().contains("carried out"), error.outcome_unknown())
    };
    assert_eq!((told("writing", false), told("reading", true)), ((true, true), (false, false)));
    assert_eq!(told(SIGNING_IN, true), (false, false));
    assert!(!refused(500, "", "").of_read(true).outcome_unknown());
    assert!(!Error::unexpected("reading", "no JSON").outcome_unknown());
    // What was asked for a write that may have been carried out.
    assert!(refused(500, "", "").of_read(true).after(true).outcome_unknown());
}

#[test]
fn a_page_is_shown_by_its_first_words() {
    let gateway = "<html><head><title>Bad Gateway</title></head><p>Squid</p></html>";
    let error = Error::not_the_service("reading", 502, page(gateway), &Secrets::default());
    assert!(error.to_string().ends_with("begins with: \"Bad Gateway Squid\""), "{error}");
    assert!(error.outcome_unknown());
}

/// How a failed connection reads through a proxy, and whether it is this side's fault.
#[track_caller]
fn broken(chain: &[&str], sent: bool, expected: &str, is_own: bool) {
    let chain: Vec<String> = chain.iter().map(ToString::to_string).collect();
    let proxy = Arc::from("http://proxy:3128");
    let error = Error::connection("reading", "a.example", sent, &chain).through(Some(&proxy));
    assert_eq!(error.to_string(), format!("reading: {expected}"));
    assert_eq!((error.is_own(), error.is_unreachable(), error.is_final()), (is_own, !is_own, is_own), "{expected}");
}

#[test]
fn a_connection_is_told_by_how_far_it_came() {
    let (sending, tunnel) = ("error sending request", "client error (Connect)");
    broken(
        &[sending, tunnel, "invalid peer certificate: UnknownIssuer"],
        false,
        "the connection to a.example is not secure: the other side's certificate is not trusted",
        true,
    );
    // A cut connection is no untrusted one, whatever its layer is called.
    for cut in ["peer closed connection without sending TLS close_notify: https://docs.rs/rustls", "tls handshake eof"]
    {
        let what =
            "the connection to a.example broke after the request was sent; whether it was carried out is not known";
        broken(&[sending, cut], true, what, false);
        let what = "the connection to a.example ended within the TLS handshake, before anything was sent (the proxy is http://proxy:3128)";
        broken(&[sending, tunnel, cut], false, what, false);
    }
    let underlying = "tunnel error: failed to create underlying connection";
    for cause in ["Connection refused (os error 111)", "failed to lookup address information"] {
        let what = "the proxy http://proxy:3128 cannot be reached";
        broken(&[sending, tunnel, underlying, cause], false, what, true);
    }
    let what = "the proxy http://proxy:3128 wants a user name and a password, or does not accept them";
    broken(&[sending, tunnel, "tunnel error: proxy authorization required"], false, what, true);
    let what = "the proxy http://proxy:3128 makes no connection to a.example: it cannot resolve that name, or not reach it, or does not \
                allow it";
    broken(&[sending, tunnel, "tunnel error: unsuccessful"], false, what, false);
    let what = "the host name a.example cannot be resolved";
    broken(&[sending, tunnel, "dns error", "failed to lookup address information"], false, what, false);
}

#[test]
fn a_sign_in_that_cannot_be_reached_concerns_everything() {
    let error = Error::connection(SIGNING_IN, "login.example", false, &["tunnel error: unsuccessful".to_owned()]);
    assert!(error.is_own() && !error.is_unreachable() && !error.is_no_machine());
    let machine = |operation, host| Error::silent(operation, host).is_no_machine();
    assert!(["169.254.169.254", "127.0.0.1", "localhost"].into_iter().all(|host| machine(SIGNING_IN, host)));
    assert!(!machine(SIGNING_IN, "10.0.0.1") && !machine("reading", "127.0.0.1"));
    assert!(!Error::stopped(SIGNING_IN).is_own(), "whoever is asked to stop is at no fault");
}

#[test]
fn questions_are_answered_by_status_code_and_text() {
    assert!(refused(404, "", "").is_not_found());
    assert!(refused(412, "", "A record with matching key values already exists.").is_duplicate());
    assert!(refused(400, "8004801E", "").is_secret_access());
    assert!(refused(400, "", "User is not authorized to read secrets from 'x' resource.").is_secret_access());
    assert!(!refused(400, "", "").outcome_unknown());
    assert!(Error::unexpected("writing", "no JSON").after(true).outcome_unknown());
    assert!(!Error::unsendable("writing", "no host").outcome_unknown(), "what was never sent is not unknown");
}

#[test]
fn what_a_service_says_again_is_not_shown_and_still_answers_questions() {
    let secrets = Secrets::default();
    ["does not exist", "hunter2"].iter().for_each(|secret| secrets.remember(secret));
    let id = Uuid::from_u128(7);
    let message = format!("Entity 'credential' With Id = {id} does not exist");
    let details = vec![("hunter2".to_owned(), "A bearer of hunter2".to_owned())];
    let heard = Refusal { status: 404, code: "ConnectionNotFound".into(), message, details, ..Refusal::default() };
    let error = Error::refused("reading", heard, &secrets);
    let shown = format!("{error} {error:?} {:?}", error.code());
    assert!(!shown.contains("does not") && !shown.contains("hunter2"), "{shown}");
    assert!(error.proves_no_connection(&id.to_string()));
    let error = Error::not_the_service("reading", 502, page("<p>hunter2</p>"), &secrets);
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}
