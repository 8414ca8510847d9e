//! Who may ask the Power Platform API, and what an environment is told there.

use sandbox::{ForeignConnection, HiddenValues, PowerPlatformRole, PowerPlatformScope, RoleAssignment, Unentitled};

use super::*;

const API: &str = "https://api.powerplatform.com";

/// The maker asks in *Contoso*, with one role there or none.
struct Maker {
    world: World,
    token: String,
}

impl Maker {
    async fn new(role: Option<PowerPlatformRole>) -> Self {
        let world = World::new();
        let token = world.token_of(contoso::MAKER, contoso::MAKER_SECRET, API).await;
        world.sandbox.with(|all| {
            let assigned =
                role.map(|role| RoleAssignment::in_environment(contoso::MAKER_OBJECT, role, contoso::ENVIRONMENT));
            all.power_platform_roles = assigned.into_iter().collect();
            let org = all.org_mut(contoso::ENVIRONMENT);
            let maker = org.user_of_application(contoso::MAKER).unwrap();
            org.share("flowmachinegroup", contoso::FINANCE.parse().unwrap(), maker).unwrap();
        });
        Self { world, token }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.world.ask(method, &format!("{ENVIRONMENT_HOST}/connectivity/{path}"), &self.token, body).await.unwrap()
    }

    async fn environment(&self, id: &str) -> Answer {
        let url = format!("{API}/environmentmanagement/environments/{id}?api-version=2024-10-01");
        self.world.get(&url, &self.token).await
    }
}

fn one(id: &str) -> String {
    format!("connectors/shared_uiflow/connections/{id}?api-version=1")
}

fn good() -> Value {
    connections::connection(json!({
        "username": {"value": "robot"}, "password": {"value": "x"}, "targetId": {"value": contoso::FINANCE},
    }))
}

/// What the maker with this role may do: list, read the environment, write, delete.
async fn check(role: Option<PowerPlatformRole>, reads: bool, writes: bool) {
    let maker = Maker::new(role).await;
    let id = Uuid::new_v4().to_string();
    let list = maker.ask(Method::GET, "connections?api-version=1", None).await;
    let environment = maker.environment(contoso::ENVIRONMENT).await;
    let put = maker.ask(Method::PUT, &one(&id), Some(good())).await;
    let read = maker.ask(Method::GET, &one(&id), None).await;
    let delete = maker.ask(Method::DELETE, &one(&id), None).await;
    let told = [&list, &environment, &put, &read, &delete].map(|answer| answer.status);
    let expected = match (reads, writes) {
        (true, true) => [200, 200, 201, 200, 200],
        (true, false) => [200, 200, 403, 404, 403],
        _ => [403; 5],
    };
    assert_eq!(told, expected, "{role:?}: {} {} {}", list.body, environment.body, put.body);
}

#[tokio::test]
async fn a_role_lets_read_or_write_and_nobody_else_is_let_in() {
    check(Some(PowerPlatformRole::Owner), true, true).await;
    check(Some(PowerPlatformRole::Contributor), true, true).await;
    check(Some(PowerPlatformRole::Reader), true, false).await;
    check(Some(PowerPlatformRole::AccessAdministrator), true, false).await;
    check(None, false, false).await;
}

#[tokio::test]
async fn the_gateway_says_which_permission_is_missing_and_asks_before_anybody_looks() {
    let maker = Maker::new(None).await;
    let refused = maker.ask(Method::PUT, &one("not-a-guid"), Some(json!({}))).await;
    let expected = json!({
        "code": "Forbidden",
        "message": "The caller is not authorized to perform the request.",
        "innererror": {
            "code": "InsufficientPrincipalPermissions",
            "message": "Authorization denied: Principal missing required permissions: [Connectivity.Connections.ReadWrite, All.All.ReadWrite]",
        },
    });
    assert_eq!((refused.status, refused.body), (403, expected));
    let unknown = maker.environment(&Uuid::new_v4().to_string()).await;
    let inner = &unknown.body["innererror"]["message"];
    assert!(inner.as_str().unwrap().contains("[EnvironmentManagement.Environments.Read,"), "{}", unknown.body);
    maker.world.sandbox.switches(|switches| switches.connectivity.unentitled = Unentitled::Path);
    let refused = maker.ask(Method::GET, "connections?api-version=1", None).await;
    let error = &refused.body["error"];
    assert_eq!((refused.status, &error["code"]), (403, &json!("Forbidden")));
    let path =
        "does not have permission to access the path 'https://10.0.1.32:20029/connectivity/connections?api-version=1'";
    assert!(error["message"].as_str().unwrap().contains(path), "{error}");
}

