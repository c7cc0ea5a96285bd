//! Real servers on loopback, each a shard of one cluster.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

/// Name of the cluster of all servers.
pub(super) const CLUSTER: &str = "all";
/// A user that may only read, and may change no setting.
pub(super) const READER: &str = "reader";
/// A user that sees no database of the tests.
pub(super) const GUEST: &str = "guest";
/// The password of both.
pub(super) const PASSWORD: &str = "look";

/// How long a server may take to be there.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Servers {
    children: Vec<Option<Child>>,
    ports: Vec<u16>,
    /// The port of each server that answers over TLS.
    secure: Vec<u16>,
    folder: TempDir,
}

/// An authority of the tests' own, and a certificate of it for this machine.
struct Certificates {
    authority: String,
    server: String,
    key: String,
}

impl Certificates {
    fn new() -> Self {
        let authority_key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, "Authority of the tests");
        let authority = CertifiedIssuer::self_signed(authority, authority_key).unwrap();
        let key = KeyPair::generate().unwrap();
        let server = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let server = server.signed_by(&key, &authority).unwrap();
        Self { authority: authority.pem(), server: server.pem(), key: key.serialize_pem() }
    }
}

impl Servers {
    /// `None`, said loudly, where the program is not installed.
    #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
    pub(super) fn start(number: usize) -> Option<Self> {
        if Command::new("clickhouse-server").arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err()
        {
            eprintln!("skipped: no clickhouse-server");
            return None;
        }
        let folder = TempDir::new().unwrap();
        let (ports, inner): (Vec<u16>, Vec<u16>) = (0..number).map(|_| (free_port(), free_port())).unzip();
        let secure: Vec<u16> = (0..number).map(|_| free_port()).collect();
        let certificates = Certificates::new();
        fs::write(folder.path().join("authority.pem"), &certificates.authority).unwrap();
        let shard = |port: &u16| format!("<shard><replica><host>127.0.0.1</host><port>{port}</port></replica></shard>");
        let shards = inner.iter().map(shard).collect::<Vec<_>>().concat();
        let children = ports
            .iter()
            .zip(&inner)
            .zip(&secure)
            .map(|((http, tcp), https)| {
                let folder = folder.path().join(http.to_string());
                Some(start(&folder, (*http, *tcp, *https), &shards, &certificates))
            })
            .collect();
        let servers = Self { children, ports, secure, folder };
        for port in &servers.ports {
            wait_for(*port);
        }
        Some(servers)
    }

    /// The address of a database on each server.
    pub(super) fn addresses(&self, database: &str) -> Vec<String> {
        self.ports.iter().map(|port| format!("clickhouse://127.0.0.1:{port}/{database}")).collect()
    }

    /// The address of a database on the first server, over TLS.
    pub(super) fn secure_address(&self, database: &str) -> String {
        format!("clickhouses://127.0.0.1:{}/{database}", self.secure[0])
    }

    /// The certificate of the authority that signed those of the servers.
    pub(super) fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    pub(super) fn stop(&mut self, number: usize) {
        if let Some(mut child) = self.children.get_mut(number).and_then(Option::take) {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        (0..self.children.len()).for_each(|number| self.stop(number));
    }
}

/// The engine of today, behind a small program that answers over HTTP as a server does.
///
/// It shows what old servers cannot: types, functions and words of SQL that came since. It knows no
/// users, no limits, no shards and no way to end a question.
pub(super) struct Current {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Current {
    /// `None`, said loudly, where the engine is not installed in `target/chdb`.
    #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
    pub(super) fn start() -> Option<Self> {
        let top = Path::new(env!("CARGO_MANIFEST_DIR"));
        if !top.join("target/chdb/chdb").is_dir() {
            eprintln!("skipped: no chdb in target/chdb");
            return None;
        }
        let folder = TempDir::new().unwrap();
        let mut child = Command::new("python3")
            .arg(top.join("tests/data/warehouse/front.py"))
            .arg(folder.path())
            .env("PYTHONPATH", top.join("target/chdb"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Some(Self { port: line.trim().parse().unwrap(), child, _folder: folder })
    }

    /// The address of a database.
    pub(super) fn address(&self, database: &str) -> String {
        format!("clickhouse://127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn start(folder: &Path, (http, tcp, https): (u16, u16, u16), shards: &str, certificates: &Certificates) -> Child {
    fs::create_dir_all(folder.join("tmp")).unwrap();
    fs::write(folder.join("server.pem"), &certificates.server).unwrap();
    fs::write(folder.join("key.pem"), &certificates.key).unwrap();
    let at = folder.display();
    let config = format!(
        "<yandex><logger><level>error</level><log>{at}/log</log><errorlog>{at}/errors</errorlog></logger>\
         <http_port>{http}</http_port><https_port>{https}</https_port><openSSL><server>\
         <certificateFile>{at}/server.pem</certificateFile><privateKeyFile>{at}/key.pem</privateKeyFile>\
         <verificationMode>none</verificationMode></server></openSSL><tcp_port>{tcp}</tcp_port><listen_host>127.0.0.1</listen_host>\
         <mark_cache_size>16777216</mark_cache_size><path>{at}/data/</path><tmp_path>{at}/tmp/</tmp_path>\
         <users_config>{at}/users.xml</users_config><default_profile>default</default_profile>\
         <default_database>default</default_database><timezone>UTC</timezone>\
         <remote_servers><{CLUSTER}>{shards}</{CLUSTER}></remote_servers></yandex>"
    );
    let user = |name: &str, password: &str, profile: &str, databases: &str| {
        format!(
            "<{name}><password>{password}</password><networks><ip>127.0.0.1</ip></networks>\
             <profile>{profile}</profile><quota>default</quota>{databases}</{name}>"
        )
    };
    let elsewhere = "<allow_databases><database>elsewhere</database></allow_databases>";
    let users = format!(
        "<yandex><profiles><default/><strict><readonly>1</readonly></strict></profiles><users>{}{}{}</users>\
         <quotas><default/></quotas></yandex>",
        user("default", "", "default", ""),
        user(READER, PASSWORD, "strict", ""),
        user(GUEST, PASSWORD, "default", elsewhere)
    );
    fs::write(folder.join("config.xml"), config).unwrap();
    fs::write(folder.join("users.xml"), users).unwrap();
    Command::new("clickhouse-server")
        .arg(format!("--config-file={at}/config.xml"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until a server answers.
fn wait_for(port: u16) {
    let end = Instant::now() + PATIENCE;
    let answers = || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.write_all(b"GET /ping HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        answer.contains("Ok.").then_some(())
    };
    while answers().is_none() {
        assert!(Instant::now() < end, "clickhouse-server does not answer on port {port}");
        std::thread::yield_now();
    }
}
