//! The proxy that the environment's variables name: it is used or an error, and never ignored.
//!
//! What reads the variables for the HTTP client leaves out what it does not understand, and all of it where `REQUEST_METHOD` is set:
//! then requests would go past the proxy. So they are read here. What an address holds besides is not shown: it may be a password.

use std::sync::Arc;

use reqwest::NoProxy;
use url::Url;

use super::error::Error;

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
    let way = reqwest::Proxy::https(address).map_err(|_| unusable("is no address of a proxy"))?;
    Ok(Some(Proxy { way: way.no_proxy(NoProxy::from_env()), shown }))
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
