//! The official clients, unmodified, against the engine and against nats-server: the same programs, the same checks.
//!
//! Each program of `tests/clients` takes an address and prints a line per check, `ok area: what` or
//! `FAIL area: what: why`. Each gets a server to itself; a client meets both targets at the same time. Knows nothing of
//! what is checked. The way in is [`clients`].

use crate::Done;
use crate::golang;
use crate::run::{command, must, root, tools_dir};
use crate::tools;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A server must listen, and a program end, within these.
const STARTUP: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_secs(300);

/// A client and how its program is run against a server.
#[derive(Clone, Copy)]
struct Client {
    name: &'static str,
    program: fn(&Addresses) -> Command,
}

/// Each has the machine to itself and its own server.
const CLIENTS: &[Client] = &[
    Client { name: "async-nats", program: rust },
    Client { name: "nats.js", program: javascript },
    Client { name: "nats-py", program: python },
    Client { name: "nats.go", program: go },
    Client { name: "export, Rust", program: |server| exported(server, "main.rs.txt", built("exported")) },
    Client { name: "export, JavaScript", program: |server| exported(server, "playground.mjs", exported_javascript()) },
    Client { name: "export, Python", program: |server| exported(server, "playground.py", exported_python()) },
    Client { name: "export, Go", program: |server| exported(server, "main.go", Command::new(golang::exported())) },
];

/// Where the programs stand that a playground was written down as.
const EXPORTED: &str = "tests/clients/exported";

/// These wait for minutes and do nothing; they wait while the others run.
const IDLE: &[Client] = &[
    Client { name: "nats.js, idle", program: |server| idle(javascript(server)) },
    Client { name: "nats.go, idle", program: |server| idle(go(server)) },
];

/// What a client can be pointed at.
#[derive(Clone, Copy)]
struct Target {
    name: &'static str,
    start: fn(&Path) -> Result<Child, String>,
    addresses: fn(&Path) -> Option<Addresses>,
}

const TARGETS: [Target; 2] = [
    Target { name: "engine", start: start_engine, addresses: engine_addresses },
    Target { name: "nats-server", start: start_nats_server, addresses: nats_server_addresses },
];

struct Addresses {
    nats: String,
    websocket: String,
}

/// What one program said about one target.
struct Outcome {
    client: &'static str,
    target: &'static str,
    lines: Vec<String>,
    complaint: Option<String>,
}

/// Runs every client on every target and prints the table. `JETLAB_CLIENT` in the environment chooses one client.
pub fn clients() -> Done {
    build()?;
    let wanted = std::env::var("JETLAB_CLIENT").ok();
    let is_wanted = |client: &&Client| wanted.as_deref().is_none_or(|wanted| wanted == client.name);
    let waiting: Vec<Both> = IDLE.iter().filter(is_wanted).map(|client| on_both(*client)).collect();
    let mut outcomes = Vec::new();
    for client in CLIENTS.iter().filter(is_wanted) {
        outcomes.extend(on_both(*client).outcomes()?);
    }
    for both in waiting {
        outcomes.extend(both.outcomes()?);
    }
    print!("{}", table(&outcomes));
    let complaints = complaints(&outcomes);
    if outcomes.is_empty() {
        return Err(format!("no client is called {wanted:?}"));
    }
    if complaints.is_empty() { Ok(()) } else { Err(format!("clients complain\n  {}", complaints.join("\n  "))) }
}

/// A client that is at work on both targets.
struct Both {
    client: Client,
    running: [thread::JoinHandle<Played>; 2],
}

fn on_both(client: Client) -> Both {
    Both { client, running: TARGETS.map(|target| thread::spawn(move || play_patiently(target, client))) }
}

impl Both {
    fn outcomes(self) -> Result<Vec<Outcome>, String> {
        let client = self.client.name;
        let pairs = TARGETS.iter().zip(self.running);
        let outcome = |(target, running): (&Target, thread::JoinHandle<Played>)| {
            let played = running.join().map_err(|_| format!("{client} on {}: the runner failed", target.name))?;
            let (lines, complaint) = played.unwrap_or_else(|complaint| (Vec::new(), Some(complaint)));
            Ok(Outcome { client, target: target.name, lines, complaint })
        };
        pairs.map(outcome).collect()
    }
}

