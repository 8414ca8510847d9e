//! What is there when a sandbox starts: two robots' worth of Contoso. The crate's documentation describes it.

use serde_json::json;
use uuid::Uuid;

use crate::application::{Application, FederatedCredential};
use crate::azure_devops::{self, Pipeline};
use crate::certificate::CertificateSpec;
use crate::cloud::{Cloud, Switches as CloudSwitches};
use crate::connectivity::Unseen;
use crate::dataverse::Org;
use crate::github_actions::{self, Workflow};
use crate::key_vault::{CertificatePermission, Vault};
use crate::managed_identity::ManagedIdentities;
use crate::power_platform::{PowerPlatformRole, RoleAssignment};
use crate::world::{Caller, DATAVERSE_APPLICATION, Environment, World};

/// The tenant.
pub const TENANT: &str = "7e0a0000-0000-4000-8000-000000000001";
/// Somebody else's tenant.
pub const OTHER_TENANT: &str = "7e0a0000-0000-4000-8000-000000000002";
/// The subscription of the vaults.
pub const SUBSCRIPTION: &str = "50b50000-0000-4000-8000-000000000001";
/// The application that Terraform signs in as: administrator of both environments.
pub const CLIENT: &str = "c11e0000-0000-4000-8000-000000000001";
/// Its service principal.
pub const CLIENT_OBJECT: &str = "0b1e0000-0000-4000-8000-000000000001";
/// Its secret.
pub const SECRET: &str = "sandbox-secret-of-terraform~1";
/// A second application, with other rights.
pub const MAKER: &str = "c11e0000-0000-4000-8000-000000000002";
/// Its service principal.
pub const MAKER_OBJECT: &str = "0b1e0000-0000-4000-8000-000000000002";
/// Its secret.
pub const MAKER_SECRET: &str = "sandbox-secret-of-the-maker~2";
/// An application that owns runs; it has a certificate, and no secret.
pub const RUN_OWNER: &str = "c11e0000-0000-4000-8000-000000000003";
/// Its service principal.
pub const RUN_OWNER_OBJECT: &str = "0b1e0000-0000-4000-8000-000000000003";
/// The environment *Contoso*.
pub const ENVIRONMENT: &str = "e0000000-0000-4000-8000-0000000000a1";
/// The environment *Contoso Test*: the tenant's default one.
pub const TEST_ENVIRONMENT: &str = "Default-7e0a0000-0000-4000-8000-000000000001";
/// An environment without Dataverse.
pub const BARE_ENVIRONMENT: &str = "e0000000-0000-4000-8000-0000000000a3";
/// The host of *Contoso*'s organization in the public cloud.
pub const ORG: &str = "contoso.crm4.dynamics.com";
/// The host of *Contoso Test*'s organization in the public cloud.
pub const TEST_ORG: &str = "contoso-test.crm4.dynamics.com";
/// The machine group *Finance*, shared with Terraform's application.
pub const FINANCE: &str = "6a000000-0000-4000-8000-00000000000f";
/// The machine group *Warehouse*, shared with it too.
pub const WAREHOUSE: &str = "6a000000-0000-4000-8000-00000000000e";
/// The machine group *Board*, shared with nobody.
pub const BOARD: &str = "6a000000-0000-4000-8000-00000000000b";
/// The solution *Cto Robots*, whose publisher's prefix is `cto`.
pub const SOLUTION: &str = "CtoRobots";

/// What the workflow of GitHub Actions shows; its job has the environment `production` of `contoso/robots`.
pub const WORKFLOW_TOKEN: &str = "sandbox-token-of-the-workflow~3";
/// What the pipeline of Azure DevOps shows.
pub const PIPELINE_TOKEN: &str = "sandbox-token-of-the-pipeline~4";
/// The service connection *power-platform* of the pipeline, which stands for Terraform's application.
pub const SERVICE_CONNECTION: &str = "5c000000-0000-4000-8000-000000000001";
/// The service connection *unknown* of the pipeline, which no application trusts.
pub const UNTRUSTED_SERVICE_CONNECTION: &str = "5c000000-0000-4000-8000-000000000002";
/// The issuer of a cluster of AKS.
pub const CLUSTER_ISSUER: &str = "https://westeurope.oic.prod-aks.azure.com/7e0a0000-0000-4000-8000-000000000001/c1/";
/// The account of the cluster that stands for Terraform's application.
pub const CLUSTER_SUBJECT: &str = "system:serviceaccount:terraform:runner";

