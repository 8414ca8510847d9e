//! Who signs in, and what a token opens.

use super::*;

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
async fn a_scope_names_one_resource_and_may_add_what_openid_has() {
    let world = World::new();
    for (scope, status) in [
        ("https://vault.azure.net/.default openid offline_access profile", 200),
        ("openid profile https://contoso.crm4.dynamics.com/.default", 200),
        ("openid offline_access profile", 400),
        ("https://vault.azure.net/.default https://graph.microsoft.com/.default", 400),
    ] {
        assert_eq!(world.sign_in(contoso::CLIENT, contoso::SECRET, scope).await.status, status, "{scope}");
    }
}
