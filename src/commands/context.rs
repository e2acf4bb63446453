//! `nats context`: named connection settings, kept among the files of the session.

use super::connection::{DEFAULT_URL, obstacle, unreached};
use super::grammar::{Argument, Command, Flag};
use super::report::{Columns, Table};
use super::settings::{About, SECRETS, TABLE, says_tls_first};
use super::{Console, Context, Failure, Matches, Outcome, yaml};
use crate::map::Map;
use futures::future::LocalBoxFuture;

pub use super::settings::Settings;

pub static COMMAND: Command = Command::new("context", "Keeps connection settings under names")
    .aliases(&["ctx"])
    .subcommands(&[&ADD, &COPY, &EDIT, &LIST, &REMOVE, &SELECT, &UNSELECT, &INFO, &VALIDATE, &PREVIOUS]);

static LIST: Command = Command::new("ls", "Lists contexts")
    .aliases(&["list", "l"])
    .flags(&[
        Flag::bool("completion", "Shows what a shell completes").hidden(),
        JSON,
        Flag::bool("names", "Shows names only"),
    ])
    .handler(|context, matches| ready(list(&context, &matches)));
static ADD: Command = Command::new("add", "Saves a context")
    .aliases(&["create", "save"])
    .arguments(&[Argument::required("name", "Name of the context")])
    .flags(&[DESCRIPTION, Flag::bool("select", "Selects it, too"), EMBED])
    .handler(|context, matches| ready(save(&context, &matches)));
static EDIT: Command = Command::new("edit", "Opens a context in an editor, or changes what the flags say")
    .aliases(&["vi"])
    .arguments(&[Argument::required("name", "Name of the context")])
    .handler(|context, matches| Box::pin(edit(context, matches)));
static COPY: Command = Command::new("copy", "Saves a context under another name, too")
    .aliases(&["cp"])
    .arguments(&[
        Argument::required("source", "Context to copy"),
        Argument::required("name", "Name of the new context"),
    ])
    .flags(&[DESCRIPTION, Flag::bool("select", "Selects it, too"), EMBED])
    .handler(|context, matches| ready(copy(&context, &matches)));
static VALIDATE: Command = Command::new("validate", "Checks contexts")
    .arguments(&[Argument::optional("name", "Name of the context; all of them if missing")])
    .flags(&[Flag::bool("connect", "Connects, too")])
    .handler(|context, matches| ready(validate(&context, &matches)));
static INFO: Command = Command::new("info", "Shows a context")
    .aliases(&["show", "v", "view"])
    .arguments(&[Argument::optional("name", "Name of the context; the selected one if missing")])
    .flags(&[JSON, Flag::bool("connect", "Connects, too")])
    .handler(|context, matches| ready(info(&context, &matches)));
static SELECT: Command = Command::new("select", "Selects a context")
    .aliases(&["switch", "set"])
    .arguments(&[Argument::optional("name", "Name of the context; asked for when it is missing")])
    .handler(|context, matches| Box::pin(select(context, matches)));
static UNSELECT: Command =
    Command::new("unselect", "Selects no context").handler(|context, _| ready(unselect(&context)));
static PREVIOUS: Command = Command::new("previous", "Selects the context that was selected before")
    .aliases(&["-"])
    .handler(|context, _| ready(previous(&context)));
static REMOVE: Command = Command::new("rm", "Removes a context")
    .aliases(&["remove"])
    .arguments(&[Argument::required("name", "Name of the context")])
    .flags(&[Flag::bool("force", "Asks nothing").short('f')])
    .handler(|context, matches| Box::pin(remove(context, matches)));

const DESCRIPTION: Flag = Flag::text("description", "What it is for");
const EMBED: Flag = Flag::bool("embed", "Would keep credentials with it; no secret is written down here");
const JSON: Flag = Flag::bool("json", "Shows JSON").short('j');

pub(super) const FOLDER: &str = ".config/nats/context/";
pub(super) const SELECTED: &str = ".config/nats/context.txt";
pub(super) const PREVIOUSLY: &str = ".config/nats/previous-context.txt";
const HOME: &str = "/home/learner/";

