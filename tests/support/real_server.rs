//! nats-server on stage: started on a free loopback port with a throw-away store, stopped when the script is over.

#![expect(clippy::disallowed_methods, reason = "a server behind a socket has a real clock")]

use super::stage::{Setup, Target, TestUser, Wire};
use super::tcp::{SLACK, TcpWire};
use jetlab::engine::Event;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a server may take to listen.
const STARTUP: Duration = Duration::from_secs(20);

/// The program named by `NATS_SERVER`, else `nats-server` on the `PATH`, with its version; or why there is none.
pub fn find() -> Result<(PathBuf, String), String> {
    let program = std::env::var_os("NATS_SERVER").map_or_else(|| PathBuf::from("nats-server"), PathBuf::from);
    let output = Command::new(&program).arg("--version").output();
    let output = output.map_err(|error| format!("{} cannot be run: {error}", program.display()))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() { Ok((program, version)) } else { Err(format!("{} fails", program.display())) }
}

pub struct RealServer {
    process: Child,
    directory: PathBuf,
    address: SocketAddr,
    started: Instant,
}

/// Starts `program` as `setup` wants it.
pub fn start(program: &Path, setup: &Setup) -> Box<dyn Target> {
    Box::new(RealServer::start(program, setup))
}

/// Everybody belongs to an account of its own kind, where the script wants one.
fn account(setup: &Setup) -> Option<String> {
    let limits = [("max_streams", setup.max_streams), ("max_consumers", setup.max_consumers)];
    let limits = limits.into_iter().filter_map(|(name, max)| max.map(|max| format!("{name}: {max}")));
    let limits = limits.collect::<Vec<_>>().join(", ");
    let jetstream = match limits.as_str() {
        _ if setup.account_without_jetstream => String::new(),
        "" => return None,
        limits => format!("jetstream: {{ {limits} }}, "),
    };
    let users = "users: [ { user: \"everybody\", password: \"\" } ]";
    Some(format!("accounts {{ EVERYBODY {{ {jetstream}{users} }} }}\nno_auth_user: everybody"))
}

impl RealServer {
    pub fn start(program: &Path, setup: &Setup) -> RealServer {
        static STARTED: AtomicU64 = AtomicU64::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("jetlab-real-{}-{number}", std::process::id()));
        fs::create_dir_all(&directory).expect("a directory for temporary files can be written");
        let config = directory.join("server.conf");
        fs::write(&config, configuration(setup, &directory)).expect("a directory for temporary files can be written");
        let log = directory.join("server.log");
        let mut process = Command::new(program);
        process.arg("-c").arg(&config).arg("-l").arg(&log).stdout(Stdio::null()).stderr(Stdio::null());
        let process = process.spawn().expect("it was just asked for its version");
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = RealServer { process, directory, address: nowhere, started: Instant::now() };
        server.address = server.wait_for_port();
        server
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn configuration(setup: &Setup, directory: &Path) -> String {
    let path = directory.display();
    let mut lines = vec![
        "listen: \"127.0.0.1:-1\"".to_owned(),
        "server_name: n1".to_owned(),
        format!("ports_file_dir: \"{path}\""),
    ];
    if !setup.no_jetstream {
        let max = setup.max_storage.map(|max| format!(", max_mem: {max}, max_file: {max}")).unwrap_or_default();
        let domain = setup.domain.map(|domain| format!(", domain: {domain}")).unwrap_or_default();
        lines.push(format!("jetstream {{ store_dir: \"{path}/store\"{max}{domain} }}"));
    }
    if let Some((user, password)) = setup.user_password {
        lines.push(format!("authorization {{ user: \"{user}\", password: \"{password}\" }}"));
    }
    lines.extend(account(setup));
    if !setup.users.is_empty() {
        let users: Vec<String> = setup.users.iter().map(TestUser::configured).collect();
        lines.push(format!("authorization {{ users: [ {} ] }}", users.join(", ")));
    }
    lines.extend(setup.no_auth_user.map(|user| format!("no_auth_user: {user}")));
    lines.extend(setup.token.map(|token| format!("authorization {{ token: \"{token}\" }}")));
    if setup.long_ack_subjects {
        lines.push("feature_flags { js_ack_fc_v2: true }".to_owned());
    }
    lines.extend(setup.max_payload.map(|max| format!("max_payload: {max}")));
    lines.extend(setup.max_pending.map(|max| format!("max_pending: {max}")));
    lines.extend(setup.ping_interval.map(|interval| format!("ping_interval: \"{}ms\"", interval.as_millis())));
    lines.extend(setup.ping_max.map(|max| format!("ping_max: {max}")));
    lines.extend(setup.lines.iter().cloned());
    lines.join("\n")
}

impl RealServer {
    /// The server writes its address to `<program>_<pid>.ports` once it listens.
    fn wait_for_port(&mut self) -> SocketAddr {
        let waiting = Instant::now();
        while waiting.elapsed() < STARTUP {
            if let Some(address) = self.read_ports_file() {
                return address;
            }
            if let Ok(Some(status)) = self.process.try_wait() {
                let log = fs::read_to_string(self.directory.join("server.log")).unwrap_or_default();
                panic!("nats-server ended at once ({status}): {log}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("nats-server does not listen after {STARTUP:?}");
    }

    fn read_ports_file(&self) -> Option<SocketAddr> {
        let entries = fs::read_dir(&self.directory).ok()?;
        let ports = entries
            .flatten()
            .map(|entry| entry.path())
            .find(|path| path.extension().is_some_and(|it| it == "ports"))?;
        let ports: serde_json::Value = serde_json::from_slice(&fs::read(ports).ok()?).ok()?;
        ports["nats"][0].as_str()?.strip_prefix("nats://")?.parse().ok()
    }
}

impl Target for RealServer {
    fn connect(&mut self) -> Box<dyn Wire> {
        Box::new(TcpWire::connect(self.address).expect("the server listens"))
    }

    fn advance(&mut self, duration: Duration) {
        std::thread::sleep(duration + SLACK);
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn events(&self) -> Option<Vec<Event>> {
        None
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}
