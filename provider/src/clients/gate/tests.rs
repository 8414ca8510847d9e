//! What passes the gate, and when, before a service that keeps its limits as the documentation says. The clock is stopped: time passes when
//! nobody has anything else to do.

use std::collections::VecDeque;
use std::future::pending;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use reqwest::header::{HeaderName, HeaderValue, RETRY_AFTER};
use tokio::time::{sleep, timeout};

use super::width::{AT_ONCE, FEW};
use super::*;

const SECOND: Duration = Duration::from_secs(1);
const WINDOW: Duration = Duration::from_secs(300);

/// A service with one web server, and what came to it.
struct Service {
    gate: Arc<Gate>,
    requests: usize,
    at_once: usize,
    takes: Duration,
    /// Whether answers say what is left.
    says: bool,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// What counts in the window, of others too.
    window: VecDeque<Instant>,
    open: usize,
    most: usize,
    begun: Vec<Instant>,
    refused: usize,
    /// Refuses the next one, for so long.
    refuses: Option<Duration>,
}

impl Service {
    /// The limits of the documentation, but for the number of requests.
    fn of(requests: usize) -> Service {
        let gate = Arc::new(Gate::new("a.example"));
        Service { gate, requests, at_once: 52, takes: SECOND / 10, says: true, seen: Mutex::default() }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    /// Others have asked so often, some time ago.
    fn others(&self, count: usize, ago: Duration) {
        let at = Instant::now().checked_sub(ago).unwrap();
        self.seen().window.extend(std::iter::repeat_n(at, count));
    }

    /// Asks until it is answered, and returns how often it was refused.
    async fn ask(&self) -> usize {
        self.ask_through(&self.gate).await
    }

    async fn ask_through(&self, gate: &Arc<Gate>) -> usize {
        let ticket = gate.ticket();
        let mut refused = 0;
        loop {
            let pass = gate.pass("asking", ticket).await.unwrap();
            if self.answers(&pass).await {
                return refused;
            }
            refused += 1;
        }
    }

    async fn all(&self, count: usize) -> Vec<usize> {
        join_all((0..count).map(|_| self.ask())).await
    }

    async fn answers(&self, pass: &Pass) -> bool {
        let answer = self.admit();
        if answer.is_ok() {
            sleep(self.takes).await;
            self.seen().open -= 1;
        }
        let (status, headers) = match &answer {
            Ok(left) if self.says => (StatusCode::OK, says("x-ms-ratelimit-burst-remaining-xrm-requests", left)),
            Ok(_) => (StatusCode::OK, HeaderMap::new()),
            Err(wait) => (StatusCode::TOO_MANY_REQUESTS, says("retry-after", &wait.as_secs_f64().ceil())),
        };
        pass.answered(status, &headers);
        answer.is_ok()
    }

    fn admit(&self) -> Result<usize, Duration> {
        let (now, mut seen) = (Instant::now(), self.seen());
        seen.begun.push(now);
        while seen.window.front().is_some_and(|at| *at + WINDOW <= now) {
            seen.window.pop_front();
        }
        let refuses = match seen.window.front() {
            _ if seen.refuses.is_some() => seen.refuses.take(),
            _ if seen.open >= self.at_once => Some(SECOND),
            Some(first) if seen.window.len() >= self.requests => Some(*first + WINDOW - now),
            _ => None,
        };
        if let Some(wait) = refuses {
            seen.refused += 1;
            return Err(wait);
        }
        seen.window.push_back(now);
        seen.open += 1;
        seen.most = seen.most.max(seen.open);
        Ok(self.requests - seen.window.len())
    }

    fn refused(&self) -> usize {
        self.seen().refused
    }
}

fn says(name: &'static str, value: &impl ToString) -> HeaderMap {
    let value = HeaderValue::from_str(&value.to_string()).unwrap();
    HeaderMap::from_iter([(HeaderName::from_static(name), value)])
}

#[tokio::test(start_paused = true)]
async fn no_more_are_under_way_at_once_than_a_service_bears_and_nobody_is_overtaken() {
    let service = Service { says: false, ..Service::of(6000) };
    let order = Mutex::new(Vec::new());
    let asked = (0..200).map(|number| {
        let (service, order) = (&service, &order);
        async move {
            let pass = service.gate.pass("asking", service.gate.ticket()).await.unwrap();
            order.lock().unwrap().push(number);
            service.answers(&pass).await
        }
    });
    join_all(asked).await;
    assert_eq!((service.refused(), service.seen().most), (0, AT_ONCE));
    assert!(order.lock().unwrap().is_sorted(), "{order:?}");
}

#[tokio::test(start_paused = true)]
async fn of_a_thousand_who_wait_one_is_refused_and_it_slows_all() {
    let service = Service::of(6000);
    service.seen().refuses = Some(30 * SECOND);
    // It is refused before the others come.
    let start = Instant::now();
    let (refused, others) = tokio::join!(service.ask(), async {
        sleep(SECOND).await;
        service.all(1000).await
    });
    assert_eq!((refused, others.iter().sum::<usize>(), service.refused()), (1, 0, 1));
    let begun: Vec<u128> = service.seen().begun.iter().map(|at| at.duration_since(start).as_millis()).collect();
    // One, and as it is answered two, four, and so on.
    assert_eq!(begun[..6], [0, 30_000, 30_100, 30_100, 30_200, 30_200], "{begun:?}");
    assert_eq!(service.seen().most, AT_ONCE);
}

#[tokio::test(start_paused = true)]
async fn who_was_refused_is_the_next_one_whoever_came_meanwhile() {
    let service = Service::of(6000);
    service.seen().refuses = Some(SECOND);
    let first = async {
        assert_eq!(service.ask().await, 1);
        service.seen().begun.len()
    };
    let (first, _) = tokio::join!(first, service.all(30));
    assert_eq!(first, 2);
}

#[tokio::test(start_paused = true)]
async fn those_who_are_too_many_at_once_are_fewer_later() {
    let service = Service { at_once: 9, ..Service::of(6000) };
    let refused = service.all(400).await;
    assert!(refused.iter().all(|refused| *refused <= 4), "nobody is out of tries: {refused:?}");
    let (refused, begun) = (service.refused(), service.seen().begun.len());
    assert!(refused < begun / 10, "{refused} of {begun}");
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_a_window_is_used_up_and_the_next_one_waits_until_there_is_room() {
    let service = Service::of(200);
    let start = Instant::now();
    service.all(300).await;
    assert_eq!(service.refused(), 0);
    let took = start.elapsed();
    assert!((WINDOW..WINDOW + 10 * SECOND).contains(&took), "neither sooner nor later: {took:?}");
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_has_used_of_a_window_is_not_asked_for() {
    // Four are let in before anything is known.
    for (left, ago) in [(30, 0), (12, 0), (12, 200), (6, 100), (6, 290)] {
        let service = Service::of(1000);
        let ago = Duration::from_secs(ago);
        service.others(1000 - left, ago);
        let start = Instant::now();
        service.all(100).await;
        assert_eq!(service.refused(), 0, "{left} left since {ago:?}");
        let (took, room) = (start.elapsed(), WINDOW - ago);
        assert!(took < 2 * room + 100 * SECOND, "{left} left since {ago:?}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn beside_somebody_else_as_much_is_asked_for_as_becomes_free() {
    let service = Service::of(600);
    // Two in a second, all along the window.
    (0..560).for_each(|number| service.others(1, WINDOW - SECOND / 2 * number));
    let start = Instant::now();
    service.all(200).await;
    let took = start.elapsed();
    assert_eq!(service.refused(), 0);
    assert!((80 * SECOND..120 * SECOND).contains(&took), "{took:?}");
    let begun = service.seen().begun.clone();
    let longest = begun.windows(2).map(|two| two[1] - two[0]).max();
    assert!(longest < Some(5 * SECOND), "evenly: {longest:?}");
}

#[tokio::test(start_paused = true)]
async fn two_runs_of_one_user_fit_beside_each_other() {
    let service = Service::of(600);
    let other = Arc::new(Gate::new("a.example"));
    let (ours, theirs) =
        tokio::join!(service.all(400), async { join_all((0..400).map(|_| service.ask_through(&other))).await });
    assert_eq!(service.seen().most, 2 * AT_ONCE);
    let refused: usize = ours.iter().chain(&theirs).sum();
    assert_eq!(refused, 0);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_says_more_is_believed_at_once() {
    let service = Service::of(6000);
    let say = async |left: u32| {
        let pass = service.gate.pass("asking", service.gate.ticket()).await.unwrap();
        pass.answered(StatusCode::OK, &says("x-ms-ratelimit-burst-remaining-xrm-requests", &left));
    };
    say(2).await;
    assert!(timeout(30 * SECOND, service.ask()).await.is_err(), "nearly nothing is left");
    // Another web server answers.
    say(6000).await;
    let start = Instant::now();
    service.ask().await;
    assert_eq!(start.elapsed(), service.takes);
}

#[tokio::test(start_paused = true)]
async fn headers_that_are_wrong_are_believed_no_longer() {
    let service = Service::of(6000);
    let start = Instant::now();
    for _ in 0..20 {
        let pass = service.gate.pass("asking", service.gate.ticket()).await.unwrap();
        pass.answered(StatusCode::OK, &says("x-ms-ratelimit-burst-remaining-xrm-requests", &0));
    }
    assert!(start.elapsed() <= 201 * SECOND, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn when_time_runs_low_fewer_are_under_way() {
    let most = async |seconds: &str| {
        let service = Service { says: false, takes: SECOND, ..Service::of(6000) };
        let mut headers = says("x-ms-ratelimit-burst-remaining-xrm-requests", &5000);
        headers.extend(says("x-ms-ratelimit-time-remaining-xrm-requests", &seconds));
        let pass = service.gate.pass("asking", service.gate.ticket()).await.unwrap();
        pass.answered(StatusCode::OK, &headers);
        drop(pass);
        // What was said is of now: nothing is said later.
        let _ = timeout(20 * SECOND, service.all(1000)).await;
        service.seen().most
    };
    assert_eq!([most("1,184.25").await, most("60.00").await, most("20.5").await, most("9.00").await], [24, 12, 4, 1]);
}

#[tokio::test(start_paused = true)]
async fn who_no_longer_waits_keeps_nobody() {
    let gate = Arc::new(Gate::new("a.example"));
    let enter = || gate.pass("asking", gate.ticket());
    let mut open: Vec<Pass> = join_all((0..FEW).map(|_| enter())).await.into_iter().map(Result::unwrap).collect();
    let mut first = Box::pin(enter());
    assert!(first.as_mut().now_or_never().is_none());
    let mut second = Box::pin(enter());
    assert!(second.as_mut().now_or_never().is_none());
    open.pop();
    // It was woken, and does not come.
    drop(first);
    let _second = second.now_or_never().expect("it is its turn").unwrap();
    assert!(enter().now_or_never().is_none());
}

#[tokio::test(start_paused = true)]
async fn who_would_wait_in_vain_is_told_so_at_once() {
    let gate = Arc::new(Gate::new("a.example"));
    let refuse = async || gate.pass("asking", gate.ticket()).await.unwrap();
    let patient = |seconds| {
        let allowed = Duration::from_secs(seconds);
        leave::Leave::until(Instant::now() + allowed, allowed)
    };
    let (refused, under_way) = (refuse().await, refuse().await);
    refused.answered(StatusCode::SERVICE_UNAVAILABLE, &says("retry-after", &500));
    drop(refused);
    let start = Instant::now();
    let asked = patient(60).during(gate.in_time("asking", pending::<Result<(), Error>>()));
    let mut asked = Box::pin(asked);
    assert!(asked.as_mut().now_or_never().is_none(), "what is under way may still be the answer");
    drop(under_way);
    let told = asked.await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(
        told.is_overdue()
            && told.why_held_back().is_some_and(|why| why.contains("a.example wants no request before 20"))
    );
    assert!(patient(60).during(gate.pass("asking", gate.ticket())).await.is_err());
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(patient(600).during(gate.pass("asking", gate.ticket())).await.is_ok());
    assert_eq!(start.elapsed(), 500 * SECOND, "who has the time waits for it, however long");
}

#[test]
fn a_refusal_is_what_says_so() {
    let after = || says("retry-after", &1);
    assert!(is_refusal(StatusCode::TOO_MANY_REQUESTS, &HeaderMap::new()));
    assert!(is_refusal(StatusCode::SERVICE_UNAVAILABLE, &after()));
    assert!(!is_refusal(StatusCode::SERVICE_UNAVAILABLE, &HeaderMap::new()));
    assert!(!is_refusal(StatusCode::FORBIDDEN, &after()));
    assert_eq!(after().keys().next(), Some(&RETRY_AFTER));
}
