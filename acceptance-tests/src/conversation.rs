//! The conversation that the sandbox journaled, in words that are the same in every run.
//!
//! Ids that the default world defines get their names; ids that were minted are numbered in the order in which they appear, so that
//! `«id1»` in two lines is the same object, in whatever spelling. A test writes the expected text down whole; `UPDATE_EXPECT=1` does so
//! for it, and the difference is there to be read.

use std::collections::HashMap;

use sandbox::{Exchange, default_world};

/// What ids are called.
#[derive(Debug)]
pub struct Names {
    names: HashMap<String, String>,
    minted: usize,
}

impl Names {
    /// The ids whose names are known from the start.
    #[must_use]
    pub fn new(known: &[(String, &str)]) -> Names {
        let names = known.iter().map(|(id, name)| (bare(id), format!("«{name}»"))).collect();
        Names { names, minted: 0 }
    }

    /// Replaces every GUID, dashed or not: by its name when it is known, else by its number.
    pub fn told(&mut self, line: &str) -> String {
        let mut told = String::new();
        let mut rest = line;
        while let Some(letter) = rest.chars().next() {
            let follows_a_digit = told.chars().last().is_some_and(|last| last.is_ascii_hexdigit());
            let length = if follows_a_digit { 0 } else { guid_at(rest) };
            if length == 0 {
                told.push(letter);
                rest = &rest[letter.len_utf8()..];
                continue;
            }
            let minted = &mut self.minted;
            let name = self.names.entry(bare(&rest[..length])).or_insert_with(|| {
                *minted += 1;
                format!("«id{minted}»")
            });
            told.push_str(name);
            rest = &rest[length..];
        }
        told
    }
}

/// Exchanges as a text that is the same in every run: a line for each, what stands in a change set indented below it. What is asked
/// several times in a row stands there once, because how often a client has to ask is a question of time.
#[must_use]
pub fn transcript(exchanges: &[Exchange], names: &mut Names) -> Vec<String> {
    let lines = exchanges.iter().flat_map(lines);
    let mut told: Vec<String> = lines.map(|line| names.told(&line)).collect();
    told.dedup();
    told
}

/// The same of a client that asks several things at once: sorted, and each thing once. Ids get their numbers in the order of the
/// writes, which depend on each other.
#[must_use]
pub fn sorted(exchanges: &[Exchange], names: &mut Names) -> Vec<String> {
    for write in exchanges.iter().filter(|exchange| exchange.is_write()) {
        lines(write).iter().for_each(|line| drop(names.told(line)));
    }
    let told = |exchange: &Exchange| lines(exchange).iter().map(|line| names.told(line)).collect();
    let mut all: Vec<Vec<String>> = exchanges.iter().map(told).collect();
    all.sort();
    all.dedup();
    all.concat()
}

fn lines(exchange: &Exchange) -> Vec<String> {
    let parts = exchange.parts.iter().map(|part| format!("  {}", short(part, "")));
    std::iter::once(short(exchange, &service(&exchange.host))).chain(parts).collect()
}

/// An exchange in a line that people read: `PATCH dataverse /credentials(…)  {"name":"Robot"} -> 204`. Of a query, the columns that it
/// selects and the version of the interface are left out: the unit tests of the clients have them.
fn short(exchange: &Exchange, service: &str) -> String {
    let (path, query) = exchange.target.split_once('?').unwrap_or((&exchange.target, ""));
    let status = exchange.status.map_or("broken off".to_owned(), |status| status.to_string());
    if service == "entra" {
        let scope = exchange.body.as_ref().and_then(|body| body["scope"].as_str()).unwrap_or(path);
        let scope = scope.trim_start_matches("https://").trim_end_matches("/.default");
        return format!("token for {} -> {status}", self::service(scope));
    }
    let path = PREFIXES.iter().find_map(|prefix| path.strip_prefix(prefix)).unwrap_or(path);
    let mut line = format!("{} {service}", exchange.method);
    line = format!("{} {path}", line.trim_end());
    for (number, part) in query.split('&').filter_map(asked).enumerate() {
        line = format!("{line}{}{part}", if number == 0 { '?' } else { '&' });
    }
    for (name, value) in exchange.headers.iter().filter(|(name, value)| name != "user-agent" && value != "null") {
        line = format!("{line}  {name}: {value}");
    }
    if let Some(body) = &exchange.body {
        line = format!("{line}  {body}");
    }
    format!("{line} -> {status}")
}

/// What every path of a service begins with.
pub(crate) const PREFIXES: [&str; 4] = [
    "/api/data/v9.2",
    "/providers/Microsoft.BusinessAppPlatform/scopes/admin",
    "/connectivity/connectors/shared_uiflow",
    "/connectivity",
];

