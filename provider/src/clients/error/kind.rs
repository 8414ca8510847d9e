//! What can go wrong, in words.

use std::fmt;
use std::time::Duration;

use url::Url;

use crate::clients::refusal::Refusal;

/// What went wrong.
pub(super) enum Kind {
    /// The service answered with an error of its own: its words, and what is shown of them.
    Service { heard: Box<Refusal>, shown: Box<Refusal> },
    /// Something answered that is not the service.
    NotTheService { status: u16, beginning: String, leads_to: Option<String> },
    /// The service answered something unexpected.
    Unexpected(String),
    /// The request cannot be made: it was never sent.
    Unsendable(String),
    /// There was no answer in the time that the operation had.
    Late(Duration),
    /// The time was over before it could begin, or before a question was answered; and what has kept it from being sent.
    Overdue(Duration, Option<String>),
    /// The user asked to stop before it could begin, or before a question was answered.
    Stopped,
    /// The connection to a host failed.
    Connection { host: String, broken: Broken },
    /// The sign-in failed, and what to do, where whoever told it knows.
    SignIn { what: String, remedy: Option<String> },
    /// The vault trusts another tenant.
    WrongTenant { vault: String, ours: String },
    /// The process's own surroundings are at fault.
    Setup(String),
}

/// How far a connection came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
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
    /// It ended within the TLS handshake.
    Handshake,
    /// The other side does not agree to TLS as it is spoken here.
    Disagreed,
    /// What is there speaks something else than TLS.
    Foreign,
    /// Nothing has come back from it.
    Silent,
    /// It was not made.
    Unmade,
    /// It broke when the request may have arrived.
    Sent,
}

impl Broken {
    /// From the words of the libraries, from the outermost to the innermost: they have no other mark that survives Microsoft's SDKs.
    pub(super) fn of(chain: &[String], sent: bool) -> Broken {
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
        } else if says(&["timed out", "deadline has elapsed"]) {
            Broken::Silent
        } else if says(&["tcp connect error", "tcp open error", "tcp set_"]) || !text.contains("(connect)") {
            Broken::Unmade
        } else if says(&["received fatal alert", "peer is incompatible"]) {
            Broken::Disagreed
        } else if text.contains("received corrupt message") {
            Broken::Foreign
        } else {
            Broken::Handshake
        }
    }
}

impl fmt::Debug for Kind {
    /// No more than everybody may read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Told { kind: self, proxy: None, is_open: false })
    }
}

/// A kind in words.
pub(super) struct Told<'a> {
    pub(super) kind: &'a Kind,
    /// What connections are made through.
    pub(super) proxy: Option<&'a str>,
    /// Whether something was to be carried out, of which a connection that breaks leaves open whether it was.
    pub(super) is_open: bool,
}

impl Told<'_> {
    fn outcome(&self) -> &'static str {
        if self.is_open { "; whether it was carried out is not known" } else { "" }
    }

    fn connection(&self, f: &mut fmt::Formatter<'_>, host: &str, broken: Broken) -> fmt::Result {
        let proxy = self.proxy.unwrap_or("in between");
        let through = self.proxy.map(|proxy| format!(" (the proxy is {proxy})")).unwrap_or_default();
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
            Broken::Handshake => {
                write!(f, "the connection to {host} ended within the TLS handshake, before anything was sent{through}")
            }
            Broken::Disagreed => write!(
                f,
                "{host} breaks the TLS handshake off: it may speak no version from 1.2 on, or demand a certificate of the client{through}"
            ),
            Broken::Foreign => write!(
                f,
                "what answers in the place of {host} does not speak TLS: it is probably a firewall, or the sign-in page of a network{through}"
            ),
            Broken::Silent => write!(f, "{host} does not answer{through}"),
            Broken::Unmade => write!(f, "no connection to {host} could be made{through}"),
            Broken::Sent => {
                write!(f, "the connection to {host} broke after the request was sent{}", self.outcome())
            }
        }
    }
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Service { shown, .. } => shown.fmt(f),
            Kind::NotTheService { status, beginning, leads_to } => {
                write!(f, "the answer (HTTP {status}) is not the service's: ")?;
                match leads_to {
                    Some(leads_to) => {
                        write!(
                            f,
                            "a proxy, a firewall or a network's sign-in page answered in its place, and leads to {leads_to}"
                        )
                    }
                    None => {
                        write!(f, "a proxy or a firewall probably answered in its place. It begins with: {beginning}")
                    }
                }
            }
            Kind::Unexpected(what) => write!(f, "the service's answer is not understood: {what}"),
            Kind::Unsendable(what) => write!(f, "the request cannot be made: {what}"),
            Kind::Late(after) => {
                write!(f, "there was no answer within {} seconds{}", after.as_secs(), self.outcome())
            }
            Kind::Overdue(allowed, None) => {
                write!(f, "the {} seconds that the operation may take were over", allowed.as_secs())
            }
            Kind::Overdue(allowed, Some(why)) => {
                write!(f, "the {} seconds that the operation may take are not enough: {why}", allowed.as_secs())
            }
            Kind::Stopped => f.write_str("the user asked to stop"),
            Kind::Connection { host, broken } => self.connection(f, host, *broken),
            Kind::SignIn { what, .. } | Kind::Setup(what) => f.write_str(what),
            Kind::WrongTenant { vault, ours } => {
                write!(f, "the vault belongs to the tenant {vault}, and the provider is signed in to {ours}")
            }
        }
    }
}

/// Where an address leads, without its path: what follows may be long, and of a person.
pub(super) fn origin(location: &str) -> String {
    let origin = Url::parse(location).ok().map(|url| url.origin().ascii_serialization());
    origin.filter(|origin| origin != "null").unwrap_or_else(|| "another page".to_owned())
}

/// The first words of a page, without its markup.
pub(super) fn words(page: &str) -> String {
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
