//! What the run found, in figures: rows covered and passing per tier and target, and the rows of tier 3 one by one.
//!
//! The table is printed, and compared with the one in `docs/fidelity.md` when everything was played: a page that tells old
//! figures fails the run. `cargo test --test engine -- --write` writes it.

use super::rows;
use crate::support::runner::Row;
use std::collections::{BTreeMap, BTreeSet};

/// Whether the scripts of a row passed; rows no script names are not in it.
pub type Verdicts = BTreeMap<&'static str, bool>;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/fidelity.md");
const HEAD: &str = "\
| rows | of | with a script | passing on the engine | over TCP | on nats-server | by official clients |
|---|---:|---:|---:|---:|---:|---:|
";

/// What was found on the three targets that are always played; `None` for one that was not.
#[derive(Default)]
pub struct Played {
    pub engine: Option<Verdicts>,
    pub wire: Option<Verdicts>,
    pub real: Option<Verdicts>,
}

impl Played {
    fn targets(&self) -> [(&'static str, Option<&Verdicts>); 3] {
        [("engine", self.engine.as_ref()), ("TCP", self.wire.as_ref()), ("nats-server", self.real.as_ref())]
    }

    fn is_whole(&self) -> bool {
        self.targets().iter().all(|(_, verdicts)| verdicts.is_some())
    }
}

fn ids_of(tier: &'static str) -> Vec<&'static str> {
    tier.split_whitespace().collect()
}

fn count(ids: &[&'static str], holds: impl Fn(&str) -> bool) -> String {
    match ids.iter().filter(|id| holds(id)).count() {
        0 => "–".to_owned(),
        count => count.to_string(),
    }
}

/// The table of the page: `–` for none, `?` for a target that was not played.
fn table(scripts: &[Row], played: &Played) -> String {
    let named: BTreeSet<&str> = scripts.iter().flat_map(|row| row.ids.split_whitespace()).collect();
    let official: BTreeSet<&str> = rows::WITH_OFFICIAL_CLIENTS.split_whitespace().collect();
    let mut table = HEAD.to_owned();
    for (index, tier) in rows::TIERS.into_iter().enumerate() {
        let ids = ids_of(tier);
        let mut cells = vec![ids.len().to_string(), count(&ids, |id| named.contains(id))];
        for (_, verdicts) in played.targets() {
            let passing = |verdicts: &Verdicts| count(&ids, |id| verdicts.get(id) == Some(&true));
            cells.push(verdicts.map_or_else(|| "?".to_owned(), passing));
        }
        cells.push(count(&ids, |id| official.contains(id)));
        table += &format!("| tier {} | {} |\n", index + 1, cells.join(" | "));
    }
    table
}

/// Prints the table and tier 3 row by row; then compares or writes the page. Returns whether the page is right.
pub fn report(scripts: &[Row], played: &Played, writes: bool) -> bool {
    println!("\ntier 3, row by row");
    for id in ids_of(rows::TIERS[2]) {
        let told = played.targets().map(|(target, verdicts)| match verdicts.map(|verdicts| verdicts.get(id)) {
            None => format!("{target} not played"),
            Some(Some(true)) => format!("{target} passes"),
            Some(Some(false)) => format!("{target} FAILS"),
            Some(None) => format!("{target} has no script"),
        });
        println!("  {id}: {}", told.join(", "));
    }
    let table = table(scripts, played);
    println!("\n{table}");
    if !played.is_whole() {
        println!("docs/fidelity.md is not compared: not every target was played");
        return true;
    }
    let page = std::fs::read_to_string(PAGE).expect("the page is in the repository");
    let written = with_table(&page, &table).expect("the page has a table that starts as this one");
    if writes {
        std::fs::write(PAGE, &written).expect("the page can be written");
    }
    let is_right = writes || page == written;
    if !is_right {
        println!("docs/fidelity.md tells other figures: cargo test --test engine -- --write");
    }
    is_right
}

/// The page with this table in place of its own.
fn with_table(page: &str, table: &str) -> Option<String> {
    let start = page.find(HEAD)?;
    let length: usize =
        page[start..].split_inclusive('\n').take_while(|line| line.starts_with('|')).map(str::len).sum();
    Some(format!("{}{table}{}", &page[..start], &page[start + length..]))
}
