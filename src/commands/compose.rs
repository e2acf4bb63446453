//! Messages put together from a command line: templates, headers, bodies from standard input.

use super::template::{self, Scope};
use super::{Context, Failure, Matches};
use crate::protocol::Headers;

/// What to send next, before templates.
pub struct Draft<'a> {
    matches: &'a Matches,
    templates: bool,
}

impl Draft<'_> {
    pub fn new(matches: &Matches) -> Draft<'_> {
        Draft { matches, templates: matches.flag("templates") }
    }

    pub fn subject(&self, context: &Context, count: u64) -> String {
        let subject = self.matches.text("subject");
        if self.templates { rendered(context, "subject", subject, count, None) } else { subject.to_owned() }
    }

    /// Bodies that are not text have no templates.
    pub fn body(&self, context: &Context, body: &[u8], count: u64) -> Vec<u8> {
        match std::str::from_utf8(body) {
            Ok(text) if self.templates => rendered(context, "body", text, count, None).into_bytes(),
            _ => body.to_vec(),
        }
    }

    /// Errors: one that is not `K:V`.
    pub fn headers(&self, context: &Context, count: u64) -> Result<Option<Headers>, Failure> {
        self.matches.sound("header")?;
        headers(context, &self.matches.pairs("header"), count)
    }
}

/// `None` when there are none. Unlike a body, what cannot be rendered is not sent.
fn headers(context: &Context, pairs: &[(&str, &str)], count: u64) -> Result<Option<Headers>, Failure> {
    if pairs.is_empty() {
        return Ok(None);
    }
    let scope = Scope { count, now: context.now(), rng: &context.rng, request: None };
    let mut headers = Headers::new();
    for (name, value) in pairs {
        let value = template::render("body", value, &scope);
        let problem = |problem| Failure::because(&format!("failed to parse Header template for {name}"), problem);
        headers.append(name, &value.map_err(problem)?);
    }
    Ok(Some(headers))
}

/// The rendered text; one that cannot be rendered is logged and taken as it is.
pub fn rendered(context: &Context, name: &str, text: &str, count: u64, request: Option<&str>) -> String {
    let scope = Scope { count, now: context.now(), rng: &context.rng, request };
    // The CLI calls every template "body" in what it says about it.
    template::render("body", text, &scope).unwrap_or_else(|problem| {
        context.log(&format!("Could not parse {name} template: {problem}"));
        text.to_owned()
    })
}

/// The bodies a line wants sent: its argument, or standard input whole or line by line.
pub enum Bodies {
    /// Sent as often as `--count` says.
    One(Vec<u8>),
    /// Read with [`super::Console::read_input_line`] until they end.
    Lines,
}

pub async fn bodies(context: &Context, matches: &Matches, quiet: bool) -> Bodies {
    let console = &context.console;
    let interactive = console.is_terminal();
    let reads = !matches.is_set("body") && (console.has_piped_input() || interactive || matches.flag("force-stdin"));
    if !reads {
        return Bodies::One(matches.text("body").as_bytes().to_vec());
    }
    if !quiet {
        context.log("Reading payload from STDIN");
    }
    match matches.text("send-on") {
        "newline" => Bodies::Lines,
        _ => Bodies::One(console.read_to_end().await),
    }
}

/// Runs `work`, or fails with the CLI's sentence when Ctrl-C is pressed.
pub async fn cancellable<T>(context: &Context, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    use futures::future::{Either, select};
    match select(std::pin::pin!(work), std::pin::pin!(context.console.interrupt())).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(_) => Err("context canceled".into()),
    }
}