/// The part of a query, as short as it says anything.
fn asked(part: &str) -> Option<String> {
    match part.split_once('=')? {
        ("api-version", _) => None,
        ("$select", _) => Some("select".to_owned()),
        ("$expand", _) => Some("expand".to_owned()),
        (name, value) => Some(format!("{}={value}", name.trim_start_matches('$'))),
    }
}

/// Whose host this is, in a word; what stands first in the name of the host where there are several.
pub(crate) fn service(host: &str) -> String {
    let first = host.split('.').next().unwrap_or(host);
    // The host of an environment begins with its id, but for the last two letters.
    let is_default = default_world::ENVIRONMENT.replace('-', "").starts_with(first);
    match host {
        default_world::ORG => "dataverse".to_owned(),
        "service.powerapps.com" | "api.bap.microsoft.com" => "environments".to_owned(),
        "vault.azure.net" => "vaults".to_owned(),
        "api.powerplatform.com" => "connectivity".to_owned(),
        _ if host.starts_with("login.") => "entra".to_owned(),
        _ if host.contains(".vault.") => format!("vault:{first}"),
        _ if host.contains(".dynamics.") => format!("dataverse:{first}"),
        _ if host.contains(".environment.api.") && is_default => "connectivity".to_owned(),
        _ if host.contains(".environment.api.") => format!("connectivity:{first}"),
        other => other.to_owned(),
    }
}

/// The length of the GUID that a text begins with, else 0.
pub(crate) fn guid_at(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_hex =
        |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_hexdigit));
    let ends = |length: usize| bytes.get(length).is_none_or(|next| !next.is_ascii_hexdigit());
    if is_hex(0..32) && ends(32) {
        return 32;
    }
    let parts = [0..8, 9..13, 14..18, 19..23, 24..36];
    let is_dashed = [8, 13, 18, 23].iter().all(|at| bytes.get(*at) == Some(&b'-'));
    if is_dashed && parts.into_iter().all(is_hex) && ends(36) { 36 } else { 0 }
}

fn bare(id: &str) -> String {
    id.chars().filter(|letter| *letter != '-').map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &[&str], expected: &[&str]) {
        let mut names = Names::new(&[("11111111-1111-4111-8111-111111111111".to_owned(), "Finance")]);
        let told: Vec<String> = lines.iter().map(|line| names.told(line)).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn ids_become_names_and_numbers() {
        check(
            &[
                "GET /x(ABCDEF00-0000-4000-8000-000000000001)",
                "PUT /y/11111111111141118111111111111111 {\"id\":\"abcdef00000040008000000000000001\"}",
                "DELETE /z(22222222-2222-4222-8222-222222222222) -> 204",
            ],
            &["GET /x(«id1»)", "PUT /y/«Finance» {\"id\":\"«id1»\"}", "DELETE /z(«id2») -> 204"],
        );
    }

    #[test]
    fn what_only_looks_like_an_id_stays() {
        let thumbprint = "0123456789ABCDEF0123456789ABCDEF01234567";
        check(
            &[thumbprint, "11111111-1111-4111-8111-11111111111", "ünicode"],
            &[thumbprint, "11111111-1111-4111-8111-11111111111", "ünicode"],
        );
    }

    #[test]
    fn an_exchange_is_a_line_without_what_is_always_the_same() {
        let exchange = |method: &str, host: &str, target: &str, body: Option<serde_json::Value>| Exchange {
            method: method.to_owned(),
            host: host.to_owned(),
            target: target.to_owned(),
            headers: vec![("if-match".to_owned(), "*".to_owned()), ("user-agent".to_owned(), "x".to_owned())],
            body,
            status: Some(200),
            answer: None,
            parts: Vec::new(),
            ids: Vec::new(),
            rights: Vec::new(),
        };
        let scope = serde_json::json!({ "scope": "https://vault.azure.net/.default" });
        let poll =
            || exchange("GET", "a.environment.api.powerplatform.com", "/connectivity/connections?api-version=1", None);
        let said = [
            exchange("POST", "login.microsoftonline.com", "/t/oauth2/v2.0/token", Some(scope)),
            exchange("GET", default_world::ORG, "/api/data/v9.2/credentials?$select=name&$filter=name eq 'x'", None),
            poll(),
            poll(),
        ];
        assert_eq!(
            transcript(&said, &mut Names::new(&[])),
            [
                "token for vaults -> 200",
                "GET dataverse /credentials?select&filter=name eq 'x'  if-match: * -> 200",
                "GET connectivity:a /connections  if-match: * -> 200",
            ]
        );
    }
}
