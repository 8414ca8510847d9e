//! The block `run_owner`: a service principal that owns a connection's runs, proven by a certificate that is never stored.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use serde::{Deserialize, Serialize};
use tfplugin::{Attribute, Check, Context, Diagnostic, NestedBlock, Path, Type};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::account::Account;
use crate::clients::connectivity::RunOwner;
use crate::clients::secret::Secret;
use crate::object::same_id;

/// The block.
pub(super) const RUN_OWNER: NestedBlock = NestedBlock::single(
    "run_owner",
    "A service principal that owns the runs, instead of whoever makes the connection. Adding or removing it replaces the resource. \
     Needs Terraform or OpenTofu 1.11 or later.",
)
.presence_replaces()
.attributes(&[
    Attribute::required("client_id", &Type::String, "The application (client) id of the service principal.")
        .form(&[Check::Uuid])
        .same(same_id),
    Attribute::required(
        "certificate_pfx_wo",
        &Type::String,
        "The service principal's certificate with its private key, as PKCS#12 in base64. It is never stored, and it is sent with \
         every change of the connection. Take it from an ephemeral value: the value of a plain variable is part of every saved \
         plan file.",
    )
    .sensitive()
    .write_only()
    .form(&[Check::Format(is_pfx)]),
    Attribute::optional(
        "certificate_pfx_wo_version",
        &Type::String,
        "Any text. When it changes, the certificate is sent again: whether the certificate itself has changed cannot be seen.",
    ),
    Attribute::optional(
        "certificate_password_wo",
        &Type::String,
        "The password of the PKCS#12. When it is left out, it is empty. It is never stored, and whether it is right is known when the \
         apply opens the PKCS#12, not before.",
    )
    .sensitive()
    .write_only(),
]);

/// The block, as far as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Block {
    pub(super) client_id: String,
    pub(super) certificate_pfx_wo_version: Option<String>,
}

/// The block of a configuration, with its secrets.
#[derive(Deserialize)]
struct Configured {
    run_owner: Option<Secrets>,
}

#[derive(Deserialize)]
struct Secrets {
    client_id: Uuid,
    certificate_pfx_wo: Secret,
    certificate_password_wo: Option<Secret>,
}

/// The run owner of a configuration, whose certificate opens.
pub(super) async fn run_owner(cx: &Context<Account>) -> Result<Option<RunOwner>, Diagnostic> {
    let Some(Secrets { client_id, certificate_pfx_wo: pfx, certificate_password_wo: password }) =
        cx.config_model::<Configured>()?.run_owner
    else {
        return Ok(None);
    };
    let password = password.unwrap_or_default();
    let der = STANDARD.decode(pfx.reveal().trim()).map(Zeroizing::new).unwrap_or_default();
    let tried = password.clone();
    // What the library makes of it while it looks is not ours to wipe. Deriving the key of a PKCS#12 is slow by design: it must not hold up the other resources.
    let opened = tokio::task::spawn_blocking(move || {
        KeyStore::from_pkcs12(&der, tried.reveal(), Pkcs12ImportPolicy::Relaxed).map(drop).map_err(|e| e.to_string())
    });
    if let Ok(Err(what)) = opened.await {
        let attribute =
            if what.to_ascii_lowercase().contains("mac") { "certificate_password_wo" } else { "certificate_pfx_wo" };
        return Err(Diagnostic::error(
            "The run owner's certificate cannot be opened",
            format!("It is no PKCS#12 for this password: {what}."),
        )
        .at(Path::attribute("run_owner").join(attribute))
        .hint("Give the PFX in base64 (filebase64), and its password in certificate_password_wo."));
    }
    Ok(Some(RunOwner { client_id: client_id.to_string(), pfx, password }))
}

fn is_pfx(text: &str) -> Result<(), String> {
    let wrong = "must be a PKCS#12 (PFX) in base64, as filebase64 gives it";
    let der = STANDARD.decode(text.trim()).map(Zeroizing::new).map_err(|_| wrong)?;
    // Every PKCS#12 is a DER sequence.
    if der.first() == Some(&0x30) { Ok(()) } else { Err("is base64, but of no PKCS#12 (PFX)".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pfx_is_base64_of_a_sequence() {
        assert!(is_pfx("MIIB").is_ok());
        assert!(is_pfx("-----BEGIN").unwrap_err().contains("base64"));
        assert!(is_pfx("QUJD").unwrap_err().contains("no PKCS#12"));
    }
}
