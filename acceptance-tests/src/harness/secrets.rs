//! What nobody may read, and where it is looked for.

use std::fs;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};

use super::{Kind, Verdict};
use crate::sandboxed::Sandboxed;
use crate::world::World;

/// The password of the run owner's certificate.
pub const PASSWORD: &str = "a-password-that-nobody-may-read";

/// The run owner's certificate with its key, as base64: made once in a process.
pub fn pfx() -> &'static str {
    static PFX: OnceLock<String> = OnceLock::new();
    PFX.get_or_init(|| {
        let key = rcgen::KeyPair::generate().expect("a key can be made");
        let params = rcgen::CertificateParams::new(Vec::new()).expect("a certificate needs no name");
        let certificate = params.self_signed(&key).expect("a key signs its own certificate");
        let private_key = PrivateKey::from_der(&key.serialize_der()).expect("the key is one");
        let certificate = Certificate::from_der(certificate.der()).expect("the certificate is one");
        let mut store = KeyStore::new();
        let chain = PrivateKeyChain::new("run-owner", private_key, [certificate]);
        store.add_entry("run-owner", KeyStoreEntry::PrivateKeyChain(chain));
        STANDARD.encode(store.writer(PASSWORD).write().expect("the store can be written"))
    })
}

/// What nobody may read, and what it is called.
pub(super) struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    /// Those of a sandbox, with every token that it has issued.
    pub(super) fn of<T>(world: &Sandboxed<T>) -> Secrets {
        let signature = |token: String| token.rsplit('.').next().unwrap_or(&token).to_owned();
        let mut secrets = vec![
            ("the client's secret", world.place().client_secret.clone()),
            ("the password", PASSWORD.to_owned()),
            ("the password in base64", STANDARD.encode(PASSWORD).trim_end_matches('=').to_owned()),
            ("the PFX", pfx()[..60].to_owned()),
            ("a later part of the PFX", pfx()[200..260].to_owned()),
        ];
        secrets.extend(world.sandbox().tokens().into_iter().map(|token| ("a token", signature(token))));
        Secrets(secrets)
    }

    /// What of it a text holds.
    pub(super) fn within(&self, text: &str) -> Vec<&'static str> {
        self.0.iter().filter(|(_, secret)| text.contains(secret)).map(|(what, _)| *what).collect()
    }
}

/// Looks through everything in the folder (states, logs, what commands said) for what nobody may read.
pub(super) fn seek(world: &World, verdict: &mut Verdict) {
    let secrets = Secrets::of(world);
    let files = fs::read_dir(world.folder()).into_iter().flatten().flatten();
    for path in files.map(|entry| entry.path()).filter(|path| path.is_file()) {
        let text = fs::read(&path).unwrap_or_default();
        for what in secrets.within(&String::from_utf8_lossy(&text)) {
            verdict.find(Kind::Leak, format!("{what} is in {}", path.display()));
        }
    }
}
