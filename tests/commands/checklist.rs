//! Every row of the command line's checklist and its tier, and which transcript shows it.
//!
//! A transcript names its rows in its head (`rows: N-060, N-061`). Tier 1 is what every user meets, tier 2 regular use,
//! tier 3 is recognised and refused. What the rows are about, by their hundreds and tens, stands in [`AREAS`].

use super::normalise::Transcript;
use super::{File, NOT_IN_PAGE, files, say};
use std::collections::{BTreeMap, BTreeSet};

/// The rows of tiers 1, 2 and 3, in order.
pub const TIERS: [&str; 3] = [
    "\
     N-001 N-002 N-003 N-004 N-005 N-006 N-007 N-008 N-009 N-010 N-012 N-013 N-014 N-015 N-016 N-017 N-018 N-019 \
     N-020 N-021 N-023 N-024 N-025 N-026 N-027 N-028 N-032 N-034 N-038 N-039 N-040 N-041 N-042 N-043 N-045 N-046 \
     N-048 N-049 N-060 N-061 N-062 N-063 N-064 N-065 N-066 N-067 N-068 N-069 N-070 N-071 N-072 N-073 N-074 N-075 \
     N-076 N-077 N-078 N-079 N-080 N-081 N-082 N-083 N-084 N-085 N-086 N-087 N-088 N-089 N-090 N-091 N-092 N-093 \
     N-095 N-097 N-098 N-100 N-101 N-106 N-107 N-108 N-109 N-110 N-114 N-120 N-121 N-122 N-123 N-124 N-125 N-126 \
     N-127 N-128 N-129 N-130 N-131 N-132 N-133 N-134 N-135 N-136 N-137 N-138 N-139 N-140 N-141 N-147 N-148 N-149 \
     N-150 N-152 N-155 N-160 N-161 N-162 N-163 N-164 N-165 N-166 N-167 N-168 N-169 N-170 N-172 N-173 N-175 N-177 \
     N-178 N-180 N-190",
    "\
     N-011 N-022 N-029 N-030 N-031 N-033 N-035 N-036 N-037 N-044 N-047 N-050 N-094 N-096 N-099 N-102 N-103 N-104 \
     N-105 N-111 N-112 N-113 N-142 N-143 N-144 N-145 N-146 N-151 N-153 N-154 N-171 N-174 N-176 N-179 N-181 N-182 \
     N-183 N-184 N-185 N-186 N-188",
    "\
     N-115 N-187 N-189",
];

/// First rows of the parts of the checklist.
const AREAS: &[(u32, &str)] = &[
    (1, "parsing"),
    (13, "publish"),
    (25, "subscribe"),
    (40, "request and reply"),
    (48, "connection"),
    (60, "streams"),
    (120, "consumers"),
    (148, "subscribe to streams"),
    (154, "events"),
    (160, "key-value"),
    (181, "object, service, bench, context, rest"),
];

fn area(row: &str) -> &'static str {
    let number: u32 = row.trim_start_matches("N-").parse().expect("rows are numbered");
    AREAS.iter().rev().find(|(first, _)| *first <= number).map_or("", |(_, name)| name)
}

/// The transcripts of each row, those that cannot be replayed apart.
fn transcripts_by_row(files: &[File]) -> BTreeMap<String, Vec<&str>> {
    let mut by_row: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for file in files.iter().filter(|file| NOT_IN_PAGE.iter().all(|(name, _)| *name != file.name)) {
        let head = Transcript::parse(&file.text).head;
        let rows = head.iter().find_map(|line| line.strip_prefix("rows:")).unwrap_or_default();
        for row in rows.split(',').map(str::trim).filter(|row| row.starts_with("N-")) {
            by_row.entry(row.to_owned()).or_default().push(&file.name);
        }
    }
    by_row
}

/// Prints each row with its transcripts, and the count per area.
#[test]
fn every_row_has_a_transcript() {
    let files = files();
    let by_row = transcripts_by_row(&files);
    let known: BTreeSet<&str> = TIERS.iter().flat_map(|rows| rows.split_whitespace()).collect();
    let strangers: Vec<&String> = by_row.keys().filter(|row| !known.contains(row.as_str())).collect();
    let mut told = "\nrows of the checklist and their transcripts\n".to_owned();
    let mut counts: BTreeMap<&str, [(usize, usize); 3]> = BTreeMap::new();
    let mut missing = Vec::new();
    for row in known {
        let tier = TIERS.iter().position(|rows| rows.split_whitespace().any(|it| it == row)).expect("it is from there");
        let shown_by = by_row.get(row).cloned().unwrap_or_default();
        let count = &mut counts.entry(area(row)).or_default()[tier];
        count.0 += usize::from(!shown_by.is_empty());
        count.1 += 1;
        if shown_by.is_empty() && tier < 2 {
            missing.push(row);
        }
        told += &format!("  {row} tier {}  {}\n", tier + 1, shown_by.join(" "));
    }
    for (_, area) in AREAS {
        let tiers = counts.get(area).copied().unwrap_or_default();
        let tiers = tiers.map(|(shown, all)| format!("{shown}/{all}"));
        told += &format!("  {area:<38} tier 1: {:<7} tier 2: {:<7} tier 3: {}\n", tiers[0], tiers[1], tiers[2]);
    }
    say(told.trim_end());
    assert!(strangers.is_empty(), "not in the checklist: {strangers:?}");
    assert!(missing.is_empty(), "rows without a transcript that is replayed: {missing:?}");
}