fn build() -> Done {
    let cargo = |args: &[&str]| {
        let mut cargo = command("cargo");
        must(cargo.arg("build").args(args).env("CARGO_TARGET_DIR", root().join("target")))
    };
    cargo(&["--package", "jetlab", "--example", "wire"])?;
    cargo(&["--package", "jetlab-async-nats"])?;
    golang::build()?;
    lay_out_javascript()
}

/// Node looks for packages beside a module, so an exported one is put beside them.
fn lay_out_javascript() -> Done {
    let folder = root().join("target/exported");
    let said = |e: std::io::Error| format!("{}: {e}", folder.display());
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(said)?;
    fs::copy(root().join(EXPORTED).join("playground.mjs"), folder.join("playground.mjs")).map_err(said)?;
    let packages = tools_dir().join(tools::NATS_JS_IN).join("node_modules");
    #[cfg(unix)]
    std::os::unix::fs::symlink(packages, folder.join("node_modules")).map_err(said)?;
    #[cfg(windows)]
    std::os::windows::fs::symlink_dir(packages, folder.join("node_modules")).map_err(said)?;
    Ok(())
}

fn exported_javascript() -> Command {
    let mut program = command("node");
    program.arg(root().join("target/exported/playground.mjs"));
    program
}

fn exported_python() -> Command {
    let mut program = command("python3");
    program.arg(root().join(EXPORTED).join("playground.py"));
    program
}

/// Runs an exported program and compares what the server then holds with what was exported.
fn exported(server: &Addresses, source: &str, program: Command) -> Command {
    let mut check = python_with("tests/clients/nats_py/exported.py", server);
    check.arg(root().join(EXPORTED).join(source)).arg(program.get_program()).args(program.get_args());
    check
}

