//! A secret as this process holds it: it wipes itself, and nothing can show it.
//!
//! What is sent is copied by what sends it: Microsoft's SDK, the buffers of HTTP and of TLS. Those copies are not ours to wipe.

use std::str;

use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use serde::Deserialize;
use zeroize::Zeroizing;

/// Base64 with or without padding.
pub(crate) const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// The mark that some programs write before a text.
pub(super) const MARK: &[u8] = b"\xef\xbb\xbf";

/// A secret. It can be read and passed on, and has no way to be printed.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text of a file, without what is around it.
    ///
    /// # Errors
    /// It is no text that is written as texts are here.
    pub fn of_file(bytes: &[u8]) -> Result<Secret, &'static str> {
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Err("it is written in UTF-16: write it in UTF-8");
        }
        let text = str::from_utf8(bytes.strip_prefix(MARK).unwrap_or(bytes)).map_err(|_| "it is no text in UTF-8")?;
        Ok(Secret::from(text.trim().to_owned()))
    }

    /// What it is.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }
}