/// What App Service wants to be shown.
pub const IDENTITY_HEADER: &str = "sandbox-header-of-the-machine~5";

const ALL_CERTIFICATES: &str = "Key Vault Reader";
const ALL_SECRETS: &str = "Key Vault Secrets User";

/// The host of *Contoso*'s organization in a cloud.
pub fn org(cloud: Cloud) -> String {
    cloud.addresses(&CloudSwitches::default()).organization_host("contoso")
}

/// The host of *Contoso Test*'s organization in a cloud.
pub fn test_org(cloud: Cloud) -> String {
    cloud.addresses(&CloudSwitches::default()).organization_host("contoso-test")
}

/// Makes it all.
pub(crate) fn make() -> World {
    let mut world = World::empty(machine(), workflow(), pipeline());
    world.tenants.extend([TENANT.to_owned(), OTHER_TENANT.to_owned()]);
    for (app_id, object_id, name, secret) in [
        (CLIENT, CLIENT_OBJECT, "Terraform", Some(SECRET)),
        (MAKER, MAKER_OBJECT, "Maker", Some(MAKER_SECRET)),
        (RUN_OWNER, RUN_OWNER_OBJECT, "Run owner", None),
    ] {
        let caller = Caller {
            tenant_id: TENANT.to_owned(),
            app_id: app_id.to_owned(),
            object_id: object_id.to_owned(),
            name: name.to_owned(),
        };
        world
            .applications
            .insert(app_id.to_owned(), Application { secret: secret.map(str::to_owned), ..Application::new(caller) });
    }
    federate(&mut world);
    world.admin_applications.insert(CLIENT.to_owned());
    world.power_platform_roles = [ENVIRONMENT, TEST_ENVIRONMENT]
        .map(|id| RoleAssignment::in_environment(MAKER_OBJECT, PowerPlatformRole::Contributor, id))
        .into();
    vaults(&mut world);
    for (id, name, host) in [
        (ENVIRONMENT, "Contoso", Some(ORG)),
        (TEST_ENVIRONMENT, "Contoso Test", Some(TEST_ORG)),
        (BARE_ENVIRONMENT, "Bare", None),
    ] {
        let now = world.now();
        let environment = Environment {
            id: id.to_owned(),
            display_name: name.to_owned(),
            tenant_id: TENANT.to_owned(),
            group: None,
            dataverse: host.map(|host| organization(host, id, now)),
            connections: std::collections::BTreeMap::new(),
            deleted_connections: Vec::new(),
            unseen: Unseen::default(),
        };
        world.environments.insert(id.to_ascii_lowercase(), environment);
    }
    world
}

/// The machine's own identity is Terraform's application, and the maker is assigned to it.
fn machine() -> ManagedIdentities {
    let mut machine = ManagedIdentities::new(CLIENT, IDENTITY_HEADER);
    machine.assign(Some(CLIENT), &[MAKER]);
    machine
}

fn workflow() -> Workflow {
    Workflow {
        request_token: WORKFLOW_TOKEN.to_owned(),
        repository: "contoso/robots".to_owned(),
        environment: Some("production".to_owned()),
    }
}

fn pipeline() -> Pipeline {
    let connections = [(SERVICE_CONNECTION, "power-platform"), (UNTRUSTED_SERVICE_CONNECTION, "unknown")];
    Pipeline {
        access_token: PIPELINE_TOKEN.to_owned(),
        project: "contoso/robots".to_owned(),
        service_connections: connections.map(|(id, name)| (id.to_owned(), name.to_owned())).into(),
    }
}

/// Terraform's application trusts the job in GitHub's environment `production`, a service connection, and an account of a cluster.
fn federate(world: &mut World) {
    let credentials = [
        (github_actions::ISSUER, "repo:contoso/robots:environment:production"),
        (azure_devops::ISSUER, "sc://contoso/robots/power-platform"),
        (CLUSTER_ISSUER, CLUSTER_SUBJECT),
    ];
    world.issuers.extend(credentials.map(|(issuer, _)| issuer.to_owned()));
    let credentials = credentials.map(|(issuer, subject)| FederatedCredential::new(issuer, subject));
    world.application_mut(CLIENT).expect("it was just made").federated_credentials.extend(credentials);
}

