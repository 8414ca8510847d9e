//! A vault's list of its certificates, which is read page by page, as far as it pays, and no page twice.
//!
//! An item tells the thumbprint of the current version, whether it is enabled, and its dates: enough to know a certificate again. What
//! keeps the list from being read is nobody's error: it is done without until the provider is configured again.
//! Source: <https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificates/get-certificates>

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use azure_security_keyvault_certificates::models::{CertificateProperties, ListCertificatePropertiesResult};
use url::Url;

use super::certificate::Listed;
use super::ledger::Question;
use super::vault::Vault;
use crate::clients::contact::Contact;
use crate::clients::error::Error;
use crate::clients::pages::following;

/// As many certificates as a page may have; the service says 25.
const MAX_PAGE: usize = 1_000;

/// The list, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct List {
    shown: Mutex<Shown>,
    /// Whoever holds it reads a page; the others wait for that one.
    rest: tokio::sync::Mutex<Rest>,
}

#[derive(Debug, Default)]
struct Shown {
    /// By their names in lower case.
    rows: HashMap<String, Listed>,
    asked: HashSet<String>,
}

#[derive(Debug, Default)]
enum Rest {
    #[default]
    Whole,
    /// The address of the next page, and those of the pages before.
    From(Url, HashSet<Url>),
    /// There are no more pages, or none that can be read.
    Over,
}

impl List {
    /// Whether a certificate is asked for, for the first time.
    pub(super) fn is_first(&self, name: &str) -> bool {
        self.shown().asked.insert(name.to_owned())
    }

    /// What the pages tell of a certificate that were read, or that this question pays for.
    pub(super) async fn look(
        &self,
        (vault, contact): (&Vault, &Contact),
        operation: &str,
        name: &str,
        question: Option<&Question<'_>>,
    ) -> Option<Listed> {
        let told = |list: &List| list.shown().rows.get(name).cloned();
        if let Some(listed) = told(self) {
            return Some(listed);
        }
        let mut rest = self.rest.lock().await;
        loop {
            if let Some(listed) = told(self) {
                return Some(listed);
            }
            let address = match &*rest {
                Rest::Whole => None,
                Rest::From(address, _) => Some(address.clone()),
                Rest::Over => return None,
            };
            if !question.is_some_and(Question::pays_a_page) {
                return None;
            }
            match contact.within(operation, self.turn(vault, operation, address, &mut rest)).await {
                Ok(()) => {}
                // Whoever was not waited for has shown nothing: the next one reads that page.
                Err(error) if error.is_stopped() || error.is_overdue() => return None,
                Err(error) => {
                    tracing::debug!(%error, "A vault's list is done without");
                    *rest = Rest::Over;
                }
            }
        }
    }

    /// Reads the page at this address, or the first one.
    async fn turn(&self, vault: &Vault, operation: &str, address: Option<Url>, rest: &mut Rest) -> Result<(), Error> {
        let ListCertificatePropertiesResult { next_link, value, .. } = vault.page(operation, address.clone()).await?;
        if value.len() > MAX_PAGE {
            return Err(Error::unexpected(operation, "a page of the list is too long"));
        }
        self.shown().rows.extend(value.into_iter().filter_map(listed));
        let address = address.unwrap_or_else(|| vault.address().clone());
        let next = next_link.filter(|link| !link.is_empty());
        let next = next.map(|link| following(operation, &link, &address)).transpose()?;
        let before = match std::mem::replace(rest, Rest::Over) {
            Rest::From(_, before) => before,
            Rest::Whole | Rest::Over => HashSet::new(),
        };
        if let Some(next) = next {
            let before: HashSet<Url> = before.into_iter().chain([address]).collect();
            if before.contains(&next) {
                return Err(Error::unexpected(operation, "a page of the list comes twice"));
            }
            *rest = Rest::From(next, before);
        }
        Ok(())
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an item tells, by the name of the certificate: `https://<vault>/certificates/<name>`.
fn listed(item: CertificateProperties) -> Option<(String, Listed)> {
    let name = item.id?.split("/certificates/").nth(1)?.split('/').next()?.to_ascii_lowercase();
    let attributes = item.attributes.unwrap_or_default();
    let listed = Listed {
        thumbprint: item.x509_thumbprint?,
        enabled: attributes.enabled.unwrap_or(true),
        not_before: attributes.not_before,
        expires_on: attributes.expires,
        created: attributes.created,
    };
    Some((name, listed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    /// What an item tells.
    #[track_caller]
    fn read(json: serde_json::Value) -> Option<(String, Listed)> {
        listed(serde_json::from_value(json).expect("it is an item"))
    }

    #[test]
    fn an_item_tells_a_thumbprint_and_dates_by_its_name() {
        let item = serde_json::json!({
            "id": "https://kv-robots.vault.azure.net/certificates/Robot-01",
            "x5t": "AQID",
            "attributes": { "enabled": false, "nbf": 1, "exp": 2, "created": 3 },
        });
        let second = |seconds| datetime!(1970-01-01 0:00 UTC) + time::Duration::seconds(seconds);
        let expected = Listed {
            thumbprint: vec![1, 2, 3],
            enabled: false,
            not_before: Some(second(1)),
            expires_on: Some(second(2)),
            created: Some(second(3)),
        };
        assert_eq!(read(item), Some(("robot-01".to_owned(), expected)));
        assert_eq!(read(serde_json::json!({ "id": "https://kv-robots.vault.azure.net/certificates/robot" })), None);
        assert_eq!(read(serde_json::json!({ "id": "robot", "x5t": "AQID" })), None);
    }
}
