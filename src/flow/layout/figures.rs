//! Every figure that is written out in the picture, in the words of a moment.
//!
//! A busy picture is placed anew only now and then, so that nothing flickers; what is written in it is current in every
//! frame all the same. [`Layout::figures`] says what that is, in the places there are. Costs what there are clients,
//! subjects, streams and consumers, however many messages went by.

use super::{Layout, band, ledger, strips};
use crate::flow::scene::SceneModel;
use crate::flow::trouble::Badge;
use crate::flow::words;
use std::fmt::{self, Display, Formatter};

/// Where a figure stands: what of the shown scene, by its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    Actor(usize),
    Track(usize),
    Strip(usize),
    /// A line of what a stream holds.
    Contents(usize, usize),
    /// Of a stream's consumer, one of its two lines.
    Consumer(usize, usize, usize),
    /// How full a consumer's window is.
    Window(usize, usize),
    Badge(usize),
    Ledger,
}

/// For an attribute of the element.
impl Display for Spot {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Spot::Actor(actor) => write!(f, "actor-{actor}"),
            Spot::Track(track) => write!(f, "track-{track}"),
            Spot::Strip(strip) => write!(f, "strip-{strip}"),
            Spot::Contents(strip, line) => write!(f, "contents-{strip}-{line}"),
            Spot::Consumer(strip, consumer, line) => write!(f, "consumer-{strip}-{consumer}-{line}"),
            Spot::Window(strip, consumer) => write!(f, "window-{strip}-{consumer}"),
            Spot::Badge(badge) => write!(f, "badge-{badge}"),
            Spot::Ledger => f.write_str("ledger"),
        }
    }
}

impl Layout {
    /// What `now` says in the places of `shown`, which this is the layout of; what is no longer there says nothing new.
    pub fn figures(&self, shown: &SceneModel, now: &SceneModel) -> Vec<(Spot, String)> {
        let mut figures = Vec::new();
        for (index, place) in self.badges.iter().enumerate() {
            let is_it = |badge: &&Badge| (&badge.place, badge.trouble) == (&place.badge.place, place.badge.trouble);
            figures.extend(now.badges.iter().find(is_it).map(|badge| (Spot::Badge(index), words::badge(badge))));
        }
        self.figures_of_strips(shown, now, &mut figures);
        if shown.focus {
            return figures;
        }
        for (index, actor) in shown.actors.iter().enumerate() {
            let current = now.actors.iter().find(|other| other.name == actor.name);
            figures.extend(current.map(|actor| (Spot::Actor(index), band::tag_figures(actor))));
        }
        for (index, track) in shown.tracks.iter().enumerate().filter(|(index, _)| shown.is_track_shown(*index)) {
            let current = now.tracks.iter().find(|other| other.label == track.label);
            figures.extend(current.map(|track| (Spot::Track(index), words::figure(track.messages))));
        }
        if shown.ledger.is_some() {
            figures.extend(now.ledger.as_ref().map(|ledger| (Spot::Ledger, ledger::figures(ledger))));
        }
        figures
    }

    /// What the object with the figure `at` (a [`Spot`] in words, or `server`) is called now, for whoever cannot see it.
    pub fn label(&self, shown: &SceneModel, now: &SceneModel, at: &str) -> Option<String> {
        let (kind, numbers) = at.split_once('-').unwrap_or((at, ""));
        let numbers: Vec<usize> = numbers.split('-').filter_map(|number| number.parse().ok()).collect();
        let index = numbers.first().copied().unwrap_or_default();
        let strip = || {
            let name = &shown.streams.get(index)?.name;
            now.streams.iter().find(|strip| strip.name == *name)
        };
        match kind {
            "server" => Some(words::server(&now.server)),
            "actor" => {
                let name = &shown.actors.get(index)?.name;
                now.actors.iter().find(|actor| actor.name == *name).map(words::actor)
            }
            "track" => {
                let label = &shown.tracks.get(index)?.label;
                now.tracks.iter().find(|track| track.label == *label).map(words::track)
            }
            "strip" => strip().map(words::strip),
            "consumer" => {
                let name = &shown.streams.get(index)?.consumers.get(*numbers.get(1)?)?.name;
                strip()?.consumers.iter().find(|consumer| consumer.name == *name).map(words::consumer)
            }
            "badge" => {
                let badge = &self.badges.get(index)?.badge;
                let is_it = |other: &&Badge| (&other.place, other.trouble) == (&badge.place, badge.trouble);
                now.badges.iter().find(is_it).map(words::badge_label)
            }
            _ => None,
        }
    }

