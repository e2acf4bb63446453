//! Contexts of terminals on servers far away, kept between visits: addresses, users, where files are, never a secret.

use super::super::browser::storage::{self, Keep};
use super::super::model::Lab;
use crate::client::reconnect::host_and_port;
use crate::commands::Contexts;
use crate::json;
use crate::playground::Playground;
use crate::playground::remote::Server;

const CONTEXTS_KEY: &str = "jetlab.contexts";

pub fn kept() -> Contexts {
    storage::read(Keep::Always, CONTEXTS_KEY).and_then(|text| json::read(&text).ok()).unwrap_or_default()
}

/// The terminals of a new playground know them. One that is of another server is not the selected one: its lines would
/// mean a server they are not connected to.
pub(super) fn bring(playground: &mut Playground, server: &Server) {
    let mut contexts = kept();
    if !is_of(&contexts, server) {
        contexts.previous = std::mem::take(&mut contexts.selected);
    }
    playground.bring_contexts(&contexts);
}

fn is_of(contexts: &Contexts, server: &Server) -> bool {
    let selected = contexts.contexts.iter().find(|context| context.name == contexts.selected);
    let is_same = |url: &str| server.urls.iter().any(|ours| host_and_port(ours) == host_and_port(url));
    selected.is_some_and(|context| context.settings.url.is_empty() || context.settings.url.split(',').any(is_same))
}

impl Lab {
    /// Everything a context may be chosen from: those of earlier visits, and those of the terminals that are open.
    pub fn known_contexts(&self) -> Contexts {
        let mut known = kept();
        for context in self.playground.contexts().contexts {
            known.contexts.retain(|old| old.name != context.name);
            known.contexts.push(context);
        }
        known
    }

    /// Keeps what the terminals of a server far away have changed.
    pub(in crate::ui) fn keep_contexts(&mut self) {
        let revision = self.playground.screens_revision();
        if !self.is_far_away() || std::mem::replace(&mut self.far.screens, revision) == revision {
            return;
        }
        let contexts = self.playground.contexts();
        if contexts != self.far.contexts {
            storage::write(Keep::Always, CONTEXTS_KEY, &json::write(&contexts));
            self.far.contexts = contexts;
        }
    }
}