fn ready(outcome: Outcome) -> LocalBoxFuture<'static, Outcome> {
    Box::pin(std::future::ready(outcome))
}

/// What a line said and no file keeps.
#[derive(Default)]
struct Unkept {
    /// A user without a password, as the CLI shows it.
    token: String,
    password: String,
    jwt: String,
    seed: String,
    /// What of it to speak of.
    names: Vec<&'static str>,
}

impl Unkept {
    /// Differs from the real CLI, which keeps them.
    fn of(context: &Context, matches: &Matches) -> Unkept {
        let given = |flag: &str| matches.optional_text(flag).unwrap_or_default();
        let password = given("password");
        let token = if password.is_empty() { given("user") } else { String::new() };
        let mut names = Vec::new();
        let is_plain = |name: &&str| !given(name).is_empty();
        names.extend(SECRETS.into_iter().filter(is_plain));
        if has_secret(&given("server")) {
            names.push("password in the address");
        }
        let is_embedded = |(flag, _): &(&str, &str)| given(flag).starts_with(EMBEDDED);
        names.extend(CONTENTS.into_iter().filter(is_embedded).map(|(_, name)| name));
        if names.is_empty() && !token.is_empty() && context.is_remote() {
            names.push("token (a user alone is one)");
        }
        Unkept { token, password, jwt: given("jwt"), seed: given("seed"), names }
    }

    fn tell(&self, console: &Console) {
        let verb = match self.names.len() {
            0 => return,
            1 => "is",
            _ => "are",
        };
        let names = self.names.join(" and the ");
        console.error(&format!("the {names} {verb} not kept: no secret is written down here, give it on connecting"));
    }
}

/// Credentials themselves instead of where they are.
const EMBEDDED: &str = "data:";
const CONTENTS: [(&str, &str); 2] = [("creds", "content of creds"), ("nkey", "content of nkey")];

fn has_secret(addresses: &str) -> bool {
    addresses.split(',').any(|address| parted(address).0.is_some())
}

/// Addresses as they may be kept: `ws://joe:hush@host` becomes `ws://host`.
fn without_users(addresses: &str) -> String {
    let addresses: Vec<String> = addresses.split(',').map(|address| parted(address).1).collect();
    addresses.join(",")
}

/// What stands before the `@` of an address, and the address without it.
fn parted(address: &str) -> (Option<&str>, String) {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rsplit_once('@') {
        Some((user, host)) if scheme.is_empty() => (Some(user), format!("{host}{}", &rest[end..])),
        Some((user, host)) => (Some(user), format!("{scheme}://{host}{}", &rest[end..])),
        None => (None, address.to_owned()),
    }
}

impl Settings {
    /// A user stays, what else stands before the host was a secret.
    fn set_url(&mut self, addresses: &str) {
        let user = addresses.split(',').find_map(|address| parted(address).0?.split_once(':'));
        if let Some((user, _)) = user {
            self.user = user.to_owned();
        }
        self.url = without_users(addresses);
    }

    pub fn load(context: &Context, name: &str) -> Option<Settings> {
        Settings::read(&context.files.borrow(), name)
    }

    pub(super) fn read(files: &Map<String, Vec<u8>>, name: &str) -> Option<Settings> {
        crate::json::read(files.get(&path(name))?).ok()
    }

    pub(super) fn write(&self, files: &mut Map<String, Vec<u8>>, name: &str) {
        let json = super::report::json::indented(&document(self, None)).into_bytes();
        files.insert(path(name), json);
    }

    /// A file may have been written by hand.
    pub(super) fn without_secrets(mut self) -> Settings {
        let url = std::mem::take(&mut self.url);
        self.set_url(&url);
        for file in [&mut self.creds, &mut self.nkey] {
            if file.starts_with(EMBEDDED) {
                file.clear();
            }
        }
        self
    }

    /// The name of the selected context.
    pub fn selected(context: &Context) -> Option<String> {
        read_name(context, SELECTED)
    }

    /// Selects none.
    pub fn unselect(context: &Context) {
        remember(context, "");
    }
}

fn path(name: &str) -> String {
    format!("{FOLDER}{name}.json")
}

