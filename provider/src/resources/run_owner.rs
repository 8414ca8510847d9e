//! The block `run_owner`: a service principal that owns a connection's runs, proven by a certificate that is never stored.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use serde::{Deserialize, Serialize};
use tfplugin::cty::Type;
use tfplugin::diagnostic::Diagnostic;
use tfplugin::schema::{Attribute, Check, NestedBlock};
use tfplugin::value::{Path, Value};
use zeroize::Zeroizing;

use super::shared::same_id;
use crate::clients::connectivity::RunOwner;

/// The block.
pub(crate) const RUN_OWNER: NestedBlock = NestedBlock::single("run_owner", "A service principal that owns the runs, instead of whoever makes the connection. Adding or removing it \
                                                                            replaces the resource. Needs Terraform or OpenTofu 1.11 or later.").presence_replaces()
.attributes(&[
            Attribute::required("client_id", &Type::String, "The application (client) id of the service principal.")
                .check(&[Check::Uuid])
                .same(same_id),
            Attribute::required(
                "certificate_pfx_wo",
                &Type::String,
                "The service principal's certificate with its private key, as PKCS#12 in base64. It is never stored, and \
                 it is sent with every change of the connection. Take it from an ephemeral value: the value of a plain \
                 variable is part of every saved plan file.",
            )
            .sensitive()
            .write_only()
            .check(&[Check::Format(is_pfx)]),
            Attribute::optional(
                "certificate_pfx_wo_version",
                &Type::String,
                "Any text. A change sends the certificate again, because its own change cannot be seen.",
            ),
            Attribute::optional(
                "certificate_password_wo",
                &Type::String,
                "The password of the PKCS#12. When it is left out, it is empty. It is never stored.",
            )
            .sensitive()
            .write_only(),
        ]);

/// The block `run_owner`, as far as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunOwnerModel {
    pub(crate) client_id: Option<String>,
    pub(crate) certificate_pfx_wo_version: Option<String>,
}

/// The run owner of a configuration, with its secrets.
pub(crate) async fn run_owner(config: &Value) -> Result<Option<RunOwner>, Diagnostic> {
    let block = config.at("run_owner");
    if block.is_null() {
        return Ok(None);
    }
    let text = |name: &str| Zeroizing::new(block.at(name).as_str().unwrap_or_default().to_owned());
    let (pfx, password) = (text("certificate_pfx_wo"), text("certificate_password_wo"));
    let der = STANDARD.decode(pfx.trim()).map(Zeroizing::new).unwrap_or_default();
    let tried = password.clone();
    // Deriving the key of a PKCS#12 is slow by design: it must not hold up the other resources.
    let opened = tokio::task::spawn_blocking(move || {
        KeyStore::from_pkcs12(&der, &tried, Pkcs12ImportPolicy::Relaxed).map(drop).map_err(|e| e.to_string())
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
    let client_id = block.at("client_id").as_str().unwrap_or_default().to_owned();
    Ok(Some(RunOwner { client_id, pfx, password }))
}

fn is_pfx(text: &str) -> Result<(), String> {
    let der = STANDARD.decode(text.trim()).map_err(|_| "must be a PKCS#12 (PFX) in base64, as filebase64 gives it")?;
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
