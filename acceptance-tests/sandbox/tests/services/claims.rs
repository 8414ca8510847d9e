//! Claims challenges, token requests that are refused whatever they prove, and clocks that do not agree.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sandbox::{ClaimsChallenge, ClientCertificateSpec, TOKEN_REFUSALS, TokenRefusal};

use super::*;

const VAULT: &str = "https://kv-robots.vault.azure.net/certificates/robot?api-version=7.4";

fn wanted() -> Value {
    json!({"access_token": {"nbf": {"essential": true, "value": "1790000000"}}})
}

impl World {
    /// A token of the default application that was asked for with these claims.
    async fn token_with(&self, audience: &str, claims: &str) -> Answer {
        let scope = format!("{audience}/.default");
        let fields =
            [("client_id", contoso::CLIENT), ("client_secret", contoso::SECRET), ("scope", &scope), ("claims", claims)];
        self.token_request(&fields).await
    }

    fn challenge(&self, audience: &str, app_id: Option<&str>) {
        let (audience, app_id) = (audience.to_owned(), app_id.map(str::to_owned));
        self.sandbox.with(|all| all.challenge(ClaimsChallenge { audience, claims: wanted(), app_id }));
    }

    fn refuse(&self, code: u64, times: u32, app_id: Option<&str>) -> Result<(), String> {
        let refusal = TokenRefusal { code, times, app_id: app_id.map(str::to_owned) };
        self.sandbox.with(|all| all.refuse_tokens(refusal))
    }
}

fn access(answer: &Answer) -> &str {
    answer.body["access_token"].as_str().unwrap_or_else(|| panic!("no token: {}", answer.body))
}

/// The claims of a challenge, decoded.
fn told(answer: &Answer) -> Value {
    let header = answer.headers["www-authenticate"].to_str().unwrap();
    let start = "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
                 error=\"insufficient_claims\", claims=\"";
    let claims = header.strip_prefix(start).and_then(|rest| rest.strip_suffix('"'));
    let claims = claims.unwrap_or_else(|| panic!("{header}"));
    serde_json::from_slice(&STANDARD.decode(claims).unwrap()).unwrap()
}

#[tokio::test]
async fn every_service_can_want_claims_and_takes_the_token_that_was_asked_for_with_them() {
    let organization = format!("https://{}", contoso::ORG);
    for (audience, url) in [
        ("https://vault.azure.net", VAULT.to_owned()),
        (organization.as_str(), format!("{organization}/api/data/v9.2/WhoAmI")),
        ("https://service.powerapps.com", format!("{BAP}/{}?api-version=2023-06-01", contoso::ENVIRONMENT)),
        ("https://api.powerplatform.com", format!("{ENVIRONMENT_HOST}/connectivity/connections?api-version=1")),
    ] {
        let world = World::new();
        let old = world.token(audience).await;
        assert_eq!(world.get(&url, &old).await.status, 200, "{url}");
        world.challenge(audience, None);
        let challenged = world.get(&url, &old).await;
        assert_eq!((challenged.status, told(&challenged)), (401, wanted()), "{url}");
        let again = world.token(audience).await;
        assert_eq!(world.get(&url, &again).await.status, 401, "{url}: the same token once more");
        let claims = told(&challenged).to_string();
        let new = world.token_with(audience, &claims).await;
        assert_eq!(world.get(&url, access(&new)).await.status, 200, "{url}");
        assert_eq!(world.get(&url, &old).await.status, 401, "{url}: the old one stays what it is");
        let asked = world
            .sandbox
            .journal()
            .iter()
            .any(|one| one.body.as_ref().is_some_and(|body| body["claims"].as_str() == Some(claims.as_str())));
        assert!(asked, "the journal tells of the claims");
    }
}

