//! Key Vault's certificates: the public certificate and its policy, never the secret that holds the private key.
//!
//! Over Microsoft's SDK, which finds the token's scope from the vault's own challenge.
//! Source: <https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificate/get-certificate>
//!
//! ```text
//! refreshed -> seen in this run? -> ledger: does a page pay? -> list -> the one that is kept? -> else read, once for all who ask
//! ```

pub(crate) mod certificate;
mod ledger;
mod list;
mod vault;
mod vault_id;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::cloud::Cloud;
use super::environment_id::EnvironmentId;
use super::error::Error;
use super::http::Http;
use super::in_flight::InFlight;
use super::leave;
use ledger::{Ledger, Question};
use list::List;
use vault::Vault;

pub use certificate::{Certificate, Kept};
pub use vault_id::VaultId;

/// A certificate by its vault and its name.
type Key = (VaultId, String);

/// Certificates as they were read since the provider was configured, and when.
type Seen = Arc<Mutex<HashMap<Key, (Instant, Arc<Certificate>)>>>;

/// What is about to be made is planned by a reading that is no older: the same run may just have renewed the certificate.
const LATELY: Duration = Duration::from_secs(5);

/// Key Vault's data plane.
pub struct KeyVault {
    http: Arc<Http>,
    cloud: Arc<Cloud>,
    /// One for each vault, which is asked once whose token it wants.
    vaults: Mutex<HashMap<VaultId, Arc<Vault>>>,
    /// What the list of each has told.
    lists: Mutex<HashMap<VaultId, Arc<List>>>,
    /// The questions under way, told apart by whether it must be known how things are now.
    reads: InFlight<(Key, bool), Arc<Certificate>>,
    seen: Seen,
    /// Who was told at a refresh how things are: an id is unique in its environment.
    told: Mutex<HashSet<(EnvironmentId, Uuid)>>,
    ledger: Ledger,
}

impl KeyVault {
    /// The vaults of a cloud.
    pub(super) fn new(http: Arc<Http>, cloud: Arc<Cloud>) -> KeyVault {
        let (vaults, lists, reads, seen, told, ledger) = Default::default();
        KeyVault { http, cloud, vaults, lists, reads, seen, told, ledger }
    }

    /// The current version of a certificate, as it is now. Needs the right `certificates/get`, and asks for nothing else.
    ///
    /// # Errors
    /// A vault or a certificate that is not there or may not be read, and a vault of another tenant.
    pub async fn certificate(&self, vault: &VaultId, name: &str) -> Result<Arc<Certificate>, Error> {
        self.read(vault, name, true).await
    }

    /// A certificate as it was seen last, else as it is now: within a run nobody asks twice. An error is not kept.
    ///
    /// # Errors
    /// As [`KeyVault::certificate`].
    pub async fn seen(&self, vault: &VaultId, name: &str) -> Result<Arc<Certificate>, Error> {
        match seen(&self.seen, &key(vault, name)) {
            Some(certificate) => Ok(certificate),
            None => self.read(vault, name, false).await,
        }
    }

    /// The same for what is about to be made: as it was seen a moment ago, else as it is now.
    ///
    /// # Errors
    /// As [`KeyVault::certificate`].
    pub async fn lately(&self, vault: &VaultId, name: &str) -> Result<Arc<Certificate>, Error> {
        let at = read_at(&self.seen, &key(vault, name));
        self.read(vault, name, at.is_some_and(|at| at.elapsed() > LATELY)).await
    }

    /// A certificate at a refresh of `who`. Where it is `kept` from an earlier run, it comes from the list of its vault, and only one that is
    /// another by now is read. Whoever asks again wants to know how it is now.
    ///
    /// # Errors
    /// As [`KeyVault::certificate`]; a list that cannot be read is done without.
    pub async fn refreshed(
        &self,
        (vault, name): (&VaultId, &str),
        who: (EnvironmentId, Uuid),
        kept: Option<&Kept>,
    ) -> Result<Arc<Certificate>, Error> {
        if !self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(who) {
            return self.certificate(vault, name).await;
        }
        match kept {
            Some(kept) => self.recognized((vault, name), kept).await,
            None => self.seen(vault, name).await,
        }
    }

