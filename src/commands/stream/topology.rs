//! What is copied where, as a graph for Graphviz: `stream report --dot`.
//!
//! A node per stream that copies or is copied, numbered as they are met; an edge runs from where a message is first.
//! The way in is [`graph`]. Source: natscli 0.4, observed.

use crate::api::StreamInfo;
use crate::map::Map;
use std::fmt::Write;

/// `None` when nothing is copied from elsewhere.
pub fn graph(streams: &[StreamInfo]) -> Option<String> {
    let mut drawing = Drawing::default();
    for info in streams {
        let config = &info.config;
        for source in &config.sources {
            let transformed = match source.subject_transforms.as_slice() {
                [] => source.filter_subject.clone(),
                [only] => format!("{} to {}", only.src, only.dest),
                _ => String::new(),
            };
            let label = Some(transformed).filter(|text| !source.filter_subject.is_empty() && !text.is_empty());
            drawing.edge(&source.name, &config.name, "green", label);
        }
        if let Some(mirror) = &config.mirror {
            drawing.edge(&mirror.name, &config.name, "blue", Some("Mirror".to_owned()));
        }
    }
    (!drawing.nodes.is_empty()).then(|| drawing.text())
}

#[derive(Default)]
struct Drawing {
    nodes: Map<String, usize>,
    /// By where they come from: where they go, and how they look.
    edges: Map<String, Vec<(usize, String)>>,
}

impl Drawing {
    fn node(&mut self, name: &str) -> usize {
        let next = self.nodes.len() + 1;
        *self.nodes.entry(name.to_owned()).or_insert(next)
    }

    fn edge(&mut self, from: &str, to: &str, color: &str, label: Option<String>) {
        let to = self.node(to);
        self.node(from);
        let label = label.map(|label| format!(",label={label:?}")).unwrap_or_default();
        self.edges.entry(from.to_owned()).or_default().push((to, format!("color={color:?}{label}")));
    }

    fn text(&self) -> String {
        let mut text = "digraph  {\n\tlabel=\"Stream Replication Structure\";\n".to_owned();
        let mut line = |line: String| {
            let written = writeln!(text, "\t{line}");
            debug_assert!(written.is_ok(), "a string takes everything");
        };
        for (name, number) in &self.nodes {
            line(format!("n{number}[label={name:?}];"));
        }
        for (from, edges) in &self.edges {
            for (to, look) in edges {
                line(format!("n{}->n{to}[{look}];", self.nodes.get(from).copied().unwrap_or_default()));
            }
        }
        text + "\t\n}\n"
    }
}
