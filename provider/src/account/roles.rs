//! Roles that were assigned a moment ago: they take minutes to arrive, which is waited for once.
//!
//! The first refusal of a right on a vault begins a wait that all objects share: one of them asks again and again, the others ask when it
//! has news or when the wait is over. Whoever is refused after that fails at once. So two hundred objects wait as long as one.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::clients::error::Error;
use crate::clients::key_vault::VaultId;
use crate::clients::leave;

/// How long it is waited between two questions, at first and at the most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// A right that a role gives on a vault. Whoever needs it is the same principal for as long as an account lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Right {
    /// The signed-in principal reads certificates.
    Certificates,
    /// Dataverse lets the signed-in principal, and itself, read secrets.
    Secrets,
}

impl Right {
    /// Whether it is this right that is missing.
    fn is_missing(self, error: &Error) -> bool {
        match self {
            Right::Certificates => error.is_forbidden(),
            Right::Secrets => error.is_secret_access(),
        }
    }
}

/// The waits for roles, one for each right on each vault.
pub(crate) struct Roles {
    patience: Duration,
    waits: Mutex<HashMap<(Right, VaultId), Arc<Wait>>>,
}

struct Wait {
    begun: Instant,
    /// Whether somebody asks again and again.
    is_led: AtomicBool,
    news: Notify,
}

impl Roles {
    /// Waits so long for each right.
    pub(crate) fn new(patience: Duration) -> Roles {
        Roles { patience, waits: Mutex::default() }
    }

    /// How long a right is waited for.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// How long it has been waited for a right by now.
    pub(crate) fn waited(&self, right: Right, vault: &VaultId) -> Duration {
        let begun = self
            .waits
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&(right, vault.clone()))
            .map(|wait| wait.begun);
        begun.map_or(Duration::ZERO, |begun| begun.elapsed().min(self.patience))
    }

    /// Asks for what needs a right, until it is there, the shared wait for it is over, or the last moment has come for a try.
    ///
    /// # Errors
    /// The last refusal, and whatever else the question fails with.
    pub(crate) async fn ask<T, F: Future<Output = Result<T, Error>>>(
        &self,
        (right, vault): (Right, &VaultId),
        last_try: Instant,
        question: impl Fn() -> F,
    ) -> Result<T, Error> {
        let (mut lead, mut pause) = (None, PAUSES.0);
        loop {
            let asked = Instant::now();
            let refused = match question().await {
                Err(error) if right.is_missing(&error) => error,
                other => {
                    self.tell(right, vault);
                    return other;
                }
            };
            let wait = self.wait(right, vault);
            let end = last_try.min(wait.begun + self.patience);
            if asked >= end || self.patience.is_zero() {
                return Err(refused);
            }
            let mut news = pin!(wait.news.notified());
            news.as_mut().enable();
            lead = lead.or_else(|| Lead::take(&wait));
            let next = if lead.is_some() { end.min(Instant::now() + pause) } else { end };
            pause = (pause * 2).min(PAUSES.1);
            let waiting = async {
                tokio::select! {
                    () = sleep_until(next) => {}
                    () = news => {}
                }
            };
            leave::wait("waiting for a role", waiting).await?;
        }
    }

    fn wait(&self, right: Right, vault: &VaultId) -> Arc<Wait> {
        let new = || Arc::new(Wait { begun: Instant::now(), is_led: AtomicBool::new(false), news: Notify::new() });
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(waits.entry((right, vault.clone())).or_insert_with(new))
    }

    /// Wakes whoever waits for a right: somebody has it.
    fn tell(&self, right: Right, vault: &VaultId) {
        if let Some(wait) = self.waits.lock().unwrap_or_else(PoisonError::into_inner).get(&(right, vault.clone())) {
            wait.news.notify_waiters();
        }
    }
}

/// The part of the one who asks for all. When it ends, however it does, the others ask for themselves, and one of them takes it over.
struct Lead(Arc<Wait>);

impl Lead {
    fn take(wait: &Arc<Wait>) -> Option<Lead> {
        (!wait.is_led.swap(true, Ordering::Relaxed)).then(|| Lead(Arc::clone(wait)))
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.0.is_led.store(false, Ordering::Relaxed);
        self.0.news.notify_waiters();
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roles").field("patience", &self.patience).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::sync::atomic::AtomicU32;

    fn vault() -> VaultId {
        let id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-1";
        VaultId::parse(id).expect("it is one")
    }

    /// A right that arrives with a question, and how often it was asked for.
    struct Late {
        asked: AtomicU32,
        arrives_with: u32,
    }

    impl Late {
        fn with(arrives_with: u32) -> Late {
            Late { asked: AtomicU32::new(0), arrives_with }
        }

        async fn ask(&self, roles: &Roles) -> Result<(), Error> {
            let last_try = Instant::now() + Duration::from_secs(3600);
            roles.ask((Right::Certificates, &vault()), last_try, || std::future::ready(self.answer())).await
        }

        fn answer(&self) -> Result<(), Error> {
            let asked = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
            if asked < self.arrives_with { Err(Error::forbidden("reading")) } else { Ok(()) }
        }

        fn asked(&self) -> u32 {
            self.asked.load(Ordering::Relaxed)
        }
    }

    #[tokio::test]
    async fn two_hundred_wait_as_long_as_one_and_then_nobody_does() {
        let (roles, never) = (Roles::new(Duration::from_millis(600)), Late::with(u32::MAX));
        let all = join_all((0..200).map(|_| never.ask(&roles))).await;
        assert!(all.iter().all(Result::is_err));
        // Each at first and at the end, and one of them perhaps once in between.
        let asked = never.asked();
        assert!(matches!(asked, 400 | 401), "{asked}");
        assert!(never.ask(&roles).await.is_err());
        assert_eq!(never.asked(), asked + 1, "whoever is refused after the wait fails at once");
        assert_eq!(roles.waited(Right::Certificates, &vault()), Duration::from_millis(600));
        assert_eq!(roles.waited(Right::Secrets, &vault()), Duration::ZERO, "another right was not waited for");
    }

    #[tokio::test]
    async fn one_asks_for_all_and_has_news() {
        let (roles, late) = (Roles::new(Duration::from_secs(3600)), Late::with(11));
        let all = join_all((0..10).map(|_| late.ask(&roles))).await;
        assert!(all.iter().all(Result::is_ok));
        assert_eq!(late.asked(), 20, "each asks once, one asks again, and so do the other nine when it has got it");
    }

    #[tokio::test]
    async fn when_the_one_who_asks_for_all_is_gone_another_does() {
        let (roles, late) = (Roles::new(Duration::from_secs(3600)), Late::with(5));
        let mut first = Box::pin(late.ask(&roles));
        assert!(futures_util::poll!(&mut first).is_pending());
        let (second, ()) = tokio::join!(late.ask(&roles), async { drop(first) });
        assert!(second.is_ok() && late.asked() == 5);
    }

    #[tokio::test]
    async fn without_patience_a_refusal_is_an_error_at_once() {
        let (roles, never) = (Roles::new(Duration::ZERO), Late::with(u32::MAX));
        assert!(never.ask(&roles).await.is_err());
        assert_eq!(never.asked(), 1);
    }
}
