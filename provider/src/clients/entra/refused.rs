//! What is said of a refusal: an error of ours that an SDK hands on, and a line of it.
//!
//! The SDK's own reading of what Entra says stops at an escape in it, and it tries a machine again for minutes: what is refused becomes an
//! error here, before it sees it.

use std::sync::Arc;

use azure_core::error::{Error as SdkError, ErrorKind};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request};

use super::heard;
use crate::clients::error::SIGNING_IN;
use crate::clients::secrets::Secrets;
use crate::clients::short;

/// As many letters of what somebody says are shown.
const MAX_LINE: usize = 1_500;

/// Makes an error of ours of what is no success.
#[derive(Debug)]
pub(super) struct Refused(pub(super) Arc<Secrets>);

#[async_trait::async_trait]
impl Policy for Refused {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let answer = next[0].send(ctx, request, &next[1..]).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let raw = answer.try_into_raw_response().await?;
        let error = heard(&raw, &self.0).refused(SIGNING_IN).of_read(true).of(short::asked(raw.headers()).as_ref());
        Err(SdkError::new(ErrorKind::Credential, error))
    }
}

/// A text as a line, without the words of an SDK around it: what comes with a code of Entra's begins with it.
pub(super) fn line(text: &str) -> String {
    let text = text.split_once("authentication failed.").map_or(text, |(_, said)| said);
    let text = text.split("\nTo troubleshoot").next().unwrap_or_default();
    let text = text.find("AADSTS").map_or(text, |at| &text[at..]);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(MAX_LINE).collect()
}

/// The same as a sentence.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim().trim_end_matches([':', ' ']);
    format!("{text}{}", if text.ends_with(['.', '!', '?']) { "" } else { "." })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_a_line_that_begins_with_its_code() {
        assert_eq!(
            line("ERROR: AADSTS50173: Over.\r\nTrace ID: 1\nPlease run:\naz login"),
            "AADSTS50173: Over. Trace ID: 1 Please run: az login"
        );
        assert_eq!(line("X authentication failed. no az\nTo troubleshoot, y"), "no az");
        assert_eq!(
            (sentence("a.").as_str(), sentence("a").as_str(), sentence("HTTP 404 x: ").as_str()),
            ("a.", "a.", "HTTP 404 x.")
        );
    }
}
