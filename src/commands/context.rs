//! `nats context`: named connection settings, kept among the files of the session.

use super::connection::{unreached, unreadable};
use super::grammar::{Argument, Command, Flag};
use super::report::{Columns, Table};
use super::{Console, Context, Failure, Matches, Outcome, yaml};
use crate::json::{FromJson, ToJson};
use crate::map::Map;
use futures::future::LocalBoxFuture;

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

/// A context as its file has it: everything but secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct Settings {
    pub description: String,
    /// Addresses without passwords.
    pub url: String,
    pub user: String,
    /// Where the file is, not what is in it.
    pub creds: String,
    /// Where the file is, not what is in it.
    pub nkey: String,
    /// The domain whose JetStream is asked.
    #[json(rename = "jetstream_domain", omit_empty)]
    pub domain: String,
    /// Where JetStream is asked instead of `$JS.API`.
    #[json(rename = "jetstream_api_prefix", omit_empty)]
    pub api_prefix: String,
}

/// What a line said and no file keeps.
#[derive(Default)]
struct Unkept {
    /// A user without a password, as the CLI shows it.
    token: String,
    password: String,
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
        names.extend(["password", "token", "seed", "jwt"].into_iter().filter(is_plain));
        if has_secret(&given("server")) {
            names.push("password in the address");
        }
        let is_embedded = |(flag, _): &(&str, &str)| given(flag).starts_with(EMBEDDED);
        names.extend(CONTENTS.into_iter().filter(is_embedded).map(|(_, name)| name));
        if names.is_empty() && !token.is_empty() && context.is_remote() {
            names.push("token (a user alone is one)");
        }
        Unkept { token, password, names }
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
        let json = super::report::json::indented(&crate::json::write(self)).into_bytes();
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
        let described = |name: &String| Settings::load(context, name).unwrap_or_default().description;
        names.iter().for_each(|name| context.console.line(&format!("{name}:{}", described(name))));
        return Ok(());
    }
    if matches.flag("names") {
        names.iter().for_each(|name| context.console.line(name));
        return Ok(());
    }
    if matches.flag("json") {
        let all: Vec<String> = names.iter().map(|name| document(context, name)).collect();
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
    if Settings::load(context, name).is_some() {
        return Err(format!("context {name:?} already exist").into());
    }
    keep(context, matches, named(name)?, settings)
}

/// Writes the context down, with what the flags change.
fn keep(context: &Context, matches: &Matches, name: &str, settings: Settings) -> Outcome {
    if let Some(flag) = UNKNOWN.iter().find(|flag| matches.is_set(flag)) {
        return Err(format!("not in the playground: --{flag}").into());
    }
    let settings = changed(settings, matches);
    let unkept = Unkept::of(context, matches);
    let has_user = !settings.user.is_empty() || !unkept.token.is_empty();
    if [has_user, !settings.creds.is_empty(), !settings.nkey.is_empty()].iter().filter(|given| **given).count() > 1 {
        let kinds = "'user/token', 'creds', 'nkey', 'nsc'";
        return Err(format!("too many types of credentials. Choose only one from {kinds}").into());
    }
    if matches.flag("embed")
        && let Some(problem) = unreadable(context, &settings)
    {
        return Err(problem.trim_start_matches("nats: ").into());
    }
    write(context, name, &settings);
    let is_selected = matches.flag("select");
    if is_selected {
        remember(context, name);
    }
    show(context, name, &settings, &unkept, is_selected);
    unkept.tell(&context.console);
    Ok(())
}

/// What a context of the page does not have.
const UNKNOWN: &[&str] = &["tlscert", "tlskey", "tlsca", "tlsfirst", "js-event-prefix", "inbox-prefix", "socks-proxy"];

fn write(context: &Context, name: &str, settings: &Settings) {
    settings.write(&mut context.files.borrow_mut(), name);
}