fn read_name(context: &Context, file: &str) -> Option<String> {
    let files = context.files.borrow();
    let name = String::from_utf8_lossy(files.get(file)?).trim().to_owned();
    (!name.is_empty()).then_some(name)
}

fn names(context: &Context) -> Vec<String> {
    let files = context.files.borrow();
    let inside = files.keys().filter_map(|file| file.strip_prefix(FOLDER)?.strip_suffix(".json"));
    inside.map(str::to_owned).collect()
}

fn list(context: &Context, matches: &Matches) -> Outcome {
    let names = names(context);
    let selected = Settings::selected(context);
    if matches.flag("completion") {
        let about = |name: &String| Settings::load(context, name).unwrap_or_default().description;
        names.iter().for_each(|name| context.console.line(&format!("{name}:{}", about(name))));
        return Ok(());
    }
    if matches.flag("names") {
        names.iter().for_each(|name| context.console.line(name));
        return Ok(());
    }
    if matches.flag("json") {
        let all: Vec<String> = names.iter().map(|name| described(context, name)).collect();
        let list = if all.is_empty() { "null".to_owned() } else { format!("[{}]", all.join(",")) };
        context.console.line(&super::report::json::indented(&list));
        return Ok(());
    }
    if names.is_empty() {
        context.console.line("No known contexts");
        return Ok(());
    }
    let mut table = Table::new("Known Contexts", &["Name", "Description"]);
    for name in names {
        let settings = Settings::load(context, &name).unwrap_or_default();
        let mark = if selected.as_ref() == Some(&name) { "*" } else { "" };
        table.row([format!("{name}{mark}"), settings.description]);
    }
    context.console.print(&format!("{}\n", context.drawn(&table)));
    Ok(())
}

fn save(context: &Context, matches: &Matches) -> Outcome {
    let name = named(matches.text("name"))?;
    keep(context, matches, name, Settings::load(context, name).unwrap_or_default())
}

pub(super) fn named(name: &str) -> Result<&str, Failure> {
    let problem = match name {
        "" => "name is empty".to_owned(),
        _ if name.contains("..") => format!("{name:?} must not contain \"..\""),
        _ if name.contains(['/', '\\']) => format!("{name:?} must not contain \"/\" or \"\\\""),
        _ => return Ok(name),
    };
    Err(Failure::because("invalid context name", problem))
}

fn copy(context: &Context, matches: &Matches) -> Outcome {
    let (source, name) = (matches.text("source"), matches.text("name"));
    let settings = to_change(context, source)?;
    if name.is_empty() {
        return Err(NONE_SELECTED.into());
    }
    if Settings::load(context, name).is_some() {
        return Err(format!("context {name:?} already exist").into());
    }
    keep(context, matches, named(name)?, settings)
}

/// Writes the context down, with what the flags change.
fn keep(context: &Context, matches: &Matches, name: &str, settings: Settings) -> Outcome {
    let settings = changed(settings, matches);
    let unkept = Unkept::of(context, matches);
    let has_user = !settings.user.is_empty() || !unkept.token.is_empty();
    let has_parts = !unkept.jwt.is_empty() || !unkept.seed.is_empty();
    let kinds = [has_user, !settings.creds.is_empty(), !settings.nkey.is_empty(), has_parts];
    if kinds.iter().filter(|given| **given).count() > 1 {
        let kinds = "'user/token', 'creds', 'nkey', 'nsc'";
        return Err(format!("too many types of credentials. Choose only one from {kinds}").into());
    }
    if matches.flag("embed")
        && let Some(file) = [&settings.creds, &settings.nkey].into_iter().find(|file| is_missing(context, file))
    {
        return Err(format!("open {file}: no such file or directory").into());
    }
    write(context, name, &settings);
    let is_selected = matches.flag("select");
    if is_selected {
        remember(context, name);
    }
    show(context, name, &settings, &unkept, is_selected.then_some(matches));
    unkept.tell(&context.console);
    Ok(())
}

fn is_missing(context: &Context, file: &str) -> bool {
    !file.is_empty() && !file.contains("://") && !context.has_file(file)
}

fn write(context: &Context, name: &str, settings: &Settings) {
    settings.write(&mut context.files.borrow_mut(), name);
}