    fn figures_of_strips(&self, shown: &SceneModel, now: &SceneModel, figures: &mut Vec<(Spot, String)>) {
        for (index, (strip, place)) in shown.streams.iter().zip(&self.strips).enumerate() {
            let Some(current) = now.streams.iter().find(|other| other.name == strip.name) else { continue };
            figures.push((Spot::Strip(index), strips::figures(current)));
            let contents = strips::contents(current).into_iter().take(place.contents.len()).enumerate();
            figures.extend(contents.map(|(line, text)| (Spot::Contents(index, line), text)));
            for (row, (consumer, place)) in strip.consumers.iter().zip(&place.consumers).enumerate() {
                let Some(consumer) = current.consumers.iter().find(|other| other.name == consumer.name) else {
                    continue;
                };
                let [first, second] = strips::figure_lines(consumer, place.figures_room);
                figures.push((Spot::Consumer(index, row, 0), first));
                figures.push((Spot::Consumer(index, row, 1), second));
                if place.window.is_some() {
                    figures.push((Spot::Window(index, row), strips::window_label(consumer)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::script::{Script, explicit, job_queue};

    /// What is written in the places of the layout.
    fn written(layout: &Layout, shown: &SceneModel, spot: Spot) -> String {
        match spot {
            Spot::Actor(actor) => layout.actors[actor].figures.clone(),
            Spot::Track(track) => layout.tracks[track].figure.clone(),
            Spot::Strip(strip) => layout.strips[strip].figures.clone(),
            Spot::Contents(strip, line) => layout.strips[strip].contents[line].clone(),
            Spot::Consumer(strip, consumer, line) => layout.strips[strip].consumers[consumer].figures[line].clone(),
            Spot::Window(strip, consumer) => layout.strips[strip].consumers[consumer].window_label.clone(),
            Spot::Badge(badge) => layout.badges[badge].text.clone(),
            Spot::Ledger => {
                assert!(shown.ledger.is_some());
                layout.ledger.as_ref().unwrap().figures.clone()
            }
        }
    }

    #[test]
    fn figures_are_those_that_are_drawn() {
        for width in [1_060.0, 390.0] {
            let script = job_queue();
            let scene = script.flow.scene(script.now);
            let layout = Layout::new(&scene, width);
            let figures = layout.figures(&scene, &script.flow.figures_at(script.now, &Default::default()));
            assert!(figures.len() > 8, "{figures:?}");
            for (spot, text) in figures {
                assert_eq!(text, written(&layout, &scene, spot), "{spot} at {width}");
            }
        }
    }

    #[test]
    fn whoever_cannot_see_it_hears_the_figures_of_now() {
        let mut script = job_queue();
        let shown = script.flow.scene(script.now);
        let layout = Layout::new(&shown, 1_060.0);
        let label = |now: &SceneModel, at: &str| layout.label(&shown, now, at);
        // The cheap figures are called as the whole scene is.
        let figures = script.flow.figures_at(script.now, &Default::default());
        let spots: Vec<String> = layout.figures(&shown, &figures).iter().map(|(spot, _)| spot.to_string()).collect();
        for at in spots.iter().map(String::as_str).chain(["server"]) {
            assert_eq!(label(&figures, at), label(&shown, at), "{at}");
        }
        assert_eq!(label(&shown, "actor-0"), Some(words::actor(&shown.actors[0])));
        assert_eq!(label(&shown, "consumer-0-0-1"), Some(words::consumer(&shown.streams[0].consumers[0])));
        assert!(label(&shown, "badge-0").is_some() && label(&shown, "actor-99").is_none());
        assert_eq!((label(&shown, ""), label(&shown, "consumer-0")), (None, None));
        let (sent, stored) = (shown.actors[0].published, shown.streams[0].last_seq);
        script.publish_and_store(1, "orders.new", "orders_stream", stored + 1);
        let now = script.flow.figures_at(script.now, &Default::default());
        let heard = |at: &str| label(&now, at).unwrap_or_default();
        assert!(heard("actor-0").contains(&format!("{} published", sent + 1)), "{}", heard("actor-0"));
        assert!(heard("strip-0").contains(&format!("to {}", stored + 1)), "{}", heard("strip-0"));
    }

    #[test]
    fn later_figures_have_the_same_places() {
        let mut script = Script::new();
        script.connect(1, "alice").connect(2, "w").stream("S", &["s"], crate::api::Retention::Limits);
        script.consumer("S", "c", explicit(""));
        for seq in 1..=3 {
            let message = script.publish(1, "s");
            script.store("S", seq, message, "s").dispatch((2, 1), "S", "c", seq, 1);
        }
        let shown = script.flow.scene(script.now);
        let layout = Layout::new(&shown, 1_060.0);
        for seq in 4..=9 {
            let message = script.publish(1, "s");
            script.store("S", seq, message, "s");
        }
        script.connect(3, "a newcomer").dispatch((2, 1), "S", "c", 4, 1);
        let now = script.flow.figures_at(script.now, &Default::default());
        assert!(now.streams[0].columns.is_empty(), "no messages one by one");
        let figures = layout.figures(&shown, &now);
        let of = |spot: Spot| figures.iter().find(|(at, _)| *at == spot).map(|(_, text)| &**text);
        assert_eq!(of(Spot::Actor(0)), Some("9 sent"));
        assert_eq!(of(Spot::Actor(2)), None, "who is not drawn yet has no place");
        assert_eq!(of(Spot::Strip(0)), Some("9 messages"));
        assert_eq!(of(Spot::Contents(0, 0)), Some("sequences 1 to 9"));
        assert_eq!(of(Spot::Consumer(0, 0, 0)), Some("4 in flight"));
        assert_eq!(of(Spot::Consumer(0, 0, 1)), Some("5 pending"));
        assert!(of(Spot::Window(0, 0)).is_some_and(|text| text.starts_with('4')));
    }
}
