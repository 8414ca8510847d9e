//! Each cloud with its own hosts, and with tokens that are good nowhere else.

use sandbox::{Addresses, ClientCertificateSpec, Cloud, GccHighApi, IdentityTokenSpec};

use super::*;

/// A world in this cloud, and its hosts.
fn moved(cloud: Cloud) -> (World, Addresses) {
    let world = World::new();
    let addresses = world.sandbox.with(|all| {
        all.set_cloud(cloud);
        all.addresses()
    });
    (world, addresses)
}

impl World {
    /// Whether there is something at a host; through a tunnel of before, nothing looks like a bad gateway.
    async fn reaches(&self, host: &str) -> bool {
        let answer = self.ask(Method::GET, &format!("https://{host}/"), "", None).await;
        answer.is_ok_and(|answer| answer.status != 502)
    }
}

/// The whole chain of requests, from the sign-in to a connection.
async fn chain(cloud: Cloud, dataverse: &str) {
    let (world, addresses) = moved(cloud);
    let organization = format!("https://contoso{dataverse}");
    assert_eq!(organization, format!("https://{}", contoso::org(cloud)));

    let root = format!("https://{}/{}", addresses.authority, contoso::TENANT);
    let configuration = world.get(&format!("{root}/v2.0/.well-known/openid-configuration"), "").await.body;
    assert_eq!(configuration["token_endpoint"], format!("{root}/oauth2/v2.0/token"));

    let token = world.token(addresses.environments_audience).await;
    let admin = "providers/Microsoft.BusinessAppPlatform/scopes/admin/environments";
    let url = format!("https://{}/{admin}/{}?api-version=2023-06-01", addresses.environments, contoso::ENVIRONMENT);
    let environment = world.get(&url, &token).await.body;
    assert_eq!(environment["properties"]["linkedEnvironmentMetadata"]["instanceUrl"], format!("{organization}/"));

    let token = world.token(&organization).await;
    let made = json!({"schemaname": "cto_cloud", "displayname": "Cloud", "type": 100_000_000});
    let url = format!("{organization}/api/data/v9.2/environmentvariabledefinitions");
    let answer = world.ask(Method::POST, &url, &token, Some(made)).await.unwrap();
    let made = answer.headers["odata-entityid"].to_str().unwrap();
    assert!(answer.status == 204 && made.starts_with(&url), "{cloud}: {made}");

    let token = world.token(&addresses.vaults_audience()).await;
    let url = format!("https://{}/certificates/robot?api-version=7.4", addresses.vault_host("kv-robots"));
    let challenge = world.get(&url, "").await.headers["www-authenticate"].to_str().unwrap().to_owned();
    let resource = format!("resource=\"{}\"", addresses.vaults_audience());
    assert!(challenge.contains(&root) && challenge.contains(&resource), "{challenge}");
    let bundle = world.get(&url, &token).await.body;
    let id = format!("https://{}/certificates/robot/", addresses.vault_host("kv-robots"));
    assert!(bundle["id"].as_str().unwrap().starts_with(&id), "{bundle}");

    let token = world.token(&addresses.power_platform_audience()).await;
    let url = format!("https://{}/environmentmanagement/environments", addresses.power_platform);
    let environment = world.get(&format!("{url}/{}?api-version=2024-10-01", contoso::ENVIRONMENT), &token).await.body;
    assert_eq!(environment["url"], organization);
    for id in [contoso::ENVIRONMENT, contoso::TEST_ENVIRONMENT] {
        let list = format!("https://{}/connectivity/connections?api-version=1", addresses.environment_host(id));
        assert_eq!(world.get(&list, &token).await.status, 200, "{list}");
    }
}

#[tokio::test]
async fn the_chain_works_in_each_cloud() {
    chain(Cloud::Public, ".crm4.dynamics.com").await;
    chain(Cloud::Gcc, ".crm9.dynamics.com").await;
    chain(Cloud::GccHigh, ".crm.microsoftdynamics.us").await;
    chain(Cloud::Dod, ".crm.appsplatform.us").await;
    chain(Cloud::China, ".crm.dynamics.cn").await;
}

#[tokio::test]
async fn what_another_cloud_has_cannot_be_reached() {
    for cloud in Cloud::ALL {
        let (world, own) = moved(cloud);
        for other in Cloud::ALL.into_iter().filter(|other| *other != cloud) {
            let other = moved(other).1;
            for (theirs, ours) in [
                (other.authority, own.authority),
                (other.environments, own.environments),
                (other.power_platform, own.power_platform),
                (&other.organization_host("contoso"), &own.organization_host("contoso")),
                (&other.environment_host(contoso::ENVIRONMENT), &own.environment_host(contoso::ENVIRONMENT)),
                (&other.vault_host("kv-robots"), &own.vault_host("kv-robots")),
            ] {
                let answer = world.ask(Method::GET, &format!("https://{theirs}/"), "", None).await;
                assert_eq!(answer.is_err_and(|error| error.is_connect()), theirs != ours, "{theirs} in {cloud}");
            }
        }
    }
}

