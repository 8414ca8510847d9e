//! How connections fail, on listeners that do it, and what is said of it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::*;

const TIMES: Times =
    Times { connect: Duration::from_millis(500), read: Duration::from_secs(1), total: Duration::from_secs(60) };

/// A server that does this with each connection, and its port.
fn server(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("it is bound").port();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(stream));
        }
    });
    port
}

/// A port at which nobody listens.
fn nobody() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

/// What a server reads first.
fn first(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = vec![0; 16384];
    let read = stream.read(&mut bytes).unwrap_or(0);
    bytes.truncate(read);
    bytes
}

/// A certificate of this host in PEM format, and a server that has it, answers everything with this, and leaves it at that.
fn secure(answer: &'static str) -> (String, u16) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap());
    let port = server(move |mut stream| {
        let mut tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = rustls::Stream::new(&mut tls, &mut stream);
        let _ = stream.read(&mut [0; 16384]).and_then(|_| stream.write_all(answer.as_bytes()));
        thread::park();
    });
    (cert.pem(), port)
}

/// A client with this proxy, which trusts this authority.
fn asks(proxy: Option<u16>, pem: &str) -> reqwest::Client {
    let address = proxy.map(|port| format!("http://127.0.0.1:{port}"));
    let proxy = super::super::proxy::proxy(|name| address.clone().filter(|_| name == "HTTPS_PROXY")).unwrap();
    client("test", proxy, (Authorities::of_pem(pem.as_bytes()).ok(), Authorities::default()), TIMES).unwrap()
}

/// What is told of a question that fails.
async fn told(client: reqwest::Client, address: &str) -> String {
    let url = reqwest::Url::parse(address).unwrap();
    let host = url.host_str().unwrap_or_default().to_owned();
    let error = client.get(url).send().await.unwrap_err();
    let sent = !error.is_connect() && !error.is_builder();
    let chain = chain(&error.without_url());
    let error = Error::connection("asking", &host, sent, &chain).of_read(true);
    format!("{error}, {}", if error.is_lasting() { "lasting" } else { "passing" })
}

/// What a question comes to.
#[track_caller]
fn is_told(told: &str, expected: &str) {
    assert_eq!(told, format!("asking: {expected}"));
}

/// Answers whatever comes first with this, and ends.
fn answers(bytes: &'static [u8]) -> u16 {
    server(move |mut stream| {
        first(&mut stream);
        let _ = stream.write_all(bytes);
    })
}

/// The greeting of a server that speaks TLS 1.1: a record, a message of 38 bytes, the version, 32 random bytes, no session, a cipher, and no
/// compression.
const OLD: &[u8] = b"\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02thirty-two bytes of randomness..\x00\x00\x2f\x00";

/// Accepts, and says nothing.
fn black_hole() -> u16 {
    server(std::mem::forget)
}

