//! Who the machine is: IMDS and App Service, in plain HTTP.

use super::*;

const VAULT: &str = "https://vault.azure.net";
const CERTIFICATE: &str = "https://kv-robots.vault.azure.net/certificates/robot?api-version=7.4";

/// Somebody on the machine, who asks past every proxy.
struct Machine {
    world: World,
    client: Client,
    app_service: String,
    header: String,
}

impl Machine {
    fn new() -> Self {
        let world = World::new();
        let mut env = world.sandbox.app_service_env().into_iter().map(|(_, value)| value);
        let (app_service, header) = (env.next().unwrap(), env.next().unwrap());
        Self { client: Client::builder().no_proxy().build().unwrap(), world, app_service, header }
    }

    async fn ask(&self, url: &str, headers: &[(&str, &str)]) -> Answer {
        let request = headers.iter().fold(self.client.get(url), |request, (name, value)| request.header(*name, *value));
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default() }
    }

    /// Asks IMDS.
    async fn imds(&self, query: &str) -> Answer {
        self.ask(&format!("{}?{query}", self.world.sandbox.imds_url()), &[("metadata", "true")]).await
    }

    /// Asks App Service.
    async fn app(&self, query: &str) -> Answer {
        self.ask(&format!("{}?{query}", self.app_service), &[("x-identity-header", &self.header)]).await
    }

    fn assign(&self, system_assigned: Option<&str>, user_assigned: &[&str]) {
        self.world.sandbox.with(|world| world.managed_identities.assign(system_assigned, user_assigned));
    }

    /// The status with which the vault answers a token.
    async fn opens(&self, answer: &Answer) -> u16 {
        let token = answer.body["access_token"].as_str().unwrap_or_else(|| panic!("{}", answer.body));
        self.world.get(CERTIFICATE, token).await.status
    }
}

#[tokio::test]
async fn a_virtual_machine_asks_imds() {
    let machine = Machine::new();
    let query = format!("api-version=2018-02-01&resource={VAULT}");
    let answer = machine.imds(&query).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!((&answer.body["expires_in"], &answer.body["resource"]), (&json!("3600"), &json!(VAULT)));
    assert!(answer.body["expires_on"].as_str().unwrap().parse::<i64>().is_ok(), "{}", answer.body);
    assert_eq!(machine.opens(&answer).await, 200, "its own identity is Terraform's");
    let journal = machine.world.sandbox.journal();
    assert_eq!(
        journal[0].line(),
        format!("GET http://169.254.169.254 /metadata/identity/oauth2/token?{query} -> 200"),
        "and no token"
    );
    assert!(!format!("{journal:?}").contains(answer.body["access_token"].as_str().unwrap()));

    for named in [
        format!("client_id={}", contoso::MAKER),
        format!("object_id={}", contoso::MAKER_OBJECT),
        "msi_res_id=/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/Maker"
            .to_owned(),
    ] {
        let answer = machine.imds(&format!("{query}&{named}")).await;
        assert_eq!(machine.opens(&answer).await, 403, "{named}: the maker has no rights");
    }
    for (what, query, error, words) in [
        (
            "no such identity",
            format!("{query}&client_id={}", contoso::RUN_OWNER),
            "invalid_request",
            "Identity not found",
        ),
        ("no resource", "api-version=2018-02-01".to_owned(), "invalid_request", "'resource'"),
        ("no version", format!("resource={VAULT}"), "invalid_request", "api-version"),
        ("an old version", format!("api-version=2017-12-01&resource={VAULT}"), "invalid_request", "api-version"),
        ("a scope", format!("{query}/.default"), "invalid_resource", "AADSTS50001"),
    ] {
        let answer = machine.imds(&query).await;
        assert_eq!((answer.status, &answer.body["error"]), (400, &json!(error)), "{what}: {}", answer.body);
        assert!(answer.body["error_description"].as_str().unwrap().contains(words), "{what}: {}", answer.body);
    }
    let named_twice = format!("{query}&client_id={}&object_id={}", contoso::MAKER, contoso::MAKER_OBJECT);
    assert_eq!(machine.imds(&named_twice).await.status, 501);
    assert_eq!(machine.imds(&format!("{query}&scope=x")).await.status, 501);
}

