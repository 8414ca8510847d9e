//! Requests, counted as they come: by service and by kind. A batch is one request, and its parts are counted apart.

use std::collections::BTreeMap;

use sandbox::Exchange;
use serde::{Deserialize, Serialize};

use crate::conversation::{self, guid_at};

/// What was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// How many requests each service got.
    pub services: BTreeMap<String, usize>,
    /// How many requests there were of each kind: method, service, and the path without its names.
    pub kinds: BTreeMap<String, usize>,
    /// How many parts the batches had.
    pub parts: usize,
    /// How many requests were refused as too many.
    pub throttled: usize,
}

impl Requests {
    /// Counts these too.
    pub fn count(&mut self, exchanges: &[Exchange]) {
        for exchange in exchanges {
            *self.services.entry(service(exchange)).or_default() += 1;
            *self.kinds.entry(kind(exchange)).or_default() += 1;
            self.parts += exchange.parts.len();
            self.throttled += usize::from(exchange.status == Some(429));
        }
    }

    /// How many there were in all.
    #[must_use]
    pub fn total(&self) -> usize {
        self.services.values().sum()
    }

    /// The count of each kind for each of so many chains, the most frequent first.
    #[must_use]
    pub fn by_kind(&self, chains: usize) -> String {
        let mut kinds: Vec<(&String, &usize)> = self.kinds.iter().collect();
        kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(**count), (*kind).clone()));
        let line = |(kind, count): (&String, &usize)| {
            format!("{count:>7} {:>7.2} a chain  {kind}\n", *count as f64 / chains as f64)
        };
        kinds.into_iter().map(line).collect()
    }
}

impl std::fmt::Display for Requests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let services: Vec<String> = self.services.iter().map(|(service, count)| format!("{service} {count}")).collect();
        let of = if services.is_empty() { String::new() } else { format!(" ({})", services.join(", ")) };
        write!(
            f,
            "{} requests{of}, {} parts of batches, {} refused as too many",
            self.total(),
            self.parts,
            self.throttled
        )
    }
}

/// The service that was asked; all vaults are one.
fn service(exchange: &Exchange) -> String {
    let service = conversation::service(&exchange.host);
    service.split(':').next().unwrap_or(&service).to_owned()
}

/// A kind of request, with its parts: `GET dataverse /credentials(…)?select`.
fn kind(exchange: &Exchange) -> String {
    let service = service(exchange);
    if service == "entra" {
        return format!("{} {service}", exchange.method);
    }
    let (path, query) = exchange.target.split_once('?').unwrap_or((&exchange.target, ""));
    let prefix = conversation::PREFIXES.iter().find_map(|prefix| path.strip_prefix(prefix));
    let path = nameless(prefix.unwrap_or(path));
    // What a vault is asked for is named by its users.
    let path = match path.strip_prefix("/certificates/") {
        Some(rest) => format!("/certificates/…{}", rest.split_once('/').map_or("", |_| "/…")),
        None => path,
    };
    let asked: Vec<String> = query.split('&').filter_map(|part| part.split_once('=')).filter_map(option).collect();
    let asked = if asked.is_empty() { String::new() } else { format!("?{}", asked.join("&")) };
    let status = exchange.status.filter(|status| *status >= 400).map(|status| format!(" -> {status}"));
    let parts: Vec<String> = exchange.parts.iter().map(part).collect();
    let parts = if parts.is_empty() { String::new() } else { format!(" [{}]", parts.join(", ")) };
    format!("{} {service} {path}{asked}{parts}{}", exchange.method, status.unwrap_or_default())
}

fn part(part: &Exchange) -> String {
    let path = part.target.split('?').next().unwrap_or_default();
    let path = conversation::PREFIXES.iter().find_map(|prefix| path.strip_prefix(prefix)).unwrap_or(path);
    format!("{} {}", part.method, nameless(path))
}

fn option((name, value): (&str, &str)) -> Option<String> {
    match name.trim_start_matches('$') {
        "api-version" => None,
        name @ ("filter" | "orderby") => Some(format!("{name}={}", cut(&nameless(value)))),
        name => Some(name.to_owned()),
    }
}

/// A text in which ids and what stands in quotes are an ellipsis.
fn nameless(text: &str) -> String {
    let (mut said, mut rest) = (String::new(), text);
    while let Some(letter) = rest.chars().next() {
        let length = match (guid_at(rest), letter) {
            (0, '\'') => rest[1..].find('\'').map_or(0, |end| end + 2),
            (length, _) => length,
        };
        if length > 0 {
            said.push('…');
            rest = &rest[length..];
        } else {
            said.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    said
}

/// The beginning of a long filter: the rest of it is more of the same.
fn cut(text: &str) -> String {
    let mut letters = text.chars();
    let begun: String = letters.by_ref().take(60).collect();
    if letters.next().is_some() { format!("{begun}…") } else { begun }
}

#[cfg(test)]
mod tests {
    use sandbox::default_world;

    use super::*;

    fn exchange(method: &str, host: &str, target: &str, status: u16) -> Exchange {
        Exchange {
            method: method.to_owned(),
            host: host.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: None,
            status: Some(status),
            answer: None,
            parts: Vec::new(),
            ids: Vec::new(),
            rights: Vec::new(),
        }
    }

    #[test]
    fn a_batch_is_one_request_and_its_parts_are_counted_apart() {
        let post = |set: &str| exchange("POST", default_world::ORG, &format!("/api/data/v9.2/{set}"), 204);
        let parts = vec![post("credentials"), post("environmentvariablevalues")];
        let batch = Exchange { parts, ..post("$batch") };
        let mut requests = Requests::default();
        requests.count(&[batch.clone(), batch, exchange("GET", default_world::ORG, "/api/data/v9.2/WhoAmI", 429)]);
        assert_eq!((requests.total(), requests.parts, requests.throttled), (3, 4, 1));
        assert_eq!(
            requests.by_kind(2),
            "      2    1.00 a chain  POST dataverse /$batch [POST /credentials, POST /environmentvariablevalues]\n      \
             1    0.50 a chain  GET dataverse /WhoAmI -> 429\n"
        );
    }

    #[test]
    fn a_kind_names_nobody() {
        let check = |host: &str, target: &str, expected: &str| {
            assert_eq!(kind(&exchange("GET", host, target, 200)), format!("GET {expected}"));
        };
        let (id, vault) = ("11111111-1111-4111-8111-111111111111", "kv-fleet-01.vault.azure.net");
        let org = default_world::ORG;
        check(org, &format!("/api/data/v9.2/credentials({id})?$select=name"), "dataverse /credentials(…)?select");
        check(org, "/api/data/v9.2/credentials?$filter=name eq 'x'", "dataverse /credentials?filter=name eq …");
        check(vault, "/certificates/robot-0001?api-version=7.6", "vault /certificates/…");
        check(vault, "/certificates?api-version=7.6", "vault /certificates");
    }
}
