//! The page: served while working on it, built for a static host, and the last touches after Trunk.

use crate::Done;
use crate::run::{command, must, root};
use crate::tools::{self, ensure};
use crate::{content, sizes};
use jetlab::lessons::{Block, Lesson};
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
    Ok(content::lessons()?.first().map(|(_, lesson)| as_text(lesson)).unwrap_or_default())
}

/// A lesson to be read: without its hints, and without what is told only after a milestone.
fn as_text(lesson: &Lesson) -> String {
    let mut page = format!("<h2>{}</h2>\n", escape(&lesson.title));
    for block in &lesson.body {
        match block {
            Block::Prose { html } | Block::Real { html } | Block::Fork { html } => page.push_str(html),
            Block::Run { commands, .. } => {
                page.push_str(&format!("<pre class=\"console\" tabindex=\"0\">{}</pre>", escape(&commands.join("\n"))));
            }
            Block::Bet { html, options, .. } => {
                let options: String = options.iter().map(|option| format!("<li>{}</li>", escape(option))).collect();
                page.push_str(&format!("{html}\n<ul>{options}</ul>"));
            }
            Block::Milestone { id } => page.push_str(&milestone(lesson, id)),
            Block::Hint { .. } | Block::Explain { .. } => continue,
        }
        page.push('\n');
    }
    page
}

fn milestone(lesson: &Lesson, id: &str) -> String {
    let title = lesson.milestones.iter().find(|milestone| milestone.id == id).map_or("", |found| &found.title);
    format!("<p class=\"poster-milestone\">{}</p>", escape(title))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
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
    fn text_cannot_become_markup() {
        assert_eq!(escape("a < b & \"c\""), "a &lt; b &amp; &quot;c&quot;");
    }

    #[test]
    fn the_reload_script_leaves_the_page() {
        let folder = std::env::temp_dir().join(format!("jetlab-page-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a temporary folder can be made");
        let page = "<p>a</p><script type=\"x\">on('{{__TRUNK_ADDRESS__}}', '{{__TRUNK_WS_BASE__}}')</script><p>b</p>";
        let moved = move_reload_script(page.to_owned(), &folder).expect("the folder is there");
        assert_eq!(moved, "<p>a</p><script src=\"reload.js\"></script><p>b</p>");
        let script = std::fs::read_to_string(folder.join("reload.js")).expect("it was written");
        assert_eq!(script, "on(window.location.host, '/')");
        std::fs::remove_dir_all(&folder).expect("ours");
    }
}
