//! A device endpoint in miniature, and devices to call it.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use thingpass_pki::DnAttribute;
use thingpass_pki::issue::{Authority, KeyKind};
use thingpass_wire::timestamp::{http_date, iso_8601};
use time::{Duration, OffsetDateTime};

/// What the server does with one connection.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Answers with this status and body.
    Answer(u16, String),
    /// Reads the request, and nothing more, until the client gives up.
    Silence,
}

impl Reply {
    /// Credentials that live for so long.
    pub(crate) fn credentials(lifetime: Duration) -> Self {
        let expiration = iso_8601(now() + lifetime);
        Self::Answer(
            200,
            format!(
                r#"{{"credentials":{{"accessKeyId":"ASIATEST","secretAccessKey":"very-secret-key","sessionToken":"very-secret-token","expiration":"{expiration}"}}}}"#
            ),
        )
    }

    /// A refusal in AWS's form.
    pub(crate) fn refusal(status: u16, message: &str) -> Self {
        Self::Answer(status, format!(r#"{{"message":"{message}"}}"#))
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) sni: Option<String>,
    pub(crate) head: String,
    pub(crate) client_fingerprint: [u8; 32],
}

/// A running server; it ends with the test.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Starts a server that goes through `replies` and stays with the last; `late` shifts its `Date`.
    pub(crate) fn start(world: &World, replies: Vec<Reply>, late: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (config, log) = (world.server_config(), Arc::clone(&seen));
        std::thread::spawn(move || {
            for tcp in listener.incoming() {
                serve(tcp.unwrap(), Arc::clone(&config), &replies, late, &log);
            }
        });
        Self { address, seen }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(
    tcp: TcpStream,
    config: Arc<ServerConfig>,
    replies: &[Reply],
    late: Duration,
    log: &Mutex<Vec<Seen>>,
) {
    let mut tls = StreamOwned::new(ServerConnection::new(config).unwrap(), tcp);
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match tls.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            // A handshake that failed, or a client that has gone.
            Ok(_) | Err(_) => return,
        }
    }
    let number = {
        let mut log = log.lock().unwrap();
        log.push(Seen {
            sni: tls.conn.server_name().map(ToOwned::to_owned),
            head: String::from_utf8(head).unwrap(),
            client_fingerprint: thingpass_pki::fingerprint(
                &tls.conn.peer_certificates().unwrap()[0],
            ),
        });
        log.len() - 1
    };
    match replies.get(number).or(replies.last()).unwrap() {
        Reply::Silence => while tls.read(&mut byte).is_ok_and(|read| read > 0) {},
        Reply::Answer(status, body) => {
            let date = http_date(now() + late);
            let answer = format!(
                "HTTP/1.1 {status} X\r\ndate: {date}\r\nx-amzn-RequestId: 0f-1\r\nx-amzn-ErrorType: AccessDeniedException\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            // The client may have gone.
            let _ = tls.write_all(answer.as_bytes());
            tls.conn.send_close_notify();
            let _ = tls.flush();
        }
    }
}

/// A CA, a server certificate for `localhost`, and a device, in files.
pub(crate) struct World {
    directory: TempDir,
    authority: Authority,
}

impl World {
    pub(crate) fn new() -> Self {
        let world = Self {
            directory: tempfile::tempdir().unwrap(),
            authority: authority(),
        };
        world.write("ca.pem", &world.authority.certificate().to_pem());
        let device = device(&world.authority);
        world.write("device.pem", &device.0);
        world.write("device.key", &device.1);
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file for its owner only.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
        set_mode(&self.path(name), 0o600);
    }

    pub(crate) fn device_fingerprint(&self) -> [u8; 32] {
        let der = CertificateDer::from_pem_file(self.path("device.pem")).unwrap();
        thingpass_pki::fingerprint(&der)
    }

    /// The agent, told everything but the cache, and nothing by the environment it was started in.
    pub(crate) fn agent(&self, endpoint: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_thingpass-agent"));
        command
            .env_clear()
            .arg("credentials")
            .arg("--endpoint")
            .arg(endpoint)
            .arg("--ca")
            .arg(self.path("ca.pem"))
            .arg("--cert")
            .arg(self.path("device.pem"))
            .arg("--key")
            .arg(self.path("device.key"))
            .args(["--role-alias", "tele=metry"])
            .stdin(Stdio::null());
        command
    }

    /// The agent without a cache.
    pub(crate) fn uncached(&self, endpoint: &str) -> Command {
        let mut command = self.agent(endpoint);
        command.arg("--no-cache");
        command
    }

    /// The agent with the cache in the directory `cache`.
    pub(crate) fn cached(&self, endpoint: &str) -> Command {
        let mut command = self.agent(endpoint);
        command.arg("--cache-dir").arg(self.path("cache"));
        command
    }

    /// The one entry in the cache.
    pub(crate) fn cache_file(&self) -> PathBuf {
        let mut entries: Vec<_> = std::fs::read_dir(self.path("cache"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
            .collect();
        assert_eq!(entries.len(), 1);
        entries.remove(0)
    }

    fn server_config(&self) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from(self.authority.certificate().der().to_vec());
        roots.add(ca).unwrap();
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .build()
                .unwrap();
        let now = now();
        let issued = self
            .authority
            .issue_server(
                &["localhost".to_owned()],
                now - Duration::HOUR,
                now + Duration::DAY,
                [3; 16],
            )
            .unwrap();
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(
                vec![issued.certificate.der().to_vec().into()],
                PrivateKeyDer::from_pem_slice(issued.key_pem.as_bytes()).unwrap(),
            )
            .unwrap();
        Arc::new(config)
    }
}

/// The time by which the agent, a process of its own, judges what it gets.
#[allow(
    clippy::disallowed_methods,
    reason = "the binary under test has no clock but the machine's"
)]
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// A new authority.
pub(crate) fn authority() -> Authority {
    let now = now();
    Authority::generate(
        "Test CA",
        now - Duration::HOUR,
        now + Duration::DAY,
        [1; 16],
    )
    .unwrap()
}

/// A device's certificate and key, as PEM.
pub(crate) fn device(authority: &Authority) -> (String, String) {
    let now = now();
    let issued = authority
        .issue_device(
            &[(DnAttribute::CommonName, "lamp-7")],
            KeyKind::P256,
            now - Duration::HOUR,
            now + Duration::DAY,
            [2; 16],
        )
        .unwrap();
    (issued.certificate.to_pem(), issued.key_pem.to_string())
}

/// What a finished agent said, with the laws that hold for every run checked.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the agent.
pub(crate) fn run(command: &mut Command) -> Run {
    Run::of(&command.output().unwrap())
}

impl Run {
    pub(crate) fn of(output: &Output) -> Self {
        let run = Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        };
        assert!(!run.stderr.contains("very-secret"), "{}", run.stderr);
        assert_eq!(run.code == 0, !run.stdout.is_empty(), "{}", run.stderr);
        run
    }

    /// Asserts credentials and not a word more.
    #[track_caller]
    pub(crate) fn assert_credentials(&self) {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""));
        assert_eq!(self.document()["SessionToken"], "very-secret-token");
    }

    /// Asserts a failure that is told in at most two lines and says all of `expected`.
    #[track_caller]
    pub(crate) fn assert_failure(&self, code: i32, expected: &[&str]) {
        assert_eq!(self.code, code, "{}", self.stderr);
        assert!(self.stderr.lines().count() <= 2, "{}", self.stderr);
        for text in expected {
            assert!(self.stderr.contains(text), "{}", self.stderr);
        }
    }

    /// The line on stdout.
    pub(crate) fn document(&self) -> serde_json::Value {
        assert!(self.stdout.ends_with('\n') && self.stdout.lines().count() == 1);
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// Sets a file's permissions, where there are such.
pub(crate) fn set_mode(path: &Path, mode: u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
}
