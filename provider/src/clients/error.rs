//! What a service, or the way to it, can answer besides what was asked for.
//!
//! Callers ask questions of it and never match on codes. A service may say again what it was told in confidence: what is shown of its
//! words is without secrets, and its words themselves are kept for the questions alone.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::refusal::Refusal;
use super::secrets::Secrets;

/// Why a request did not do what it was meant to. Everybody who asked the same question at the same time gets a copy.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{operation}: {}", self.kind.through(self.proxy.as_deref()))]
pub struct Error {
    /// What was asked for, and of what: `reading the credential 1234`.
    operation: String,
    kind: Arc<Kind>,
    /// Whether an earlier try of the same request may have been carried out: then so may this one, whatever it was told.
    uncertain: bool,
    /// The proxy that the environment names, where a connection failed.
    proxy: Option<Arc<str>>,
    #[source]
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// What a sign-in is called; it has tries of its own.
pub(super) const SIGNING_IN: &str = "signing in";

enum Kind {
    /// The service answered with an error of its own: its words, and what is shown of them.
    Service { heard: Box<Refusal>, shown: Box<Refusal> },
    /// Something answered that is not the service.
    NotTheService { status: u16, beginning: String },
    /// The service answered something unexpected.
    Unexpected(String),
    /// The request cannot be made: it was never sent.
    Unsendable(String),
    /// There was no answer in the time that the operation had.
    Late(Duration),
    /// The time was over before it could begin, or before a question was answered.
    Overdue(Duration),
    /// The user asked to stop before it could begin, or before a question was answered.
    Stopped,
    /// The connection to a host failed.
    Connection { host: String, broken: Broken },
    /// The sign-in failed.
    SignIn(String),
    /// The vault trusts another tenant.
    WrongTenant { vault: String, ours: String },
    /// The process's own surroundings are at fault.
    Setup(String),
}

/// How far a connection came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    /// The other side's certificate is not trusted.
    Trust,
    /// The proxy cannot be reached.
    Proxy,
    /// The proxy wants to know who asks.
    Login,
    /// The proxy makes no connection to the host.
    Refused,
    /// The host has no address.
    Unresolved,
    /// It was not made.
    Unmade,
    /// It broke when the request may have arrived.
    Sent,
}

impl Broken {
    /// The words of the libraries, from the outermost to the innermost: they have no other mark that survives Microsoft's SDKs.
    fn of(chain: &[String], sent: bool) -> Broken {
        let text = chain.join("; ").to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|words| text.contains(words));
        let tunnel = text.contains("tunnel error");
        if says(&["invalid peer certificate"]) {
            Broken::Trust
        } else if tunnel && text.contains("authorization required") {
            Broken::Login
        } else if tunnel && text.contains("failed to create underlying connection") {
            Broken::Proxy
        } else if tunnel {
            Broken::Refused
        } else if says(&["dns error", "lookup address", "name or service", "resolve"]) {
            Broken::Unresolved
        } else if sent {
            Broken::Sent
        } else {
            Broken::Unmade
        }
    }
}

/// What an error and its causes say, outermost first.
pub(super) fn chain(error: &dyn std::error::Error) -> Vec<String> {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect()
}

impl Error {
    fn new(operation: &str, kind: Kind) -> Error {
        Error { operation: operation.to_owned(), kind: Arc::new(kind), uncertain: false, proxy: None, source: None }
    }

    /// What the service refused, in its own words.
    pub(super) fn refused(operation: &str, heard: Refusal, secrets: &Secrets) -> Error {
        let shown = Box::new(heard.map(|text| secrets.redact(text)));
        Error::new(operation, Kind::Service { heard: Box::new(heard), shown })
    }

    /// A missing right, for the tests of whoever waits for one.
    #[cfg(test)]
    pub(crate) fn forbidden(operation: &str) -> Error {
        Error::refused(operation, Refusal { status: 403, ..Refusal::default() }, &Secrets::default())
    }

    /// An answer that somebody else gave, such as a proxy.
    pub(super) fn not_the_service(operation: &str, status: u16, body: &str, secrets: &Secrets) -> Error {
        Error::new(operation, Kind::NotTheService { status, beginning: words(&secrets.redact(body)) })
    }

    /// An answer of the service that cannot be understood.
    pub(super) fn unexpected(operation: &str, what: impl Into<String>) -> Error {
        Error::new(operation, Kind::Unexpected(what.into()))
    }

