//! A proxy between the provider and the sandbox that does what proxies, firewalls and networks do on a bad day.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::court::Court;

/// What becomes of a tunnel.
#[derive(Debug, Clone, Copy)]
pub enum Tunnel {
    /// It is answered with this line and these headers, and ends.
    Answered(&'static str),
    /// It is not answered.
    Stalled,
    /// It is handed on.
    Open,
    /// It is handed on to whoever says this user and password, and nobody else.
    Locked(&'static str),
    /// It is made, and nothing comes back.
    Silent,
    /// It is made, and ends after this has come back, whatever is said.
    Plain(&'static str),
    /// It is handed on, and cut when the other side has presented itself and the first request is on its way.
    Cut,
}

/// A proxy of a test's own.
pub struct Proxy {
    port: u16,
    /// Where the sandbox's proxy is, once there is one.
    next: Arc<OnceLock<String>>,
    hosts: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// A proxy in which `tunnel` says what becomes of each, by its host and how many there were before.
    ///
    /// # Panics
    /// There is no port.
    pub fn start(tunnel: impl Fn(&str, usize) -> Tunnel + Send + Sync + 'static) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("it is bound").port();
        let (next, hosts) = (Arc::<OnceLock<String>>::default(), Arc::<Mutex<Vec<String>>>::default());
        let (upstream, met, seen, tunnel) =
            (Arc::clone(&next), AtomicUsize::new(0), Arc::clone(&hosts), Arc::new(tunnel));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (upstream, tunnel, seen) = (upstream.get().cloned(), Arc::clone(&tunnel), Arc::clone(&seen));
                let number = met.fetch_add(1, Ordering::Relaxed);
                thread::spawn(move || {
                    serve(stream, upstream, |host| {
                        seen.lock().unwrap_or_else(PoisonError::into_inner).push(host.to_owned());
                        tunnel(host, number)
                    })
                });
            }
        });
        Proxy { port, next, hosts }
    }

    /// One that is not there.
    ///
    /// # Panics
    /// There is no port.
    pub fn dead() -> Proxy {
        let gone = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
        Proxy { port: gone.port(), next: Arc::default(), hosts: Arc::default() }
    }

    /// Its port on the loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The hosts to which tunnels were asked for, in their order.
    pub fn hosts(&self) -> Vec<String> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The provider with this proxy before the sandbox, to which it says `me` and `hunter2`, and these variables.
    ///
    /// # Panics
    /// As [`Court::new`].
    #[track_caller]
    pub fn unconfigured(&self, variables: &[(&str, &str)]) -> Court {
        let address = format!("http://me:hunter2@127.0.0.1:{}", self.port);
        let court = Court::unconfigured(&[&[("HTTPS_PROXY", address.as_str())], variables].concat());
        let own = court.sandbox().env().into_iter().find(|(name, _)| name == "HTTPS_PROXY").expect("it is a proxy").1;
        let own = own.trim_start_matches("http://").trim_end_matches('/').to_owned();
        self.next.set(own).expect("a proxy is of one court");
        court
    }

    /// The same, configured.
    ///
    /// # Panics
    /// As [`Court::new`].
    #[track_caller]
    pub fn court(&self) -> Court {
        let mut court = self.unconfigured(&[]);
        court.next_run();
        court
    }
}

fn serve(mut client: TcpStream, upstream: Option<String>, tunnel: impl Fn(&str) -> Tunnel) -> Option<()> {
    let (mut asked, mut byte) = (Vec::new(), [0]);
    while !asked.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte).ok()?;
        asked.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&asked).into_owned();
    let host = text.split([' ', ':']).nth(1).unwrap_or_default().to_owned();
    const MADE: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
    let cut = match tunnel(&host) {
        Tunnel::Answered(line) => return answer(client, line),
        Tunnel::Locked(login) if !text.contains(&format!("Basic {}\r\n", STANDARD.encode(login))) => {
            return answer(client, "407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"Contoso\"");
        }
        Tunnel::Stalled => return hold(client),
        Tunnel::Silent => return client.write_all(MADE).ok().and_then(|()| hold(client)),
        Tunnel::Plain(text) => {
            client.write_all(MADE).ok()?;
            let _ = client.read(&mut [0; 16384]).ok()?;
            return client.write_all(text.as_bytes()).ok();
        }
        Tunnel::Open | Tunnel::Locked(_) => false,
        Tunnel::Cut => true,
    };
    let mut server = TcpStream::connect(upstream?).ok()?;
    server.write_all(&asked).ok()?;
    let (mut back, mut to_client) = (server.try_clone().ok()?, client.try_clone().ok()?);
    let down = thread::spawn(move || {
        let _ = std::io::copy(&mut back, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let (mut bytes, mut flights) = ([0; 16384], 0);
    loop {
        let read = client.read(&mut bytes).unwrap_or(0);
        flights += 1;
        // The first is the client's greeting: the next ends the handshake, and brings the request.
        if read == 0 || (cut && flights > 1) {
            break;
        }
        server.write_all(&bytes[..read]).ok()?;
    }
    let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
    down.join().ok()
}

fn answer(mut client: TcpStream, line: &str) -> Option<()> {
    client.write_all(format!("HTTP/1.1 {line}\r\ncontent-length: 0\r\n\r\n").as_bytes()).ok()
}

/// Says nothing until the other side has had enough.
fn hold(mut client: TcpStream) -> Option<()> {
    let mut bytes = [0; 16384];
    while client.read(&mut bytes).ok()? > 0 {}
    None
}
