//! The environments API, and hosts that nobody or somebody else answers for.

use super::*;

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
async fn a_plus_in_a_query_is_a_blank() {
    let world = World::new();
    let token = world.token("https://contoso.crm4.dynamics.com").await;
    let names = async |filter: &str| {
        let url =
            format!("https://contoso.crm4.dynamics.com/api/data/v9.2/flowmachinegroups?$select=name&$filter={filter}");
        let groups = world.get(&url, &token).await.body;
        groups["value"].as_array().unwrap_or_else(|| panic!("{groups}")).len()
    };
    assert_eq!(names("name+eq+'Finance'").await, 1);
    assert_eq!(names("name%20eq%20'Finance%2B'").await, 0, "and an encoded one is a plus");
    let told = world.sandbox.journal()[1].target.clone();
    assert!(told.ends_with("$filter=name eq 'Finance'"), "{told}");
}
