//! What an operation has at hand: the clients, its configuration, and the ways to tell, to keep and to wait.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::cty::Type;
use crate::diagnostic::Diagnostic;
use crate::model::{from_config, to_value, view};
use crate::plan;
use crate::value::Value;

/// What an operation has at hand.
pub struct Context<C> {
    /// What the provider's configuration made.
    pub clients: Arc<C>,
    /// The configuration of this very object, with its write-only arguments; null where the operation has none.
    pub config: Config,
    /// What the module says in `provider_meta`; null when it says nothing.
    pub meta: Value,
    /// Whether the user asked to stop. What is under way is finished, and nothing new is begun.
    pub stopped: CancellationToken,
    ty: Type,
    /// What of the configuration cannot be worked with: then nothing is done.
    pub(crate) malformed: Vec<Diagnostic>,
    private: Mutex<Vec<u8>>,
    told: Mutex<Vec<Diagnostic>>,
    /// The headlines of what concerns everything, as far as it was told since the provider was configured.
    pub(crate) common: Arc<Mutex<Vec<String>>>,
    kept: Mutex<Option<Value>>,
}

impl<C> Context<C> {
    pub(crate) fn new(clients: Arc<C>, config: impl Into<Config>, stopped: CancellationToken, ty: Type) -> Context<C> {
        Context {
            clients,
            config: config.into(),
            meta: Value::Null,
            stopped,
            ty,
            malformed: Vec::new(),
            private: Mutex::default(),
            told: Mutex::default(),
            common: Arc::default(),
            kept: Mutex::default(),
        }
    }

    pub(crate) fn with(mut self, meta: Value, private: Vec<u8>) -> Context<C> {
        self.meta = meta;
        self.private = Mutex::new(private);
        self
    }

    /// The type of the object.
    pub fn ty(&self) -> &Type {
        &self.ty
    }

    /// Tells the user something; an error makes the operation fail once it ends.
    pub fn tell(&self, diagnostic: Diagnostic) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push(diagnostic);
    }

    /// Remembers what exists, should the operation fail from here on.
    pub fn keep<M: Serialize>(&self, model: &M) {
        match to_value(model, &self.ty) {
            Ok(value) => self.keep_value(value),
            Err(error) => self.tell(error),
        }
    }

    /// Remembers what exists, for a resource without a model of its own.
    pub fn keep_value(&self, value: Value) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }

    /// Forgets what was kept: it does not exist after all.
    pub fn let_go(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What was stored beside the state, where nobody sees it. It is no place for secrets.
    pub fn private(&self) -> Vec<u8> {
        self.private.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stores something beside the state; without this, what was stored stays.
    pub fn set_private(&self, private: Vec<u8>) {
        *self.private.lock().unwrap_or_else(PoisonError::into_inner) = private;
    }

    /// Waits.
    ///
    /// # Errors
    /// The user asked to stop.
    pub async fn pause(&self, duration: Duration) -> Result<(), Diagnostic> {
        tokio::select! {
            biased;
            () = self.stopped.cancelled() => Err(Diagnostic::interrupted()),
            () = tokio::time::sleep(duration) => Ok(()),
        }
    }

    /// The model of the configuration, with its write-only arguments.
    ///
    /// # Errors
    /// The model does not fit the schema.
    pub fn config_model<M: DeserializeOwned>(&self) -> Result<M, Diagnostic> {
        from_config(&Config::from(plan::known(&self.config)))
    }

    /// The configuration by the names of a model, where values may be unknown.
    ///
    /// # Errors
    /// A struct that does not fit the schema.
    pub fn config_view<V: DeserializeOwned>(&self) -> Result<V, Diagnostic> {
        view(&self.config)
    }

    pub(crate) fn told(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The same diagnostics, in which what concerns everything is told in full once.
    pub(crate) fn once(&self, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let mut common = self.common.lock().unwrap_or_else(PoisonError::into_inner);
        let once = |one: Diagnostic| {
            if one.common && common.contains(&one.summary) {
                return one.once_more();
            }
            common.extend(Some(&one.summary).filter(|_| one.common).cloned());
            one
        };
        diagnostics.into_iter().map(once).collect()
    }

    pub(crate) fn kept(&self) -> Option<Value> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<C> fmt::Debug for Context<C> {
    /// Shows nothing: the configuration holds secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_concerns_everything_is_told_in_full_once() {
        let cx = Context::new(Arc::new(()), Value::Null, CancellationToken::new(), Type::Bool);
        let common = || Diagnostic::error("Cannot sign in", "Why.").hint("Do.").of_everything();
        let told = cx.once(vec![common(), common(), Diagnostic::error("No", "Why.")]);
        let details: Vec<&str> = told.iter().map(|one| one.detail.as_str()).collect();
        assert_eq!(details, ["Why.", "Another message of this name says why.", "Why."]);
        assert_eq!(told[1].hint, "");
    }
}
