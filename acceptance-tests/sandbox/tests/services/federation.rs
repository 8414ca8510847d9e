//! Who signs in with what somebody else says of him: a workflow, a pipeline, an account of a cluster.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use sandbox::{IdentityTokenSpec, azure_devops, github_actions};

use super::*;

fn claims(token: &str) -> Value {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).expect("a JWT")).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

/// The spec of an account of the cluster that Terraform's application trusts.
fn runner() -> IdentityTokenSpec {
    IdentityTokenSpec::new(contoso::CLUSTER_ISSUER, contoso::CLUSTER_SUBJECT)
}

impl World {
    fn identity_token(&self, spec: &IdentityTokenSpec) -> String {
        self.sandbox.with(|world| world.identity_token(spec))
    }

    async fn ask_job(&self, method: Method, url: &str, token: &str, header: Option<&'static str>) -> Answer {
        let mut request = self.client.request(method, url).bearer_auth(token);
        if let Some(header) = header {
            request = request.header(header, "Suppress");
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default() }
    }
}

#[tokio::test]
async fn a_workflow_of_github_signs_in() {
    let world = World::new();
    let env = world.sandbox.workflow_env();
    let (url, token) = (&env[0].1, &env[1].1);
    let audience = format!("{url}&audience=api%3A%2F%2FAzureADTokenExchange");
    let answer = world.get(&audience, token).await;
    let identity = answer.body["value"].as_str().unwrap().to_owned();
    let told = claims(&identity);
    assert_eq!(told["iss"], github_actions::ISSUER);
    assert_eq!(told["sub"], "repo:contoso/robots:environment:production");
    assert_eq!(told["aud"], "api://AzureADTokenExchange");
    assert_eq!(told["exp"].as_i64().unwrap() - told["iat"].as_i64().unwrap(), 300);
    world.check("a workflow", &world.show(contoso::CLIENT, &identity).await, 0);
    world.check("another application", &world.show(contoso::MAKER, &identity).await, 70_025);
    assert!(world.sandbox.tokens().contains(&identity), "a search for secrets finds it");
    let journal = format!("{:?}", world.sandbox.journal());
    assert!(!journal.contains(&identity) && !journal.contains(token), "no token reaches the journal");

    let own = world.get(url, token).await;
    assert_eq!(claims(own.body["value"].as_str().unwrap())["aud"], "https://github.com/contoso");
    world.check("its own audience", &world.show(contoso::CLIENT, own.body["value"].as_str().unwrap()).await, 700_212);
    let (path, _) = url.split_once('?').unwrap();
    assert_eq!(world.get(&format!("{path}?audience=x"), token).await.status, 400, "the query was lost");
    assert_eq!(world.get(&audience, "wrong").await.status, 401);
    assert_eq!(world.get(&format!("{url}&scope=x"), token).await.status, 501);

    world.sandbox.with(|world| world.workflow.environment = None);
    let answer = world.get(&audience, token).await;
    let identity = answer.body["value"].as_str().unwrap();
    assert_eq!(claims(identity)["sub"], "repo:contoso/robots:ref:refs/heads/main");
    world.check("another subject", &world.show(contoso::CLIENT, identity).await, 700_213);
}

#[tokio::test]
async fn a_pipeline_of_azure_devops_signs_in() {
    let world = World::new();
    let env = world.sandbox.pipeline_env();
    let (root, token) = (&env[0].1, &env[1].1);
    let of = |id: &str| format!("{root}?api-version=7.1&serviceConnectionId={id}");
    let ask = |url: String| async { world.ask_job(Method::POST, &{ url }, token, None).await };
    let answer = ask(of(contoso::SERVICE_CONNECTION)).await;
    let identity = answer.body["oidcToken"].as_str().unwrap().to_owned();
    let told = claims(&identity);
    assert_eq!(
        (&told["iss"], &told["sub"]),
        (&azure_devops::ISSUER.into(), &"sc://contoso/robots/power-platform".into())
    );
    assert_eq!(told["aud"], "api://AzureADTokenExchange");
    world.sandbox.clear_journal();
    world.check("a pipeline", &world.show(contoso::CLIENT, &identity).await, 0);
    let told = json!({"alg": "RS256", "iss": azure_devops::ISSUER, "key": []});
    assert_eq!(world.sandbox.journal()[0].body.as_ref().unwrap()["client_assertion"], told);

    let other = ask(of(contoso::UNTRUSTED_SERVICE_CONNECTION)).await;
    let other = other.body["oidcToken"].as_str().unwrap().to_owned();
    world.check("another connection", &world.show(contoso::CLIENT, &other).await, 700_213);
    let itself = ask(format!("{root}?api-version=7.1-preview.1")).await;
    assert_eq!(claims(itself.body["oidcToken"].as_str().unwrap())["sub"], "p://contoso/robots/robots");
    assert_eq!(ask(of(contoso::TENANT)).await.body["typeKey"], "ServiceEndpointNotFoundException");
    assert_eq!(ask(root.to_owned()).await.status, 400, "no api-version");
    assert_eq!(ask(format!("{root}?api-version=6.0")).await.status, 400);
    let url = of(contoso::SERVICE_CONNECTION);
    assert_eq!(world.ask_job(Method::GET, &url, token, None).await.status, 405);
    let answer = world.ask_job(Method::POST, &url, "wrong", Some("x-tfs-fedauthredirect")).await;
    assert_eq!(answer.status, 401, "{}", answer.body);
    let led = world.ask_job(Method::POST, &url, "wrong", None).await;
    assert_eq!(led.body["error"]["code"], "HostRefused", "it is led to the page where people sign in");
    assert!(!world.sandbox.journal().iter().any(sandbox::Exchange::is_write), "to ask for a token changes nothing");
}

