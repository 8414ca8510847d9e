//! What a request was asked for, as the journal tells it.

use super::*;

impl World {
    /// What the last request was asked for.
    fn asked(&self) -> Vec<String> {
        let journal = self.sandbox.journal();
        let last = journal.last().expect("something was asked");
        last.demanded().iter().map(|one| format!("{}: {} ({})", one.service, one.right, one.known)).collect()
    }
}

#[tokio::test]
async fn the_journal_tells_what_a_request_was_asked_for_had_or_not() {
    let world = World::new();
    let power_platform = world.token("https://api.powerplatform.com").await;
    assert_eq!(world.asked(), Vec::<String>::new(), "a token is asked for with a secret alone");
    let connections = format!("{ENVIRONMENT_HOST}/connectivity");
    world.get(&format!("{connections}/connections?api-version=1"), &power_platform).await;
    assert_eq!(world.asked(), ["Power Platform: Connectivity.Connections.Read (I)"]);
    let values = json!({
        "username": {"value": "robot"}, "password": {"value": "x"}, "targetId": {"value": contoso::FINANCE},
    });
    let one = format!("{connections}/connectors/shared_uiflow/connections/{}?api-version=1", Uuid::new_v4());
    let body = connections::connection(values);
    world.ask(Method::PUT, &one, &power_platform, Some(body.clone())).await.unwrap();
    let write = [
        "Power Platform: Connectivity.Connections.ReadWrite (I)",
        "Power Platform: the machine group (own or shared) (D)",
    ];
    assert_eq!(world.asked(), write);
    let api = "https://api.powerplatform.com/environmentmanagement/environments";
    world.get(&format!("{api}/{}?api-version=2024-10-01", contoso::ENVIRONMENT), &power_platform).await;
    assert_eq!(world.asked(), ["Power Platform: EnvironmentManagement.Environments.Read (I)"]);

    let token = world.token("https://service.powerapps.com").await;
    world.get(&format!("{BAP}/{}?api-version=2023-06-01", contoso::ENVIRONMENT), &token).await;
    assert_eq!(world.asked(), ["Environments: administration of Power Platform (R)"]);
    let maker = BAP.replace("/scopes/admin", "");
    world.get(&format!("{maker}/{}?api-version=2023-06-01", contoso::ENVIRONMENT), &token).await;
    assert_eq!(world.asked(), Vec::<String>::new());

    let token = world.token("https://vault.azure.net").await;
    for (vault, asked) in [
        ("kv-robots", "Key Vault: Microsoft.KeyVault/vaults/certificates/read (D)"),
        ("kv-policies", "Key Vault: policy certificates/get (D)"),
    ] {
        world.get(&format!("https://{vault}.vault.azure.net/certificates/robot?api-version=7.4"), &token).await;
        assert_eq!(world.asked(), [asked]);
    }
    world.sandbox.with(|all| all.vaults.get_mut("kv-robots").unwrap().roles.clear());
    let refused = world.get("https://kv-robots.vault.azure.net/certificates?api-version=7.4", &token).await;
    assert_eq!((refused.status, world.asked().len()), (403, 1), "what is refused was asked for too");
    let lines = world.sandbox.journal().iter().flat_map(sandbox::Exchange::lines).collect::<Vec<_>>();
    assert!(lines.iter().all(|line| !line.contains("certificates/read")), "no line tells of it");
}