/// Opens the context in an editor. Differs from the real CLI: flags change their members without one.
async fn edit(context: Context, matches: Matches) -> Outcome {
    let name = matches.text("name");
    let mut settings = to_change(&context, name)?;
    let mut unkept = Unkept::of(&context, &matches);
    // The address in NATS_URL is not meant for this context.
    let is_of_line = SECRETS.iter().any(|flag| matches.is_set(flag))
        || says_tls_first(&matches)
        || TABLE.iter().any(|setting| setting.member != "description" && setting.given(&matches).is_some());
    if is_of_line && !context.environment.contains_key("NATS_URL") {
        settings = changed(settings, &matches);
    } else {
        let what = format!("could not edit context {name}");
        let text = yaml::edited_text(&context, &format!("{name}.yaml"), &as_yaml(&settings)).await;
        let text = text.map_err(|problem| problem.of(&what))?;
        (settings, unkept.names) = from_yaml(&text).map_err(|problem| Failure::because("yaml", problem))?;
    }
    write(&context, name, &settings);
    show(&context, name, &settings, &unkept, None);
    unkept.tell(&context.console);
    Ok(())
}

fn as_yaml(settings: &Settings) -> String {
    let mut members: Vec<String> = TABLE
        .iter()
        .map(|setting| {
            let value = yaml::scalar(&settings.member(setting.member));
            format!("# {}\n{}: {value}\n", setting.says, setting.member)
        })
        .collect();
    members.push(format!("# Whether TLS comes before the server's greeting\ntls_first: {}\n", settings.tls_first));
    members.join("\n")
}

/// What the text says, and which of it is secret and not kept.
fn from_yaml(text: &str) -> Result<(Settings, Vec<&'static str>), String> {
    let (mut settings, mut secrets) = (Settings::default(), Vec::new());
    let tree = yaml::Node::read(text)?;
    let yaml::Value::Map(entries) = tree.value else { return Ok((settings, secrets)) };
    for entry in entries {
        let (yaml::Value::Plain(value) | yaml::Value::Quoted(value)) = entry.node.value else {
            return Err(format!("line {}: {} is a text", entry.line, entry.key));
        };
        let value = if matches!(value.as_str(), "null" | "~") { String::new() } else { value };
        match entry.key.as_str() {
            "url" => {
                if has_secret(&value) {
                    secrets.push("password in the address");
                }
                settings.set_url(&value);
            }
            "creds" | "nkey" if value.starts_with(EMBEDDED) => {
                secrets.extend(CONTENTS.into_iter().filter(|(name, _)| *name == entry.key).map(|(_, name)| name));
            }
            "tls_first" => settings.tls_first = value == "true",
            "password" if !value.is_empty() => secrets.push("password"),
            "token" if !value.is_empty() => secrets.push("token"),
            member => {
                if let Some(setting) = TABLE.iter().find(|setting| setting.member == member) {
                    *setting.of(&mut settings) = value;
                }
            }
        }
    }
    Ok((settings, secrets))
}

fn validate(context: &Context, matches: &Matches) -> Outcome {
    let wanted = matches.text("name");
    let names = if wanted.is_empty() { names(context) } else { vec![wanted.to_owned()] };
    let mut problems = 0;
    for name in names {
        match known(context, &name) {
            Ok(settings) => {
                problems += show(context, &name, &settings, &Unkept::default(), asks_to_connect(matches));
                context.console.line("");
            }
            Err(Failure::Message(problem)) => context.console.line(&format!("Could not load {name}: {problem}\n\n")),
            Err(exit) => return Err(exit),
        }
    }
    if problems == 0 { Ok(()) } else { Err("validation failed".into()) }
}

