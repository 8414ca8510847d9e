//! The sandbox's own address: seeding, weather, time, the journal.

use sandbox::{Crafted, Stage};

use super::*;

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
async fn its_own_address_seeds_breaks_and_tells() {
    let world = World::new();
    let client = Client::builder().no_proxy().build().unwrap();
    let ask = async |method: Method, path: &str, body: Value| {
        let request =
            client.request(method, format!("{}/{path}", world.sandbox.control_url()).trim_end_matches('/')).json(&body);
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

    let users = ask(Method::GET, &format!("rows/{}/systemusers", contoso::ENVIRONMENT), Value::Null).await;
    let runner = users.as_array().unwrap().iter().find(|user| user["applicationid"] == contoso::RUN_OWNER).unwrap();
    let role = format!("security-roles/{}/Robots", contoso::ENVIRONMENT);
    ask(Method::PUT, &role, json!({"prvReadcredential": "global"})).await;
    let given = format!("{role}/{}", runner["systemuserid"].as_str().unwrap());
    ask(Method::PUT, &given, Value::Null).await;
    for gone in [true, false] {
        assert_eq!(ask(Method::DELETE, &given, Value::Null).await, gone);
    }

    ask(Method::PUT, "vaults/kv-robots/certificates/new", json!({"pem": true})).await;
    ask(Method::PUT, "vaults/kv-closed/roles/somebody/Key%20Vault%20Reader", Value::Null).await;
    let seeded = world.sandbox.with(|all| {
        let vaults = &all.vaults;
        (vaults["kv-robots"].certificates.contains_key("new"), vaults["kv-closed"].roles.len())
    });
    assert_eq!(seeded, (true, 1));
    for gone in [true, false] {
        let role = "vaults/kv-closed/roles/somebody/Key%20Vault%20Reader";
        assert_eq!(ask(Method::DELETE, role, Value::Null).await, gone);
    }
    ask(Method::PUT, "vaults/kv-policies/policies/somebody", json!(["list"])).await;
    assert_eq!(world.sandbox.with(|all| all.vaults["kv-policies"].policies["somebody"].len()), 1);
    let nowhere = format!("{}/rows/{}/robots", world.sandbox.control_url(), contoso::ENVIRONMENT);
    assert_eq!(client.get(nowhere).send().await.unwrap().status(), 400, "there is no such table");
    ask(Method::POST, "clock", json!({"advance_seconds": 60})).await;
    ask(Method::POST, "faults", json!({"matching": "graph", "effect": {"throttle": 3}})).await;
    let coming = ask(Method::GET, "faults", Value::Null).await;
    assert_eq!((&coming[0]["effect"], &coming[0]["times"]), (&json!({"throttle": 3}), &json!(1)));
    assert_eq!(world.get("https://graph.microsoft.com/", "").await.status, 429);
    assert_eq!(ask(Method::GET, "faults", Value::Null).await, json!([]), "it is over");
    ask(Method::POST, "faults", json!({"matching": "graph", "effect": {"throttle": 3}})).await;
    ask(Method::DELETE, "faults", Value::Null).await;
    assert_eq!(world.get("https://graph.microsoft.com/", "").await.status, 501);
    let verbs = ask(Method::GET, "", Value::Null).await;
    assert!(verbs.as_array().unwrap().iter().any(|verb| verb["request"] == "DELETE /_sandbox/faults"));
    let rights = ask(Method::GET, "rights", Value::Null).await;
    assert!(rights.as_array().unwrap().iter().any(|one| one["rights"][0] == "prvCreatecredential"), "{rights}");
    let mut switches = ask(Method::GET, "switches", Value::Null).await;
    switches["connectivity"]["returns_credential"] = false.into();
    ask(Method::PUT, "switches", switches).await;
    assert!(!world.sandbox.with(|all| all.switches().connectivity.returns_credential));
    assert_eq!(ask(Method::GET, "journal", Value::Null).await.as_array().unwrap().len(), 2);
    ask(Method::DELETE, "journal", Value::Null).await;
    assert!(world.sandbox.journal().is_empty());
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
async fn a_fault_strikes_one_request_of_many_and_each_answer_can_be_another_one() {
    let world = World::new();
    let token = world.token("https://service.powerapps.com").await;
    let url = format!("{BAP}/{}?api-version=2023-06-01", contoso::ENVIRONMENT);
    world.sandbox.fault(Fault::next("api.bap", Effect::Status(409, "Third".into(), String::new())).after(2));
    world.sandbox.fault(Fault::next("api.bap", Effect::ResetDuring).after(3));
    world.sandbox.fault(Fault::next("api.bap", Effect::Answer(Crafted::new(418, "\"{struck}\""))).after(4).times(2));
    let properties = vec![("/properties/displayName".to_owned(), json!([1]))];
    world.sandbox.fault(Fault::next("api.bap", Effect::Altered(properties)).after(6));
    let mut told = Vec::new();
    for _ in 0..8 {
        let answer = world.ask(Method::GET, &url, &token, None).await;
        told.push(answer.map_or("broken".to_owned(), |answer| {
            let name = &answer.body["properties"]["displayName"];
            format!("{} {}", answer.status, if answer.body.is_string() { &answer.body } else { name })
        }));
    }
    let expected = [
        "200 \"Contoso\"",
        "200 \"Contoso\"",
        "409 null",
        "broken",
        "418 \"0\"",
        "418 \"1\"",
        "200 [1]",
        "200 \"Contoso\"",
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn the_journal_tells_by_what_a_request_is_found_again() {
    let world = World::new();
    let (run, own) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    for url in [
        format!("https://login.microsoftonline.com/{}/v2.0/.well-known/openid-configuration", contoso::TENANT),
        "https://kv-robots.vault.azure.net/certificates/robot?api-version=7.4".to_owned(),
        format!("https://{}/api/data/v9.2/WhoAmI", contoso::ORG),
        format!("{ENVIRONMENT_HOST}/connectivity/connections?api-version=1"),
    ] {
        let request = world.client.get(&url).header("x-ms-correlation-request-id", &run);
        request.header("x-ms-client-request-id", &own).send().await.unwrap();
        let told = world.sandbox.journal().pop().unwrap();
        let ids = (told.id("x-ms-correlation-request-id"), told.id("x-ms-client-request-id"));
        assert_eq!(ids, (Some(run.as_str()), Some(own.as_str())), "{url}");
        assert!(told.id("client-request-id").is_none() && !told.line().contains(&run), "{}", told.line());
    }
}