fn built(name: &str) -> Command {
    Command::new(root().join("target/debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

fn rust(server: &Addresses) -> Command {
    let mut program = built("jetlab-async-nats");
    program.arg(&server.nats);
    program
}

fn javascript(server: &Addresses) -> Command {
    let mut program = command("node");
    program.arg("tests/clients/nats_js/main.mjs").arg(&server.websocket);
    program.env("JETLAB_CLIENTS", tools_dir().join(tools::NATS_JS_IN));
    program
}

fn go(server: &Addresses) -> Command {
    let mut program = Command::new(golang::built());
    program.arg(&server.nats);
    program
}

fn idle(mut program: Command) -> Command {
    program.arg("idle");
    program
}

fn python(server: &Addresses) -> Command {
    python_with("tests/clients/nats_py/main.py", server)
}

fn python_with(path: &str, server: &Addresses) -> Command {
    let mut program = command("python3");
    program.arg(path).arg(&server.nats);
    program.env("PYTHONPATH", tools_dir().join(tools::NATS_PY_IN)).env("PYTHONDONTWRITEBYTECODE", "1");
    program
}

/// The lines a program printed, and what was wrong besides them.
type Played = Result<(Vec<String>, Option<String>), String>;

/// Plays once more, from a clean server on, what did not go well: clients and servers have real clocks here, and a busy
/// machine makes them late. A fault is still there the second time.
fn play_patiently(target: Target, client: Client) -> Played {
    let first = play(target, client);
    let is_well = first.as_ref().is_ok_and(|(lines, complaint)| {
        complaint.is_none() && lines.iter().all(|line| parts(line).is_none_or(|(passed, ..)| passed))
    });
    if is_well { first } else { play(target, client) }
}

fn play(target: Target, client: Client) -> Played {
    let place = Place::new(&format!("{}-{}", target.name, client.name.replace([',', ' '], "")))?;
    let server = Running((target.start)(&place.0)?);
    let waiting = Instant::now();
    let addresses = loop {
        if let Some(addresses) = (target.addresses)(&place.0) {
            break addresses;
        }
        if waiting.elapsed() > STARTUP {
            return Err(format!("{} does not listen", target.name));
        }
        thread::sleep(Duration::from_millis(20));
    };
    let said = place.0.join("said");
    let mut program = (client.program)(&addresses);
    let child = program.stdout(file(&said)?).stdin(Stdio::null()).spawn();
    let mut program = Running(child.map_err(|e| format!("cannot start the client: {e}"))?);
    let started = Instant::now();
    let complaint = loop {
        match program.0.try_wait() {
            Ok(Some(status)) if status.success() => break None,
            Ok(Some(status)) => break Some(format!("ended with {status}")),
            _ if started.elapsed() > PATIENCE => break Some(format!("still runs after {PATIENCE:?}")),
            _ => thread::sleep(Duration::from_millis(50)),
        }
    };
    drop((program, server));
    let text = fs::read_to_string(&said).map_err(|e| format!("{}: {e}", said.display()))?;
    let complaint = complaint.map(|complaint| format!("{complaint}{}", server_errors(&place.0)));
    Ok((text.lines().map(str::to_owned).collect(), complaint))
}

/// What nats-server wrote about its own errors: a full disk is not a fault of ours.
fn server_errors(place: &Path) -> String {
    let log = fs::read_to_string(place.join("server.log")).unwrap_or_default();
    log.lines().filter(|line| line.contains("[ERR]")).take(10).map(|line| format!("\n    {line}")).collect()
}

/// A process that ends with us.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A throw-away folder.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Result<Place, String> {
        let path = std::env::temp_dir().join(format!("jetlab-clients-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(Place(path))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn file(path: &Path) -> Result<File, String> {
    File::create(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn start_engine(place: &Path) -> Result<Child, String> {
    let child = built("examples/wire").stdout(file(&place.join("ports"))?).spawn();
    child.map_err(|e| format!("cannot start the engine: {e}"))
}

fn engine_addresses(place: &Path) -> Option<Addresses> {
    let text = fs::read_to_string(place.join("ports")).ok()?;
    let ports: serde_json::Value = serde_json::from_str(text.lines().next()?).ok()?;
    let at = |scheme: &str, port: &str| Some(format!("{scheme}://127.0.0.1:{}", ports[port].as_u64()?));
    Some(Addresses { nats: at("nats", "port")?, websocket: at("ws", "ws_port")? })
}

fn start_nats_server(place: &Path) -> Result<Child, String> {
    let program = tools::nats_server().ok_or("there is no nats-server")?;
    let config = place.join("server.conf");
    let path = place.display();
    let text = format!(
        "listen: \"127.0.0.1:-1\"\nserver_name: n1\nports_file_dir: \"{path}\"\n\
         jetstream {{ store_dir: \"{path}/store\" }}\nwebsocket {{ listen: \"127.0.0.1:-1\", no_tls: true }}\n"
    );
    fs::write(&config, text).map_err(|e| format!("{}: {e}", config.display()))?;
    let log = place.join("server.log");
    let child = Command::new(program).arg("-c").arg(&config).arg("-l").arg(&log).spawn();
    child.map_err(|e| format!("cannot start nats-server: {e}"))
}

/// The server writes its addresses to `<program>_<pid>.ports` once it listens.
fn nats_server_addresses(place: &Path) -> Option<Addresses> {
    let mut paths = fs::read_dir(place).ok()?.flatten().map(|entry| entry.path());
    let path = paths.find(|path| path.extension().is_some_and(|extension| extension == "ports"))?;
    let ports: serde_json::Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let at = |kind: &str| Some(ports[kind][0].as_str()?.to_owned());
    Some(Addresses { nats: at("nats")?, websocket: at("websocket")? })
}

/// "ok" or "FAIL", the area, and what was checked, without the time it took.
fn parts(line: &str) -> Option<(bool, &str, &str)> {
    let (passed, rest) = match line.strip_prefix("ok ") {
        Some(rest) => (true, rest),
        None => (false, line.strip_prefix("FAIL ")?),
    };
    let (area, what) = rest.split_once(": ")?;
    let what = if passed { what.rsplit_once(" (").map_or(what, |(what, _)| what) } else { what };
    Some((passed, area, what))
}

/// Passed of checked, for each client and area, on each target.
fn table(outcomes: &[Outcome]) -> String {
    let mut cells: BTreeMap<(&str, &str, &str), (usize, usize)> = BTreeMap::new();
    let mut rows: Vec<(&str, &str)> = Vec::new();
    for outcome in outcomes {
        for (passed, area, _) in outcome.lines.iter().filter_map(|line| parts(line)) {
            let cell = cells.entry((outcome.client, area, outcome.target)).or_default();
            *cell = (cell.0 + usize::from(passed), cell.1 + 1);
            if !rows.contains(&(outcome.client, area)) {
                rows.push((outcome.client, area));
            }
        }
    }
    let [one, other] = TARGETS.map(|target| target.name);
    let mut text = format!("\n{:<18} {:<12} {one:>12} {other:>12}\n", "client", "area");
    for (client, area) in rows {
        let shown = |target: &'static str| match cells.get(&(client, area, target)) {
            Some((passed, all)) => format!("{passed}/{all}"),
            None => "-".to_owned(),
        };
        text.push_str(&format!("{client:<18} {area:<12} {:>12} {:>12}\n", shown(one), shown(other)));
    }
    text
}

fn complaints(outcomes: &[Outcome]) -> Vec<String> {
    let mut complaints = Vec::new();
    for Outcome { client, target, lines, complaint } in outcomes {
        let here = format!("{client} on {target}");
        let parted = || lines.iter().filter_map(|line| parts(line));
        complaints
            .extend(parted().filter(|(passed, ..)| !passed).map(|(_, area, what)| format!("{here}: {area}: {what}")));
        complaints.extend(complaint.iter().map(|complaint| format!("{here}: {complaint}")));
        if parted().next().is_none() {
            complaints.push(format!("{here}: nothing was checked"));
        }
    }
    complaints.extend(unequal(outcomes));
    complaints
}

/// What passed on one target and was not even tried on the other: a program that gives up early must not look well.
fn unequal(outcomes: &[Outcome]) -> Vec<String> {
    let passed = |outcome: &Outcome| -> BTreeSet<String> {
        let parted = outcome.lines.iter().filter_map(|line| parts(line)).filter(|(passed, ..)| *passed);
        parted.map(|(_, area, what)| format!("{area}: {what}")).collect()
    };
    let mut complaints = Vec::new();
    for one in outcomes {
        for other in outcomes.iter().filter(|other| other.client == one.client && other.target != one.target) {
            let missing = passed(one).difference(&passed(other)).cloned().collect::<Vec<_>>();
            let told =
                |what: String| format!("{} on {}: {what}: passed only on {}", other.client, other.target, one.target);
            complaints.extend(missing.into_iter().map(told));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(target: &'static str, lines: &[&str], complaint: Option<&str>) -> Outcome {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        Outcome { client: "c", target, lines, complaint: complaint.map(str::to_owned) }
    }

    #[test]
    fn a_failing_an_ended_and_a_silent_program_are_complained_about() {
        let good = ["ok core: one: two (3 ms)", "ok kv: three (4 ms)"];
        assert!(complaints(&[outcome("engine", &good, None), outcome("nats-server", &good, None)]).is_empty());
        let failed = ["ok core: one: two (9 ms)", "FAIL kv: three: because"];
        let found =
            complaints(&[outcome("engine", &failed, Some("ended with 1")), outcome("nats-server", &good, None)]);
        let wanted = [
            "c on engine: kv: three: because",
            "c on engine: ended with 1",
            "c on engine: kv: three: passed only on nats-server",
        ];
        assert_eq!(found, wanted);
        assert_eq!(complaints(&[outcome("engine", &[], None)]), ["c on engine: nothing was checked"]);
    }

    #[test]
    fn the_table_counts_by_area_and_target() {
        let text = table(&[
            outcome("engine", &["ok kv: a (1 ms)", "FAIL kv: b: why"], None),
            outcome("nats-server", &["ok kv: a (1 ms)", "ok kv: b (1 ms)"], None),
        ]);
        let words: Vec<&str> = text.lines().last().unwrap_or_default().split_whitespace().collect();
        assert_eq!(words, ["c", "kv", "1/2", "2/2"]);
    }
}
