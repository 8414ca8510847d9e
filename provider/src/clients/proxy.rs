//! The proxy that the environment's variables name: it is used or an error, and never ignored.
//!
//! What reads the variables for the HTTP client leaves out what it does not understand, and all of it where `REQUEST_METHOD` is set:
//! then requests would go past the proxy. So they are read here. What an address holds besides is not shown: it may be a password.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use percent_encoding::percent_decode_str;
use reqwest::NoProxy;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;
use zeroize::Zeroizing;

use super::error::Error;
use super::secrets::Secrets;

/// The variables that name a proxy; the first that is set to something counts.
const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const EXAMPLE: &str = "http://proxy.example.com:8080";

/// A proxy that connections are made through.
#[derive(Debug)]
pub(super) struct Proxy {
    /// What the HTTP client makes of it.
    pub(super) way: reqwest::Proxy,
    /// Its address without a user and a password.
    pub(super) shown: Arc<str>,
    /// Where it is asked what it wants.
    pub(super) door: Arc<Door>,
}

/// The address of a proxy, with what is secret in it.
pub(super) struct Door {
    address: Url,
    /// What a careless one says again.
    secrets: Secrets,
}

/// How long a proxy has to say what it wants.
const WORD: Duration = Duration::from_secs(2);
/// As much of that is read.
const MAX_WORD: usize = 8 << 10;

impl Door {
    fn of(address: Url) -> Door {
        let (secrets, word) = (Secrets::default(), decoded(address.password().unwrap_or_default()));
        let both = login(&address);
        secrets.remember(&word);
        if !word.is_empty() {
            for text in [&word, &both] {
                let coded = Zeroizing::new(STANDARD_NO_PAD.encode(text.as_bytes()));
                secrets.remember(&coded);
                secrets.remember(&Zeroizing::new(coded.replace('+', "-").replace('/', "_")));
            }
        }
        Door { address, secrets }
    }

    /// What the proxy says to whoever wants to reach a host and is let down for want of a login: the ways to log in that it offers. What the
    /// HTTP client hears of it is not told. Nothing when it says nothing, or is spoken to by TLS.
    pub(super) async fn demand(&self, host: &str) -> Option<String> {
        let head = timeout(WORD, self.ask(host)).await.ok()??;
        let demands: Vec<&str> = head
            .lines()
            .filter_map(|line| line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("proxy-authenticate")))
            .map(|(_, demand)| demand.trim())
            .collect();
        let demand: String = demands.join(", ").chars().filter(|letter| !letter.is_control()).collect();
        let (user, demand) = (decoded(self.address.username()), self.secrets.redact(&demand));
        let coded = Zeroizing::new(STANDARD_NO_PAD.encode(user.as_bytes()));
        let demand = [&user, &coded].into_iter().fold(demand, |demand, user| without(&demand, user));
        (!demand.is_empty()).then(|| demand.chars().take(200).collect())
    }

    async fn ask(&self, host: &str) -> Option<String> {
        let address = &self.address;
        if address.scheme() != "http" {
            return None;
        }
        let at = (address.host_str()?.trim_matches(['[', ']']), address.port_or_known_default()?);
        let mut stream = TcpStream::connect(at).await.ok()?;
        let question =
            Zeroizing::new(format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n{}\r\n", &*self.header()));
        stream.write_all(question.as_bytes()).await.ok()?;
        let mut head = Vec::new();
        let mut part = [0; 1024];
        while head.len() < MAX_WORD && !head.windows(4).any(|end| end == b"\r\n\r\n") {
            match stream.read(&mut part).await.ok()? {
                0 => break,
                read => head.extend_from_slice(&part[..read]),
            }
        }
        Some(String::from_utf8_lossy(&head).into_owned())
    }

    /// The header with what is known of a user, if anything is.
    fn header(&self) -> Zeroizing<String> {
        let both = login(&self.address);
        if *both == ":" {
            return Zeroizing::default();
        }
        Zeroizing::new(format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(both.as_bytes())))
    }
}

