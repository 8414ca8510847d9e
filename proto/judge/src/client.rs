//! go-plugin's side of the socket: starts a plugin with its cookie, and speaks to it through TLS with a key as Go makes it.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::TokioIo;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, PKCS_ECDSA_P521_SHA512,
};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tfplugin::wire::tfplugin5::provider_client::ProviderClient;
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint, Uri};
use wait_timeout::ChildExt as _;

/// By what a plugin knows that it was started by a client.
pub const PROVIDER_COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// An example of a package, built by the first test that needs it: a stale one is never tried.
///
/// # Panics
/// An example that does not compile.
#[must_use]
pub fn example(package: &str, name: &str) -> PathBuf {
    static BUILT: Mutex<BTreeSet<(String, String)>> = Mutex::new(BTreeSet::new());
    let tests = std::env::current_exe().expect("a test is a file");
    let profile = tests.parent().and_then(Path::parent).expect("it lies in target/<profile>/deps");
    let target = profile.parent().expect("it lies in target/<profile>/deps");
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if built.insert((package.to_owned(), name.to_owned())) {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", package, "--example", name, "--target-dir"]).arg(target);
        assert!(cargo.status().expect("cargo runs").success(), "the example {name} is built");
    }
    profile.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// What a client proves itself with.
pub struct Identity {
    own: Option<(CertificateDer<'static>, Vec<u8>, String)>,
    versions: Vec<&'static SupportedProtocolVersion>,
}

impl Identity {
    /// A certificate as go-plugin makes it: P-521, its own authority, for client and server.
    pub fn of_go_plugin() -> Identity {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "localhost");
        params.distinguished_name.push(DnType::OrganizationName, "HashiCorp");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.self_signed(&key).unwrap();
        let own = Some((certificate.der().clone(), key.serialize_der(), certificate.pem()));
        Identity { own, versions: rustls::ALL_VERSIONS.to_vec() }
    }

    /// TLS without a certificate.
    pub fn none() -> Identity {
        Identity { own: None, versions: rustls::ALL_VERSIONS.to_vec() }
    }

    /// The same with one version of TLS alone.
    pub fn only(mut self, version: &'static SupportedProtocolVersion) -> Identity {
        self.versions = vec![version];
        self
    }

    fn connector(&self, server: CertificateDer<'static>) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(server).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&self.versions)
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match &self.own {
            Some((certificate, key, _)) => {
                let key = PrivatePkcs8KeyDer::from(key.clone());
                builder.with_client_auth_cert(vec![certificate.clone()], key.into()).unwrap()
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        TlsConnector::from(Arc::new(config))
    }
}

/// How a plugin is started.
pub struct Launch {
    program: PathBuf,
    variables: Vec<(String, String)>,
    log: Option<PathBuf>,
}

impl Launch {
    /// Starts this binary.
    pub fn of(program: PathBuf) -> Launch {
        Launch { program, variables: Vec::new(), log: None }
    }

    /// The same with a variable.
    pub fn env(mut self, name: &str, value: &str) -> Launch {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Lets it log everything, at the end of this file.
    pub fn log(self, path: &Path) -> Launch {
        Launch { log: Some(path.to_owned()), ..self }.env("TF_LOG", "TRACE")
    }

    /// Announces the client's certificate.
    pub fn certificate(self, identity: &Identity) -> Launch {
        let pem = identity.own.as_ref().expect("a certificate is announced").2.clone();
        self.env("PLUGIN_CLIENT_CERT", &pem)
    }

    /// Starts it, and reads its line.
    pub fn start(self) -> Plugin {
        let mut command = Command::new(self.program);
        command.env_remove("TF_LOG").env_remove("TF_LOG_PROVIDER");
        command.env(PROVIDER_COOKIE.0, PROVIDER_COOKIE.1).envs(self.variables);
        let stderr = self.log.map_or_else(Stdio::piped, |path| {
            OpenOptions::new().append(true).create(true).open(path).expect("the log can be written").into()
        });
        Plugin::start(command, stderr)
    }

    /// For a debugger: no cookie, an argument.
    pub fn debug(self) -> Plugin {
        let mut command = Command::new(self.program);
        command.arg("-debug");
        Plugin::start(command, Stdio::piped())
    }
}

/// A running plugin.
pub struct Plugin {
    /// The first line on stdout.
    pub line: String,
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
    address: String,
    runtime: tokio::runtime::Runtime,
}

impl Plugin {
    fn start(mut command: Command, stderr: Stdio) -> Plugin {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let line = line.trim_end().to_owned();
        let address = line.split('|').nth(3).unwrap_or_default().to_owned();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Plugin { line, child, stdout, address, runtime }
    }

    /// Waits for work on the plugin's own runtime.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// The socket's path, or the port's address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where a debugger's plugin said that it listens.
    pub fn found_at(&mut self, address: &str) {
        self.address = address.to_owned();
    }

    /// Reads stdout up to and including the first line that contains this, and returns that line.
    pub fn read_until(&mut self, wanted: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.stdout.read_line(&mut line).unwrap(), 0, "stdout ended without {wanted:?}");
            if line.contains(wanted) {
                return line;
            }
        }
    }

    /// A client of the provider.
    ///
    /// # Errors
    /// A connection that is refused.
    pub async fn provider(&self, identity: Option<&Identity>) -> Result<ProviderClient<Channel>, String> {
        let channel = self.channel(identity).await?;
        Ok(ProviderClient::new(channel).max_decoding_message_size(256 << 20).max_encoding_message_size(256 << 20))
    }

    /// A connection of its own, through TLS when there is an identity.
    pub async fn channel(&self, identity: Option<&Identity>) -> Result<Channel, String> {
        let address = self.address.clone();
        let tls = identity.map(|identity| {
            let der = STANDARD_NO_PAD.decode(self.line.split('|').nth(5).unwrap_or_default()).unwrap();
            identity.connector(CertificateDer::from(der))
        });
        let connect = tower::service_fn(move |_: Uri| {
            let (address, tls) = (address.clone(), tls.clone());
            async move {
                let connection: Box<dyn Io> = if address.starts_with('/') {
                    Box::new(UnixStream::connect(address).await?)
                } else {
                    Box::new(TcpStream::connect(address).await?)
                };
                let connection: Box<dyn Io> = match tls {
                    Some(tls) => Box::new(tls.connect(ServerName::try_from("localhost").unwrap(), connection).await?),
                    None => connection,
                };
                Ok::<_, std::io::Error>(TokioIo::new(connection))
            }
        });
        let endpoint = Endpoint::from_static("http://localhost");
        endpoint.connect_with_connector(connect).await.map_err(|error| format!("{error:?}"))
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name: `INT`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end of the process.
    pub fn ends_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        self.child.wait_timeout(limit).unwrap()
    }

    /// What an ended plugin wrote to stderr.
    pub fn stderr(&mut self) -> String {
        let mut text = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

trait Io: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin {}
impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin> Io for T {}
