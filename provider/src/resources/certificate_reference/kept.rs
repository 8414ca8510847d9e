//! What a state does not say of its certificate, and every plan judges: it is kept beside the state, in the private data.
//!
//! So a certificate that the list of its vault shows unchanged need not be read. What is kept counts for one certificate, whose thumbprint
//! stands with it: a state that lacks it, or an older build has written, is completed by reading the certificate once.

use serde::{Deserialize, Serialize};
use tfplugin::Context;
use time::OffsetDateTime;

use crate::account::Account;
use crate::clients::key_vault::{Certificate, Kept};

/// What is kept, in this format.
const FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    format: u32,
    /// Of which certificate.
    thumbprint: String,
    content_type: Option<String>,
    exportable: Option<bool>,
    /// When its version was made, in seconds since 1970.
    created: Option<i64>,
}

/// What a state says of a certificate: its version, its PEM and its thumbprint.
pub(super) type InState<'a> = (Option<&'a String>, Option<&'a String>, Option<&'a String>);

/// Keeps what the state will not say.
pub(super) fn keep(cx: &Context<Account>, certificate: &Certificate) {
    // There is nothing in it that could not be written.
    cx.set_private(serde_json::to_vec(&Note::of(certificate)).unwrap_or_default());
}

/// What is known of the certificate of a state; nothing when not all of it was kept.
pub(super) fn kept(cx: &Context<Account>, said: InState<'_>) -> Option<Kept> {
    serde_json::from_slice::<Note>(&cx.private()).ok()?.with(said)
}

impl Note {
    fn of(certificate: &Certificate) -> Note {
        Note {
            format: FORMAT,
            thumbprint: certificate.thumbprint.clone(),
            content_type: certificate.content_type.clone(),
            exportable: certificate.exportable,
            created: certificate.created.map(OffsetDateTime::unix_timestamp),
        }
    }

    fn with(self, (version, pem, thumbprint): InState<'_>) -> Option<Kept> {
        if self.format != FORMAT || thumbprint? != &self.thumbprint {
            return None;
        }
        Some(Kept {
            version: version?.clone(),
            pem: pem?.clone(),
            content_type: self.content_type,
            exportable: self.exportable,
            created: self.created.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTE: &str =
        r#"{"format":1,"thumbprint":"AB","content_type":"application/x-pkcs12","exportable":true,"created":3}"#;

    /// What comes of a note beside a state with this thumbprint.
    #[track_caller]
    fn read(note: &str, thumbprint: &str) -> Option<Kept> {
        let text = |text: &str| text.to_owned();
        let (version, pem, thumbprint) = (text("v1"), text("PEM"), text(thumbprint));
        serde_json::from_str::<Note>(note).ok()?.with((Some(&version), Some(&pem), Some(&thumbprint)))
    }

    #[test]
    fn a_note_counts_for_the_certificate_that_it_names() {
        let kept = read(NOTE, "AB").expect("it is all there");
        assert_eq!((kept.version.as_str(), kept.pem.as_str(), kept.exportable), ("v1", "PEM", Some(true)));
        assert_eq!(kept.created, OffsetDateTime::from_unix_timestamp(3).ok());
        assert_eq!(read(NOTE, "CD"), None);
    }

    #[test]
    fn what_another_build_has_kept_is_not_guessed_at() {
        assert_eq!(read(&NOTE.replace(r#""format":1"#, r#""format":2"#), "AB"), None);
        assert_eq!(read("", "AB"), None);
        assert_eq!(read("removal", "AB"), None);
        let note: Note = serde_json::from_str(NOTE).expect("it is a note");
        assert_eq!(note.with((None, None, None)), None);
    }
}