#[tokio::test]
async fn a_machine_group_that_is_not_shared_is_another_matter() {
    let maker = Maker::new(Some(PowerPlatformRole::Contributor)).await;
    let mut body = good();
    body["properties"]["connectionParametersSet"]["values"]["targetId"]["value"] = contoso::BOARD.into();
    let refused = maker.ask(Method::PUT, &one(&Uuid::new_v4().to_string()), Some(body)).await;
    let detail = &refused.body["error"]["details"][0]["code"];
    assert_eq!((refused.status, detail), (403, &json!("MachineGroupAccessDenied")), "{}", refused.body);
}

#[tokio::test]
async fn an_environment_is_told_to_readers_without_being_registered() {
    let maker = Maker::new(Some(PowerPlatformRole::Reader)).await;
    let told = maker.environment(&contoso::ENVIRONMENT.to_uppercase()).await.body;
    for (name, value) in [
        ("id", contoso::ENVIRONMENT),
        ("displayName", "Contoso"),
        ("tenantId", contoso::TENANT),
        ("type", "Production"),
        ("state", "Enabled"),
        ("domainName", "contoso"),
        ("url", "https://contoso.crm4.dynamics.com"),
    ] {
        assert_eq!(told[name], value, "{told}");
    }
    assert!(Uuid::try_parse(told["dataverseId"].as_str().unwrap()).is_ok());
    assert_eq!(maker.environment(contoso::TEST_ENVIRONMENT).await.status, 403, "a role holds where it was given");
    let bap = maker.world.token_of(contoso::MAKER, contoso::MAKER_SECRET, "https://service.powerapps.com").await;
    let admin = maker.world.get(&format!("{BAP}/{}?api-version=2023-06-01", contoso::ENVIRONMENT), &bap).await;
    assert_eq!((admin.status, &admin.body["error"]["code"]), (403, &json!("Forbidden")), "it is for the registered");

    let registered = maker.world.token(API).await;
    let get = async |rest: &str| {
        let url = format!("{API}/environmentmanagement/environments/{rest}");
        maker.world.get(&url, &registered).await
    };
    let bare = get(&format!("{}?api-version=2024-10-01", contoso::BARE_ENVIRONMENT)).await;
    assert_eq!((bare.status, &bare.body["url"]), (200, &Value::Null));
    let selected = get(&format!("{}?api-version=2024-10-01&$select=id,url", contoso::ENVIRONMENT)).await.body;
    assert_eq!(selected, json!({"id": contoso::ENVIRONMENT, "url": "https://contoso.crm4.dynamics.com"}));
    for (rest, status, code) in [
        ("nothing?api-version=2024-10-01".to_owned(), 404, "EnvironmentNotFound"),
        (format!("{}?api-version=1", contoso::ENVIRONMENT), 400, "InvalidApiVersion"),
        (format!("{}/settings?api-version=2024-10-01", contoso::ENVIRONMENT), 501, "NotEmulated"),
    ] {
        let answer = get(&rest).await;
        assert_eq!((answer.status, &answer.body["error"]["code"]), (status, &json!(code)), "{rest}");
    }
}

#[tokio::test]
async fn a_new_environment_is_not_known_for_some_answers_or_some_time() {
    let maker = Maker::new(Some(PowerPlatformRole::Contributor)).await;
    let list = async || maker.ask(Method::GET, "connections?api-version=1", None).await;
    maker.world.sandbox.with(|all| all.environment_mut(contoso::ENVIRONMENT).unwrap().hide_from_connectivity(2));
    let unseen = list().await;
    assert_eq!((unseen.status, &unseen.body["error"]["code"]), (404, &json!("ServiceToServiceEnvironmentNotFound")));
    assert_eq!((list().await.status, list().await.status), (404, 200));
    maker.world.sandbox.with(|all| {
        let until = all.now() + std::time::Duration::from_secs(60);
        all.environment_mut(contoso::ENVIRONMENT).unwrap().hide_from_connectivity_until(until);
    });
    assert_eq!(list().await.status, 404);
    maker.world.sandbox.advance(std::time::Duration::from_secs(61));
    assert_eq!(list().await.status, 200);
}