fn vaults(world: &mut World) {
    let now = world.now();
    let mut robots = Vault::new("kv-robots", SUBSCRIPTION, TENANT);
    robots.put_certificate("robot", CertificateSpec::of_user("robot@contoso.com"), now);
    for number in 1..=10 {
        let name = format!("robot-{number:02}");
        robots.put_certificate(&name, CertificateSpec::of_user(&format!("{name}@contoso.com")), now);
    }
    let good = || CertificateSpec::of_user("robot@contoso.com");
    for (name, spec) in [
        ("robot-pem", CertificateSpec { pem: true, ..good() }),
        ("robot-not-exportable", CertificateSpec { exportable: false, ..good() }),
        ("robot-disabled", CertificateSpec { enabled: false, ..good() }),
        ("robot-expired", CertificateSpec { valid_in_days: -400, expires_in_days: -35, ..good() }),
        ("robot-not-yet-valid", CertificateSpec { valid_in_days: 30, ..good() }),
        ("robot-server-only", CertificateSpec { client_authentication: false, ..good() }),
        ("robot-expiring", CertificateSpec { expires_in_days: 10, ..good() }),
        ("robot-nameless", CertificateSpec::default()),
    ] {
        robots.put_certificate(name, spec, now);
    }
    let mut policies = Vault::new("kv-policies", SUBSCRIPTION, TENANT);
    policies.access_policies = true;
    policies.permit(CLIENT_OBJECT, &[CertificatePermission::Get, CertificatePermission::List]);
    policies.put_certificate("robot", good(), now);
    let mut closed = Vault::new("kv-closed", SUBSCRIPTION, TENANT);
    closed.put_certificate("robot", good(), now);
    let mut theirs = Vault::new("kv-theirs", "50b50000-0000-4000-8000-000000000002", OTHER_TENANT);
    theirs.put_certificate("robot", good(), now);
    for vault in [&mut robots, &mut policies] {
        vault.grant(CLIENT_OBJECT, ALL_CERTIFICATES);
        vault.grant(CLIENT_OBJECT, ALL_SECRETS);
        vault.grant(DATAVERSE_APPLICATION, ALL_SECRETS);
    }
    for vault in [robots, policies, closed, theirs] {
        world.vaults.insert(vault.name.clone(), vault);
    }
}

fn organization(host: &str, environment_id: &str, now: time::OffsetDateTime) -> Org {
    let mut org = Org::new(host, environment_id, TENANT, now);
    let terraform = org.add_user(CLIENT, CLIENT_OBJECT, "Terraform", &["System Administrator"]);
    org.add_user(MAKER, MAKER_OBJECT, "Maker", &["Environment Maker"]);
    org.add_user(RUN_OWNER, RUN_OWNER_OBJECT, "Run owner", &["Environment Maker"]);
    let seeded = "the default world fits the tables";
    let publisher = Uuid::from_u128(0x9b00_0000_0000_4000_8000_0000_0000_0001);
    let row = json!({"publisherid": publisher.to_string(), "uniquename": "cto", "friendlyname": "CTO", "customizationprefix": "cto"});
    org.insert("publisher", row).expect(seeded);
    let row = json!({"uniquename": SOLUTION, "friendlyname": "CTO Robots", "publisherid": publisher.to_string(), "ismanaged": false});
    org.insert("solution", row).expect(seeded);
    for (id, name, shared) in [(FINANCE, "Finance", true), (WAREHOUSE, "Warehouse", true), (BOARD, "Board", false)] {
        let id = org.insert("flowmachinegroup", json!({"flowmachinegroupid": id, "name": name})).expect(seeded);
        if shared {
            org.share("flowmachinegroup", id, terraform).expect(seeded);
        }
    }
    let row = json!({"name": "FIN-01", "flowmachinegroupid": FINANCE, "agentversion": "2.60.0.0"});
    org.insert("flowmachine", row).expect(seeded);
    org
}
