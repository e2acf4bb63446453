//! The line a benchmark begins with.

use super::forms::CREATED;
use super::{Bench, Work};
use crate::api::Nanos;
use crate::commands::report::text;
use crate::sorted;

impl Bench<'_> {
    pub(super) fn banner(&self) -> String {
        let mut names = vec!["clients", "msg-size", "msgs"];
        names.extend(self.form.listed);
        if self.creates_stream() {
            names.extend(CREATED);
        }
        if self.plan.rate > 0 && self.form.work.produces() {
            names.push("throughput");
            if self.matches.nanos("duration") > 0 {
                names.push("duration");
            }
        }
        sorted::all(&mut names);
        let listed = names.iter().filter(|name| **name != "filter" || !self.matches.list("filter").is_empty());
        listed.map(|name| format!("{name}={}", self.value(name))).collect::<Vec<_>>().join(", ")
    }

    fn value(&self, name: &str) -> String {
        let (matches, plan) = (self.matches, &self.plan);
        match name {
            "clients" => text::signed_count(plan.clients_told),
            "msgs" => text::count(plan.messages),
            "msg-size" => text::bytes(plan.size),
            "throughput" => text::count(plan.rate),
            "subject" if matches.knows("multisubject") => plan.subject_filter.clone(),
            "multi-subject" | "multi-subject-randomize" => matches.flag(&name.replace('-', "")).to_string(),
            "multi-subject-max" => text::signed_count(matches.int("multisubjectmax")),
            "deduplication" => matches.flag("dedup").to_string(),
            "sleep" | "duration" => text::nanos(Nanos(matches.nanos(name))),
            "dedup-window" => text::nanos(Nanos(matches.nanos("dedupwindow"))),
            "max-bytes" => text::count(plan.max_bytes),
            // It has none.
            "batch" if self.form.work == Work::PublishSync => "0".to_owned(),
            "batch" | "randomize" | "replicas" => text::signed_count(matches.int(name)),
            "double-acked" => matches.flag("doubleack").to_string(),
            "purge" => matches.flag("purge").to_string(),
            "filter" => matches.list("filter").join(","),
            _ => matches.text(name).to_owned(),
        }
    }
}