/// User and password, as a login has them.
fn login(address: &Url) -> Zeroizing<String> {
    let (user, word) = (decoded(address.username()), decoded(address.password().unwrap_or_default()));
    Zeroizing::new(format!("{}:{}", *user, *word))
}

/// A text without a word, which may be short: inside of another one it is none.
fn without(text: &str, word: &str) -> String {
    let (mut shown, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(word).filter(|_| !word.is_empty()) {
        shown.push_str(before);
        let is_part = shown.ends_with(char::is_alphanumeric) || after.starts_with(char::is_alphanumeric);
        shown.push_str(if is_part { word } else { "(hidden)" });
        rest = after;
    }
    shown + rest
}

fn decoded(text: &str) -> Zeroizing<String> {
    Zeroizing::new(percent_decode_str(text).decode_utf8_lossy().into_owned())
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Door")
    }
}

/// The proxy, if there is one; `variable` reads a variable of the environment.
///
/// # Errors
/// A variable that names none that can be used.
pub(super) fn proxy(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Proxy>, Error> {
    let set = |name| variable(name).filter(|value| !value.trim().is_empty()).map(|value| (name, value));
    let Some((name, value)) = VARIABLES.into_iter().find_map(set) else { return Ok(None) };
    let unusable = |what: &str| Error::setup(format!("the environment variable {name} {what}, such as {EXAMPLE}"));
    // Without a scheme it is a host and its port.
    let address = if value.contains("://") { value } else { format!("http://{value}") };
    let address = Url::parse(address.trim()).map_err(|_| unusable("is no address of a proxy"))?;
    if !matches!(address.scheme(), "http" | "https") {
        return Err(unusable("names a proxy that is spoken to otherwise than by http or https"));
    }
    let port = address.port().map(|port| format!(":{port}")).unwrap_or_default();
    let shown = format!("{}://{}{port} (of {name})", address.scheme(), address.host_str().unwrap_or_default()).into();
    let way = reqwest::Proxy::https(address.clone()).map_err(|_| unusable("is no address of a proxy"))?;
    let without = set("NO_PROXY").or_else(|| set("no_proxy")).and_then(|(_, hosts)| NoProxy::from_string(&hosts));
    Ok(Some(Proxy { way: way.no_proxy(without), shown, door: Arc::new(Door::of(address)) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_used_or_an_error_and_never_ignored() {
        let read = |set: &'static [(&str, &str)]| {
            proxy(|name| set.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(read(&[]).unwrap().is_none());
        assert!(read(&[("HTTPS_PROXY", ""), ("all_proxy", " ")]).unwrap().is_none());
        for right in ["http://proxy:3128", "https://proxy", "proxy:3128", "10.0.0.1", "http://user:word@proxy:8080/"] {
            assert!(read(Box::leak(Box::new([("https_proxy", right)]))).unwrap().is_some(), "{right}");
        }
        let shown = read(&[("HTTPS_PROXY", "http://me:hunter2@proxy:3128/")]).unwrap().unwrap().shown;
        assert_eq!(&*shown, "http://proxy:3128 (of HTTPS_PROXY)");
        for wrong in ["http://[bad", "ftp://proxy", "socks5://me:hunter2@proxy", "http://", "http://me:hunter2@pro xy"]
        {
            let error = read(Box::leak(Box::new([("ALL_PROXY", wrong), ("HTTP_PROXY", "http://other")]))).unwrap_err();
            let told = error.to_string();
            assert!(error.is_final() && told.contains("ALL_PROXY") && !told.contains("hunter2"), "{told}");
        }
        let first = read(&[("HTTPS_PROXY", "http://[bad"), ("ALL_PROXY", "http://proxy")]);
        assert!(first.is_err_and(|error| error.to_string().contains("HTTPS_PROXY")), "no other one takes its place");
    }
}
