//! Vaults and what they tell of their certificates.

use sandbox::CertificatePermission;

use super::*;

#[tokio::test]
async fn a_vault_challenges_and_tells_of_its_certificates_alone() {
    let world = World::new();
    let root = "https://kv-robots.vault.azure.net";
    let challenge = world.get(&format!("{root}/certificates/robot?api-version=7.4"), "").await;
    let expected = format!(
        "Bearer authorization=\"https://login.microsoftonline.com/{}\", resource=\"https://vault.azure.net\"",
        contoso::TENANT
    );
    assert_eq!((challenge.status, challenge.headers["www-authenticate"].to_str().unwrap()), (401, expected.as_str()));

    let token = world.token("https://vault.azure.net").await;
    let get = |path: &'static str| world.get_owned(format!("{root}{path}"), token.clone());
    for (path, status, code) in [
        ("/certificates/robot", 400, "BadParameter"),
        ("/certificates/robot?api-version=1.0", 400, "BadParameter"),
        ("/certificates/nobody?api-version=7.4", 404, "CertificateNotFound"),
        ("/certificates/robot/nothing?api-version=7.4", 404, "CertificateNotFound"),
        ("/secrets/robot?api-version=7.4", 501, "NotEmulated"),
        ("/certificates/robot?api-version=7.4&odd=1", 501, "NotEmulated"),
        ("/certificates?api-version=7.4&maxresults=26", 400, "BadParameter"),
    ] {
        let answer = get(path).await;
        assert_eq!((answer.status, answer.body["error"]["code"].as_str()), (status, Some(code)), "{path}");
    }
    let bundle = get("/certificates/robot/?api-version=7.4").await.body;
    assert_eq!(bundle["policy"]["secret_props"]["contentType"], "application/x-pkcs12");
    let version = bundle["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let again = world.get(&format!("{root}/certificates/ROBOT/{version}?api-version=7.4"), &token).await.body;
    assert_eq!(again["x5t"], bundle["x5t"]);

    let pages = world.pages(&format!("{root}/certificates?api-version=7.4&maxresults=7"), &token).await;
    assert_eq!(pages, [7, 7, 5]);
    assert_eq!(world.pages(&format!("{root}/certificates?api-version=7.4"), &token).await, [19]);
    let next = get("/certificates?api-version=7.4&maxresults=7").await.body["nextLink"].as_str().unwrap().to_owned();
    assert!(
        next.starts_with("https://kv-robots.vault.azure.net:443/certificates?api-version=7.4&$skiptoken="),
        "{next}"
    );
    world.sandbox.switches(|switches| switches.key_vault.page_size = 10);
    assert_eq!(world.pages(&format!("{root}/certificates?api-version=7.4"), &token).await, [10, 9]);
    assert_eq!(world.pages(&format!("{root}/certificates?api-version=7.4&maxresults=7"), &token).await, [7, 7, 5]);
    world.sandbox.with(|all| {
        let now = all.now();
        all.vaults.get_mut("kv-robots").unwrap().put_certificate("robot", CertificateSpec::default(), now);
    });
    let versions = get("/certificates/robot/versions?api-version=7.4").await.body;
    assert_eq!(versions["value"].as_array().unwrap().len(), 2);
    world.sandbox.with(|all| {
        let now = all.now();
        all.vaults.get_mut("kv-robots").unwrap().put_certificate("robot", CertificateSpec::default(), now);
    });
    let versions = format!("{root}/certificates/robot/versions?api-version=7.4&maxresults=1");
    assert_eq!(world.pages(&versions, &token).await, [1, 1, 1]);

    let closed = world.get("https://kv-closed.vault.azure.net/certificates/robot?api-version=7.4", &token).await;
    assert_eq!(closed.body["error"]["innererror"]["code"], "ForbiddenByRbac");
    let theirs = world.get("https://kv-theirs.vault.azure.net/certificates/robot?api-version=7.4", &token).await;
    assert!(theirs.headers["www-authenticate"].to_str().unwrap().contains(contoso::OTHER_TENANT));
}

#[tokio::test]
async fn a_vault_speaks_every_version_that_could_be_one() {
    let world = World::new();
    let token = world.token("https://vault.azure.net").await;
    for (version, status) in [
        ("7.4", 200),
        ("7.6", 200),
        ("2025-07-01", 200),
        ("2031-12-31-preview", 200),
        ("7.3", 400),
        ("2025-13-01", 400),
        ("2025-07-01-beta", 400),
        ("2025-7-1", 400),
    ] {
        let url = format!("https://kv-robots.vault.azure.net/certificates/robot?api-version={version}");
        assert_eq!(world.get(&url, &token).await.status, status, "{version}");
    }
}

#[tokio::test]
async fn a_policy_permits_to_read_and_to_list_apart() {
    let world = World::new();
    let token = world.token("https://vault.azure.net").await;
    let root = "https://kv-policies.vault.azure.net/certificates";
    let ask = async |path: &str| world.get(&format!("{root}{path}?api-version=7.4"), &token).await;
    let permit = |permissions: &[CertificatePermission]| {
        world
            .sandbox
            .with(|all| all.vaults.get_mut("kv-policies").unwrap().permit(contoso::CLIENT_OBJECT, permissions));
    };
    for (permission, reads, lists) in [(CertificatePermission::Get, 200, 403), (CertificatePermission::List, 403, 200)]
    {
        permit(&[permission]);
        for (path, status) in [("/robot", reads), ("/robot/policy", reads), ("", lists), ("/robot/versions", lists)] {
            let answer = ask(path).await;
            assert_eq!(answer.status, status, "{permission:?} {path}");
            let missing = if reads == 200 { "certificates list permission" } else { "certificates get permission" };
            if status == 403 {
                assert_eq!(answer.body["error"]["innererror"]["code"], "AccessDenied");
                let message = answer.body["error"]["message"].as_str().unwrap();
                assert!(message.contains(missing), "{message}");
            }
        }
    }
    permit(&[]);
    assert_eq!((ask("").await.status, ask("/robot").await.status), (403, 403));
}

#[tokio::test]
async fn a_data_action_is_as_good_as_the_role_that_has_it() {
    let world = World::new();
    let token = world.token("https://vault.azure.net").await;
    let url = "https://kv-closed.vault.azure.net/certificates/robot?api-version=7.4";
    let grant = |action: &str| {
        world.sandbox.with(|all| all.vaults.get_mut("kv-closed").unwrap().grant_action(contoso::CLIENT_OBJECT, action));
    };
    grant("secrets/getSecret/action");
    let refused = world.get(url, &token).await.body["error"]["message"].as_str().unwrap().to_owned();
    assert!(refused.contains("Action: 'Microsoft.KeyVault/vaults/certificates/read'"), "{refused}");
    grant("Microsoft.KeyVault/vaults/certificates/read");
    assert_eq!(world.get(url, &token).await.status, 200);
}
