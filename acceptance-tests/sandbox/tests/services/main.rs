//! The sandbox as a client sees it: through the proxy, with TLS, by the real host names.

mod assertions;
mod claims;
mod clouds;
mod connections;
mod crowds;
mod environments;
mod federation;
mod limits;
mod managed_identities;
mod own_address;
mod power_platform;
mod program;
mod rights;
mod sign_in;
mod vaults;

use reqwest::{Client, Method, Proxy, StatusCode, Url};
use sandbox::{CertificateSpec, Effect, Fault, Sandbox, default_world as contoso};
use serde_json::{Value, json};
use uuid::Uuid;

const ENVIRONMENT_HOST: &str = "https://e00000000000400080000000000000.a1.environment.api.powerplatform.com";
const BAP: &str = "https://api.bap.microsoft.com/providers/Microsoft.BusinessAppPlatform/scopes/admin/environments";

/// A sandbox and a client that trusts it.
struct World {
    sandbox: Sandbox,
    client: Client,
}

struct Answer {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl World {
    fn new() -> World {
        let sandbox = Sandbox::start().unwrap();
        let authority = reqwest::Certificate::from_pem(&std::fs::read(sandbox.ca_file()).unwrap()).unwrap();
        let builder = Client::builder().proxy(Proxy::https(sandbox.proxy_url()).unwrap()).tls_certs_only([authority]);
        World { client: builder.build().unwrap(), sandbox }
    }

    async fn ask(&self, method: Method, url: &str, token: &str, body: Option<Value>) -> reqwest::Result<Answer> {
        let mut request = self.client.request(method, url);
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
        Ok(Answer { status, headers, body })
    }

    async fn get(&self, url: &str, token: &str) -> Answer {
        self.ask(Method::GET, url, token, None).await.unwrap()
    }

    async fn sign_in(&self, client: &str, secret: &str, scope: &str) -> Answer {
        self.token_request(&[("client_id", client), ("client_secret", secret), ("scope", scope)]).await
    }

    /// Shows an assertion of an application for a token of the vaults.
    async fn show(&self, client: &str, assertion: &str) -> Answer {
        let fields = [
            ("client_id", client),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion),
            ("scope", &format!("{}/.default", self.sandbox.with(|all| all.addresses().vaults_audience()))),
        ];
        self.token_request(&fields).await
    }

    async fn token_request(&self, fields: &[(&str, &str)]) -> Answer {
        let authority = self.sandbox.with(|all| all.addresses().authority);
        let url = format!("https://{authority}/{}/oauth2/v2.0/token", contoso::TENANT);
        let mut form = Url::parse("https://x/").unwrap();
        form.query_pairs_mut().append_pair("grant_type", "client_credentials").extend_pairs(fields);
        let request = self.client.post(url).header("content-type", "application/x-www-form-urlencoded");
        let response = request.body(form.query().unwrap_or_default().to_owned()).send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: serde_json::from_slice(&response.bytes().await.unwrap()).unwrap() }
    }

    async fn token(&self, audience: &str) -> String {
        self.token_of(contoso::CLIENT, contoso::SECRET, audience).await
    }

    async fn token_of(&self, client: &str, secret: &str, audience: &str) -> String {
        let answer = self.sign_in(client, secret, &format!("{audience}/.default")).await;
        answer.body["access_token"].as_str().unwrap_or_else(|| panic!("no token: {}", answer.body)).to_owned()
    }

    /// An answer of the token endpoint has this code; none, and it is a token.
    #[track_caller]
    fn check(&self, what: &str, answer: &Answer, code: u64) {
        if code == 0 {
            assert_eq!(answer.status, 200, "{what}: {}", answer.body);
            return;
        }
        assert_eq!(answer.body["error_codes"][0], code, "{what}: {}", answer.body);
        let status = if answer.body["error"] == "invalid_client" { 401 } else { 400 };
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
    }

    /// How many there are on each page of a list.
    async fn pages(&self, url: &str, token: &str) -> Vec<usize> {
        let (mut pages, mut next) = (Vec::new(), Some(url.to_owned()));
        while let Some(url) = next {
            let page = self.get(&url, token).await.body;
            pages.push(page["value"].as_array().unwrap_or_else(|| panic!("{url}: {page}")).len());
            next = page["nextLink"].as_str().or(page["@odata.nextLink"].as_str()).map(str::to_owned);
        }
        pages
    }

    async fn get_owned(&self, url: String, token: String) -> Answer {
        self.get(&url, &token).await
    }
}
