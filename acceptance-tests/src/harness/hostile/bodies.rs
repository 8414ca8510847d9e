//! Bodies and headers that would cost more than they are worth, to ten readers at once.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use sandbox::{Body, Crafted, Effect, Fault};

use super::{Attack, MAKE_REFERENCE, READ, READ_REFERENCES};

/// Everybody who is asked while ten objects are read, by a part of the address.
const READ_HOSTS: [&str; 4] = ["dynamics.com", "environment.api", "login.microsoftonline.com", "api.bap.microsoft.com"];
const VAULT: &str = "vault.azure.net";

/// Every attack by a body, by headers, and by slowness.
pub(super) fn attacks() -> Vec<Attack> {
    let answered = |(name, body): (&'static str, Body)| ("bodies", name, Crafted::new(200, "").body(body));
    let zipped = Crafted::new(200, "").header("content-encoding", "gzip").body(Body::Bytes(bomb()));
    let answers = bodies().into_iter().map(answered).chain([("bodies", "gzip-bomb", zipped)]);
    let answers = answers.chain(heads().into_iter().map(|(name, answer)| ("headers", name, answer)));
    let mut all = Vec::new();
    for (row, name, answer) in answers {
        let answer = answer.header("content-type", "application/json");
        for host in READ_HOSTS {
            let fault = Fault::next(host, Effect::Answer(answer.clone()));
            let attack = Attack::new(row, format!("{host}/{name}"), READ, fault);
            all.push(Attack { is_measured: true, ..attack });
        }
        let fault = Fault::next(VAULT, Effect::Answer(answer));
        all.push(Attack::new(row, format!("{VAULT}/{name}"), MAKE_REFERENCE, fault.clone()));
        // The challenge and a certificate are answered well: then the list is asked for.
        let attack = Attack::new(row, format!("{VAULT}/{name}"), READ_REFERENCES, fault.after(2));
        all.push(Attack { is_measured: true, ..attack });
    }
    all
}

fn bodies() -> Vec<(&'static str, Body)> {
    let text = |text: &str| Body::Text(text.to_owned());
    let repeated = |head: &str, part: &str, mib: u64, tail: &str| {
        Body::Repeated(head.to_owned(), part.to_owned(), (mib << 20) / part.len() as u64, tail.to_owned())
    };
    vec![
        ("64-mib-of-numbers", repeated(r#"{"value":["#, "1,", 64, "1]}")),
        ("64-mib-of-text", repeated(r#"{"value":""#, "abcdefgh", 64, r#""}"#)),
        ("15-mib-of-numbers", repeated(r#"{"value":["#, "1,", 15, "1]}")),
        ("15-mib-of-rows", repeated(r#"{"value":["#, "{},", 15, "{}]}")),
        ("15-mib-in-a-row", repeated(r#"{"value":[{"name":["#, "[1],", 15, "1]}]}")),
        ("15-mib-of-text", repeated(r#"{"name":""#, "abcdefgh", 15, r#""}"#)),
        ("15-mib-of-escapes", repeated(r#"{"name":""#, r"\u0041", 15, r#""}"#)),
        ("15-mib-of-error", repeated(r#"{"error":{"code":"x","message":""#, "abcdefgh", 15, r#""}}"#)),
        ("endless", Body::Endless(r#"{"value":["#.to_owned(), "1,".to_owned())),
        ("endless-space", Body::Endless(String::new(), " ".to_owned())),
        ("deep-lists", repeated("", "[", 4, "")),
        ("deep-objects", repeated("", r#"{"value":"#, 4, "")),
        ("byte-order-mark", text("\u{feff}{\"value\":[]}")),
        ("no-utf-8", Body::Bytes(b"{\"name\":\"\xff\xfe\"}".to_vec())),
        ("twice-the-same-name", text(r#"{"value":[],"value":{},"name":"a","name":1}"#)),
        ("a-number-too-great", text(&format!(r#"{{"name":1{}}}"#, "0".repeat(100_000)))),
        (
            "nothing-and-escapes",
            text(r#"{"name":"\u0000\u001b[2J\u001b]0;x\u0007","properties":{"displayName":"\u0000"}}"#),
        ),
        ("a-list", text("[]")),
        ("null", text("null")),
        ("half-of-it", Body::BrokenOff(r#"{"value":[{"#.to_owned())),
        ("drops", Body::Dripping(r#"{"value":[]}"#.repeat(100), 100)),
    ]
}

fn heads() -> Vec<(&'static str, Crafted)> {
    let error = |status| Crafted::new(status, r#"{"error":{"code":"Busy","message":"Busy."}}"#);
    let after = |status, value: &str| error(status).header("retry-after", value);
    let many = (0..10_000).fold(Crafted::new(200, "{}"), |answer, number| answer.header(&format!("x-{number}"), "x"));
    vec![
        ("retry-after-ages", after(429, "99999999999999999999")),
        ("retry-after-an-hour", after(503, "3600")),
        ("retry-after-less-than-nothing", after(429, "-1")),
        ("retry-after-no-number", after(503, "NaN")),
        ("retry-after-infinite", after(503, "1e400")),
        ("retry-after-a-far-day", after(503, "Wed, 21 Oct 2099 07:28:00 GMT")),
        ("ten-thousand", many),
        ("a-long-one", Crafted::new(200, "{}").header("x-long", &"x".repeat(200_000))),
    ]
}

/// A quarter of a gigabyte of nothing, in as many kilobytes.
fn bomb() -> Vec<u8> {
    let mut zipped = GzEncoder::new(Vec::new(), Compression::fast());
    let nothing = vec![b' '; 1 << 20];
    (0..256).for_each(|_| zipped.write_all(&nothing).expect("memory takes everything"));
    zipped.finish().expect("memory takes everything")
}