#[tokio::test]
async fn a_host_that_is_not_reached_is_told_by_how_far_the_connection_came() {
    let (pem, port) = secure("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let url = |port: u16| format!("https://localhost:{port}/");
    assert!(asks(None, &pem).get(url(port)).send().await.is_ok());
    let (_, another) = secure("");
    let handshake = "the connection to localhost ended within the TLS handshake, before anything was sent, passing";
    let disagreed = "localhost breaks the TLS handshake off: it may speak no version from 1.2 on, or demand a certificate of the client, passing";
    for (address, expected) in [
        ("https://nowhere.invalid/".to_owned(), "the host name nowhere.invalid cannot be resolved, passing"),
        (url(nobody()), "no connection to localhost could be made, passing"),
        (
            url(another),
            "the connection to localhost is not secure: the other side's certificate is not trusted, lasting",
        ),
        // It ends before and after the client's greeting was read.
        (url(server(drop)), handshake),
        (url(answers(b"")), handshake),
        (
            url(answers(b"HTTP/1.1 302 Found\r\nlocation: http://portal.example/\r\n\r\n")),
            "what answers in the place of localhost does not speak TLS: it is probably a firewall, or the sign-in page of a network, passing",
        ),
        (url(answers(&[0x15, 3, 1, 0, 2, 2, 70])), disagreed),
        (url(answers(OLD)), disagreed),
        (url(black_hole()), "localhost does not answer, passing"),
    ] {
        is_told(&told(asks(None, &pem), &address).await, expected);
    }
}

#[tokio::test]
async fn a_proxy_that_makes_no_connection_is_told_by_what_it_does() {
    let (pem, port) = secure("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let refused = "the proxy in between makes no connection to localhost: it cannot resolve that name, or not reach it, or does not allow it, \
                   passing";
    for (proxy, expected) in [
        (nobody(), "the proxy in between cannot be reached, lasting"),
        (
            answers(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
            "the proxy in between wants a user name and a password, or does not accept them, lasting",
        ),
        (answers(b"HTTP/1.1 502 Bad Gateway\r\n\r\n"), refused),
        (answers(b""), refused),
        (
            answers(b"HTTP/1.1 200 OK\r\n\r\n"),
            "the connection to localhost ended within the TLS handshake, before anything was sent, passing",
        ),
        (black_hole(), "localhost does not answer, passing"),
    ] {
        is_told(&told(asks(Some(proxy), &pem), &format!("https://localhost:{port}/")).await, expected);
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_breaks_what_was_sent() {
    let (pem, port) = secure("");
    let expected = "the connection to localhost broke after the request was sent, passing";
    is_told(&told(asks(None, &pem), &format!("https://localhost:{port}/")).await, expected);
}

#[tokio::test]
async fn an_answer_that_comes_too_slowly_ends_in_its_time() {
    let (pem, port) = secure("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nsome of it");
    let trusted = (Authorities::of_pem(pem.as_bytes()).ok(), Authorities::default());
    for (read, total) in [(200, 60_000), (60_000, 400)] {
        let times = Times { read: Duration::from_millis(read), total: Duration::from_millis(total), ..TIMES };
        let client = client("test", None, trusted.clone(), times).unwrap();
        let answer = client.get(format!("https://localhost:{port}/")).send().await.unwrap();
        assert!(answer.bytes().await.unwrap_err().is_timeout());
    }
}

/// The versions of TLS that a client's greeting offers, in the extension that has the number 43.
fn versions(greeting: &[u8]) -> Vec<[u8; 2]> {
    let at = greeting.windows(2).enumerate().filter(|(_, two)| *two == [0, 43]).find_map(|(at, _)| {
        let extension = greeting.get(at + 2..)?;
        let (length, count) = (usize::from(*extension.get(1)?), usize::from(*extension.get(2)?));
        (extension[0] == 0 && length == count + 1).then(|| extension[3..3 + count].to_vec())
    });
    at.unwrap_or_default().chunks_exact(2).map(|two| [two[0], two[1]]).collect()
}

#[tokio::test]
async fn tls_is_offered_from_1_2_on() {
    let (sender, greetings) = std::sync::mpsc::channel();
    let port = server(move |mut stream| drop(sender.send(first(&mut stream))));
    let (pem, _) = secure("");
    told(asks(None, &pem), &format!("https://localhost:{port}/")).await;
    assert_eq!(versions(&greetings.recv().unwrap()), [[3, 4], [3, 3]], "1.3 and 1.2");
}

#[tokio::test]
async fn an_authority_of_the_block_is_trusted_beside_those_of_the_variable() {
    let (theirs, at_theirs) = secure("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let (ours, at_ours) = secure("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let authorities = |pem: &str| Authorities::of_pem(pem.as_bytes()).unwrap();
    // Whoever is asked answers: a machine that has much else to do has time for that.
    let times = Times { connect: Duration::from_secs(10), ..TIMES };
    let reached = async |only: Option<&str>, besides: Option<&str>| {
        let trusted = (only.map(authorities), besides.map(authorities).unwrap_or_default());
        let client = client("test", None, trusted, times).unwrap();
        let get = async |port| client.get(format!("https://localhost:{port}/")).send().await.is_ok();
        (get(at_theirs).await, get(at_ours).await)
    };
    assert_eq!(reached(Some(&theirs), Some(&ours)).await, (true, true));
    assert_eq!(reached(Some(&theirs), None).await, (true, false));
    // Beside the system's, which know neither.
    assert_eq!(reached(None, Some(&ours)).await, (false, true));
}

#[tokio::test]
async fn a_proxy_that_wants_a_login_gets_what_is_known_and_is_asked_what_it_wants() {
    let (sender, asked) = std::sync::mpsc::channel();
    let sender = std::sync::Mutex::new(sender);
    let port = server(move |mut stream| {
        let _ = sender.lock().unwrap().send(String::from_utf8(first(&mut stream)).unwrap());
        let line =
            "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"Contoso\"\r\nproxy-authenticate: Negotiate\r\n\r\n";
        let _ = stream.write_all(line.as_bytes());
    });
    let address = format!("http://m%40x:h%20unter2@127.0.0.1:{port}");
    let proxy =
        super::super::proxy::proxy(|name| Some(address.clone()).filter(|_| name == "HTTPS_PROXY")).unwrap().unwrap();
    let door = Arc::clone(&proxy.door);
    let (pem, _) = secure("");
    let trusted = (Authorities::of_pem(pem.as_bytes()).ok(), Authorities::default());
    told(client("test", Some(proxy), trusted, TIMES).unwrap(), "https://a.example/").await;
    let demand = door.demand("a.example").await;
    assert_eq!(demand.as_deref(), Some("Basic realm=\"Contoso\", Negotiate"));
    let logins = [asked.recv().unwrap(), asked.recv().unwrap()].map(|head| {
        let head = head.to_ascii_lowercase();
        head.lines().find(|line| line.starts_with("proxy-authorization: basic ")).map(str::to_owned)
    });
    assert!(logins[0].is_some() && logins[0] == logins[1], "both say the same: {logins:?}");
    assert!(!format!("{door:?}").contains("unter2"));
}

#[tokio::test]
async fn what_a_proxy_says_again_is_shown_without_its_user_and_its_password() {
    for (user, word, said, expected) in [
        ("me", "hunter2proxypw", "Basic realm=\"home of me\"", "Basic realm=\"home of (hidden)\""),
        ("me", "hunter2proxypw", "Basic realm=\"hunter2proxypw\"", "Basic realm=\"(hidden)\""),
        ("me", "hunter2proxypw", "Basic realm=\"bWU6aHVudGVyMnByb3h5cHc=\"", "Basic realm=\"(hidden)=\""),
        ("me", "hunter2proxypw", "Basic aHVudGVyMnByb3h5cHc", "Basic (hidden)"),
        ("me", "hunter2%2Bproxypw", "Basic hunter2+proxypw or hunter2%2Bproxypw", "Basic (hidden) or (hidden)"),
        ("m%40x", "hunter2", "Basic realm=\"m@x\"", "Basic realm=\"(hidden)\""),
        ("me", "hunter2", "Basic realm=\"hunter2\"", "(left out: a secret is in it)"),
        ("me", "", "Basic realm=\"Some home\"", "Basic realm=\"Some home\""),
    ] {
        let line = format!("HTTP/1.1 407 No\r\nProxy-Authenticate: {said}\r\n\r\n");
        let port = server(move |mut stream| {
            first(&mut stream);
            let _ = stream.write_all(line.as_bytes());
        });
        let address = format!("http://{user}:{word}@127.0.0.1:{port}");
        let proxy = super::super::proxy::proxy(|name| Some(address.clone()).filter(|_| name == "HTTPS_PROXY"));
        let demand = proxy.unwrap().unwrap().door.demand("a.example").await;
        assert_eq!(demand.as_deref(), Some(expected), "{said}");
    }
}

#[tokio::test]
async fn a_host_that_needs_no_proxy_is_asked_past_it() {
    let (pem, port) = secure("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let dead = format!("http://127.0.0.1:{}", nobody());
    for (name, without, reached) in [
        ("NO_PROXY", "localhost", true),
        ("no_proxy", "a.example, localhost", true),
        ("NO_PROXY", "*", true),
        ("NO_PROXY", "a.example", false),
        ("NO_PROXY", "", false),
    ] {
        let read = |asked: &str| {
            [("HTTPS_PROXY", dead.as_str()), (name, without)].into_iter().find(|(name, _)| *name == asked)
        };
        let proxy = super::super::proxy::proxy(|asked| read(asked).map(|(_, value)| value.to_owned())).unwrap();
        let trusted = (Authorities::of_pem(pem.as_bytes()).ok(), Authorities::default());
        let client = client("test", proxy, trusted, TIMES).unwrap();
        let answered = client.get(format!("https://localhost:{port}/")).send().await.is_ok();
        assert_eq!(answered, reached, "{name}={without}");
    }
}

#[test]
fn an_authority_that_cannot_be_read_is_told_by_its_number() {
    let (right, _) = secure("");
    let armoured = |inside: &str| format!("-----BEGIN CERTIFICATE-----\n{inside}\n-----END CERTIFICATE-----\n");
    let told = |pem: &str| Authorities::of_pem(pem.as_bytes()).unwrap_err();
    assert!(Authorities::of_pem(format!("{right}# another\n{right}").as_bytes()).is_ok());
    assert_eq!(told("no PEM"), "holds no certificate in PEM format");
    for broken in ["AAAA", "no base64!"] {
        let broken = format!("{right}{}{right}", armoured(broken));
        assert_eq!(told(&broken), "holds a certificate that cannot be read: number 2 in it");
    }
}

#[test]
fn a_file_with_authorities_has_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let of_length = |length: u64| {
        std::fs::File::create(&path).unwrap().set_len(length).unwrap();
        file(&path).map(|bytes| bytes.len() as u64).map_err(|error| error.to_string())
    };
    let most = MAX_FILE << 20;
    assert_eq!(of_length(most), Ok(most));
    assert_eq!(of_length(most + 1), Err("it is longer than 16 MiB".to_owned()));
}