#[tokio::test]
async fn a_token_is_good_in_the_cloud_that_issued_it() {
    let (world, public) = moved(Cloud::Public);
    let token = world.token(&public.vaults_audience()).await;
    let at = |addresses: Addresses| {
        format!("https://{}/certificates/robot?api-version=7.4", addresses.vault_host("kv-robots"))
    };
    let move_to = |cloud| {
        world.sandbox.with(|all| {
            all.set_cloud(cloud);
            all.addresses()
        })
    };
    let status = async |addresses: Addresses| world.get(&at(addresses), &token).await.status;
    assert_eq!(status(move_to(Cloud::China)).await, 401);
    assert_eq!(status(move_to(Cloud::Gcc)).await, 200, "GCC's vaults are those of the public cloud");
    for cloud in Cloud::ALL {
        let own = move_to(cloud);
        for other in Cloud::ALL.map(|cloud| moved(cloud).1) {
            let scope = format!("{}/.default", other.environments_audience);
            let answer = world.sign_in(contoso::CLIENT, contoso::SECRET, &scope).await;
            let code = if other.environments == own.environments { 0 } else { 500_011 };
            world.check(other.environments, &answer, code);
        }
    }
}

#[tokio::test]
async fn assertions_are_for_the_authority_of_the_cloud() {
    for cloud in [Cloud::Public, Cloud::GccHigh, Cloud::China] {
        let (world, addresses) = moved(cloud);
        let (certificate, now) = world.sandbox.with(|all| {
            let certificate = all.client_certificate(&ClientCertificateSpec::default());
            all.application_mut(contoso::RUN_OWNER).unwrap().register(&certificate);
            (certificate, all.now())
        });
        let mut draft = assertions::Draft::of(&certificate, now);
        let code = if cloud == Cloud::Public { 0 } else { 700_023 };
        world.check(
            "for the public cloud",
            &world.show(contoso::RUN_OWNER, &draft.signed_by(&certificate)).await,
            code,
        );
        draft.claims["aud"] = json!(format!("https://{}/{}/oauth2/v2.0/token", addresses.authority, contoso::TENANT));
        world.check("for its own", &world.show(contoso::RUN_OWNER, &draft.signed_by(&certificate)).await, 0);

        let spec = IdentityTokenSpec::new(contoso::CLUSTER_ISSUER, contoso::CLUSTER_SUBJECT);
        let show = async |audience: &str| {
            let spec = IdentityTokenSpec { audience: audience.to_owned(), ..spec.clone() };
            let token = world.sandbox.with(|all| all.identity_token(&spec));
            world.show(contoso::CLIENT, &token).await
        };
        let code = if cloud == Cloud::Public { 0 } else { 700_212 };
        world.check("the public cloud's audience", &show("api://AzureADTokenExchange").await, code);
        world.check("its own", &show(addresses.token_exchange).await, 0);
    }
}

#[tokio::test]
async fn where_sources_contradict_each_other_a_switch_chooses() {
    let (world, high) = moved(Cloud::GccHigh);
    let reached = async |host: &str| world.reaches(host).await;
    let apps = "api.appsplatform.us";
    assert!(reached(high.power_platform).await && !reached(apps).await);
    world.sandbox.switches(|switches| switches.clouds.gcc_high_api = GccHighApi::AppsPlatform);
    assert!(!reached(high.power_platform).await && reached(apps).await);
    world.token(&format!("https://{apps}")).await;

    let (world, china) = moved(Cloud::China);
    let one = china.environment_host(contoso::ENVIRONMENT);
    let two = one.replacen("0a.1.", "0.a1.", 1);
    let reached = async |host: &str| world.reaches(host).await;
    assert!(one != two && reached(&one).await && !reached(&two).await, "{one} {two}");
    world.sandbox.switches(|switches| switches.clouds.two_letters_everywhere = true);
    assert!(reached(&one).await && reached(&two).await);
}

#[tokio::test]
async fn the_sandboxes_own_address_moves_everything() {
    let world = World::new();
    let client = Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/cloud", world.sandbox.control_url());
    assert_eq!(client.put(&url).json(&json!({"cloud": "mars"})).send().await.unwrap().status(), 400);
    assert!(client.put(&url).json(&json!({"cloud": "dod"})).send().await.unwrap().status().is_success());
    let told = client.get(&url).send().await.unwrap().bytes().await.unwrap();
    let told: Value = serde_json::from_slice(&told).unwrap();
    assert_eq!((&told["cloud"], &told["addresses"]["power_platform"]), (&json!("dod"), &json!("api.appsplatform.us")));
    let variables = world.sandbox.cloud_env();
    assert_eq!(variables[0].1, "https://login.microsoftonline.us/");
    world.sandbox.with(|all| all.set_cloud(Cloud::Public));
    assert!(world.sandbox.cloud_env().is_empty(), "nobody has to be told of the public one");
}