    /// A request that could not be made, so that nothing was sent.
    pub(super) fn unsendable(operation: &str, what: impl fmt::Display) -> Error {
        Error::new(operation, Kind::Unsendable(what.to_string()))
    }

    /// An operation that was given up after it had begun.
    pub fn late(operation: &str, after: Duration) -> Error {
        Error::new(operation, Kind::Late(after))
    }

    /// A request that did not begin, or a question that was not waited for, because the operation's time was over.
    pub(super) fn overdue(operation: &str, allowed: Duration) -> Error {
        Error::new(operation, Kind::Overdue(allowed))
    }

    /// A request that did not begin, or a question that was not waited for, because the user asked to stop.
    pub(super) fn stopped(operation: &str) -> Error {
        Error::new(operation, Kind::Stopped)
    }

    /// What stands in the way before anything can be sent.
    pub(super) fn setup(what: impl Into<String>) -> Error {
        Error::new("preparing the connection", Kind::Setup(what.into()))
    }

    /// A sign-in that failed.
    pub(super) fn sign_in(what: impl Into<String>) -> Error {
        Error::new(SIGNING_IN, Kind::SignIn(what.into()))
    }

    /// A vault that belongs to another tenant than the sign-in.
    pub(super) fn wrong_tenant(operation: &str, vault: String, ours: String) -> Error {
        Error::new(operation, Kind::WrongTenant { vault, ours })
    }

    /// The same of a write that may have been carried out, by this try or by an earlier one.
    #[must_use]
    pub(super) fn after(mut self, uncertain: bool) -> Error {
        self.uncertain |= uncertain;
        self
    }

    /// A failed connection to a host; `sent` is whether the request may have arrived, and the [chain] of causes tells how far it came. Only
    /// the innermost is shown: the others name addresses, and a proxy's may hold a password.
    pub(super) fn connection(operation: &str, host: &str, sent: bool, chain: &[String]) -> Error {
        let kind = Kind::Connection { host: host.to_owned(), broken: Broken::of(chain, sent) };
        let cause: Box<dyn std::error::Error + Send + Sync> = chain.last().cloned().unwrap_or_default().into();
        Error { source: Some(Arc::from(cause)), ..Error::new(operation, kind) }
    }

    /// The same where the environment names this proxy.
    #[must_use]
    pub(super) fn through(mut self, proxy: Option<&Arc<str>>) -> Error {
        self.proxy = proxy.filter(|_| matches!(&*self.kind, Kind::Connection { .. })).cloned();
        self
    }

    fn broken(&self) -> Option<Broken> {
        match &*self.kind {
            Kind::Connection { broken, .. } => Some(*broken),
            _ => None,
        }
    }

    /// The service's words, for questions.
    fn refusal(&self) -> Option<&Refusal> {
        match &*self.kind {
            Kind::Service { heard, .. } => Some(heard),
            _ => None,
        }
    }

    /// What is shown of them.
    fn shown(&self) -> Option<&Refusal> {
        match &*self.kind {
            Kind::Service { shown, .. } => Some(shown),
            _ => None,
        }
    }

    fn is_code(&self, codes: &[&str]) -> bool {
        self.refusal().is_some_and(|refusal| {
            let all = std::iter::once(&refusal.code).chain(refusal.details.iter().map(|(code, _)| code));
            all.into_iter().any(|code| codes.iter().any(|asked| code.eq_ignore_ascii_case(asked)))
        })
    }

