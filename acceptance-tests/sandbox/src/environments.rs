//! The environments API of Power Platform (BAP): where an environment's Dataverse is.
//!
//! The shapes are those that Microsoft's own Terraform provider records; the texts of errors likewise.

use http::{Method, StatusCode};
use serde_json::json;

use crate::entra;
use crate::exchange::{Request, Response};
use crate::power_platform::{self, ADMINISTRATION};
use crate::rights::Known;
use crate::world::{Caller, World};

const ADMIN: &str = "/providers/Microsoft.BusinessAppPlatform/scopes/admin/environments/";
const MAKER: &str = "/providers/Microsoft.BusinessAppPlatform/environments/";
const OPTIONS: [&str; 3] = ["api-version", "$expand", "$select"];
const API_VERSIONS: [&str; 3] = ["2020-10-01", "2021-04-01", "2023-06-01"];

/// Answers a request to the environments API.
pub(crate) fn answer(world: &World, request: &Request) -> Response {
    let caller = match entra::verify(world, request, world.addresses().environments_audience) {
        Ok(caller) => caller,
        Err(unaccepted) => return entra::unauthorized(&unaccepted),
    };
    if let Some(option) = request.strange_option(&OPTIONS) {
        return Response::unknown(&format!("the query option {option:?} here"));
    }
    let version = request.option("api-version").unwrap_or_default();
    if !API_VERSIONS.contains(&version) {
        let message = format!("The api-version {version:?} is invalid: the sandbox knows {}.", API_VERSIONS.join(", "));
        return Response::error(StatusCode::BAD_REQUEST, "InvalidApiVersionParameter", &message);
    }
    let (id, admin) = match (request.path.strip_prefix(ADMIN), request.path.strip_prefix(MAKER)) {
        (Some(id), _) => (id, true),
        (None, Some(id)) => (id, false),
        _ => return Response::unknown(&format!("{} {} of the environments API", request.method, request.path)),
    };
    if request.method != Method::GET || id.is_empty() || id.contains('/') {
        return Response::unknown(&format!("{} {} of the environments API", request.method, request.path));
    }
    if !admin {
        return told(world, &caller, id);
    }
    let answered = match world.admin_applications.contains(&caller.app_id) {
        true => told(world, &caller, id),
        false => power_platform::no_permission_for_path(&caller, request),
    };
    answered.demanding("Environments", ADMINISTRATION, Known::Reported)
}

fn told(world: &World, caller: &Caller, id: &str) -> Response {
    let Some(environment) = world.environment(id).filter(|known| known.tenant_id == caller.tenant_id) else {
        let message = format!("The environment '{id}' could not be found in the tenant '{}'.", caller.tenant_id);
        return Response::error(StatusCode::NOT_FOUND, "EnvironmentNotFound", &message);
    };
    let mut properties = json!({
        "displayName": environment.display_name,
        "azureRegion": "westeurope",
        "environmentSku": "Production",
        "states": {"management": {"id": "Ready"}, "runtime": {"id": "Enabled"}},
    });
    if let Some(org) = &environment.dataverse {
        let api = org.host.replacen('.', ".api.", 1);
        properties["linkedEnvironmentMetadata"] = json!({
            "resourceId": org.organization_id.to_string(),
            "uniqueName": format!("unq{}", org.organization_id.simple()),
            "domainName": org.host.split('.').next(),
            "version": "9.2.25111.151",
            "instanceUrl": format!("https://{}/", org.host),
            "instanceApiUrl": format!("https://{api}"),
            "instanceState": "Ready",
        });
    }
    let body = json!({
        "id": format!("{ADMIN}{}", environment.id),
        "name": environment.id,
        "type": "Microsoft.BusinessAppPlatform/scopes/environments",
        "location": "europe",
        "properties": properties,
    });
    Response::json(StatusCode::OK, &body)
}
