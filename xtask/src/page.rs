//! The page: served while working on it, built for a static host, and the last touches after Trunk.

use crate::Done;
use crate::run::{command, must, root};
use crate::tools::{self, ensure};
use crate::{content, sizes, split, squeeze};
use jetlab::lessons::{Block, Lesson};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// The functions the first lessons run, marks of those they do not, and what does not run of those they do: this says
/// what is loaded first. Written by [`profile`].
const FIRST: [&str; 3] = ["xtask/first.txt", "xtask/idle.txt", "xtask/arms.txt"];
/// Set while [`profile`] builds.
const NOTE_WHAT_RUNS: &str = "JETLAB_NOTE_WHAT_RUNS";

/// How a release is made smaller. With names: the split goes by them.
const WASM_OPT: &[&str] = &["-Oz", "--one-caller-inline-max-function-size=150", LOW_MEMORY, SAME_ALIGNMENT, "-g"];
/// And then its first half: what is not called any more goes, and nothing grows by being put into its callers.
const WASM_OPT_HALF: &[&str] = &[
    "-Oz",
    "--one-caller-inline-max-function-size=0",
    "--flexible-inline-max-function-size=0",
    "--always-inline-max-function-size=0",
    // The split knows better which zeros are worth a segment.
    "--skip-pass=memory-packing",
    LOW_MEMORY,
    SAME_ALIGNMENT,
];
/// Nothing stands below 1024: there the stack has its end. So a small number that is added to an address can be said in
/// what reads there: a sum that would come round to these addresses traps instead.
const LOW_MEMORY: &str = "--low-memory-unused";
/// What reads and writes memory promises no alignment. Browsers make nothing of it, and each instruction is then said in
/// one way: 4 KB less of brotli.
const SAME_ALIGNMENT: &str = "--dealign";
const WASM_OPT_FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Stands where the style sheets were while they are put together.
const STYLE_HERE: &str = "<!-- the style -->";
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
    let page = if is_release() { in_one_style(in_halves(page, &staging)?, &staging)? } else { page };
    if is_release() {
        squeezed(&staging)?;
    }
    let page = with_size(page, &staging)?;
    std::fs::write(&path, page).map_err(|e| format!("{}: {e}", path.display()))
}

/// Where the program is named stands how large it is, so that the page can say how much of it has arrived.
fn with_size(page: String, staging: &Path) -> Result<String, String> {
    let start = page.find("data-wasm=\"").ok_or("the page does not say where its program is")? + "data-wasm=\"".len();
    let end = start + page[start..].find('"').ok_or("the page's address of its program has no end")?;
    let name = page[start..end].rsplit('/').next().unwrap_or_default();
    let bytes = read(&staging.join(name))?.len();
    Ok(format!("{}\" data-bytes=\"{bytes}{}", &page[..end], &page[end..]))
}

/// Trunk says which profile it builds.
fn is_release() -> bool {
    std::env::var("TRUNK_PROFILE").is_ok_and(|profile| profile == "release")
}

/// Splits the program, see [`split`]. With [`NOTE_WHAT_RUNS`] set it only learns to note what runs.
fn in_halves(page: String, staging: &Path) -> Result<String, String> {
    let start = page.find("data-wasm=\"").ok_or("the page does not say where its program is")? + "data-wasm=\"".len();
    let end = start + page[start..].find('"').ok_or("the page's address of its program has no end")?;
    let address = &page[start..end];
    let name = address.rsplit('/').next().unwrap_or(address);
    let path = staging.join(name);
    let linked = split::Linked::read(&read(&linked_program())?)?;
    write(&path, &split::prepare(&read(&path)?, &linked)?)?;
    must(command("wasm-opt").args(WASM_OPT).args(WASM_OPT_FEATURES).arg(&path).arg("-o").arg(&path))?;
    let wasm = read(&path)?;
    if std::env::var_os(NOTE_WHAT_RUNS).is_some() {
        write(&path, &split::instrument(&wasm)?)?;
        return Ok(page);
    }
    let text = |path: &str| std::fs::read_to_string(root().join(path)).map_err(|e| format!("{path}: {e}"));
    let profile = split::Profile::read(&text(FIRST[0])?, &text(FIRST[1])?, &text(FIRST[2])?);
    let halves = split::split(&wasm, &linked, &profile)?;
    let rest = name.replace("_bg.wasm", "_rest.wasm");
    if rest == name {
        return Err(format!("the program is called {name}, not something_bg.wasm"));
    }
    write(&staging.join(&rest), &halves.rest)?;
    write(&path, &halves.first)?;
    must(command("wasm-opt").args(WASM_OPT_HALF).args(WASM_OPT_FEATURES).arg(&path).arg("-o").arg(&path))?;
    let glue = staging.join(name.replace("_bg.wasm", ".js"));
    let text = std::fs::read_to_string(&glue).map_err(|e| format!("{}: {e}", glue.display()))?;
    let (wasm, text) = squeeze::names(&read(&path)?, &squeeze::script(&text))?;
    write(&path, &wasm)?;
    write(&glue, text.as_bytes())?;
    must(command("terser").arg(&glue).args(["--module", "--compress", "--mangle", "--output"]).arg(&glue))?;
    let rest = address.replace(name, &rest);
    Ok(format!("{}\" data-rest=\"{rest}{}", &page[..end], &page[end..]))
}