    /// The HTTP status, where a service or something in front of it answered.
    pub fn status(&self) -> Option<u16> {
        match &*self.kind {
            Kind::Service { heard, .. } => Some(heard.status),
            Kind::NotTheService { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The service's own code.
    pub fn code(&self) -> Option<&str> {
        self.shown().map(|refusal| refusal.code.as_str()).filter(|code| !code.is_empty())
    }

    /// The service's id of the request, for its support.
    pub fn request_id(&self) -> Option<&str> {
        self.shown()?.request_id.as_deref()
    }

    /// The service's own word that this very row of this table is not there. Any other 404 proves nothing: a gateway gives it, a
    /// missing organization does, and a row that another one points at.
    ///
    /// Source: <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/compose-http-requests-handle-errors>
    pub(super) fn proves_no_row(&self, table: &str, id: Uuid) -> bool {
        self.refusal().is_some_and(|refusal| {
            let said = refusal.message.to_ascii_lowercase();
            let is_word =
                |word: &str| said.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|part| part == word);
            refusal.status == 404
                && (refusal.code.is_empty() || refusal.code.eq_ignore_ascii_case("0x80040217"))
                && said.contains("does not exist")
                && said.contains(&id.to_string())
                && is_word(table)
        })
    }

    /// The service's own word that this very connection is not there: a sentence about another one proves nothing.
    pub(super) fn proves_no_connection(&self, id: &str) -> bool {
        let bare = |id: &str| id.replace('-', "").to_ascii_lowercase();
        self.refusal().is_some_and(|refusal| {
            let mut named = refusal
                .message
                .split(|letter: char| !letter.is_ascii_hexdigit() && letter != '-')
                .map(bare)
                .filter(|word| word.len() == 32)
                .peekable();
            let is_about_it = named.peek().is_none() || named.any(|named| bare(id).ends_with(&named));
            refusal.status == 404 && refusal.code.eq_ignore_ascii_case("ConnectionNotFound") && is_about_it
        })
    }

    /// The service's own word that this environment is not there.
    pub fn proves_no_environment(&self) -> bool {
        self.status() == Some(404) && self.is_code(&["EnvironmentNotFound"])
    }

    /// Something is not there; what, and who says so, is another matter.
    pub fn is_not_found(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.status == 404)
    }

    /// The principal lacks a right.
    pub fn is_forbidden(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.status == 403)
    }

    /// The sign-in failed, or the service does not accept it.
    pub fn is_unauthorized(&self) -> bool {
        matches!(&*self.kind, Kind::SignIn(_)) || self.refusal().is_some_and(|refusal| refusal.status == 401)
    }

    /// Too much was asked in too short a time, and waiting did not help.
    pub fn is_throttled(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.status == 429)
    }

    /// Something with this key is there already.
    pub fn is_duplicate(&self) -> bool {
        self.is_code(&["0x80040237", "DuplicateRecord", "0x80060892"])
            || self.refusal().is_some_and(|refusal| {
                let message = refusal.message.to_ascii_lowercase();
                refusal.status == 412 && message.contains("already exists")
                    || message.contains("database constraint") && message.contains("key")
            })
    }

    /// Dataverse's check that whoever writes a reference may read the secret.
    pub fn is_secret_access(&self) -> bool {
        self.is_code(&["0x8004801E", "8004801E"])
            || self.refusal().is_some_and(|refusal| {
                refusal.message.contains("not authorized to read secrets")
                    || refusal.message.contains("Could not verify the user permission")
            })
    }

    /// The same, where it could not look: the vault is not where its id says, or its subscription does not know Power Platform.
    pub fn is_secret_unverified(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.message.contains("Could not verify the user permission"))
    }

    /// Power Platform's own API refused, and not a service behind it.
    pub fn is_power_platform(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.host.contains(".environment.api."))
    }

    /// A user who shall own something is not there.
    pub fn is_owner_missing(&self) -> bool {
        self.refusal().is_some_and(|refusal| {
            let said = refusal.message.to_ascii_lowercase();
            said.contains("systemuser") && said.contains("does not exist")
        })
    }

    /// The request may or may not have been carried out.
    pub fn outcome_unknown(&self) -> bool {
        if self.uncertain {
            return true;
        }
        match &*self.kind {
            Kind::Connection { broken, .. } => *broken == Broken::Sent,
            Kind::NotTheService { status, .. } => *status >= 500,
            Kind::Service { heard, .. } => matches!(heard.status, 408 | 500 | 502 | 504),
            Kind::Unexpected(_) | Kind::Late(_) => true,
            _ => false,
        }
    }

    /// No other try mends it: this process's own surroundings are at fault, or the request itself, or the sign-in, which has been tried
    /// often enough; or no other try may begin.
    pub(super) fn is_final(&self) -> bool {
        matches!(&*self.kind, Kind::Unsendable(_) | Kind::Overdue(_) | Kind::Stopped) || self.is_own()
    }

    /// What is at fault is on this side, and concerns all that is asked: the process's own surroundings, the trust, the proxy, the sign-in. No
    /// apply mends it.
    pub fn is_own(&self) -> bool {
        match &*self.kind {
            Kind::Setup(_) => true,
            Kind::Overdue(_) | Kind::Stopped => false,
            _ => self.is_sign_in() || self.is_trust() || self.is_proxy() || self.is_proxy_login(),
        }
    }

    /// The sign-in failed, whatever kept it.
    pub fn is_sign_in(&self) -> bool {
        self.operation == SIGNING_IN
    }

    /// The proxy cannot be reached.
    pub fn is_proxy(&self) -> bool {
        self.broken() == Some(Broken::Proxy)
    }

    /// The proxy wants to know who asks.
    pub fn is_proxy_login(&self) -> bool {
        self.broken() == Some(Broken::Login)
    }

    /// Somebody else than the service answered, such as a proxy.
    pub fn is_not_the_service(&self) -> bool {
        matches!(&*self.kind, Kind::NotTheService { .. })
    }

    /// A single host cannot be reached.
    pub fn is_unreachable(&self) -> bool {
        matches!(self.broken(), Some(Broken::Refused | Broken::Unresolved | Broken::Unmade | Broken::Sent))
            && !self.is_sign_in()
    }

    /// The operation's time was over before it could begin.
    pub fn is_overdue(&self) -> bool {
        matches!(&*self.kind, Kind::Overdue(_))
    }

    /// The user asked to stop before it could begin.
    pub fn is_stopped(&self) -> bool {
        matches!(&*self.kind, Kind::Stopped)
    }

    /// The other side's certificate is not trusted.
    pub fn is_trust(&self) -> bool {
        self.broken() == Some(Broken::Trust)
    }

    /// The vault's name does not lead anywhere.
    pub fn is_vault_missing(&self) -> bool {
        self.is_unreachable() || self.is_code(&["VaultNotFound"])
    }

    /// The vault trusts another tenant than the one that is signed in to.
    pub fn is_wrong_tenant(&self) -> bool {
        matches!(&*self.kind, Kind::WrongTenant { .. })
    }
}