#[tokio::test]
async fn what_is_reported_of_other_apis_is_answered_by_a_switch() {
    let maker = Maker::new(Some(PowerPlatformRole::Contributor)).await;
    let switch = |change: fn(&mut sandbox::ConnectivitySwitches)| {
        maker.world.sandbox.switches(|switches| change(&mut switches.connectivity));
    };
    let id = Uuid::new_v4().to_string();
    let code = |answer: Answer| (answer.status, answer.body["error"]["code"].as_str().unwrap_or_default().to_owned());
    switch(|switches| switches.refuses_plan = true);
    let refused = maker.ask(Method::PUT, &one(&id), Some(good())).await;
    assert_eq!(code(refused), (403, "InvalidUserPlan".to_owned()));
    switch(|switches| switches.refuses_plan = false);
    let terraform = maker.world.token(API).await;
    let url = format!("{ENVIRONMENT_HOST}/connectivity/{}", one(&id));
    assert_eq!(maker.world.ask(Method::PUT, &url, &terraform, Some(good())).await.unwrap().status, 201);
    switch(|switches| switches.foreign_connection = ForeignConnection::Forbidden);
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let body = (method == Method::PUT).then(good);
        let refused = maker.ask(method, &one(&id), body).await;
        assert_eq!(code(refused), (403, "ConnectionAuthorizationFailed".to_owned()));
    }
    switch(|switches| switches.environment_filter = true);
    let refused = maker.ask(Method::GET, "connections?api-version=1", None).await;
    assert_eq!(
        refused.body,
        json!({"error": {"code": "MissingEnvironmentFilter", "message": "The environment filter must be set."}})
    );
    switch(|switches| switches.page_size = 1);
    for _ in 0..2 {
        let filtered =
            format!("{}&$filter=environment%20eq%20'{}'", one(&Uuid::new_v4().to_string()), contoso::ENVIRONMENT);
        assert_eq!(maker.ask(Method::PUT, &filtered, Some(good())).await.status, 201);
    }
    let list = format!(
        "{ENVIRONMENT_HOST}/connectivity/connections?api-version=1&$filter=environment%20eq%20'{}'",
        contoso::ENVIRONMENT
    );
    assert_eq!(maker.world.pages(&list, &maker.token).await, [1, 1], "the next page names the environment too");
}

#[tokio::test]
async fn hidden_values_are_filled_in_or_demanded_by_name() {
    let maker = Maker::new(Some(PowerPlatformRole::Contributor)).await;
    let put = async |body: Value| maker.ask(Method::PUT, &one(&Uuid::new_v4().to_string()), Some(body)).await;
    let hidden = [
        ("environment", contoso::ENVIRONMENT),
        ("xrmInstanceUri", "https://contoso.crm4.dynamics.com/"),
        ("connectionType", "azureRelay"),
    ];
    let mut body = good();
    for (name, value) in hidden {
        let values = |body: &mut Value| body["properties"]["connectionParametersSet"]["values"].take();
        maker.world.sandbox.switches(|switches| switches.connectivity.hidden_values = HiddenValues::Demanded);
        let refused = put(body.clone()).await.body["error"]["details"][0]["message"].clone();
        assert!(refused.as_str().unwrap().contains(&format!("the value {name} is missing")), "{refused}");
        let mut all = values(&mut body);
        all[name] = json!({"value": "nonsense"});
        body["properties"]["connectionParametersSet"]["values"] = all.clone();
        if name == "connectionType" {
            let refused = put(body.clone()).await.body.to_string();
            assert!(refused.contains("the value connectionType is not azureRelay"), "{refused}");
        }
        all[name] = json!({"value": value});
        body["properties"]["connectionParametersSet"]["values"] = all;
    }
    assert_eq!(put(body.clone()).await.status, 201);
    maker.world.sandbox.switches(|switches| switches.connectivity.hidden_values = HiddenValues::FilledIn);
    assert_eq!(put(body).await.status, 400, "no documented request has them");
}

#[tokio::test]
async fn a_role_can_be_given_for_the_tenant_and_over_the_sandboxes_own_address() {
    let maker = Maker::new(None).await;
    let client = Client::builder().no_proxy().build().unwrap();
    let ask = async |method: Method, path: &str, body: Value| {
        let url = format!("{}/{path}", maker.world.sandbox.control_url());
        let response = client.request(method, url).json(&body).send().await.unwrap();
        let told = response.bytes().await.unwrap();
        serde_json::from_slice::<Value>(&told).unwrap_or_else(|_| panic!("{told:?}"))
    };
    let list = async || maker.ask(Method::GET, "connections?api-version=1", None).await.status;
    let assignment = RoleAssignment {
        principal: contoso::MAKER_OBJECT.to_owned(),
        role: PowerPlatformRole::Reader,
        scope: PowerPlatformScope::Tenant(contoso::TENANT.to_owned()),
    };
    let written = json!({"principal": contoso::MAKER_OBJECT, "role": "reader", "scope": {"tenant": contoso::TENANT}});
    assert_eq!(json!(assignment), written);
    assert_eq!(ask(Method::POST, "power-platform-roles", written.clone()).await, true);
    assert_eq!(list().await, 200);
    ask(Method::POST, &format!("connections/{}/hide", contoso::ENVIRONMENT), json!({"answers": 1})).await;
    assert_eq!((list().await, list().await), (404, 200));
    assert_eq!(ask(Method::DELETE, "power-platform-roles", written).await, true);
    assert_eq!(list().await, 403);
    ask(Method::PUT, &format!("admin-applications/{}", contoso::MAKER), Value::Null).await;
    assert_eq!(list().await, 200);
    ask(Method::DELETE, &format!("admin-applications/{}", contoso::MAKER), Value::Null).await;
    assert_eq!(list().await, 403);
}