/// Opens the context in an editor. Differs from the real CLI: flags change their members without one.
async fn edit(context: Context, matches: Matches) -> Outcome {
    let name = matches.text("name");
    let mut settings = to_change(&context, name)?;
    let mut unkept = Unkept::of(&context, &matches);
    // The address in NATS_URL is not meant for this context.
    let flags = ["server", "user", "password", "token", "creds", "nkey", "js-domain", "domain", "js-api-prefix"];
    let of_line = |flag: &&str| matches.is_set(flag) && !context.environment.contains_key("NATS_URL");
    if flags.iter().any(of_line) {
        settings = changed(settings, &matches);
    } else {
        let what = format!("could not edit context {name}");
        let text = yaml::edited_text(&context, &format!("{name}.yaml"), &as_yaml(&settings)).await;
        let text = text.map_err(|problem| problem.of(&what))?;
        (settings, unkept.names) = from_yaml(&text).map_err(|problem| Failure::because("yaml", problem))?;
    }
    write(&context, name, &settings);
    show(&context, name, &settings, &unkept, false);
    unkept.tell(&context.console);
    Ok(())
}

/// Members of the file and what they are for.
const MEMBERS: &[(&str, &str)] = &[
    ("description", "What the context is for"),
    ("url", "Servers to connect to, with commas between them"),
    ("user", "User name; the password is given on connecting"),
    ("creds", "File with credentials"),
    ("nkey", "File with the seed of an NKEY"),
    ("jetstream_domain", "Domain whose JetStream is asked"),
    ("jetstream_api_prefix", "Subjects on which JetStream is asked, instead of $JS.API"),
];

fn as_yaml(settings: &Settings) -> String {
    let values = [
        &settings.description,
        &settings.url,
        &settings.user,
        &settings.creds,
        &settings.nkey,
        &settings.domain,
        &settings.api_prefix,
    ];
    let members = MEMBERS.iter().zip(values);
    let members = members.map(|((name, says), value)| format!("# {says}\n{name}: {}\n", yaml::scalar(value)));
    members.collect::<Vec<_>>().join("\n")
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
            "description" => settings.description = value,
            "url" => {
                if has_secret(&value) {
                    secrets.push("password in the address");
                }
                settings.set_url(&value);
            }
            "user" if !value.is_empty() => settings.user = value,
            "creds" | "nkey" if value.starts_with(EMBEDDED) => {
                secrets.extend(CONTENTS.into_iter().filter(|(name, _)| *name == entry.key).map(|(_, name)| name));
            }
            "creds" => settings.creds = value,
            "nkey" => settings.nkey = value,
            "jetstream_domain" => settings.domain = value,
            "jetstream_api_prefix" => settings.api_prefix = value,
            "password" if !value.is_empty() => secrets.push("password"),
            "token" if !value.is_empty() => secrets.push("token"),
            _ => {}
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
                problems += show(context, &name, &settings, &Unkept::default(), matches.flag("connect"));
                context.console.line("");
            }
            Err(_) => context.console.line(&format!("Could not load {name}: context not found: {name:?}\n\n")),
        }
    }
    if problems == 0 { Ok(()) } else { Err("validation failed".into()) }
}

/// The settings with what the flags of the line say.
fn changed(mut settings: Settings, matches: &Matches) -> Settings {
    let given = |flag: &str, kept: String| matches.optional_text(flag).unwrap_or(kept);
    if matches.knows("description") {
        settings.description = given("description", settings.description);
    }
    settings.set_url(&given("server", settings.url.clone()));
    let file = |flag: &str, kept: String| {
        Some(given(flag, kept)).filter(|file| !file.starts_with(EMBEDDED)).unwrap_or_default()
    };
    settings.creds = file("creds", settings.creds);
    settings.nkey = file("nkey", settings.nkey);
    settings.domain = given("js-domain", given("domain", settings.domain));
    settings.api_prefix = given("js-api-prefix", settings.api_prefix);
    // A user alone is a token, and not kept.
    if matches.is_set("password") || matches.is_set("creds") || matches.is_set("nkey") {
        settings.user = given("user", settings.user);
    }
    settings
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
        context.console.line(&super::report::json::indented(&document(context, &name)));
    } else {
        show(context, &name, &settings, &Unkept::default(), matches.flag("connect"));
    }
    Ok(())
}