#[tokio::test]
async fn each_claim_of_an_identity_token_is_verified() {
    type Spoil = fn(&mut IdentityTokenSpec);
    let world = World::new();
    let rows: [(&str, u64, Spoil); 10] = [
        ("nothing", 0, |_| {}),
        ("the issuer", 700_211, |spec| spec.issuer = "https://elsewhere.example/".into()),
        ("a slash of the issuer", 700_211, |spec| spec.issuer = spec.issuer.trim_end_matches('/').into()),
        ("the subject", 700_213, |spec| spec.subject = "system:serviceaccount:default:runner".into()),
        ("the subject of another issuer", 700_213, |spec| spec.issuer = github_actions::ISSUER.into()),
        ("the case of the subject", 7_002_138, |spec| spec.subject = spec.subject.replace("terraform", "Terraform")),
        ("the audience", 700_212, |spec| spec.audience = "https://vault.azure.net".into()),
        ("expired six minutes ago", 700_024, |spec| spec.expires_in_seconds = -360),
        ("expired four minutes ago", 0, |spec| spec.expires_in_seconds = -240),
        ("from six minutes on", 700_024, |spec| spec.valid_in_seconds = 360),
    ];
    for (what, code, spoil) in rows {
        let mut spec = runner();
        spoil(&mut spec);
        let answer = world.show(contoso::CLIENT, &world.identity_token(&spec)).await;
        world.check(what, &answer, code);
    }
    let token = world.identity_token(&runner());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let forged: String = signature.chars().rev().collect();
    world.check("the signature", &world.show(contoso::CLIENT, &format!("{signed}.{forged}")).await, 700_027);
    world.sandbox.with(|world| world.issuers.remove(contoso::CLUSTER_ISSUER));
    let answer = world.show(contoso::CLIENT, &token).await;
    world.check("an issuer that is gone", &answer, 50_166);
    assert_eq!(answer.body["error"], "invalid_request");

    world.sandbox.switches(|switches| switches.entra.names_federated_claim = false);
    let spec = IdentityTokenSpec { subject: "other".into(), ..runner() };
    let answer = world.show(contoso::CLIENT, &world.identity_token(&spec)).await;
    world.check("as before", &answer, 70_021);
    assert_eq!(answer.body["error"], "invalid_client");
    let words = answer.body["error_description"].as_str().unwrap();
    assert!(words.contains("Assertion Subject: 'other'."), "{words}");
}

#[tokio::test]
async fn an_issuer_publishes_its_key_and_more_are_trusted_at_the_own_address() {
    let world = World::new();
    for issuer in [github_actions::ISSUER, azure_devops::ISSUER, contoso::CLUSTER_ISSUER] {
        let token = world.identity_token(&IdentityTokenSpec::new(issuer, "x"));
        let root = issuer.trim_end_matches('/');
        let configuration = world.get(&format!("{root}/.well-known/openid-configuration"), "").await.body;
        assert_eq!(configuration["issuer"], issuer);
        let keys = world.get(configuration["jwks_uri"].as_str().unwrap(), "").await.body;
        let key = &keys["keys"][0];
        let key = DecodingKey::from_rsa_components(key["n"].as_str().unwrap(), key["e"].as_str().unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&["api://AzureADTokenExchange"]);
        jsonwebtoken::decode::<Value>(&token, &key, &validation).expect("the published key verifies it");
    }
    assert_eq!(world.get(&format!("{}/other", github_actions::ISSUER), "").await.status, 501);

    let post = async |what: &str, body: Value| {
        let url = format!("{}/{what}", world.sandbox.control_url());
        let answer = world.client.post(url).json(&body).send().await.unwrap();
        serde_json::from_slice::<Value>(&answer.bytes().await.unwrap()).unwrap()
    };
    let who = json!({"issuer": contoso::CLUSTER_ISSUER, "subject": "system:serviceaccount:robots:maker"});
    post(&format!("applications/{}/federated-credentials", contoso::MAKER), who.clone()).await;
    let token = post("identity-tokens", who).await["token"].as_str().unwrap().to_owned();
    world.check("the maker", &world.show(contoso::MAKER, &token).await, 0);
}
