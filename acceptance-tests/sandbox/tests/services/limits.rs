//! How much a user of Dataverse may ask for, and how long everything takes.

use std::time::{Duration, Instant};

use sandbox::{Limits, Switches};

use super::*;

const AUDIENCE: &str = "https://contoso.crm4.dynamics.com";
const REMAINING: &str = "x-ms-ratelimit-burst-remaining-xrm-requests";

fn limit(world: &World, limits: Limits) {
    world.sandbox.switches(|switches| switches.dataverse.limits = Some(limits));
}

#[tokio::test]
async fn a_user_is_limited_and_nobody_else() {
    let world = World::new();
    let who_am_i = format!("{AUDIENCE}/api/data/v9.2/WhoAmI");
    let token = world.token(AUDIENCE).await;
    assert!(!world.get(&who_am_i, &token).await.headers.contains_key(REMAINING), "nothing is counted");
    limit(&world, Limits { requests: 3, refused_count: false, ..Limits::default() });
    for remaining in ["2", "1", "0"] {
        let answer = world.get(&who_am_i, &token).await;
        assert_eq!((answer.status, answer.headers[REMAINING].to_str().unwrap()), (200, remaining));
        assert_eq!(answer.headers["x-ms-ratelimit-time-remaining-xrm-requests"], "1,200.00");
    }
    world.sandbox.fault(Fault::next("/WhoAmI", Effect::Throttle(7)));
    let struck = world.get(&who_am_i, &token).await;
    assert_eq!((struck.status, struck.headers["retry-after"].to_str().unwrap()), (429, "7"), "weather goes before");
    let refused = world.get(&who_am_i, &token).await;
    assert_eq!((refused.status, &refused.body["error"]["code"]), (429, &json!("0x80072322")));
    assert_eq!(
        refused.body["error"]["message"],
        "Number of requests exceeded the limit of 3 over time window of 300 seconds."
    );
    assert_eq!(refused.headers[REMAINING], "0");
    let after: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((290..=300).contains(&after), "{after}");

    let maker = world.token_of(contoso::MAKER, contoso::MAKER_SECRET, AUDIENCE).await;
    assert_eq!(world.get(&who_am_i, &maker).await.status, 200);
    let elsewhere = "https://contoso-test.crm4.dynamics.com";
    let there = world.token(elsewhere).await;
    assert_eq!(world.get(&format!("{elsewhere}/api/data/v9.2/WhoAmI"), &there).await.status, 200);
    assert_eq!(world.get(&who_am_i, "nobody's").await.status, 401);
    world.sandbox.advance(Duration::from_secs(after));
    assert_eq!(world.get(&who_am_i, &token).await.status, 200);
}

#[test]
fn the_documented_limits_are_those_that_are_not_said() {
    let read = |said: Value| serde_json::from_value::<Switches>(said).unwrap();
    assert_eq!(read(json!({"dataverse": {"limits": {}}})).dataverse.limits, Some(Limits::default()));
    assert_eq!(read(json!({})), Switches::default());
    let Limits { requests, window_seconds, execution_milliseconds, at_once, .. } = Limits::default();
    assert_eq!((requests, window_seconds, execution_milliseconds, at_once), (6000, 300, 1_200_000, 52));
}

#[tokio::test]
async fn a_batch_is_one_request() {
    let world = World::new();
    let token = world.token(AUDIENCE).await;
    limit(&world, Limits::default());
    let part = "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nGET /api/data/v9.2/WhoAmI HTTP/1.1\r\n\r\n\r\n";
    let request = world.client.post(format!("{AUDIENCE}/api/data/v9.2/$batch")).bearer_auth(token);
    let request =
        request.header("content-type", "multipart/mixed; boundary=b").body(format!("{}--b--\r\n", part.repeat(9)));
    let answer = request.send().await.unwrap();
    let remaining = answer.headers()[REMAINING].to_str().unwrap().to_owned();
    let body = answer.text().await.unwrap();
    assert_eq!((body.matches("HTTP/1.1 200").count(), remaining.as_str()), (9, "5999"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_once_are_limited() {
    let world = World::new();
    let token = world.token(AUDIENCE).await;
    limit(&world, Limits { at_once: 1, ..Limits::default() });
    let who_am_i = format!("{AUDIENCE}/api/data/v9.2/WhoAmI");
    world.sandbox.fault(Fault::next("/WhoAmI", Effect::Delay(3_600_000)));
    let (client, url, bearer) = (world.client.clone(), who_am_i.clone(), token.clone());
    let held = tokio::spawn(async move { client.get(url).bearer_auth(bearer).send().await });
    let sandbox = &world.sandbox;
    assert!(tokio::task::block_in_place(|| sandbox.wait_for_weather(Duration::from_secs(60))));
    let refused = world.get(&who_am_i, &token).await;
    assert_eq!((refused.status, &refused.body["error"]["code"]), (429, &json!("0x80072326")));
    assert_eq!(refused.headers["retry-after"], "1");
    let maker = world.token_of(contoso::MAKER, contoso::MAKER_SECRET, AUDIENCE).await;
    assert_eq!(world.get(&who_am_i, &maker).await.status, 200);
    held.abort();
}

#[tokio::test]
async fn everything_takes_its_time_and_nobody_waits_for_others() {
    const LATENCY: Duration = Duration::from_millis(300);
    let world = World::new();
    let token = world.token(AUDIENCE).await;
    limit(&world, Limits::default());
    world.sandbox.switches(|switches| switches.latency_milliseconds = LATENCY.as_millis().try_into().unwrap());
    let who_am_i = format!("{AUDIENCE}/api/data/v9.2/WhoAmI");
    let start = Instant::now();
    let answers = futures_util::future::join_all((0..20).map(|_| world.get(&who_am_i, &token))).await;
    let took = start.elapsed();
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert!(took >= LATENCY && took < LATENCY * 20, "{took:?}");
    let after = world.get(&who_am_i, &token).await;
    assert_eq!(after.headers["x-ms-ratelimit-time-remaining-xrm-requests"], "1,193.70", "21 of them, each as long");
}
