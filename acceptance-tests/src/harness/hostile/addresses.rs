//! Addresses that lead elsewhere, pages without end, and echoes of what was said in confidence.

use sandbox::{Body, Crafted, Effect, Fault, Notation};
use serde_json::json;

use super::{Attack, Deed, MAKE_CONNECTION, MAKE_REFERENCE, READ_REFERENCES, Scenario, Variant, scenario};

/// Where nobody's token may go.
const ELSEWHERE: [&str; 14] = [
    "https://evil.example",
    "http://contoso.crm4.dynamics.com",
    "https://contoso.crm4.dynamics.com:8443",
    "https://contoso.crm4.dynamics.com@evil.example",
    "https://contoso.crm4.dynamics.com.evil.example/",
    "https://evil.example/.dynamics.com",
    "https://evil.example?.dynamics.com",
    "https://evil.example#.dynamics.com",
    "https://contoso.crm4.dynam\u{131}cs.com",
    "https://contoso.crm4.dynamics.com\\@evil.example",
    "//evil.example",
    "https://127.0.0.1",
    "file:///etc/passwd",
    "",
];

/// A part of the address of everybody who is asked.
const EVERYBODY: [&str; 5] =
    ["dynamics.com", "environment.api", "vault.azure.net", "login.microsoftonline.com", "api.bap.microsoft.com"];

const NOTATIONS: [Notation; 6] =
    [Notation::Sent, Notation::Decoded, Notation::Json, Notation::Address, Notation::Beginning, Notation::Page];

/// Every attack by an address, a page and an echo.
pub(super) fn attacks() -> Vec<Attack> {
    let mut all = Vec::new();
    for (number, address) in ELSEWHERE.iter().enumerate() {
        let place = "/properties/linkedEnvironmentMetadata/instanceUrl".to_owned();
        let fault = Fault::next("api.bap.microsoft.com", Effect::Altered(vec![(place, json!(address))]));
        all.push(Attack::new("addresses", format!("organization-{number}"), MAKE_REFERENCE, fault));
        for (list, at, name) in lists() {
            let fault = Fault::next(at, Effect::Altered(vec![(format!("/{name}"), json!(address))])).method("GET");
            all.push(Attack::new("addresses", format!("next-page-{number}"), list, fault));
        }
    }
    for host in EVERYBODY {
        for status in [301, 302, 307, 308] {
            let moved = Crafted::new(status, "").header("location", "https://evil.example/").body(Body::Empty);
            let fault = Fault::next(host, Effect::Answer(moved));
            all.push(Attack::new("addresses", format!("{host}/moved-{status}"), asking(host), fault));
        }
        for notation in NOTATIONS {
            let fault = Fault::next(host, Effect::Echo(notation));
            all.push(Attack::new("echoes", format!("{host}/{notation:?}").to_lowercase(), asking(host), fault));
        }
    }
    // What is sent in confidence goes with the write; what is read before it is answered well.
    for notation in NOTATIONS {
        let fault = Fault::next("/connections/", Effect::Echo(notation)).method("PUT");
        all.push(Attack::new("echoes", format!("put/{notation:?}").to_lowercase(), MAKE_CONNECTION, fault));
        let fault = Fault::next("$batch", Effect::Echo(notation));
        all.push(Attack::new("echoes", format!("batch/{notation:?}").to_lowercase(), MAKE_REFERENCE, fault));
    }
    all.extend(challenges());
    all.extend(pages());
    all
}

/// Who asks this host.
fn asking(host: &str) -> Scenario {
    if host == "environment.api" { MAKE_CONNECTION } else { MAKE_REFERENCE }
}

/// Lists, where they are asked for, and what leads to their next page.
fn lists() -> [(Scenario, &'static str, &'static str); 3] {
    [
        (scenario(Deed::List, Variant::Reference), "environmentvariabledefinitions", "@odata.nextLink"),
        (scenario(Deed::List, Variant::Connection), "/connectivity/connections", "nextLink"),
        (READ_REFERENCES, "vault.azure.net/certificates", "nextLink"),
    ]
}

/// Where such a list's next page is.
fn next_page(at: &str) -> String {
    match at {
        "environmentvariabledefinitions" => format!("https://contoso.crm4.dynamics.com/api/data/v9.2/{at}"),
        "/connectivity/connections" => {
            format!("https://e00000000000400080000000000000.a1.environment.api.powerplatform.com{at}")
        }
        _ => format!("https://kv-robots.{at}"),
    }
}

/// Vaults that send whoever asks to somebody else's sign-in.
fn challenges() -> Vec<Attack> {
    let challenge =
        |authority: &str, resource: &str| format!(r#"Bearer authorization="{authority}", resource="{resource}""#);
    let own = "https://login.microsoftonline.com/7e0a0000-0000-4000-8000-000000000001";
    let told = [
        (
            "authority",
            challenge("https://login.evil.example/7e0a0000-0000-4000-8000-000000000001", "https://vault.azure.net"),
        ),
        ("resource", challenge(own, "https://evil.example")),
        ("other-resource", challenge(own, "https://management.azure.com")),
        ("garbage", "Bearer \u{20}=\"".to_owned()),
    ];
    let attack = |(name, challenge): (&str, String)| {
        let answer = Crafted::new(401, "").header("www-authenticate", &challenge);
        let fault = Fault::next("vault.azure.net", Effect::Answer(answer));
        Attack::new("addresses", format!("challenge-{name}"), MAKE_REFERENCE, fault)
    };
    told.into_iter().map(attack).collect()
}

fn pages() -> Vec<Attack> {
    let mut all = Vec::new();
    for (list, at, next) in lists() {
        let page = |body: Body| {
            let answer = Crafted::new(200, "").header("content-type", "application/json").body(body);
            Fault::next(at, Effect::Answer(answer)).method("GET")
        };
        let itself = format!(r#"{{"value":[],"{next}":"{}?x=1"}}"#, next_page(at));
        all.push(Attack::new("pages", "itself".to_owned(), list, page(Body::Text(itself))));
        for rows in [1_001, 5_001, 200_000] {
            let rows_but_one =
                Body::Repeated(r#"{"value":["#.to_owned(), "{},".to_owned(), rows - 1, "{}]}".to_owned());
            let attack = Attack::new("pages", format!("{rows}-rows"), list, page(rows_but_one));
            all.push(Attack { is_measured: list.deed == Deed::Refresh, ..attack });
        }
    }
    // A creation looks whether there is one already: that has a deadline.
    for (scenario, at) in
        [(MAKE_CONNECTION, "/connectivity/connections"), (READ_REFERENCES, "vault.azure.net/certificates")]
    {
        let body = format!(r#"{{"value":[],"nextLink":"{}?page={{struck}}"}}"#, next_page(at));
        let answer = Crafted::new(200, &body).header("content-type", "application/json");
        let fault = Fault::next(at, Effect::Answer(answer)).method("GET");
        all.push(Attack::new("pages", "ever-new".to_owned(), scenario, fault));
    }
    all
}
