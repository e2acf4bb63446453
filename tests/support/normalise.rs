//! Maps a recorded transcript to a form in which two runs of one scenario are equal.
//!
//! What depends on the clock, on chance or on the machine becomes a placeholder; everything else must agree to the last
//! blank. The way in is [`normalise`]. What is replaced and why: `tests/commands/README.md`.

use regex::{Captures, Regex};
use std::collections::BTreeMap;

/// A duration as the CLI prints it, humanised or in Go's form.
const D: &str = r"(?:\d+(?:\.\d+)?(?:ns|µs|ms|s|m|h|d|y))+";

/// Applied line by line, in order. `{D}` stands for a duration.
const LINE_RULES: &[(&str, &str)] = &[
    ("\u{a0}", " "),
    (r"\b_INBOX\.[A-Za-z0-9]{22}\.[A-Za-z0-9]{8}", "_INBOX.<nuid>.<tok>"),
    (r"\b_INBOX\.[A-Za-z0-9]{22}", "_INBOX.<nuid>"),
    (r"\bN[A-Z2-7]{55}\b", "<server-id>"),
    (r"(Nats-Stream-Source: .* )[A-Za-z0-9]{8}$", "${1}<tok>"),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.?\d* \+0000 UTC", "<gotime>"),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "<ts>"),
    (r"@ [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.\d{6}", "@ <stamp>"),
    (r"^(\^C)?\d\d:\d\d:\d\d ", "${1}<time> "),
    (r"^\[\d\d:\d\d:\d\d\] ", "[<time>] "),
    (r"^(\[#\d+\] @ )[0-9.]+(?:ns|µs|ms|s)", "${1}<dur>"),
    (r"(Received with rtt ){D}$", "${1}<dur>"),
    (r"(Acknowledged message after ){D}( delay)", "${1}<dur>${2}"),
    (r"(Last (?:delivery|Ack): ){D} ago", "${1}<dur> ago"),
    (r"(Last Seen: ){D}$", "${1}<dur>"),
    (r"^( *RTT: ){D}$", "${1}<dur>"),
    (r"^( *nats://[^ ]+: ){D}$", "${1}<dur>"),
    (r"(<gotime> \(){D}(\) on Subject)", "${1}<dur>${2}"),
    (r#""rtt": \d+"#, r#""rtt": <ns>"#),
    (r#"("pause_remaining": )\d+"#, "${1}<ns>"),
    (r"(Wrote: .* to \S+ in )\S+( average .*)?$", "${1}<dur>"),
    (r"(<ts> \()(?:1h0m0s|59m5\ds)( remaining\))", "${1}<dur>${2}"),
    (r"(deliveries in )\d+$", "${1}<ns>"),
    (r"(Started: <ts> \(){D} ago\)", "${1}<dur> ago)"),
    (r"(Average Time|Processing Time): \S+ \(average \S+\)$", "${1}: <dur>"),
    (r"done! \[[0-9.]+ ?[KMG]?i?B in [^;]+; [^\]]+\]", "done! [<size> in <dur>; <rate>]"),
    (r"done! \[(.+) in [^;]+; [^\]]+\]", "done! [${1} in <dur>; <rate>]"),
    (r"(Received )\S+ K?i?B( compressed data .*, )\S+ K?i?B( uncompressed)", "${1}<size>${2}<size>${3}"),
    (r#"(chunks for stream "[^"]+" in )\S+,"#, "${1}<dur>,"),
    (r#"(Restored stream "[^"]+" in )\S+$"#, "${1}<dur>"),
    (r"(Finished +)[0-9.]+(?:µs|ms|s)", "${1}<dur>"),
    (r"^(  \[\d+\] )[0-9,.]+ msgs/sec.*?( \(\d[\d,]* msgs\))$", "${1}<rates>${2}"),
    (r"(stats: |aggregated stats: )[0-9].*$", "${1}<rates>"),
    (r"(message rates min ).*$", "${1}<rates>"),
    (r"(latencies per operation min ).*$", "${1}<rates>"),
    (r"127\.0\.0\.1:(?:[02-9]\d{1,4}|1\d{1,4})\b", "127.0.0.1:<port>"),
    (r"(Host Version: |Connected Server Version: )\S+", "${1}<version>"),
    (r"(Library Version: )\S+", "${1}<version>"),
    (r#"(NATS CLI Version )[^"]+?(")"#, "${1}<version>${2}"),
    (r"(NATS CLI Version )\S+$", "${1}<version>"),
    (r#"("_nats\.ver": ?")[^"]+"#, "${1}<version>"),
    (r"(created\.version: )\S+", "${1}<version>"),
    (r#"( version:")[^"]+"#, "${1}<version>"),
    (r"(Client ID: )\d+", "${1}<n>"),
    (r"^( +ID: )\d+$", "${1}<n>"),
    (r"(\bcid:)\d+", "${1}<n>"),
    (r"( handler )\d+( waiting )", "${1}<pid>${2}"),
    (r"(\bHandler: )\d+$", "${1}<pid>"),
    (r"((?:Pub|Sub) Server RTT : |(?:Minimum|Maximum) Latency: |Median Latency : |Wall Time ?: ){D}$", "${1}<dur>"),
    (r"^(<time> (?:10|50|75|9[0-9.]*|100): +){D}$", "${1}<dur>"),
    (r"(Actual (?:Msgs|Band)/Sec: )\S+$", "${1}<rate>"),
    (r"rtt=\S+$", "rtt=<dur>"),
    (r"(connected to \S+ in ){D}", "${1}<dur>"),
    (r"(rtt time ){D}", "${1}<dur>"),
    (r"(round trip took )\S+", "${1}<dur>"),
    (r"((?:connect_time|rtt|request_time|age|last_delivery|last_ack)=)[0-9.]+s", "${1}<dur>"),
];

/// Columns of boxed tables whose cells depend on the clock or on chance.
const CLOCK_COLUMNS: &[&str] = &[
    "Last Message",
    "Last Delivery",
    "Last Update",
    "Active",
    "Processing Time",
    "Average Time",
    "Created",
    "Time",
    "ID",
];

/// The rules, compiled once.
pub struct Normaliser {
    rules: Vec<(Regex, &'static str)>,
    word: Regex,
    rfc3339: Regex,
    timeout: Regex,
}

/// A command of a transcript.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// The attributes after "```console".
    pub info: String,
    /// `$ …` and `> …`.
    pub command: Vec<String>,
    pub output: Vec<String>,
    /// `? 0`.
    pub status: String,
}

#[derive(Clone, Debug, Default)]
pub struct Transcript {
    pub head: Vec<String>,
    pub blocks: Vec<Block>,
}

impl Transcript {
    pub fn parse(text: &str) -> Transcript {
        let mut transcript = Transcript::default();
        let mut open: Option<Block> = None;
        for line in text.split('\n') {
            let Some(block) = &mut open else {
                match line.strip_prefix("```console") {
                    Some(info) => open = Some(Block { info: info.to_owned(), ..Block::default() }),
                    None if !line.is_empty() => transcript.head.push(line.to_owned()),
                    None => {}
                }
                continue;
            };
            let continues = !block.command.is_empty() && line.starts_with("> ");
            if line == "```" {
                block.status = block.output.pop().unwrap_or_default();
                transcript.blocks.extend(open.take());
            } else if block.output.is_empty() && (line.starts_with("$ ") || continues) {
                block.command.push(line.to_owned());
            } else {
                block.output.push(line.to_owned());
            }
        }
        transcript
    }

    /// The value of a head line such as `pool:`.
    pub fn head(&self, name: &str) -> Option<&str> {
        self.head.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

impl Block {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let at = self.info.find(&format!(" {name}="))?;
        let value = &self.info[at + name.len() + 2..];
        // A list of keys may hold blanks, and is the last attribute with any.
        if value.starts_with('[') {
            return value.rfind(']').map(|end| &value[..=end]);
        }
        Some(value.split(' ').next().unwrap_or(value))
    }
}

impl Normaliser {
    pub fn new() -> Normaliser {
        let compile = |pattern: &str| Regex::new(&pattern.replace("{D}", D)).expect("the rules are ours");
        Normaliser {
            rules: LINE_RULES.iter().map(|(pattern, replacement)| (compile(pattern), *replacement)).collect(),
            word: compile("[A-Za-z0-9]+"),
            rfc3339: compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"),
            timeout: compile(
                "--- subject: _INBOX\\.\\S+\n\nHeaders:\n\n(?:  .*\n)*?  Status: 408\n(?:  .*\n)*(?:\n|Data:\n)*nats: error: \
                 could not Acknowledge message: nats: message does not have a reply",
            ),
        }
    }

    /// Each block's canonical lines, and the pooled messages at the end.
    pub fn normalise(&self, transcript: &Transcript) -> Vec<Block> {
        let transcript = vary(transcript);
        let pool: Vec<&str> = transcript.head("pool").unwrap_or_default().split(", ").collect();
        let mut pooled: Vec<Vec<String>> = Vec::new();
        let mut blocks = Vec::new();
        for block in &transcript.blocks {
            let mut lines = self.block(&block.output);
            let command = block.command.first().map_or("", String::as_str);
            if command.contains("--version") {
                lines = vec!["<version>".to_owned()];
            }
            if command.contains("stream gaps") {
                lines.retain(|line| !line.starts_with(" done! ["));
            }
            if pool.contains(&block.attribute("actor").unwrap_or("-")) {
                lines = into_pool(&lines, &mut pooled);
            }
            blocks.push(Block { output: lines, ..block.clone() });
        }
        if !pooled.is_empty() {
            pooled.sort();
            blocks.push(Block { info: " pooled messages".into(), output: pooled.concat(), ..Block::default() });
        }
        blocks
    }

    fn block(&self, raw: &[String]) -> Vec<String> {
        let text = raw.join("\n");
        let text = self.timeout.replace_all(&text, "nats: error: no message received: nats: timeout");
        let lines: Vec<String> =
            if text.is_empty() { Vec::new() } else { text.split('\n').map(str::to_owned).collect() };
        let mut laid = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            let mut end = at;
            if lines[at].starts_with('╭') {
                while end + 1 < lines.len() && !lines[end].starts_with('╰') {
                    end += 1;
                }
                laid.extend(table(&lines[at..=end]));
            } else {
                laid.push(lines[at].clone());
            }
            at = end + 1;
        }
        let lines: Vec<String> = laid.into_iter().map(|line| self.line(line)).collect();
        sort_sources(sort_headers(lines))
    }

    fn line(&self, line: String) -> String {
        let mut line = line;
        for (index, (pattern, replacement)) in self.rules.iter().enumerate() {
            line = pattern.replace_all(&line, *replacement).into_owned();
            // The two rules that look around come where the table of the README has them.
            if index == 3 {
                line = self.word.replace_all(&line, |found: &Captures| nuid(&found[0])).into_owned();
            }
            if index == 5 {
                line = self.rfc3339.replace_all(&line, |found: &Captures| time(&found[0])).into_owned();
            }
        }
        line
    }
}

fn nuid(word: &str) -> String {
    let has = |wanted: fn(&u8) -> bool| word.bytes().any(|byte| wanted(&byte));
    let is_nuid = word.len() == 22 && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    if is_nuid { "<nuid>".to_owned() } else { word.to_owned() }
}

fn time(text: &str) -> String {
    if text.starts_with("0001") { text.to_owned() } else { "<rfc3339>".to_owned() }
}

/// `vary: REGEX`: each value of group 1 becomes `<vary1>`, `<vary2>` … everywhere.
fn vary(transcript: &Transcript) -> Transcript {
    let mut transcript = transcript.clone();
    let word = Regex::new("[A-Za-z0-9]+").expect("a constant");
    let patterns = transcript.head.iter().filter_map(|line| line.strip_prefix("vary: "));
    for pattern in patterns.map(str::to_owned).collect::<Vec<_>>() {
        let pattern = Regex::new(&format!("(?m){pattern}")).expect("the head's patterns are ours");
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        for block in &transcript.blocks {
            let text = block.command.iter().chain(&block.output).map(|line| format!("{line}\n")).collect::<String>();
            for found in pattern.captures_iter(&text) {
                let count = names.len() + 1;
                names.entry(found[1].to_owned()).or_insert_with(|| format!("<vary{count}>"));
            }
        }
        for block in &mut transcript.blocks {
            for line in block.command.iter_mut().chain(&mut block.output) {
                let replaced = word.replace_all(line, |found: &Captures| {
                    names.get(&found[0]).cloned().unwrap_or_else(|| found[0].to_owned())
                });
                *line = replaced.into_owned();
            }
        }
    }
    transcript
}

/// Moves the messages of a pool's member out, without their numbers; returns what is left.
fn into_pool(lines: &[String], pooled: &mut Vec<Vec<String>>) -> Vec<String> {
    let number = Regex::new(r"^\[#\d+\]").expect("a constant");
    let (mut rest, mut inside) = (Vec::new(), false);
    for line in lines {
        if line.starts_with("[#") {
            pooled.push(vec![number.replace(line, "[#n]").into_owned()]);
            inside = true;
        } else if line.starts_with("^C") || !inside {
            inside = false;
            rest.push(line.clone());
        } else if let Some(message) = pooled.last_mut() {
            message.push(line.clone());
        }
    }
    rest
}

fn cells(line: &str) -> Vec<String> {
    line.trim().trim_matches('│').split('│').map(|cell| cell.trim().to_owned()).collect()
}

/// Borders, title and widths are right; a broken box is left alone so that it shows.
fn is_well_formed(lines: &[Vec<char>], header: usize) -> bool {
    let bars = |line: &[char]| -> Vec<usize> {
        let all: Vec<usize> = line.iter().enumerate().filter(|(_, c)| **c == '│').map(|(at, _)| at).collect();
        if all.len() < 2 { Vec::new() } else { all[1..all.len() - 1].to_vec() }
    };
    let bounds = bars(&lines[header]);
    lines.iter().enumerate().all(|(index, line)| {
        let (Some(first), Some(last)) = (line.first(), line.last()) else { return false };
        if line.len() != lines[header].len() {
            return false;
        }
        if *first == '│' {
            let own = bars(line);
            let inside: String = line[1..line.len() - 1].iter().collect();
            let left = inside.len() - inside.trim_start().len();
            let right = inside.len() - inside.trim_end().len();
            let is_centred = left >= right && left - right <= 1;
            return *last == '│' && (own == bounds || own.is_empty()) && (!own.is_empty() || is_centred);
        }
        let inside = &line[1..line.len() - 1];
        let joints: Vec<usize> =
            line.iter().enumerate().filter(|(_, c)| "┬┼┴".contains(**c)).map(|(at, _)| at).collect();
        let ends = match index {
            0 => ('╭', '╮'),
            _ if index + 1 == lines.len() => ('╰', '╯'),
            _ => ('├', '┤'),
        };
        let same = joints.windows(2).all(|pair| line[pair[0]] == line[pair[1]]);
        (*first, *last) == ends
            && inside.iter().all(|c| "─┬┼┴".contains(*c))
            && (joints.is_empty() || joints == bounds)
            && same
    })
}

/// Lays a boxed table out again after its changing cells were replaced; other tables stay as they are.
fn table(lines: &[String]) -> Vec<String> {
    let unchanged = || lines.to_vec();
    let is_row = |line: &String| line.starts_with('│') && line.matches('│').count() > 2;
    let Some(header) = lines.iter().position(is_row) else { return unchanged() };
    let names = cells(&lines[header]);
    let has = |name: &str| names.iter().any(|known| known == name);
    let clocks: Vec<usize> = match has("First Message") {
        true => Vec::new(),
        false => (0..names.len()).filter(|&at| CLOCK_COLUMNS.contains(&names[at].as_str())).collect(),
    };
    let chars: Vec<Vec<char>> = lines.iter().map(|line| line.chars().collect()).collect();
    if !is_well_formed(&chars, header) {
        return unchanged();
    }
    let is_subjects = Regex::new(r"\d+ Subjects in stream").expect("a constant").is_match(&lines.join(" "));
    if clocks.is_empty() && !is_subjects {
        return unchanged();
    }
    let full = |line: &String| line.starts_with('│') && line.matches('│').count() == names.len() + 1;
    let rows: Vec<usize> = (0..lines.len()).filter(|&at| full(&lines[at])).collect();
    let body: Vec<usize> = rows.iter().copied().filter(|&at| at != header).collect();
    let mut data: BTreeMap<usize, Vec<String>> = rows.iter().map(|&at| (at, cells(&lines[at]))).collect();
    for at in &body {
        let row = data.get_mut(at).expect("every row has its cells");
        for &column in &clocks {
            if row.get(column).is_some_and(|cell| !cell.is_empty() && cell != "never") {
                row[column] = format!("<{}>", names[column].to_lowercase().replace(' ', "-"));
            }
        }
    }
    if is_subjects {
        shuffle_pairs(&mut data, &body, names.len());
    }
    if has("Source Stream") {
        let mut sorted: Vec<Vec<String>> = body.iter().map(|at| data[at].clone()).collect();
        sorted.sort();
        body.iter().zip(sorted).for_each(|(at, row)| {
            data.insert(*at, row);
        });
    }
    laid_out(lines, &names, &rows, &data)
}

/// Subjects with the same count come in any order.
fn shuffle_pairs(data: &mut BTreeMap<usize, Vec<String>>, body: &[usize], columns: usize) {
    let starts: Vec<usize> = (0..columns.saturating_sub(1)).step_by(2).collect();
    let mut pairs: Vec<(bool, String, String)> = Vec::new();
    for &column in &starts {
        for at in body {
            let row = &data[at];
            pairs.push((row[column].is_empty(), row[column].clone(), row[column + 1].clone()));
        }
    }
    pairs.sort();
    let mut pairs = pairs.into_iter();
    for &column in &starts {
        for at in body {
            if let (Some((_, left, right)), Some(row)) = (pairs.next(), data.get_mut(at)) {
                row[column] = left;
                row[column + 1] = right;
            }
        }
    }
}

fn laid_out(lines: &[String], names: &[String], rows: &[usize], data: &BTreeMap<usize, Vec<String>>) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|at| data[at][column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..names.len()).map(width).collect();
    let full: usize = widths.iter().sum::<usize>() + 3 * widths.len() - 1;
    let leans_right = |column: usize| {
        rows.iter().any(|&at| {
            let cell = lines[at].split('│').nth(column + 1).unwrap_or("");
            cell.starts_with("  ") && !cell.ends_with("  ")
        })
    };
    let right: Vec<bool> = (0..names.len()).map(leans_right).collect();
    let mut out = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if let Some(row) = data.get(&index) {
            let pad = |(column, cell): (usize, &String)| {
                let fill = " ".repeat(widths[column] - cell.chars().count());
                if right[column] { format!("{fill}{cell}") } else { format!("{cell}{fill}") }
            };
            let padded: Vec<String> = row.iter().enumerate().map(pad).collect();
            out.push(format!("│ {} │", padded.join(" │ ")));
        } else if line.starts_with('│') {
            let title = line.trim_matches('│').trim();
            let fill = full.saturating_sub(title.chars().count());
            out.push(format!("│{}{title}{}│", " ".repeat(fill.div_ceil(2)), " ".repeat(fill / 2)));
        } else {
            let joint = ['┬', '┼', '┴'].into_iter().find(|joint| line.contains(*joint)).unwrap_or('─');
            let pieces: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
            let (first, last) = (line.chars().next().unwrap_or(' '), line.chars().last().unwrap_or(' '));
            out.push(format!("{first}{}{last}", pieces.join(&joint.to_string())));
        }
    }
    out
}

/// Message headers come in random order from the real CLI: sorts each run of header lines.
fn sort_headers(lines: Vec<String>) -> Vec<String> {
    let numbered = Regex::new(r"^\[#\d+\]").expect("a constant");
    let logged = Regex::new(r"^<time> (\[#\d+\] Received on|Received with rtt)").expect("a constant");
    let plain = Regex::new(r"^[A-Za-z][A-Za-z0-9-]*: ").expect("a constant");
    let in_log = Regex::new(r"^<time> [A-Za-z][A-Za-z0-9-]*: ").expect("a constant");
    let indented = Regex::new(r"^ +[A-Za-z][A-Za-z0-9-]*: ").expect("a constant");
    let (mut out, mut at) = (Vec::new(), 0);
    while at < lines.len() {
        let line = &lines[at];
        out.push(line.clone());
        at += 1;
        let starts = numbered.is_match(line);
        let titled = line == "Headers:";
        if titled && lines.get(at).is_some_and(String::is_empty) {
            out.push(String::new());
            at += 1;
        }
        let pattern = match (starts, logged.is_match(line), titled) {
            (true, _, _) => &plain,
            (_, true, _) => &in_log,
            (_, _, true) => &indented,
            _ => continue,
        };
        let end = at + lines[at..].iter().take_while(|line| pattern.is_match(line)).count();
        if !starts || lines.get(end).is_some_and(String::is_empty) {
            let mut sorted = lines[at..end].to_vec();
            sorted.sort();
            out.extend(sorted);
            at = end;
        }
    }
    out
}

/// The sources of a stream are listed in any order.
fn sort_sources(lines: Vec<String>) -> Vec<String> {
    let (mut out, mut at) = (Vec::new(), 0);
    while at < lines.len() {
        out.push(lines[at].clone());
        at += 1;
        if out.last().is_some_and(|line| line == "Source Information:") {
            let starts = |line: &String| line.starts_with(|c: char| c.is_ascii_uppercase());
            let end = at + lines[at..].iter().take_while(|line| !starts(line)).count();
            let text = lines[at..end].join("\n");
            let mut parts: Vec<&str> =
                text.split("\n\n").filter(|part| !part.trim().is_empty()).map(|part| part.trim_matches('\n')).collect();
            parts.sort_unstable();
            out.extend(format!("\n{}\n", parts.join("\n\n")).split('\n').map(str::to_owned));
            at = end;
        }
    }
    out
}
