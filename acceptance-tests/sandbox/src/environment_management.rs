//! Environments in the Power Platform API: the second way to the address of an environment's Dataverse, without being registered.
//!
//! Source: <https://learn.microsoft.com/rest/api/power-platform/environmentmanagement/environments/get-environment-by-id-for-user>
//! (preview), the words of `type` and `state` as public code has recorded them. What is told of an environment without Dataverse, and the
//! code of one that is not there, is inferred.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::entra;
use crate::exchange::{Request, Response};
use crate::power_platform::Right;
use crate::rights::Known;
use crate::world::{Caller, Environment, World};

const ENVIRONMENTS: &str = "/environmentmanagement/environments/";
const API_VERSION: &str = "2024-10-01";

/// Answers a request to the host of the Power Platform API that belongs to no environment.
pub(crate) fn answer(world: &World, request: &Request) -> Response {
    let caller = match entra::verify(world, request, &world.addresses().power_platform_audience()) {
        Ok(caller) => caller,
        Err(unaccepted) => return entra::unauthorized(&unaccepted),
    };
    let id = request.path.strip_prefix(ENVIRONMENTS).filter(|id| !id.is_empty() && !id.contains('/'));
    let Some(id) = id.filter(|_| request.method == Method::GET) else {
        return Response::unknown(&format!("{} {} of the Power Platform API", request.method, request.path));
    };
    let (environment, right) = (world.environment(id), Right::ReadEnvironments);
    let environment = environment.filter(|known| known.tenant_id == caller.tenant_id);
    let answered = match world.entitles(&caller, right, environment) {
        true => read(environment, &caller, id, request),
        false => world.unentitled(&caller, right, request),
    };
    answered.demanding("Power Platform", right.permission(), Known::Inferred)
}

fn read(environment: Option<&Environment>, caller: &Caller, id: &str, request: &Request) -> Response {
    if request.option("api-version") != Some(API_VERSION) {
        let message = format!("The api-version must be {API_VERSION}: the sandbox knows no other.");
        return Response::error(StatusCode::BAD_REQUEST, "InvalidApiVersion", &message);
    }
    if let Some(option) = request.strange_option(&["api-version", "$select"]) {
        return Response::unknown(&format!("the query option {option:?} here"));
    }
    let Some(environment) = environment else {
        let message = format!("The environment '{id}' could not be found in the tenant '{}'.", caller.tenant_id);
        return Response::error(StatusCode::NOT_FOUND, "EnvironmentNotFound", &message);
    };
    let mut told = told(environment);
    if let Some(select) = request.option("$select") {
        let wanted: Vec<&str> = select.split(',').map(str::trim).collect();
        told.retain(|name, _| wanted.contains(&name.as_str()));
    }
    Response::json(StatusCode::OK, &Value::Object(told))
}

fn told(environment: &Environment) -> Map<String, Value> {
    let mut told = json!({
        "id": environment.id,
        "displayName": environment.display_name,
        "tenantId": environment.tenant_id,
        "type": "Production",
        "state": "Enabled",
        "geo": "europe",
        "azureRegion": "westeurope",
        "adminMode": "Disabled",
        "backgroundOperationsState": "Enabled",
        "protectionLevel": "Standard",
    });
    if let Some(group) = &environment.group {
        told["environmentGroupId"] = json!(group);
    }
    if let Some(org) = &environment.dataverse {
        told["dataverseId"] = json!(org.organization_id.to_string());
        told["domainName"] = json!(org.host.split('.').next());
        told["url"] = json!(format!("https://{}", org.host));
        told["version"] = json!("9.2.25111.151");
    }
    match told {
        Value::Object(told) => told,
        _ => unreachable!("it was written as an object"),
    }
}
