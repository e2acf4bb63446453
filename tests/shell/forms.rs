//! What people type around `nats`, beside what a real shell and the real tools say to it.
//!
//! `tests/shell/forms/*.txt` holds the forms: `$ ` and `> ` begin what is typed, four blanks what came of it, `= ` its
//! status when that was not 0. They were recorded from bash, the GNU tools and jq; with `JETLAB_RECORD=forms` they are
//! recorded again. Where a line with `!` follows, what is below it is ours, on purpose: something is refused by name, or
//! a prompt does what a script does not.

use super::Terminal;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One thing typed.
#[derive(Clone, Debug, Default, PartialEq)]
struct Form {
    typed: Vec<String>,
    output: Vec<String>,
    status: i32,
    /// What we say is ours, on purpose.
    ours: bool,
}

/// Files that are there when a form begins.
const FILES: &[(&str, &str)] = &[
    ("fruit", "pear 3\napple 10\nfig 2\napple 1\n\nFig 7\n"),
    ("table", "a:b:c\n1:2:3\nno delimiter\n:x:\n"),
    (
        "order",
        r#"{"id": 7, "customer": {"name": "Ann", "zip": null}, "items": [{"sku": "a1", "n": 2, "price": 1.25}, {"sku": "b2", "n": 4, "price": 3}], "paid": true}
"#,
    ),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shell/forms")
}

fn read(text: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    for line in text.lines() {
        if let Some(typed) = line.strip_prefix("$ ") {
            forms.push(Form { typed: vec![typed.to_owned()], ..Form::default() });
            continue;
        }
        let Some(form) = forms.last_mut() else { continue };
        match (line.strip_prefix("> "), line.strip_prefix("= "), line.strip_prefix("    ")) {
            (Some(typed), ..) => form.typed.push(typed.to_owned()),
            (_, Some(status), _) => form.status = status.parse().expect("a status"),
            (_, _, Some(output)) => form.output.push(output.to_owned()),
            _ if line == "!" => form.ours = true,
            _ => assert_eq!(line, "", "a line that is no form"),
        }
    }
    forms
}

fn written(forms: &[Form]) -> String {
    let mut text = String::new();
    for form in forms {
        for (index, line) in form.typed.iter().enumerate() {
            text += &format!("{} {line}\n", if index == 0 { "$" } else { ">" });
        }
        if form.ours {
            text += "!\n";
        }
        form.output.iter().for_each(|line| text += &format!("    {line}\n"));
        if form.status != 0 {
            text += &format!("= {}\n", form.status);
        }
    }
    text
}

/// What the real ones say; `None` where there are none.
fn real(name: &str, form: &Form) -> Option<Form> {
    let folder = std::env::temp_dir().join(format!("jetlab-forms-{}-{name}", std::process::id()));
    // What a form before this one left there.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).ok()?;
    for (name, text) in FILES {
        std::fs::write(folder.join(name), text).ok()?;
    }
    let script = format!("exec 2>&1\n{}\n", form.typed.join("\n"));
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(&folder)
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // Where to read more, and the line that was wrong, again.
    let is_aside = |line: &str| {
        line.starts_with("Try '") || line.starts_with("bash: -c: line ") && line.ends_with('\'') && line.contains(": `")
    };
    let output_lines = text.lines().filter(|line| !is_aside(line)).map(without_place).collect();
    Some(Form { output: output_lines, status: output.status.code().unwrap_or(-1), ..form.clone() })
}

/// bash says where in the script; a prompt has no place.
fn without_place(line: &str) -> String {
    let rest = line.strip_prefix("bash: ").unwrap_or(line);
    match rest.strip_prefix("-c: ").unwrap_or(rest).strip_prefix("line ").and_then(|rest| rest.split_once(": ")) {
        Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => rest.to_owned(),
        _ => rest.to_owned(),
    }
}

fn here(form: &Form) -> Form {
    let mut terminal = Terminal::new();
    for (name, text) in FILES {
        terminal.files.borrow_mut().insert((*name).to_owned(), text.as_bytes().to_vec());
    }
    let text = terminal.type_all(&form.typed.join("\n"));
    let status = terminal.session.status();
    Form { output: text.lines().map(str::to_owned).collect(), status, ..form.clone() }
}

fn check(name: &str) {
    let path = folder().join(name);
    let forms = read(&std::fs::read_to_string(&path).expect("a file of forms"));
    assert!(forms.len() > 20, "{name}: {} forms", forms.len());
    if std::env::var("JETLAB_RECORD").is_ok_and(|what| what == "forms") {
        let recorded: Vec<Form> = forms
            .iter()
            .map(|form| if form.ours { here(form) } else { real(name, form).expect("bash runs") })
            .collect();
        std::fs::write(&path, written(&recorded)).expect("the file can be written");
        return;
    }
    let mut differ = String::new();
    let mut count = 0;
    for form in &forms {
        let ours = here(form);
        if ours != *form {
            count += 1;
            differ += &format!("{}--- here\n{}\n", written(std::slice::from_ref(form)), written(&[ours]));
        }
    }
    assert_eq!(count, 0, "of {} forms of {name}, {count} differ:\n{differ}", forms.len());
}

#[test]
fn words_and_lists_are_as_in_a_shell() {
    check("words.txt");
}

#[test]
fn filters_are_as_the_real_ones() {
    check("filters.txt");
}

#[test]
fn jq_is_as_the_real_one() {
    check("jq.txt");
}

#[test]
fn scripts_are_as_in_bash() {
    check("scripts.txt");
}

#[test]
fn awk_is_as_the_real_one() {
    check("awk.txt");
}
