//! A secret as this process holds it: it wipes itself, and nothing can show it.
//!
//! What is sent is copied by what sends it: Microsoft's SDK, the buffers of HTTP and of TLS. Those copies are not ours to wipe.

use serde::Deserialize;
use zeroize::Zeroizing;

/// A secret. It can be read and passed on, and has no way to be printed.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Secret(Zeroizing<String>);

impl Secret {
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