/// The settings with what the flags of the line say.
fn changed(mut settings: Settings, matches: &Matches) -> Settings {
    for setting in TABLE {
        let is_apart = matches!(setting.member, "url" | "user");
        let is_left = |text: &String| is_apart || text.is_empty();
        let Some(text) = setting.given(matches).filter(|text| !is_left(text)) else { continue };
        let is_embedded = setting.about == About::File && text.starts_with(EMBEDDED);
        *setting.of(&mut settings) = if is_embedded { String::new() } else { text };
    }
    settings.tls_first |= says_tls_first(matches);
    let url = match (matches.optional_text("server"), &*settings.url) {
        (Some(server), "") if server.is_empty() => DEFAULT_URL.to_owned(),
        (Some(server), _) if !server.is_empty() => server,
        (_, kept) => kept.to_owned(),
    };
    settings.set_url(&url);
    // A user alone is a token, and not kept.
    if matches.is_set("password") || matches.is_set("creds") || matches.is_set("nkey") {
        settings.user = matches.optional_text("user").unwrap_or(settings.user);
    }
    settings
}

fn asks_to_connect(matches: &Matches) -> Option<&Matches> {
    matches.flag("connect").then_some(matches)
}

fn remember(context: &Context, name: &str) {
    let before = Settings::selected(context).unwrap_or_default();
    let mut files = context.files.borrow_mut();
    files.insert(PREVIOUSLY.to_owned(), before.into_bytes());
    files.insert(SELECTED.to_owned(), name.as_bytes().to_vec());
}

fn known(context: &Context, name: &str) -> Result<Settings, Failure> {
    Settings::load(context, named(name)?).ok_or_else(|| Failure::new(format!("context not found: {name:?}")))
}

/// [`known`] in the words of the verbs that change or copy.
fn to_change(context: &Context, name: &str) -> Result<Settings, Failure> {
    Settings::load(context, name).ok_or_else(|| Failure::new(format!("unknown context {name:?}")))
}

const NONE_SELECTED: &str = "no default context and no name supplied";

fn info(context: &Context, matches: &Matches) -> Outcome {
    let name = match matches.text("name") {
        "" => Settings::selected(context).ok_or(NONE_SELECTED)?,
        name => name.to_owned(),
    };
    let settings = known(context, &name)?;
    if matches.flag("json") {
        context.console.line(&super::report::json::indented(&described(context, &name)));
    } else {
        show(context, &name, &settings, &Unkept::default(), asks_to_connect(matches));
    }
    Ok(())
}

fn described(context: &Context, name: &str) -> String {
    document(&Settings::load(context, name).unwrap_or_default(), Some(name))
}

/// What the CLI's own files have, in their order.
const MEMBERS: &[&str] = &[
    "description",
    "url",
    "socks_proxy",
    "token",
    "user",
    "password",
    "creds",
    "nkey",
    "cert",
    "key",
    "ca",
    "nsc",
    "jetstream_domain",
    "jetstream_api_prefix",
    "jetstream_event_prefix",
    "inbox_prefix",
    "user_jwt",
    "user_seed",
    "color_scheme",
    "tls_first",
    "windows_cert_store",
    "windows_cert_match_by",
    "windows_cert_match",
    "windows_ca_certs_match",
];

/// A context as the CLI's own files have it, or as it shows it.
fn document(settings: &Settings, name: Option<&str>) -> String {
    let text = |name: &str, value: &str| format!("{name:?}:{}", crate::json::write(&value.to_owned()));
    let members = MEMBERS.iter().map(|&member| match member {
        "tls_first" => format!("{member:?}:{}", settings.tls_first),
        "windows_ca_certs_match" => format!("{member:?}:null"),
        _ => text(member, &settings.member(member)),
    });
    let all: Vec<String> = name.map(|name| text("name", name)).into_iter().chain(members).collect();
    format!("{{{}}}", all.join(","))
}

async fn select(context: Context, matches: Matches) -> Outcome {
    let names = names(&context);
    if names.is_empty() {
        return Err("no context defined".into());
    }
    let name = match matches.text("name") {
        "" => {
            let options: Vec<&str> = names.iter().map(String::as_str).collect();
            let picked = context.console.choose("Select a Context", &options, 0, "").await;
            picked.map_err(|reason| Failure::new(reason.to_string()))?
        }
        name => name.to_owned(),
    };
    let settings = known(&context, &name)?;
    remember(&context, &name);
    show(&context, &name, &settings, &Unkept::default(), None);
    Ok(())
}