    /// A certificate that is kept from an earlier run: as it was seen, else as the list of its vault shows it, else as it is now.
    ///
    /// # Errors
    /// As [`KeyVault::certificate`].
    pub async fn recognized(&self, (id, name): (&VaultId, &str), kept: &Kept) -> Result<Arc<Certificate>, Error> {
        let key = key(id, name);
        if let Some(certificate) = seen(&self.seen, &key) {
            return Ok(certificate);
        }
        let operation = reading(id, name);
        let vault = self.vault(&operation, id)?;
        let (list, contact) = (self.list(id), self.http.contact());
        let question = list.is_first(&key.1).then(|| self.ledger.ask());
        if !question.as_ref().is_some_and(Question::is_early) {
            let looked = list.look((&vault, contact), &operation, &key.1, question.as_ref());
            let listed = leave::wait(&operation, looked).await?;
            if let Some(certificate) = listed.and_then(|listed| kept.as_listed(&listed)) {
                let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
                // What was read meanwhile is newer.
                let (_, certificate) = seen.entry(key).or_insert_with(|| (Instant::now(), Arc::new(certificate)));
                return Ok(Arc::clone(certificate));
            }
        }
        if let Some(question) = question {
            question.pays_for_itself();
        }
        self.seen(id, name).await
    }

    async fn read(&self, vault: &VaultId, name: &str, is_now: bool) -> Result<Arc<Certificate>, Error> {
        let operation = reading(vault, name);
        let key = key(vault, name);
        let vault = self.vault(&operation, vault)?;
        let asking = || {
            let question = || {
                // Whoever has just read it has put it there before the next question can begin.
                let before = if is_now { None } else { seen(&self.seen, &key) };
                let (vault, name, reading) = (Arc::clone(&vault), name.to_owned(), operation.clone());
                let (all, key) = (Arc::clone(&self.seen), key.clone());
                async move {
                    if let Some(certificate) = before {
                        return Ok(certificate);
                    }
                    let asked = Instant::now();
                    let certificate = Arc::new(vault.certificate(&reading, &name).await?);
                    let seen = (asked, Arc::clone(&certificate));
                    all.lock().unwrap_or_else(PoisonError::into_inner).insert(key, seen);
                    Ok(certificate)
                }
            };
            self.reads.ask(&operation, (key.clone(), is_now), question)
        };
        let contact = self.http.contact();
        let asked = contact.within_half(&operation, asking()).await;
        // It is asked without a token first. As long as nothing has answered, whatever is out of reach may be everything: the sign-in tells.
        let is_lost = |error: &Error| error.is_unreachable() || error.is_not_the_service();
        if !contact.has_answered() && asked.as_ref().is_err_and(is_lost) {
            self.http.token(&self.cloud.vault_scope()).await?;
            return contact.within(&operation, asking()).await;
        }
        asked
    }

    fn list(&self, id: &VaultId) -> Arc<List> {
        Arc::clone(self.lists.lock().unwrap_or_else(PoisonError::into_inner).entry(id.clone()).or_default())
    }

    fn vault(&self, operation: &str, id: &VaultId) -> Result<Arc<Vault>, Error> {
        let mut vaults = self.vaults.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(vault) = vaults.get(id) {
            return Ok(Arc::clone(vault));
        }
        let address = format!("https://{}.{}", id.name().to_ascii_lowercase(), self.cloud.vaults);
        let vault = Arc::new(Vault::new(operation, &address, (&self.http, self.cloud.vault_scope()))?);
        vaults.insert(id.clone(), Arc::clone(&vault));
        Ok(vault)
    }
}

fn reading(vault: &VaultId, name: &str) -> String {
    format!("reading the certificate {name} of the vault {}", vault.name())
}

fn key(vault: &VaultId, name: &str) -> Key {
    (vault.clone(), name.to_ascii_lowercase())
}

fn seen(all: &Seen, key: &Key) -> Option<Arc<Certificate>> {
    all.lock().unwrap_or_else(PoisonError::into_inner).get(key).map(|(_, certificate)| Arc::clone(certificate))
}

fn read_at(all: &Seen, key: &Key) -> Option<Instant> {
    all.lock().unwrap_or_else(PoisonError::into_inner).get(key).map(|(at, _)| *at)
}

impl fmt::Debug for KeyVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyVault").field("cloud", &self.cloud).finish_non_exhaustive()
    }
}
