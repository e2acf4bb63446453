//! Running other programs, with our tools first on `PATH`.

use crate::Done;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The top of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("xtask lives in a folder of the repository").to_owned()
}

/// Where our own tools are kept.
pub fn tools_dir() -> PathBuf {
    root().join(".tools")
}

/// A command that runs at the top of the repository and finds our tools first.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(resolve(program));
    command.current_dir(root()).env("PATH", search_path());
    // Trunk takes NO_COLOR for a flag of its own that must read "true" or "false", and refuses to start on "1".
    command.env_remove("NO_COLOR");
    // We check the versions ourselves.
    command.env("TRUNK_SKIP_VERSION_CHECK", "true");
    command
}

/// Runs to the end, showing what it prints.
pub fn must(command: &mut Command) -> Done {
    let shown = shown(command);
    let status = command.status().map_err(|e| format!("cannot start \"{shown}\": {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("\"{shown}\" ended with {status}")) }
}

/// Runs quietly; what it printed on stdout, or `None` if it is not there or failed.
pub fn ask(program: &str, args: &[&str]) -> Option<String> {
    let output = command(program).args(args).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

/// The first place on our search path that holds `program`.
pub fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&search_path())
        .flat_map(|dir| [dir.join(program), dir.join(format!("{program}.exe")), dir.join(format!("{program}.cmd"))])
        .find(|path| path.is_file())
}

/// `Command` searches the parent's `PATH`, not the one given to the child, so the program is looked up here.
fn resolve(program: &str) -> PathBuf {
    find(program).unwrap_or_else(|| PathBuf::from(program))
}

fn search_path() -> OsString {
    let tools = tools_dir();
    let mut dirs = vec![
        tools.join("cargo/bin"),
        tools.join("node/node_modules/.bin"),
        tools.join("nats-server/bin"),
        tools.join("go/go/bin"),
    ];
    dirs.extend(cargo_home().map(|home| home.join("bin")));
    dirs.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    std::env::join_paths(dirs).expect("each part was a path of its own")
}

fn cargo_home() -> Option<PathBuf> {
    let home = || std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(PathBuf::from(home()?).join(".cargo")))
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program()).to_owned();
    let words = std::iter::once(program.as_os_str()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
