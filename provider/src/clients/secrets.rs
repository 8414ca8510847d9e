//! What this process knows and nobody may read: it is taken out of whatever a service says.
//!
//! Whoever sends a secret has it remembered before. No copy of it is kept: of each notation in which it travels there are keyed digests
//! of all its runs of sixteen bytes, so that a part of a long secret is found as well as the whole.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

/// What is hidden becomes this.
const HIDDEN: &str = "(hidden)";
/// A text in which a short secret is found becomes this: of so little, the place alone tells too much.
const LEFT_OUT: &str = "(left out: a secret is in it)";
/// A secret with fewer characters is short.
const SHORT: usize = 8;
/// As much of a text is shown, in bytes.
const MAX: usize = 8 << 10;
/// As long as a run is, unless the whole secret is shorter.
const RUN: usize = 16;

/// The secrets that were sent, or are about to be.
#[derive(Default)]
pub(super) struct Secrets {
    digest: RandomState,
    /// The digests of runs, by how long the run is and whether it is a short secret.
    runs: Mutex<HashMap<(usize, bool), HashSet<u64>>>,
}

impl Secrets {
    /// Remembers a secret that is about to be sent.
    pub(super) fn remember(&self, secret: &str) {
        let is_short = secret.chars().count() < SHORT;
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        for notation in notations(secret) {
            let length = notation.len().min(RUN);
            // An empty one is in every text.
            if length > 0 {
                let known = runs.entry((length, is_short)).or_default();
                known.extend(notation.as_bytes().windows(length).map(|run| self.digest.hash_one(run)));
            }
        }
    }

    /// A text without them, and not all of one without an end.
    pub(super) fn redact(&self, text: &str) -> String {
        let whole = text.len();
        let text = &text[..text.floor_char_boundary(MAX)];
        let mut hidden = vec![false; text.len()];
        for ((length, is_short), known) in &*self.runs.lock().unwrap_or_else(PoisonError::into_inner) {
            for (at, run) in text.as_bytes().windows(*length).enumerate() {
                if known.contains(&self.digest.hash_one(run)) {
                    if *is_short {
                        return LEFT_OUT.to_owned();
                    }
                    hidden[at..at + length].fill(true);
                }
            }
        }
        let mut shown = String::with_capacity(text.len());
        let mut is_hiding = false;
        for (at, letter) in text.char_indices() {
            let is_hidden = hidden[at..at + letter.len_utf8()].contains(&true);
            match (is_hidden, is_hiding) {
                (true, false) => shown.push_str(HIDDEN),
                (true, true) => {}
                (false, _) => shown.push(letter),
            }
            is_hiding = is_hidden;
        }
        if text.len() < whole {
            shown.push('…');
        }
        shown
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

/// The notations in which a secret is sent, or comes back: as it is, in JSON, in a form, and in an address.
fn notations(secret: &str) -> Vec<Zeroizing<String>> {
    let json = serde_json::to_string(secret).map(Zeroizing::new).unwrap_or_default();
    let inside = json.get(1..json.len().saturating_sub(1)).unwrap_or_default();
    let mut all = vec![Zeroizing::new(secret.to_owned()), Zeroizing::new(inside.to_owned())];
    // What stays as it is, and in which case the digits are, differs from library to library.
    for kept in ["*-._", "-._~", ""] {
        all.extend([digits::<true>, digits::<false>].map(|digits| percent(secret, kept, digits)));
        all.push(Zeroizing::new(percent(secret, kept, digits::<true>).replace("%20", "+")));
    }
    all
}

fn digits<const UPPER: bool>(byte: u8) -> String {
    if UPPER { format!("%{byte:02X}") } else { format!("%{byte:02x}") }
}

fn percent(secret: &str, kept: &str, digits: fn(u8) -> String) -> Zeroizing<String> {
    // As long as it can get: what grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(3 * secret.len()));
    for byte in secret.bytes() {
        match char::from(byte) {
            letter if letter.is_ascii_alphanumeric() || kept.contains(letter) => text.push(letter),
            _ => text.push_str(&digits(byte)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(secret: &str, text: &str, expected: &str) {
        let secrets = Secrets::default();
        secrets.remember(secret);
        assert_eq!(secrets.redact(text), expected);
    }

    #[test]
    fn a_secret_is_hidden_in_every_notation() {
        check("pass\"word+ß/1", r#"no pass"word+ß/1 here"#, "no (hidden) here");
        check("pass\"word+ß/1", r#"no {"a":"pass\"word+ß/1"}"#, r#"no {"a":"(hidden)"}"#);
        check("pass word+ß/1", "a=pass+word%2B%C3%9F%2F1&b", "a=(hidden)&b");
        check("pass word+ß/1", "a=pass%20word%2b%c3%9f%2f1&b", "a=(hidden)&b");
        check("pass-word.1", "a=pass%2Dword%2E1&b", "a=(hidden)&b");
        check("password", "password password, Password", "(hidden) (hidden), Password");
    }

    #[test]
    fn a_part_of_a_long_secret_is_hidden_too() {
        check("MIIKbwIBAzCCChkGCSqGSIb3DQEHAaCC", "it begins MIIKbwIBAzCCChkGCSqG…", "it begins (hidden)…");
        check("MIIKbwIBAzCCChkGCSqGSIb3DQEHAaCC", "it begins MIIKbwIBAzC…", "it begins MIIKbwIBAzC…");
    }

    #[test]
    fn of_a_short_secret_not_even_the_place_is_told() {
        check("hunter2", "the password hunter2 is wrong", LEFT_OUT);
        check("hunter2", "the password is wrong", "the password is wrong");
        check("", "the password is empty", "the password is empty");
    }

    #[test]
    fn a_text_without_an_end_has_one() {
        let shown = Secrets::default().redact(&"ß".repeat(MAX));
        assert_eq!(shown, format!("{}…", "ß".repeat(MAX / 2)));
    }

    proptest::proptest! {
        #[test]
        fn no_text_around_it_shows_it(secret in ".{8,40}", before in ".{0,20}", after in ".{0,20}") {
            let secrets = Secrets::default();
            secrets.remember(&secret);
            for notation in notations(&secret) {
                let shown = secrets.redact(&format!("{before}{}{after}", *notation));
                assert!(!shown.contains(&**notation), "{shown}");
            }
        }
    }
}
