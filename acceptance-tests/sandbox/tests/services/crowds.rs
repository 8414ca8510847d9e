//! Many robots, and how they are listed.

use sandbox::Crowd;

use super::*;

const AUDIENCE: &str = "https://contoso.crm4.dynamics.com";

#[tokio::test]
async fn a_crowd_is_listed_in_pages_by_whoever_may_see_it() {
    let world = World::new();
    let seed = |crowd: &Crowd| {
        let client = Client::builder().no_proxy().build().unwrap();
        client.post(format!("{}/crowds", world.sandbox.control_url())).json(crowd).send()
    };
    let made = seed(&Crowd::of(60)).await.unwrap();
    assert_eq!(made.text().await.unwrap(), "60");
    let own = Crowd { name: "own".to_owned(), owner: contoso::CLIENT.to_owned(), ..Crowd::of(60) };
    assert!(seed(&own).await.unwrap().status().is_success());
    world.sandbox.switches(|switches| {
        switches.dataverse.page_size = 50;
        switches.connectivity.page_size = 25;
    });
    let token = world.token(AUDIENCE).await;
    let rows = format!("{AUDIENCE}/api/data/v9.2/credentials?$select=name&$expand=username($select=schemaname)");
    assert_eq!(world.pages(&rows, &token).await, [50, 50, 20]);
    let one = format!("{AUDIENCE}/api/data/v9.2/environmentvariabledefinitions?$filter=schemaname eq 'CTO_own_000060'");
    assert_eq!(world.pages(&one, &token).await, [1]);
    let vaults = world.token("https://vault.azure.net").await;
    let certificates = "https://kv-robots.vault.azure.net/certificates?api-version=7.4";
    assert_eq!(world.pages(certificates, &vaults).await, [25, 25, 25, 25, 25, 14]);
    let platform = world.token("https://api.powerplatform.com").await;
    let connections = format!("{ENVIRONMENT_HOST}/connectivity/connections?api-version=1");
    assert_eq!(world.pages(&connections, &platform).await, [25, 25, 10], "those of others are theirs");
    let odd = seed(&Crowd { vault: "nowhere".to_owned(), ..Crowd::default() }).await.unwrap();
    assert_eq!(odd.status(), 400);
}
