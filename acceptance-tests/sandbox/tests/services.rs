//! The sandbox as a client sees it: through the proxy, with TLS, by the real host names.

use reqwest::{Client, Method, Proxy, StatusCode, Url};
use sandbox::{CertificateSpec, Effect, Fault, Sandbox, Stage, default_world as contoso};
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
        let url = format!("https://login.microsoftonline.com/{}/oauth2/v2.0/token", contoso::TENANT);
        let mut form = Url::parse("https://x/").unwrap();
        form.query_pairs_mut()
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", client)
            .append_pair("client_secret", secret)
            .append_pair("scope", scope);
        let request = self.client.post(url).header("content-type", "application/x-www-form-urlencoded");
        let response = request.body(form.query().unwrap_or_default().to_owned()).send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: serde_json::from_slice(&response.bytes().await.unwrap()).unwrap() }
    }

    async fn token(&self, audience: &str) -> String {
        let answer = self.sign_in(contoso::CLIENT, contoso::SECRET, &format!("{audience}/.default")).await;
        answer.body["access_token"].as_str().expect("the default application signs in").to_owned()
    }
}

#[tokio::test]
async fn who_does_not_sign_in_rightly_is_told_why() {
    let world = World::new();
    let scope = "https://vault.azure.net/.default";
    for (client, secret, scope, code) in [
        (contoso::CLIENT, "wrong", scope, 7_000_215),
        (contoso::RUN_OWNER, "", scope, 7_000_215),
        (contoso::TENANT, contoso::SECRET, scope, 700_016),
        (contoso::CLIENT, contoso::SECRET, "https://elsewhere.example/.default", 500_011),
        (contoso::CLIENT, contoso::SECRET, "https://vault.azure.net", 500_011),
    ] {
        let answer = world.sign_in(client, secret, scope).await;
        assert_eq!(answer.body["error_codes"][0], code, "{}", answer.body);
        assert!(answer.body["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{code}: ")));
    }
    let answer = world.get("https://login.microsoftonline.com/nobody/v2.0/.well-known/openid-configuration", "").await;
    assert_eq!(answer.body["error_codes"][0], 90_002);
    let journal = format!("{:?}", world.sandbox.journal());
    assert!(!journal.contains(contoso::SECRET), "no secret reaches the journal");
}

#[tokio::test]
async fn what_msal_asks_first_is_answered() {
    let world = World::new();
    let instance =
        "https://login.microsoftonline.com/common/discovery/instance?api-version=1.1&authorization_endpoint=x";
    assert_eq!(world.get(instance, "").await.body["metadata"][0]["aliases"][0], "login.microsoftonline.com");
    let root = format!("https://login.microsoftonline.com/{}", contoso::TENANT);
    let configuration = world.get(&format!("{root}/v2.0/.well-known/openid-configuration"), "").await.body;
    assert_eq!(configuration["token_endpoint"], format!("{root}/oauth2/v2.0/token"));
    let keys = world.get(configuration["jwks_uri"].as_str().unwrap(), "").await.body;
    assert_eq!(keys["keys"][0]["kty"], "EC");
}

#[tokio::test]
async fn a_token_opens_one_service_for_an_hour() {
    let world = World::new();
    let url = "https://kv-robots.vault.azure.net/certificates/robot?api-version=7.4";
    let vault = world.token("https://vault.azure.net").await;
    let graph = world.token("https://graph.microsoft.com").await;
    assert_eq!(world.get(url, &vault).await.status, 200);
    assert_eq!(world.get(url, &graph).await.status, 401, "another audience");
    assert_eq!(world.get(url, "forged").await.status, 401);
    world.sandbox.advance(std::time::Duration::from_secs(3601));
    assert_eq!(world.get(url, &vault).await.status, 401, "an hour later");
    let renewed = world.token("https://vault.azure.net").await;
    assert_eq!(world.get(url, &renewed).await.status, 200);
    world.sandbox.fault(Fault::next("vault", Effect::RevokeTokens));
    assert_eq!(world.get(url, &renewed).await.status, 401, "revoked");
}

