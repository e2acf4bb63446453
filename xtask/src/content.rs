//! Compiles `tutorial/**/*.md` and the scenes of `assets/gallery/*.md` into JSON under `target/content`, where Trunk picks it up.
//!
//! Folder order is course order; a folder is a part of the course. `course.json` lists the lessons as
//! [`jetlab::lessons::Entry`], each lesson is a file of its own whose name carries a hash of its bytes. A file is written
//! only when its bytes changed, so that watching does not loop.

use crate::Done;
use crate::run::root;
use jetlab::lessons::{Entry, Lesson, format};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where the compiled lessons are put, from the top of the repository.
const CONTENT: &str = "target/content";
/// The list of lessons, relative to [`CONTENT`].
pub const COURSE: &str = "course.json";
/// The list of scenes.
pub const GALLERY: &str = "gallery.json";
/// Scenes are named after the row they play; rows of a kind belong together.
const PARTS: &[(char, &str)] = &[
    ('g', "A platform that talks over JetStream"),
    ('v', "Reviews between services"),
    ('b', "A guide to messaging in a backend"),
    ('s', "A job queue with dead letters"),
    ('f', "Coordination on the key-value store"),
];

/// Compiles every lesson, or reports all problems of all lessons at once.
pub fn content() -> Done {
    let (lessons, scenes) = (lessons()?, scenes()?);
    let out = root().join(CONTENT);
    make_folder(&out)?;
    let course = write_list(&out, COURSE, &lessons, part)?;
    let gallery = write_list(&out, GALLERY, &scenes, part_of_scene)?;
    println!("xtask: {} lessons and {} scenes compiled", course.len(), gallery.len());
    remove_others(&out, &course.into_iter().chain(gallery).collect::<Vec<_>>())
}

/// Each lesson in a file of its own, and the list of them.
fn write_list(
    out: &Path,
    list: &str,
    lessons: &[(PathBuf, Lesson)],
    part: fn(&Path) -> String,
) -> Result<Vec<Entry>, String> {
    let mut entries = Vec::new();
    for (path, lesson) in lessons {
        let json = jetlab::json::write(lesson);
        let file = format!("{}-{:016x}.json", lesson.id, fnv1a(json.as_bytes()));
        write_if_changed(&out.join(&file), &json)?;
        entries.push(entry(lesson, part(path), file));
    }
    write_if_changed(&out.join(list), &jetlab::json::write(&entries))?;
    Ok(entries)
}

/// The lessons in course order with their files, or every problem as `file:line:column: what`.
pub fn lessons() -> Result<Vec<(PathBuf, Lesson)>, String> {
    read("tutorial")
}

/// The scenes of the gallery, in the order of [`PARTS`].
fn scenes() -> Result<Vec<(PathBuf, Lesson)>, String> {
    let mut scenes = read("assets/gallery")?;
    let place = |path: &Path| PARTS.iter().position(|(letter, _)| initial(path) == Some(*letter));
    scenes.sort_by_key(|(path, _)| place(path));
    Ok(scenes)
}

fn read(folder: &str) -> Result<Vec<(PathBuf, Lesson)>, String> {
    let mut lessons = Vec::new();
    let mut complaints = Vec::new();
    let mut ids = BTreeSet::new();
    for path in files(folder)? {
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let shown = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
        let (lesson, problems) = format::parse(&text);
        complaints.extend(problems.iter().map(|at| format!("{shown}:{}:{}: {}", at.line, at.column, at.message)));
        if let Some(lesson) = lesson {
            if !ids.insert(lesson.id.clone()) {
                complaints.push(format!("{shown}:1:1: another lesson has the id '{}' already", lesson.id));
            }
            lessons.push((path, lesson));
        }
    }
    match complaints.len() {
        0 => Ok(lessons),
        count => Err(format!("{count} problems in {folder}/\n{}", complaints.join("\n"))),
    }
}

fn initial(path: &Path) -> Option<char> {
    path.file_name()?.to_str()?.chars().next()
}

fn part_of_scene(path: &Path) -> String {
    let part = PARTS.iter().find(|(letter, _)| initial(path) == Some(*letter));
    part.map_or_else(|| "More".to_owned(), |(_, part)| (*part).to_owned())
}

fn entry(lesson: &Lesson, part: String, file: String) -> Entry {
    Entry {
        id: lesson.id.clone(),
        title: lesson.title.clone(),
        summary: lesson.summary.clone(),
        minutes: lesson.minutes,
        part,
        file,
        milestones: lesson.milestones.iter().map(|milestone| milestone.id.clone()).collect(),
    }
}

/// `tutorial/4-at-work/1-order-queue.md` belongs to the part "At work".
fn part(path: &Path) -> String {
    let folder = path.parent().and_then(Path::file_name).map_or_else(String::new, |name| name.to_string_lossy().into());
    let words = folder.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-').replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn files(folder: &str) -> Result<Vec<PathBuf>, String> {
    let top = root().join(folder);
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

fn make_folder(folder: &Path) -> Done {
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))
}

fn write_if_changed(path: &Path, text: &str) -> Done {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

/// Lessons of earlier runs would be published otherwise.
fn remove_others(out: &Path, entries: &[Entry]) -> Done {
    let kept = |name: &str| name == COURSE || name == GALLERY || entries.iter().any(|entry| entry.file == name);
    for found in std::fs::read_dir(out).map_err(|e| format!("{}: {e}", out.display()))?.flatten() {
        if !found.file_name().to_str().is_some_and(kept) {
            std::fs::remove_file(found.path()).map_err(|e| format!("{}: {e}", found.path().display()))?;
        }
    }
    Ok(())
}

/// Names need to differ when bytes do, nothing more.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_names_its_part() {
        assert_eq!(part(Path::new("tutorial/4-at-work/1-order-queue.md")), "At work");
        assert_eq!(part(Path::new("tutorial/core/first.md")), "Core");
    }
}
