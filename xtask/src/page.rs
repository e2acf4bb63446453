//! The page: served while working on it, built for a static host, and the last touches after Trunk.

use crate::Done;
use crate::run::{command, must, root};
use crate::tools::{self, ensure};
use crate::{content, sizes};
use pulldown_cmark::{Event, Parser, Tag, TagEnd, html};
use std::path::{Path, PathBuf};

/// Where the static text of the first lesson goes in `index.html`.
const LESSON_MARK: &str = "<!-- the first lesson -->";

/// Builds, serves and rebuilds on change. Ends when the person ends it.
pub fn serve(options: &[String]) -> Done {
    ensure(tools::TO_SERVE)?;
    if options.iter().any(|option| option == "--release") {
        ensure(tools::TO_BUILD)?;
    }
    prepare()?;
    must(command("trunk").arg("serve").args(options))
}

/// Builds the page into `dist/` for a static host, then weighs it.
pub fn build(options: &[String]) -> Done {
    ensure(tools::TO_BUILD)?;
    release("dist", options)?;
    sizes::gate(&root().join("dist"))
}

/// A release build into `dist`, without the size gate.
pub fn release(dist: &str, options: &[String]) -> Done {
    prepare()?;
    must(command("trunk").args(["build", "--release", "--dist", dist]).args(options))
}

/// Takes `docs/screenshot.png` of a release build.
pub fn screenshot() -> Done {
    ensure(tools::TO_BUILD)?;
    ensure(&[&tools::CHROMIUM])?;
    release("dist", &[])?;
    crate::check::node("tests/browser/screenshot.mjs", &[])
}

/// Trunk wants the content to exist before it reads `index.html`.
fn prepare() -> Done {
    content::content()
}

/// Trunk's `post_build` hook: puts the first lesson's text into the page, so that there is something to read before any
/// program arrives, and moves Trunk's reload script out of the page, where the content security policy forbids it.
pub fn finish() -> Done {
    let staging = std::env::var_os("TRUNK_STAGING_DIR").ok_or("finish-page is for Trunk's post_build hook")?;
    let staging = PathBuf::from(staging);
    let path = staging.join("index.html");
    let page = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    if !page.contains(LESSON_MARK) {
        return Err(format!("index.html has lost its mark \"{LESSON_MARK}\""));
    }
    let page = page.replace(LESSON_MARK, &first_lesson()?);
    let page = move_reload_script(page, &staging)?;
    std::fs::write(&path, page).map_err(|e| format!("{}: {e}", path.display()))
}

fn first_lesson() -> Result<String, String> {
    match content::lesson_files()?.first() {
        Some(path) => Ok(opening(&content::read(path)?)),
        None => Ok(String::new()),
    }
}

/// The title and the first paragraphs of a lesson, up to the first thing to do.
fn opening(lesson: &str) -> String {
    let (front, body) = content::split_front_matter(lesson);
    let title = front.lines().find_map(|line| line.strip_prefix("title")?.trim_start().strip_prefix('='));
    let title = title.map_or("", |value| value.trim().trim_matches('"'));
    let mut depth = 0;
    let prose = Parser::new(body)
        .skip_while(|event| matches!(event, Event::Start(Tag::Heading { .. }) | Event::End(TagEnd::Heading(_))))
        .take_while(|event| {
            match event {
                Event::Start(Tag::Paragraph) => depth += 1,
                Event::End(TagEnd::Paragraph) => depth -= 1,
                Event::Start(Tag::CodeBlock(_) | Tag::Heading { .. } | Tag::List(_) | Tag::BlockQuote(_)) => {
                    return false;
                }
                Event::Text(text) if depth > 0 && text.starts_with(":::") => return false,
                _ => {}
            }
            true
        });
    let mut page = String::from("<h2>");
    pulldown_cmark_escape(&mut page, title);
    page.push_str("</h2>\n");
    html::push_html(&mut page, prose);
    page
}

fn pulldown_cmark_escape(into: &mut String, text: &str) {
    html::push_html(into, std::iter::once(Event::Text(text.to_owned().into())));
}

/// Only `trunk serve` adds that script; a build has none.
fn move_reload_script(page: String, staging: &Path) -> Result<String, String> {
    let Some(at) = page.find("{{__TRUNK_ADDRESS__}}") else { return Ok(page) };
    let (Some(open), Some(close)) = (page[..at].rfind("<script"), page[at..].find("</script>")) else {
        return Ok(page);
    };
    let close = at + close;
    let start = open + page[open..].find('>').map_or(0, |n| n + 1);
    let script = page[start..close]
        .replace("'{{__TRUNK_ADDRESS__}}'", "window.location.host")
        .replace("{{__TRUNK_WS_BASE__}}", "/")
        .replace("{{__TRUNK_WS_PROTOCOL__}}", "");
    std::fs::write(staging.join("reload.js"), script).map_err(|e| format!("reload.js: {e}"))?;
    Ok(format!("{}<script src=\"reload.js\">{}", &page[..open], &page[close..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_opening_ends_at_the_first_thing_to_do() {
        let lesson = "+++\ntitle = \"A & B\"\n+++\n\nOne *two*.\n\nThree.\n\n```run\nnats pub\n```\n\nFour.\n";
        assert_eq!(opening(lesson), "<h2>A &amp; B</h2>\n<p>One <em>two</em>.</p>\n<p>Three.</p>\n");
    }
}