impl Kind {
    fn through<'a>(&'a self, proxy: Option<&'a str>) -> Told<'a> {
        Told { kind: self, proxy }
    }
}

impl fmt::Debug for Kind {
    /// No more than everybody may read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.through(None))
    }
}

/// A kind in words, and the proxy that connections are made through.
struct Told<'a> {
    kind: &'a Kind,
    proxy: Option<&'a str>,
}

impl Told<'_> {
    fn connection(&self, f: &mut fmt::Formatter<'_>, host: &str, broken: Broken) -> fmt::Result {
        let proxy = self.proxy.unwrap_or("in between");
        match broken {
            Broken::Trust => {
                write!(f, "the connection to {host} is not secure: the other side's certificate is not trusted")
            }
            Broken::Proxy => write!(f, "the proxy {proxy} cannot be reached"),
            Broken::Login => write!(f, "the proxy {proxy} wants a user name and a password, or does not accept them"),
            Broken::Refused => write!(
                f,
                "the proxy {proxy} makes no connection to {host}: it cannot resolve that name, or not reach it, or does not allow it"
            ),
            Broken::Unresolved => write!(f, "the host name {host} cannot be resolved"),
            Broken::Unmade => match self.proxy {
                Some(proxy) => write!(f, "no connection to {host} could be made (the proxy is {proxy})"),
                None => write!(f, "no connection to {host} could be made"),
            },
            Broken::Sent => write!(
                f,
                "the connection to {host} broke after the request was sent; whether it was carried out is not known"
            ),
        }
    }
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Service { shown, .. } => shown.fmt(f),
            Kind::NotTheService { status, beginning } => write!(
                f,
                "the answer (HTTP {status}) is not the service's: a proxy or a firewall probably answered in its place. It begins with: \
                 {beginning}"
            ),
            Kind::Unexpected(what) => write!(f, "the service's answer is not understood: {what}"),
            Kind::Unsendable(what) => write!(f, "the request cannot be made: {what}"),
            Kind::Late(after) => write!(
                f,
                "there was no answer within {} seconds; whether it was carried out is not known",
                after.as_secs()
            ),
            Kind::Overdue(allowed) => {
                write!(f, "the {} seconds that the operation may take were over", allowed.as_secs())
            }
            Kind::Stopped => f.write_str("the user asked to stop"),
            Kind::Connection { host, broken } => self.connection(f, host, *broken),
            Kind::SignIn(what) | Kind::Setup(what) => f.write_str(what),
            Kind::WrongTenant { vault, ours } => {
                write!(f, "the vault belongs to the tenant {vault}, and the provider is signed in to {ours}")
            }
        }
    }
}

/// The first words of a page, without its markup.
fn words(page: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in page.chars().take(4000) {
        match letter {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            letter if !inside => text.push(letter),
            _ => {}
        }
    }
    let short: Vec<&str> = text.split_whitespace().take(20).collect();
    if short.is_empty() { "nothing".to_owned() } else { format!("\"{}\"", short.join(" ")) }
}

#[cfg(test)]
mod tests;