#[tokio::test]
async fn claims_are_exactly_those_of_the_challenge_beside_what_the_client_can() {
    let world = World::new();
    world.challenge("https://vault.azure.net", Some(contoso::CLIENT));
    let status = async |claims: &str| {
        let token = world.token_with("https://vault.azure.net", claims).await;
        world.get(VAULT, access(&token)).await.status
    };
    for (claims, expected) in [
        (r#"{"access_token":{"nbf":{"value":"1790000000","essential":true}}}"#, 200),
        (r#"{"access_token":{"xms_cc":{"values":["cp1"]},"nbf":{"essential":true,"value":"1790000000"}}}"#, 200),
        (r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#, 401),
        (r#"{"access_token":{"nbf":{"essential":true,"value":"1790000001"}}}"#, 401),
        (r#"{"access_token":{"nbf":{"essential":true,"value":"1790000000"},"acrs":{"essential":true}}}"#, 401),
    ] {
        assert_eq!(status(claims).await, expected, "{claims}");
    }
    for nonsense in ["", "nonsense", "[]"] {
        let refused = world.token_with("https://vault.azure.net", nonsense).await;
        world.check(nonsense, &refused, 90_100);
    }
    let maker = world.token_of(contoso::MAKER, contoso::MAKER_SECRET, "https://vault.azure.net").await;
    assert_eq!(world.get(VAULT, &maker).await.status, 403, "another application is not challenged");
    world.sandbox.with(|all| all.clear_challenges());
    assert_eq!(status(r#"{"access_token":{}}"#).await, 200);
}

#[tokio::test]
async fn a_service_may_want_claims_only_of_those_who_understand() {
    let world = World::new();
    world.sandbox.switches(|switches| switches.entra.challenges_capable_only = true);
    world.challenge("https://vault.azure.net", None);
    let plain = world.token("https://vault.azure.net").await;
    assert_eq!(world.get(VAULT, &plain).await.status, 200);
    let capable =
        world.token_with("https://vault.azure.net", r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#).await;
    assert_eq!(world.get(VAULT, access(&capable)).await.status, 401);
    let part = access(&capable).split('.').nth(1).unwrap();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&claims).unwrap()["xms_cc"], json!(["cp1"]));
}

#[tokio::test]
async fn the_next_token_requests_are_refused_by_whatever_code() {
    for code in TOKEN_REFUSALS {
        let world = World::new();
        world.refuse(code, 1, Some(contoso::CLIENT)).unwrap();
        let scope = "https://vault.azure.net/.default";
        world.check("another one", &world.sign_in(contoso::MAKER, contoso::MAKER_SECRET, scope).await, 0);
        let refused = world.sign_in(contoso::CLIENT, contoso::SECRET, scope).await;
        world.check("the one", &refused, code);
        let words = refused.body["error_description"].as_str().unwrap();
        assert!(words.starts_with(&format!("AADSTS{code}: ")) && words.contains("Trace ID: "), "{words}");
        assert_eq!(refused.body["error_uri"], format!("https://login.microsoftonline.com/error?code={code}"));
        let (error, suberror) = (&refused.body["error"], refused.body["suberror"].as_str());
        match code {
            53_003 => {
                assert_eq!((error, suberror), (&json!("invalid_grant"), Some("message_only")));
                assert!(refused.body["claims"].as_str().unwrap().contains("capolids"));
            }
            65_001 => assert_eq!((error, suberror), (&json!("invalid_grant"), Some("consent_required"))),
            50_173 => assert_eq!((error, suberror), (&json!("invalid_grant"), Some("bad_token"))),
            _ => assert_eq!(suberror, None),
        }
        world.check("once", &world.sign_in(contoso::CLIENT, contoso::SECRET, scope).await, 0);
    }
    let world = World::new();
    assert!(world.refuse(90_013, 1, None).unwrap_err().contains("AADSTS90013"));
    world.refuse(50_173, 9, None).unwrap();
    world.sandbox.with(|all| all.clear_token_refusals());
    world.token("https://vault.azure.net").await;
}

#[tokio::test]
async fn a_request_that_has_a_name_finds_it_in_the_refusal() {
    let world = World::new();
    let id = Uuid::new_v4().to_string();
    let url = format!("https://login.microsoftonline.com/{}/oauth2/v2.0/token", contoso::TENANT);
    let request = world.client.post(url).header("client-request-id", &id).body("grant_type=client_credentials");
    let answer: Value = serde_json::from_slice(&request.send().await.unwrap().bytes().await.unwrap()).unwrap();
    assert_eq!(answer["correlation_id"], id, "{answer}");
}

/// What becomes of an assertion that holds so many minutes, when the sandbox's clock is so many minutes ahead of the client's.
async fn check_skew(minutes: i64, ahead: i64, code: u64) {
    let world = World::new();
    let (certificate, now) = world.sandbox.with(|all| {
        let certificate = all.client_certificate(&ClientCertificateSpec::default());
        all.application_mut(contoso::RUN_OWNER).unwrap().register(&certificate);
        (certificate, all.now())
    });
    let by = std::time::Duration::from_secs(ahead.unsigned_abs() * 60);
    if ahead < 0 {
        world.sandbox.turn_back(by)
    } else {
        world.sandbox.advance(by)
    }
    let mut draft = assertions::Draft::of(&certificate, now);
    draft.claims["exp"] = json!(now.unix_timestamp() + minutes * 60);
    let shown = world.show(contoso::RUN_OWNER, &draft.signed_by(&certificate)).await;
    world.check(&format!("{minutes} minutes, {ahead} ahead"), &shown, code);
}

#[tokio::test]
async fn a_clock_that_is_ten_minutes_wrong_is_told_where_assertions_are_short() {
    check_skew(10, 0, 0).await;
    check_skew(10, 10, 0).await;
    check_skew(5, 10, 700_024).await;
    check_skew(10, 16, 700_024).await;
    check_skew(10, -4, 0).await;
    check_skew(10, -10, 700_024).await;
}

#[tokio::test]
async fn a_token_counts_by_the_clock_of_who_issued_it() {
    for ahead in [true, false] {
        let world = World::new();
        let ten = std::time::Duration::from_secs(600);
        if ahead {
            world.sandbox.advance(ten)
        } else {
            world.sandbox.turn_back(ten)
        }
        let token = world.token("https://vault.azure.net").await;
        let status = async || world.get(VAULT, &token).await.status;
        assert_eq!(status().await, 200);
        world.sandbox.advance(std::time::Duration::from_secs(3590));
        assert_eq!(status().await, 200);
        world.sandbox.advance(std::time::Duration::from_secs(20));
        assert_eq!(status().await, 401);
    }
}

#[tokio::test]
async fn the_sandboxes_own_address_challenges_refuses_and_turns_the_clock_back() {
    let world = World::new();
    let client = Client::builder().no_proxy().build().unwrap();
    let ask = async |method: Method, path: &str, body: Value| {
        let url = format!("{}/{path}", world.sandbox.control_url());
        client.request(method, url).json(&body).send().await.unwrap().status().as_u16()
    };
    let token = world.token("https://vault.azure.net").await;
    let challenge = json!({"audience": "https://vault.azure.net", "claims": wanted()});
    assert_eq!(ask(Method::POST, "challenges", challenge).await, 200);
    assert_eq!(world.get(VAULT, &token).await.status, 401);
    assert_eq!(ask(Method::DELETE, "challenges", Value::Null).await, 200);
    assert_eq!(world.get(VAULT, &token).await.status, 200);
    assert_eq!(ask(Method::POST, "token-refusals", json!({"code": 1})).await, 400);
    assert_eq!(ask(Method::POST, "token-refusals", json!({"code": 53_003, "times": 3})).await, 200);
    let refused = world.sign_in(contoso::CLIENT, contoso::SECRET, "https://vault.azure.net/.default").await;
    world.check("blocked", &refused, 53_003);
    assert_eq!(ask(Method::DELETE, "token-refusals", Value::Null).await, 200);
    let before = world.sandbox.with(|all| all.now());
    assert_eq!(ask(Method::POST, "clock", json!({"advance_seconds": -600})).await, 200);
    assert!(world.sandbox.with(|all| all.now()) < before);
    assert_eq!(ask(Method::POST, "clock", json!({"advance_seconds": "x"})).await, 400);
}