/// A context as the CLI's own files have it, its members in their order.
fn document(context: &Context, name: &str) -> String {
    let settings = Settings::load(context, name).unwrap_or_default();
    let members = [
        ("name", name),
        ("description", settings.description.as_str()),
        ("url", settings.url.as_str()),
        ("socks_proxy", ""),
        ("token", ""),
        ("user", settings.user.as_str()),
        ("password", ""),
        ("creds", settings.creds.as_str()),
        ("nkey", settings.nkey.as_str()),
        ("cert", ""),
        ("key", ""),
        ("ca", ""),
        ("nsc", ""),
        ("jetstream_domain", settings.domain.as_str()),
        ("jetstream_api_prefix", settings.api_prefix.as_str()),
    ];
    let later = ["jetstream_event_prefix", "inbox_prefix", "user_jwt", "user_seed", "color_scheme"];
    let windows = ["windows_cert_store", "windows_cert_match_by", "windows_cert_match"];
    let text = |(name, value): (&str, &str)| format!("{name:?}:{}", crate::json::write(&value.to_owned()));
    let mut all: Vec<String> = members.into_iter().map(text).collect();
    all.extend(later.into_iter().map(|name| text((name, ""))));
    all.push("\"tls_first\":false".to_owned());
    all.extend(windows.into_iter().map(|name| text((name, ""))));
    all.push("\"windows_ca_certs_match\":null".to_owned());
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
    show(&context, &name, &settings, &Unkept::default(), false);
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
    show(context, &name, &settings, &Unkept::default(), false);
    Ok(())
}

async fn remove(context: Context, matches: Matches) -> Outcome {
    let name = matches.text("name");
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

/// Returns how much of it is wrong.
fn show(context: &Context, name: &str, settings: &Settings, unkept: &Unkept, with_connection: bool) -> u32 {
    let mut problems = 0;
    let mut columns = Columns::new(format!("NATS Configuration Context {name:?}"));
    columns.row_unless_empty("Description", &settings.description);
    columns.row_unless_empty("Server URLs", &settings.url);
    columns.row_unless_empty("Username", &settings.user);
    columns.row_unless_empty("Password", &"*".repeat(unkept.password.len()));
    columns.row_unless_empty("Token", &unkept.token);
    for (label, file) in [("Credentials", &settings.creds), ("NKey", &settings.nkey)] {
        let state = state_of(context, file);
        problems += u32::from(state == "ERROR");
        columns.row_if(!file.is_empty(), label, format!("{file} ({state})"));
    }
    columns.row_unless_empty("JS API Prefix", &settings.api_prefix);
    columns.row_unless_empty("JS Domain", &settings.domain);
    columns.row("Path", format!("{HOME}{}", path(name)));
    if with_connection {
        let unreached = || unreached(context, &settings.url).filter(|_| !settings.url.is_empty());
        let problem = unreadable(context, settings).or_else(unreached);
        problems += u32::from(problem.is_some());
        columns.row("Connection", problem.unwrap_or_else(|| "OK".to_owned()));
    }
    context.console.print(&format!("{columns}\n"));
    let overriding = ["NATS_URL", "NATS_USER", "NATS_PASSWORD", "NATS_CREDS", "NATS_TIMEOUT", "NATS_COLOR"];
    let set: Vec<&str> =
        overriding.into_iter().filter(|variable| context.environment.contains_key(*variable)).collect();
    if !set.is_empty() {
        context.console.line(&format!("WARNING: Shell environment overrides in place using {}", set.join(", ")));
    }
    problems
}

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