/// One style sheet instead of several: they say much the same things, so together they travel in fewer bytes.
fn in_one_style(page: String, staging: &Path) -> Result<String, String> {
    let (page, sheets) = without_styles(&page)?;
    let mut style = String::new();
    for sheet in &sheets {
        let path = staging.join(sheet.rsplit('/').next().unwrap_or(sheet));
        style.push_str(&std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?);
        std::fs::remove_file(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    let mut hasher = DefaultHasher::new();
    style.hash(&mut hasher);
    let name = format!("style-{:016x}.css", hasher.finish());
    write(&staging.join(&name), style.as_bytes())?;
    let folder = sheets[0].rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    Ok(page.replacen(STYLE_HERE, &format!("<link rel=\"stylesheet\" href=\"{folder}{name}\"/>"), 1))
}

/// The page with a mark in the place of its style sheets, and their addresses.
fn without_styles(page: &str) -> Result<(String, Vec<String>), String> {
    const LINK: &str = "<link rel=\"stylesheet\" href=\"";
    let mut pieces = page.split(LINK);
    let mut without = pieces.next().unwrap_or_default().to_owned();
    let mut sheets = Vec::new();
    for piece in pieces {
        let (sheet, after) = piece.split_once('"').ok_or("a style sheet's address has no end")?;
        let after = after.split_once('>').ok_or("the link to a style sheet has no end")?.1;
        without.push_str(if sheets.is_empty() { STYLE_HERE } else { "" });
        without.push_str(after);
        sheets.push(sheet.to_owned());
    }
    if sheets.is_empty() { Err("the page has no style sheet".to_owned()) } else { Ok((without, sheets)) }
}

/// Takes out what is there for people in what a page loads first.
fn squeezed(staging: &Path) -> Done {
    let entries = std::fs::read_dir(staging).map_err(|e| format!("{}: {e}", staging.display()))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        let squeeze = match path.file_name().and_then(|name| name.to_str()) {
            Some("boot.js") => squeeze::script,
            Some(name) if name.ends_with(".css") => squeeze::style,
            _ => continue,
        };
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        write(&path, squeeze(&text).as_bytes())?;
    }
    Ok(())
}

/// What the linker wrote, before wasm-bindgen.
fn linked_program() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("wasm32-unknown-unknown/release/jetlab.wasm")
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Done {
    std::fs::write(path, bytes).map_err(|e| format!("{}: {e}", path.display()))
}

/// Builds a page that notes what runs, plays the first lessons in a browser, and writes the lists.
pub fn profile() -> Done {
    ensure(tools::TO_BUILD)?;
    ensure(&[&tools::CHROMIUM])?;
    prepare()?;
    let dist = "target/dist-noting";
    must(command("trunk").args(["build", "--release", "--dist", dist]).env(NOTE_WHAT_RUNS, "1"))?;
    let ran = crate::check::node_command("tests/browser/first.mjs", &[dist.to_owned()]).output();
    let ran = ran.map_err(|e| format!("cannot start node: {e}"))?;
    if !ran.status.success() {
        return Err(format!("the lessons could not be played: {}", String::from_utf8_lossy(&ran.stderr)));
    }
    let program = std::fs::read_dir(root().join(dist)).map_err(|e| format!("{dist}: {e}"))?.flatten();
    let program = program.map(|entry| entry.path()).find(|path| path.to_string_lossy().ends_with("_bg.wasm"));
    let program = program.ok_or(format!("no program in {dist}"))?;
    let names: Vec<String> = serde_json::from_slice(&ran.stdout).map_err(|e| format!("what the browser said: {e}"))?;
    let profile = split::profile(&read(&program)?, &names)?;
    for (path, text) in FIRST.iter().zip(profile.texts()) {
        write(&root().join(path), text.as_bytes())?;
    }
    println!("xtask: {} functions ran, see {}", profile.len(), FIRST[0]);
    Ok(())
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
    fn several_style_sheets_leave_one_place() {
        let page = "<a/><link rel=\"stylesheet\" href=\"/x/a-1.css\" data-x=\"y\"/> <link rel=\"stylesheet\" href=\"b.css\"/><b/>";
        let (without, sheets) = without_styles(page).expect("there are two");
        assert_eq!((without, sheets.join(" ")), (format!("<a/>{STYLE_HERE} <b/>"), "/x/a-1.css b.css".to_owned()));
        assert!(without_styles("<p>a</p>").is_err() && without_styles("<link rel=\"stylesheet\" href=\"a").is_err());
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