#[tokio::test]
async fn a_vault_challenges_and_tells_of_its_certificates_alone() {
    let world = World::new();
    let root = "https://kv-robots.vault.azure.net";
    let challenge = world.get(&format!("{root}/certificates/robot?api-version=7.4"), "").await;
    let expected = format!(
        "Bearer authorization=\"https://login.microsoftonline.com/{}\", resource=\"https://vault.azure.net\"",
        contoso::TENANT
    );
    assert_eq!((challenge.status, challenge.headers["www-authenticate"].to_str().unwrap()), (401, expected.as_str()));

    let token = world.token("https://vault.azure.net").await;
    let get = |path: &'static str| world.get_owned(format!("{root}{path}"), token.clone());
    for (path, status, code) in [
        ("/certificates/robot", 400, "BadParameter"),
        ("/certificates/robot?api-version=1.0", 400, "BadParameter"),
        ("/certificates/nobody?api-version=7.4", 404, "CertificateNotFound"),
        ("/certificates/robot/nothing?api-version=7.4", 404, "CertificateNotFound"),
        ("/secrets/robot?api-version=7.4", 501, "NotEmulated"),
        ("/certificates/robot?api-version=7.4&odd=1", 501, "NotEmulated"),
        ("/certificates?api-version=7.4&maxresults=26", 400, "BadParameter"),
    ] {
        let answer = get(path).await;
        assert_eq!((answer.status, answer.body["error"]["code"].as_str()), (status, Some(code)), "{path}");
    }
    let bundle = get("/certificates/robot/?api-version=7.4").await.body;
    assert_eq!(bundle["policy"]["secret_props"]["contentType"], "application/x-pkcs12");
    let version = bundle["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let again = world.get(&format!("{root}/certificates/ROBOT/{version}?api-version=7.4"), &token).await.body;
    assert_eq!(again["x5t"], bundle["x5t"]);

    let mut names = 0;
    let mut next = format!("{root}/certificates?api-version=7.4&maxresults=10");
    while !next.is_empty() {
        let page = world.get(&next, &token).await.body;
        names += page["value"].as_array().unwrap().len();
        next = page["nextLink"].as_str().unwrap_or_default().to_owned();
    }
    assert_eq!(names, 19);
    world.sandbox.with(|all| {
        let now = all.now();
        all.vaults.get_mut("kv-robots").unwrap().put_certificate("robot", CertificateSpec::default(), now);
    });
    let versions = get("/certificates/robot/versions?api-version=7.4").await.body;
    assert_eq!(versions["value"].as_array().unwrap().len(), 2);

    let closed = world.get("https://kv-closed.vault.azure.net/certificates/robot?api-version=7.4", &token).await;
    assert_eq!(closed.body["error"]["innererror"]["code"], "ForbiddenByRbac");
    let theirs = world.get("https://kv-theirs.vault.azure.net/certificates/robot?api-version=7.4", &token).await;
    assert!(theirs.headers["www-authenticate"].to_str().unwrap().contains(contoso::OTHER_TENANT));
}

impl World {
    async fn get_owned(&self, url: String, token: String) -> Answer {
        self.get(&url, &token).await
    }
}

#[tokio::test]
async fn an_environment_is_told_to_whom_it_may_be() {
    let world = World::new();
    let token = world.token("https://service.powerapps.com").await;
    let url = |id: &str| format!("{BAP}/{id}?api-version=2023-06-01");
    let contoso = world.get(&url(contoso::ENVIRONMENT), &token).await.body;
    assert_eq!(contoso["properties"]["linkedEnvironmentMetadata"]["instanceUrl"], "https://contoso.crm4.dynamics.com/");
    let bare = world.get(&url(contoso::BARE_ENVIRONMENT), &token).await.body;
    assert!(bare["properties"]["linkedEnvironmentMetadata"].is_null());
    let missing = world.get(&url("e0000000-0000-4000-8000-0000000000ff"), &token).await;
    assert_eq!((missing.status, missing.body["error"]["code"].as_str()), (404, Some("EnvironmentNotFound")));
    let maker = world.sign_in(contoso::MAKER, contoso::MAKER_SECRET, "https://service.powerapps.com/.default").await;
    let refused = world.get(&url(contoso::ENVIRONMENT), maker.body["access_token"].as_str().unwrap()).await;
    assert!(refused.body["error"]["message"].as_str().unwrap().contains("does not have permission to access the path"));
}

fn connection(values: Value) -> Value {
    let environment = format!("/providers/Microsoft.PowerApps/environments/{}", contoso::ENVIRONMENT);
    json!({"properties": {
        "environment": {"id": environment, "name": contoso::ENVIRONMENT},
        "displayName": "Robot",
        "connectionParametersSet": {"name": "azureRelay", "values": values},
    }})
}

#[tokio::test]
async fn a_connection_comes_settles_and_goes() {
    let world = World::new();
    world.sandbox.switches(|switches| switches.connectivity.settles_after_ms = 3_600_000);
    let token = world.token("https://api.powerplatform.com").await;
    let id = Uuid::new_v4();
    let one = format!("{ENVIRONMENT_HOST}/connectivity/connectors/shared_uiflow/connections/{id}?api-version=1");
    let values = json!({
        "username": {"value": "CONTOSO\\robot"}, "password": {"value": "hunter2"}, "targetId": {"value": contoso::FINANCE},
    });
    let put = |values: Value| world.ask(Method::PUT, &one, &token, Some(connection(values)));
    assert_eq!(put(values.clone()).await.unwrap().status, 201);
    assert_eq!(put(values.clone()).await.unwrap().status, 200);
    let status = |answer: Answer| answer.body["properties"]["statuses"][0]["status"].clone();
    assert_eq!(status(world.get(&one, &token).await), "Connecting");
    world.sandbox.advance(std::time::Duration::from_secs(3590));
    assert_eq!(status(world.get(&one, &token).await), "Connecting");
    world.sandbox.advance(std::time::Duration::from_secs(20));
    let token = world.token("https://api.powerplatform.com").await;
    let shown = world.get(&one, &token).await;
    assert!(!shown.body.to_string().contains("hunter2"), "what is secret is not told again");
    assert_eq!(status(shown), "Connected");
    let list = world.get(&format!("{ENVIRONMENT_HOST}/connectivity/connections?api-version=1"), &token).await;
    assert_eq!(list.body["value"].as_array().unwrap().len(), 1);
    let maker = world.sign_in(contoso::MAKER, contoso::MAKER_SECRET, "https://api.powerplatform.com/.default").await;
    let hidden = world.get(&one, maker.body["access_token"].as_str().unwrap()).await;
    assert_eq!(hidden.body["error"]["code"], "ConnectionNotFound", "only its maker sees it");
    assert_eq!(world.ask(Method::DELETE, &one, &token, None).await.unwrap().status, 200);
    assert_eq!(world.get(&one, &token).await.status, 404);
    assert!(!format!("{:?}", world.sandbox.journal()).contains("hunter2"));
}

#[tokio::test]
async fn a_connection_is_refused_by_what_is_wrong_with_it() {
    let world = World::new();
    let token = world.token("https://api.powerplatform.com").await;
    let one =
        |id: &str| format!("{ENVIRONMENT_HOST}/connectivity/connectors/shared_uiflow/connections/{id}?api-version=1");
    let good = json!({
        "username": {"value": "robot"}, "password": {"value": "x"}, "targetId": {"value": contoso::FINANCE},
    });
    let with = |name: &str, value: Value| {
        let mut values = good.clone();
        values[name] = value;
        connection(values)
    };
    let mut odd_property = connection(good.clone());
    odd_property["properties"]["color"] = "red".into();
    let mut odd_set = connection(good.clone());
    odd_set["properties"]["connectionParametersSet"]["name"] = "gateway".into();
    let mut missing_credential = connection(good.clone());
    missing_credential["properties"]["credentialId"] = Uuid::new_v4().to_string().into();
    for (body, code, words) in [
        (odd_property, "InvalidConnectionParameters", "does not know \"color\""),
        (odd_set, "InvalidConnectionParameters", "\"gateway\""),
        (with("odd", json!({"value": "x"})), "InvalidConnectionParameters", "\"odd\""),
        (with("targetId", json!({"value": "x"})), "InvalidConnectionParameters", "targetId is no GUID"),
        (with("targetId", json!({"value": Uuid::new_v4()})), "MachineGroupNotFound", "does not exist"),
        (with("targetId", json!({"value": contoso::BOARD})), "MachineGroupAccessDenied", "has no access"),
        (
            with("username", json!({"value": "@environmentVariables(\"x\")"})),
            "InvalidConnectionParameters",
            "credentialId",
        ),
        (missing_credential, "CredentialNotFound", "does not exist"),
    ] {
        let url = one(&Uuid::new_v4().to_string());
        let answer = world.ask(Method::PUT, &url, &token, Some(body)).await.unwrap();
        let detail = &answer.body["error"]["details"][0];
        assert_eq!(detail["code"], code, "{}", answer.body);
        assert!(detail["message"].as_str().unwrap().contains(words), "{detail}");
    }
    let answer = world.ask(Method::PUT, &one("robot"), &token, Some(connection(good))).await.unwrap();
    assert_eq!(answer.status, 400, "an id is a GUID");
}

#[tokio::test]
async fn nothing_leaves_and_what_is_not_emulated_says_so() {
    let world = World::new();
    for (url, status, code) in [
        ("https://example.org/", 403, "HostRefused"),
        ("https://vault.azure.net.example.org/", 403, "HostRefused"),
        ("https://graph.microsoft.com/v1.0/me", 501, "NotEmulated"),
        ("https://management.azure.com/subscriptions", 501, "NotEmulated"),
    ] {
        let answer = world.get(url, "").await;
        assert_eq!((answer.status, answer.body["error"]["code"].as_str()), (status, Some(code)), "{url}");
    }
    for nowhere in ["https://kv-nowhere.vault.azure.net/", "https://nowhere.crm4.dynamics.com/"] {
        let error = world.ask(Method::GET, nowhere, "", None).await.err().expect("nobody can connect to it");
        assert!(error.is_connect(), "{error:?}");
    }
    let plain = Client::builder().proxy(Proxy::http(world.sandbox.proxy_url()).unwrap()).build().unwrap();
    assert_eq!(plain.get("http://example.org/").send().await.unwrap().status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn bad_weather_strikes_whom_it_is_meant_for() {
    let world = World::new();
    let token = world.token("https://vault.azure.net").await;
    let url = "https://kv-robots.vault.azure.net/certificates/robot?api-version=7.4";
    let struck = |effect: Effect| world.sandbox.fault(Fault::next("/certificates/robot", effect).method("GET"));
    struck(Effect::Throttle(7));
    let answer = world.get(url, &token).await;
    assert_eq!((answer.status, answer.headers["retry-after"].to_str().unwrap()), (429, "7"));
    struck(Effect::Status(500, "Internal".into(), "on a bad day".into()));
    assert_eq!(world.get(url, &token).await.body["error"]["message"], "on a bad day");
    struck(Effect::Html(502));
    assert_eq!(world.get(url, &token).await.headers["content-type"], "text/html");
    struck(Effect::NotJson);
    assert!(world.get(url, &token).await.body.is_null());
    struck(Effect::ResetBefore);
    assert!(world.ask(Method::GET, url, &token, None).await.is_err());
    assert_eq!(world.sandbox.journal().last().unwrap().status, None, "the journal knows of it");
    assert_eq!(world.get(url, &token).await.status, 200, "and it passes");
}

#[tokio::test]
async fn who_watches_sees_each_request_twice_and_may_break_it_off() {
    let world = World::new();
    let token = world.token("https://vault.azure.net").await;
    let url = "https://kv-robots.vault.azure.net/certificates/robot?api-version=7.4";
    let (tell, told) = std::sync::mpsc::channel();
    world.sandbox.watch(move |passing, stage| {
        tell.send((passing.number, passing.path.clone(), stage)).unwrap();
        (passing.number, stage) != (2, Stage::Arrived) && (passing.number, stage) != (3, Stage::Done)
    });
    world.sandbox.clear_journal();
    let ask = || world.ask(Method::GET, url, &token, None);
    assert_eq!(ask().await.unwrap().status, 200);
    assert!(ask().await.is_err());
    assert_eq!(world.sandbox.journal().len(), 1, "what is broken off on arrival is not done");
    assert!(ask().await.is_err());
    assert_eq!(world.sandbox.journal().len(), 2, "what is broken off later is done");
    world.sandbox.unwatch();
    assert_eq!(ask().await.unwrap().status, 200);
    let seen: Vec<_> = told.iter().collect();
    let expected = [(1, Stage::Arrived), (1, Stage::Done), (2, Stage::Arrived), (3, Stage::Arrived), (3, Stage::Done)];
    assert_eq!(seen, expected.map(|(number, stage)| (number, "/certificates/robot".to_owned(), stage)));
}

#[tokio::test]
async fn its_own_address_seeds_breaks_and_tells() {
    let world = World::new();
    let client = Client::builder().no_proxy().build().unwrap();
    let ask = async |method: Method, path: &str, body: Value| {
        let request = client.request(method, format!("{}/{path}", world.sandbox.control_url())).json(&body);
        let response = request.send().await.unwrap();
        let good = response.status().is_success();
        let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default();
        assert!(good, "{path}: {body}");
        body
    };
    let rows = format!("rows/{}/environmentvariabledefinitions", contoso::ENVIRONMENT);
    let made = ask(Method::POST, &rows, json!({"schemaname": "cto_x", "displayname": "X", "type": 100_000_000})).await;
    let id = made["id"].as_str().unwrap().to_owned();
    ask(Method::PATCH, &format!("{rows}/{id}"), json!({"displayname": "Y"})).await;
    let all = ask(Method::GET, &rows, Value::Null).await;
    assert!(all.as_array().unwrap().iter().any(|row| row["displayname"] == "Y"));
    assert_eq!(ask(Method::DELETE, &format!("{rows}/{id}"), Value::Null).await, true);

    ask(Method::PUT, "vaults/kv-robots/certificates/new", json!({"pem": true})).await;
    ask(Method::PUT, "vaults/kv-closed/roles/somebody/Key%20Vault%20Reader", Value::Null).await;
    let seeded = world.sandbox.with(|all| {
        let vaults = &all.vaults;
        (vaults["kv-robots"].certificates.contains_key("new"), vaults["kv-closed"].roles.len())
    });
    assert_eq!(seeded, (true, 1));
    ask(Method::POST, "clock", json!({"advance_seconds": 60})).await;
    ask(Method::POST, "faults", json!({"matching": "graph", "effect": {"throttle": 3}})).await;
    assert_eq!(world.get("https://graph.microsoft.com/", "").await.status, 429);
    let mut switches = ask(Method::GET, "switches", Value::Null).await;
    switches["connectivity"]["returns_credential"] = false.into();
    ask(Method::PUT, "switches", switches).await;
    assert!(!world.sandbox.with(|all| all.switches().connectivity.returns_credential));
    assert_eq!(ask(Method::GET, "journal", Value::Null).await.as_array().unwrap().len(), 1);
    ask(Method::DELETE, "journal", Value::Null).await;
    assert!(world.sandbox.journal().is_empty());
}
