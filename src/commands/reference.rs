//! `nats errors`: texts to look up, and refusals of what a page cannot do.
//!
//! The errors are those of [`ErrorCode::all`].

use super::grammar::{Argument, Command, Flag, Kind};
use super::pattern::Pattern;
use super::report::{Columns, Table};
use super::{Context, Matches, Outcome, crashed, error_names};
use crate::api::ErrorCode;
use futures::future::LocalBoxFuture;
use std::future::ready;

pub static ERRORS: Command = Command::new("errors", "Explains error codes")
    .aliases(&["err", "error"])
    .flags(&[Flag::new("errors", Kind::File, "Errors of one's own, from this file").placeholder("FILE")])
    .subcommands(&[&LS, &LOOKUP, &EDIT, &VALIDATE]);

static LS: Command = Command::new("ls", "Lists error codes")
    .aliases(&["list"])
    .arguments(&[
        Argument::optional("match", "Only errors whose text matches this expression"),
        Argument::optional("sort", "What to sort by: code, http or description").kind(Kind::Enum(&[
            "code",
            "http",
            "description",
            "descr",
            "d",
        ])),
    ])
    .flags(&[Flag::switch("reverse", "Turns the order round").short('R')])
    .handler(list);
static EDIT: Command = Command::new("edit", "Changes a file of errors; not in the playground")
    .aliases(&["vi", "add", "new"])
    .arguments(&[
        Argument::required("file", "The file").kind(Kind::File),
        Argument::optional("code", "The code").kind(Kind::UintOf(16)),
    ])
    .handler(|_, _| Box::pin(ready(Err("not in the playground: errors edit".into()))));
static VALIDATE: Command = Command::new("validate", "Checks a file of errors; not in the playground")
    .arguments(&[Argument::optional("file", "The file").kind(Kind::File)])
    .handler(|_, matches| {
        Box::pin(ready(Err(match matches.text("file") {
            "" => "errors file is required",
            _ => "not in the playground: errors validate",
        }
        .into())))
    });
static LOOKUP: Command = Command::new("lookup", "Explains a code")
    .aliases(&["find", "get", "l", "view", "show"])
    .arguments(&[Argument::required("code", "The code").kind(Kind::UintOf(16))])
    .handler(lookup);

const WORDS: &[Argument] = &[Argument::optional("words", "What it would be told").label("args").repeats()];

/// A command of the real `nats` that a page has no use or no means for, whatever follows it.
pub const fn absent(name: &'static str, summary: &'static str) -> Command {
    Command::new(name, summary)
        .arguments(WORDS)
        .handler(|_, matches| Box::pin(ready(Err(super::absence(&matches.path).into()))))
}

pub static AUDIT: Command = absent("audit", "Audits a deployment; not in the playground");
pub static AUTH: Command = absent("auth", "Manages decentralized accounts and users; not in the playground");
pub static SCHEMA: Command = absent("schema", "Shows schemas of the API's documents; not in the playground");
pub static TOP: Command = absent("top", "Watches the connections of a server; not in the playground");
pub static PLUGINS: Command = absent("plugins", "Manages plugins; not in the playground").hidden();
pub static TRAFFIC: Command = absent("traffic", "Watches all that is sent; not in the playground").hidden();

fn list(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    let show = || {
        if matches.is_set("errors") {
            return Err("not in the playground: --errors".into());
        }
        let pattern = Pattern::ignoring_case(matches.text("match")).map_err(|problem| crashed(&context, &problem))?;
        let header = ["NATS Code", "HTTP Error Code", "Description", "Comment", "Go Constant"];
        let mut table = Table::new("NATS Errors", &header).right(&[0, 1]);
        let known = ErrorCode::all().map(|code| (code.error(), error_names::of(code.0)));
        let mut found: Vec<_> = known
            .filter(|(error, (constant, comment))| {
                let code = error.err_code.to_string();
                [&code, &error.description, constant, *comment].into_iter().any(|text| pattern.is_match(text))
            })
            .collect();
        if found.is_empty() {
            let wanted = matches.text("match").to_lowercase();
            return Err(format!("no errors found matching regular expression {wanted}").into());
        }
        match matches.text("sort") {
            "http" => crate::sorted::by_key(&mut found, |(error, _)| error.code),
            "description" | "descr" | "d" => crate::sorted::by_key(&mut found, |(error, _)| error.description.clone()),
            _ => {}
        }
        if matches.flag("reverse") {
            found.reverse();
        }
        for (error, (constant, comment)) in found {
            let (code, http) = (error.err_code.to_string(), error.code.to_string());
            table.row([code, http, error.description, comment.to_owned(), constant]);
        }
        context.console.print(&context.drawn(&table));
        Ok(())
    };
    Box::pin(ready(show()))
}

fn lookup(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    let show = || {
        let code = u16::try_from(matches.uint("code")).unwrap_or_default();
        let Some(error) = ErrorCode::all().find(|known| known.0 == code).map(ErrorCode::error) else {
            return Err(format!("no error matches code {code}").into());
        };
        let (constant, comment) = error_names::of(code);
        let mut screen = Columns::new(format!("NATS Error Code: {code}"));
        screen.row("Description", error.description);
        screen.row_unless_empty("Comment", comment);
        screen.row("HTTP Code", error.code);
        screen.row("Go Index Constant", constant);
        screen.blank();
        screen.indented(1, "No further information available");
        context.console.print(&context.screen(&screen));
        Ok(())
    };
    Box::pin(ready(show()))
}