#[tokio::test]
async fn imds_wants_its_header_and_nobody_in_between() {
    let machine = Machine::new();
    let url = format!("{}?api-version=2019-11-01&resource={VAULT}", machine.world.sandbox.imds_url());
    for headers in [&[][..], &[("metadata", "True")]] {
        assert_eq!(machine.ask(&url, headers).await.body["error"], "bad_request_102", "{headers:?}");
    }
    let forwarded = [("metadata", "true"), ("x-forwarded-for", "10.0.0.1")];
    assert_eq!(machine.ask(&url, &forwarded).await.status, 400);

    let through = Client::builder().proxy(Proxy::all(machine.world.sandbox.proxy_url()).unwrap()).build().unwrap();
    let real = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=x";
    let answer = through.get(real).header("metadata", "true").send().await.unwrap();
    assert_eq!(answer.status(), 400, "the proxy does not lead there");
    machine.world.sandbox.clear_journal();
    machine.world.sandbox.fault(Fault::next("169.254.169.254/metadata", Effect::Throttle(1)));
    assert_eq!(machine.ask(&url, &[("metadata", "true")]).await.status, 429, "it has its weather");
    assert_eq!(machine.world.sandbox.journal().len(), 1);
}

#[tokio::test]
async fn who_is_meant_must_be_told_apart() {
    let machine = Machine::new();
    let query = format!("api-version=2018-02-01&resource={VAULT}");
    machine.assign(None, &[contoso::CLIENT]);
    assert_eq!(machine.opens(&machine.imds(&query).await).await, 200, "the only one");
    machine.assign(None, &[contoso::CLIENT, contoso::MAKER]);
    let words = machine.imds(&query).await.body["error_description"].to_string();
    assert!(words.contains("Multiple user assigned identities exist"), "{words}");
    let own = format!("{}/managed-identities", machine.world.sandbox.control_url());
    machine.client.put(own).json(&json!({"system_assigned": null})).send().await.unwrap();
    assert_eq!(machine.imds(&query).await.body["error_description"], "Identity not found");
    let answer = machine.app(&format!("api-version=2019-08-01&resource={VAULT}")).await;
    assert_eq!(answer.body["statusCode"], 400, "the header is still the same: {}", answer.body);
}

#[tokio::test]
async fn a_program_asks_app_service() {
    let machine = Machine::new();
    let query = format!("api-version=2019-08-01&resource={VAULT}");
    let answer = machine.app(&query).await;
    assert_eq!(answer.body["client_id"], contoso::CLIENT, "{}", answer.body);
    assert!(answer.body["expires_on"].is_string() && answer.body["expires_in"].is_null(), "{}", answer.body);
    assert_eq!(machine.opens(&answer).await, 200);
    assert!(!machine.world.sandbox.journal().iter().any(sandbox::Exchange::is_write));
    let named = machine.app(&format!("{query}&principal_id={}", contoso::MAKER_OBJECT)).await;
    assert_eq!(named.body["client_id"], contoso::MAKER);
    for (what, query) in [
        ("no such identity", format!("{query}&client_id={}", contoso::RUN_OWNER)),
        ("another version", format!("api-version=2017-09-01&resource={VAULT}")),
        ("no resource", "api-version=2019-08-01".to_owned()),
        ("no such resource", "api-version=2019-08-01&resource=https://elsewhere.example".to_owned()),
    ] {
        let answer = machine.app(&query).await;
        assert_eq!((answer.status, &answer.body["statusCode"]), (400, &json!(400)), "{what}: {}", answer.body);
    }
    let url = format!("{}?{query}", machine.app_service);
    assert_eq!(machine.ask(&url, &[("x-identity-header", "wrong")]).await.status, 401);
    assert_eq!(machine.ask(&url, &[("metadata", "true")]).await.status, 401);
}
