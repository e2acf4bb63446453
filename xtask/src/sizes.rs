//! The size gate: what a first lesson loads, raw and as it travels.
//!
//! Compression is Node's own (zlib), so that no compressor is compiled for it.

use crate::Done;
use crate::content::COURSE;
use crate::run::command;
use jetlab::lessons::Entry;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const FAIL_ABOVE: u64 = 450_000;
const WARN_ABOVE: u64 = 350_000;

const COMPRESS: &str = "
const { readFileSync } = require('node:fs');
const { gzipSync, brotliCompressSync, constants } = require('node:zlib');
for (const path of process.argv.slice(1)) {
  const raw = readFileSync(path);
  const gzip = gzipSync(raw, { level: 9 });
  const brotli = brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: raw.length } });
  console.log([raw.length, gzip.length, brotli.length].join(' '));
}";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    raw: u64,
    gzip: u64,
    brotli: u64,
}

/// Prints a line per file and fails when the first lesson costs more than it may.
pub fn gate(dist: &Path) -> Done {
    let sizes = weigh(dist)?;
    let opening = first_lesson(dist);
    let mut first = Size::default();
    println!("\n{:>10} {:>10} {:>10}  file", "raw", "gzip", "brotli");
    for (name, size) in &sizes {
        let counts = loaded_first(name, opening.as_deref());
        if counts {
            first =
                Size { raw: first.raw + size.raw, gzip: first.gzip + size.gzip, brotli: first.brotli + size.brotli };
        }
        let note = if counts { "" } else { "  (later)" };
        println!("{:>10} {:>10} {:>10}  {name}{note}", size.raw, size.gzip, size.brotli);
    }
    println!("{:>10} {:>10} {:>10}  everything a first lesson loads", first.raw, first.gzip, first.brotli);
    judge(first.brotli)
}

fn judge(brotli: u64) -> Done {
    if brotli > FAIL_ABOVE {
        return Err(format!("a first lesson loads {brotli} bytes of brotli; {FAIL_ABOVE} is the most it may"));
    }
    if brotli > WARN_ABOVE {
        println!("warning: a first lesson loads {brotli} bytes of brotli; {WARN_ABOVE} was the aim");
    }
    Ok(())
}

/// What a page around the lab loads, or the lab inside of one.
const FOR_OTHER_PAGES: &[&str] = &["embed.js", "frame.js"];

/// Every file but the other lessons, which come when they are asked for, and the half of the program the first ones do
/// not run.
fn loaded_first(name: &str, first_lesson: Option<&str>) -> bool {
    if name.ends_with("_rest.wasm") || FOR_OTHER_PAGES.contains(&name) {
        return false;
    }
    let Some(content) = name.strip_prefix("content/") else { return true };
    content == COURSE || Some(content) == first_lesson
}

fn first_lesson(dist: &Path) -> Option<String> {
    let course = std::fs::read_to_string(dist.join("content").join(COURSE)).ok()?;
    let entries: Vec<Entry> = jetlab::json::read(&course).ok()?;
    Some(entries.first()?.file.clone())
}

fn weigh(dist: &Path) -> Result<BTreeMap<String, Size>, String> {
    let files = files_below(dist).map_err(|e| format!("{}: {e}", dist.display()))?;
    let output = command("node").arg("-e").arg(COMPRESS).arg("--").args(&files).output();
    let output = output.map_err(|e| format!("cannot start node: {e}"))?;
    if !output.status.success() {
        return Err(format!("node could not compress: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let named = files.iter().map(|path| path.strip_prefix(dist).unwrap_or(path).to_string_lossy().into_owned());
    named.zip(text.lines()).map(|(name, line)| Ok((name, parse(line)?))).collect()
}

fn parse(line: &str) -> Result<Size, String> {
    let numbers: Option<Vec<u64>> = line.split(' ').map(|word| word.parse().ok()).collect();
    match numbers.as_deref() {
        Some(&[raw, gzip, brotli]) => Ok(Size { raw, gzip, brotli }),
        _ => Err(format!("node said \"{line}\" where three sizes were expected")),
    }
}

fn files_below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_fails_above_its_limit_only() {
        assert!(judge(FAIL_ABOVE).is_ok());
        assert!(judge(FAIL_ABOVE + 1).is_err());
        assert_eq!(parse("3 2 1"), Ok(Size { raw: 3, gzip: 2, brotli: 1 }));
        assert!(parse("3 2").is_err());
    }

    #[test]
    fn other_lessons_come_later() {
        assert!(loaded_first("site.css", Some("a.json")));
        assert!(loaded_first("content/course.json", Some("a.json")));
        assert!(loaded_first("content/a.json", Some("a.json")));
        assert!(!loaded_first("content/b.json", Some("a.json")));
        assert!(loaded_first("jetlab-1_bg.wasm", Some("a.json")));
        assert!(!loaded_first("jetlab-1_rest.wasm", Some("a.json")));
    }
}
