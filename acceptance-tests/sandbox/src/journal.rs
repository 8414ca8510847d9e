//! What was asked and what was answered, in order, without what is secret: the tests' witness.

use http::Method;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::Value;

use crate::azure_devops;
use crate::connectivity;
use crate::entra;
use crate::exchange::{Request, Response};
use crate::github_actions;
use crate::managed_identity;
use crate::rights::Demanded;

/// The headers that say something of a request.
const TOLD: [&str; 5] = ["if-match", "if-none-match", "prefer", "mscrm.solutionuniquename", "user-agent"];
/// The headers by which a request is found again in the logs of a service, or of several.
const IDS: [&str; 3] = ["x-ms-correlation-request-id", "x-ms-client-request-id", "client-request-id"];

/// The longest answer that is kept: lists of thousands of rows are not.
const LONGEST_ANSWER: usize = 256 * 1024;

/// A request and its answer.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    /// The method.
    pub method: String,
    /// The host.
    pub host: String,
    /// Path and query, decoded.
    pub target: String,
    /// The headers that matter.
    pub headers: Vec<(String, String)>,
    /// What the request calls itself and what it belongs to, by header; no line tells of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<(String, String)>,
    /// The body, when it is JSON or a form.
    pub body: Option<Value>,
    /// The status of the answer; none when the connection was broken off.
    pub status: Option<u16>,
    /// The answer, when it is JSON and no longer than a quarter of a megabyte; tokens are left out.
    pub answer: Option<Value>,
    /// What was inside a batch.
    pub parts: Vec<Exchange>,
    /// The rights that were asked for, those too that the client had; those of parts are with the parts. No line tells of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rights: Vec<Demanded>,
}

impl Exchange {
    pub(crate) fn new(request: &Request, response: Option<&Response>) -> Self {
        let is_sign_in = is_sign_in(&request.host);
        let mut body = if is_sign_in { entra::journaled(request) } else { serde_json::from_slice(&request.body).ok() };
        if let Some(body) = &mut body {
            connectivity::redact(body);
        }
        let told = |names: &[&str]| {
            let headers = names.iter().filter_map(|name| Some(((*name).to_owned(), request.header(name)?.to_owned())));
            headers.collect()
        };
        let answer = response.filter(|response| !is_sign_in && response.body.len() <= LONGEST_ANSWER);
        let answer = answer.and_then(|response| serde_json::from_slice(&response.body).ok());
        let parts = response.map(|response| response.parts.as_slice()).unwrap_or_default();
        Self {
            method: request.method.to_string(),
            host: request.host.clone(),
            target: target(request),
            headers: told(&TOLD),
            ids: told(&IDS),
            body,
            status: response.map(|response| response.status.as_u16()),
            answer,
            parts: parts.iter().map(|(request, response)| Self::new(request, Some(response))).collect(),
            rights: response.map(|response| response.rights.clone()).unwrap_or_default(),
        }
    }

    /// What the request says in one of the headers by which it is found again: `x-ms-correlation-request-id`, `x-ms-client-request-id`,
    /// `client-request-id`.
    pub fn id(&self, header: &str) -> Option<&str> {
        self.ids.iter().find(|(name, _)| name == header).map(|(_, value)| value.as_str())
    }

    /// The rights that were asked for, in its parts too.
    pub fn demanded(&self) -> Vec<&Demanded> {
        self.rights.iter().chain(self.parts.iter().flat_map(Exchange::demanded)).collect()
    }

    /// Whether it changed something, or could have: token requests and reads do not.
    pub fn is_write(&self) -> bool {
        !is_sign_in(&self.host) && self.method.parse::<Method>().is_ok_and(|method| connectivity::writes(&method))
    }

    /// The exchange in a line: `PATCH contoso.crm4.dynamics.com /api/…  if-match: *  {"name":"robot"} -> 204`.
    pub fn line(&self) -> String {
        let mut line = format!("{} {} {}", self.method, self.host, self.target);
        for (name, value) in self.headers.iter().filter(|(name, value)| name != "user-agent" && value != "null") {
            line = format!("{line}  {name}: {value}");
        }
        if let Some(body) = &self.body {
            line = format!("{line}  {body}");
        }
        match self.status {
            Some(status) => format!("{line} -> {status}"),
            None => format!("{line} -> broken off"),
        }
    }

    /// The line of the exchange and, indented, those of what was inside.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.line()];
        lines.extend(self.parts.iter().flat_map(Exchange::lines).map(|line| format!("  {line}")));
        lines
    }
}

/// Whether this host gives out tokens: what is answered there is secret.
fn is_sign_in(host: &str) -> bool {
    let asks = [github_actions::is_host, azure_devops::is_host, managed_identity::is_host];
    host.starts_with("login.") || asks.into_iter().any(|asks| asks(host))
}

/// Path and query as a person would write them.
fn target(request: &Request) -> String {
    let path = percent_decode_str(&request.path).decode_utf8_lossy().into_owned();
    if request.raw_query.is_empty() {
        return path;
    }
    let query = request.raw_query.replace('+', " ");
    format!("{path}?{}", percent_decode_str(&query).decode_utf8_lossy())
}
