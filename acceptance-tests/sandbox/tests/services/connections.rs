//! Connections: how they come, settle, are refused and go.

use super::*;

pub(crate) fn connection(values: Value) -> Value {
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
async fn what_was_read_may_be_changed_and_written_back() {
    let world = World::new();
    let token = world.token("https://api.powerplatform.com").await;
    let id = Uuid::new_v4();
    let one = format!("{ENVIRONMENT_HOST}/connectivity/connectors/shared_uiflow/connections/{id}?api-version=1");
    let values = json!({
        "username": {"value": "robot"}, "password": {"value": "hunter2"}, "targetId": {"value": contoso::FINANCE},
    });
    let put = async |body: Value| world.ask(Method::PUT, &one, &token, Some(body)).await.unwrap();
    assert_eq!(put(connection(values)).await.status, 201);
    let mut read = world.get(&one, &token).await.body;
    read["properties"]["displayName"] = "Other".into();
    read["properties"]["createdBy"]["displayName"] = "Somebody else".into();
    read["properties"]["connectionParametersSet"]["values"]["password"] = json!({"value": "hunter3"});
    let changed = put(read).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let properties = &changed.body["properties"];
    assert_eq!(
        (&properties["displayName"], &properties["createdBy"]["displayName"]),
        (&json!("Other"), &json!("Terraform"))
    );
}

#[tokio::test]
async fn the_list_comes_in_pages_and_weather_moves_the_next_one() {
    let world = World::new();
    let token = world.token("https://api.powerplatform.com").await;
    let values = json!({
        "username": {"value": "robot"}, "password": {"value": "x"}, "targetId": {"value": contoso::FINANCE},
    });
    for _ in 0..5 {
        let id = Uuid::new_v4();
        let one = format!("{ENVIRONMENT_HOST}/connectivity/connectors/shared_uiflow/connections/{id}?api-version=1");
        assert_eq!(world.ask(Method::PUT, &one, &token, Some(connection(values.clone()))).await.unwrap().status, 201);
    }
    let list = format!("{ENVIRONMENT_HOST}/connectivity/connections?api-version=1");
    assert_eq!(world.pages(&list, &token).await, [5]);
    world.sandbox.switches(|switches| switches.connectivity.page_size = 2);
    assert_eq!(world.pages(&list, &token).await, [2, 2, 1]);
    let elsewhere = Fault::next("/connectivity/connections", Effect::NextPageOn("elsewhere.example".into()));
    world.sandbox.fault(elsewhere);
    let moved = world.get(&list, &token).await.body;
    assert!(moved["nextLink"].as_str().unwrap().starts_with("https://elsewhere.example/connectivity/"), "{moved}");
    let refused = world.get(moved["nextLink"].as_str().unwrap(), "").await;
    assert_eq!(refused.body["error"]["code"], "HostRefused");
}