fn unselect(context: &Context) -> Outcome {
    match Settings::selected(context) {
        Some(name) => {
            remember(context, "");
            context.console.line(&format!("Unselected the {name:?} context"));
        }
        None => context.console.line("No context currently selected"),
    }
    Ok(())
}

fn previous(context: &Context) -> Outcome {
    let before = read_name(context, PREVIOUSLY);
    let name = before.clone().or_else(|| Settings::selected(context)).ok_or(NONE_SELECTED)?;
    let settings = known(context, &name)?;
    if before.is_some() {
        remember(context, &name);
    }
    show(context, &name, &settings, &Unkept::default(), None);
    Ok(())
}

async fn remove(context: Context, matches: Matches) -> Outcome {
    let name = named(matches.text("name"))?;
    if Settings::selected(&context).as_deref() == Some(name) {
        if !matches.flag("force") {
            let hint = "select another one or use the unselect command";
            return Err(format!("cannot remove the selected context, {hint}").into());
        }
        remember(&context, "");
    }
    if !matches.flag("force") {
        let answer = context.console.confirm(&format!("Really delete context {name:?}"), false).await;
        if !answer.map_err(|reason| Failure::because("could not obtain confirmation", reason))? {
            return Ok(());
        }
    }
    context.files.borrow_mut().remove(&path(name));
    Ok(())
}

/// Returns how much of it is wrong. With a line that wants to know it is tried to connect.
fn show(context: &Context, name: &str, settings: &Settings, unkept: &Unkept, line: Option<&Matches>) -> u32 {
    let mut problems = 0;
    let mut columns = Columns::new(format!("NATS Configuration Context {name:?}"));
    for setting in TABLE {
        let value = settings.member(setting.member);
        let shown = match (setting.about, setting.member) {
            (About::File, _) if !value.is_empty() => {
                let state = state_of(context, &value);
                problems += u32::from(state == "ERROR");
                format!("{value} ({state})")
            }
            (_, "color_scheme") => continue,
            _ => value,
        };
        columns.row_unless_empty(setting.label, &shown);
        match setting.member {
            "user" => {
                columns.row_unless_empty("Password", &"*".repeat(unkept.password.len()));
                columns.row_unless_empty("Token", &unkept.token);
                for (label, text) in [("User JWT", &unkept.jwt), ("User Seed", &unkept.seed)] {
                    columns.row_if(!text.is_empty(), label, format!("{text} ({})", state_of(context, text)));
                }
            }
            "ca" => columns.row_if(settings.tls_first, "TLS First", "true".to_owned()),
            _ => {}
        }
    }
    columns.row("Path", format!("{HOME}{}", path(name)));
    columns.row_unless_empty("Color Scheme", &settings.color_scheme);
    if let Some(line) = line {
        let unreached = unreached(context, &settings.url).filter(|_| !settings.url.is_empty());
        let problem = obstacle(context, line, settings, unreached).map(|problem| problem.reason().to_owned());
        problems += u32::from(problem.is_some());
        columns.row("Connection", problem.unwrap_or_else(|| "OK".to_owned()));
    }
    context.console.print(&format!("{}\n", context.screen(&columns)));
    let set: Vec<&str> =
        OVERRIDING.iter().copied().filter(|variable| context.environment.contains_key(*variable)).collect();
    if !set.is_empty() {
        context.console.line(&format!("WARNING: Shell environment overrides in place using {}", set.join(", ")));
    }
    problems
}

/// Variables that go before a context.
const OVERRIDING: &[&str] = &[
    "NATS_URL",
    "NATS_USER",
    "NATS_PASSWORD",
    "NATS_CREDS",
    "NATS_NKEY",
    "NATS_CERT",
    "NATS_KEY",
    "NATS_CA",
    "NATS_TIMEOUT",
    "NATS_SOCKS_PROXY",
    "NATS_COLOR",
];

/// What is known of a file with credentials.
fn state_of(context: &Context, file: &str) -> &'static str {
    match file {
        "" => "",
        _ if file.starts_with("op://") => "1Password",
        _ if file.starts_with("nsc://") => "nsc",
        _ if file.starts_with("env://") => "runtime environment",
        _ if context.has_file(file.trim_start_matches("file://")) => "OK",
        _ => "ERROR",
    }
}
