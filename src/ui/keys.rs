//! Single keys that do something while nobody is typing.

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortcut {
    PlayPause,
    Step,
    Back,
    Fork,
    Slower,
    Faster,
    Terminal,
    Wire,
    Lines,
    Story,
    Inspector,
    Undo,
    Help,
}

/// Each with its key and what the help says of it.
pub const SHORTCUTS: &[(&str, Shortcut, &str)] = &[
    (" ", Shortcut::PlayPause, "Pause, and go on"),
    (".", Shortcut::Step, "On to the next event"),
    (",", Shortcut::Back, "One event back"),
    ("f", Shortcut::Fork, "From a moment in the past: begin another future"),
    ("[", Shortcut::Slower, "Slower"),
    ("]", Shortcut::Faster, "Faster"),
    ("t", Shortcut::Terminal, "Into the terminal"),
    ("w", Shortcut::Wire, "What the last command sent, and what it got"),
    ("l", Shortcut::Lines, "Every protocol line, of all wires"),
    ("s", Shortcut::Story, "The story: what happened, in sentences"),
    ("i", Shortcut::Inspector, "The inspector: what is selected, closely"),
    ("z", Shortcut::Undo, "Undo the last thing you did"),
    ("?", Shortcut::Help, "This help"),
];

pub fn shortcut(key: &str) -> Option<Shortcut> {
    let key = key.to_ascii_lowercase();
    SHORTCUTS.iter().find(|(known, ..)| *known == key).map(|(_, shortcut, _)| *shortcut)
}

/// The next of `speeds`, which rise, above or below `speed`; the last one at the end.
pub fn next_speed(speeds: &[f64], speed: f64, faster: bool) -> f64 {
    let next = match faster {
        true => speeds.iter().find(|known| **known > speed),
        false => speeds.iter().rev().find(|known| **known < speed),
    };
    next.copied().unwrap_or(speed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_and_without_shift() {
        assert_eq!(shortcut("T"), Some(Shortcut::Terminal));
        assert_eq!(shortcut(" "), Some(Shortcut::PlayPause));
        assert_eq!(shortcut("q"), None);
        assert_eq!(shortcut(""), None);
    }

    #[test]
    fn speeds_end_where_the_list_ends() {
        let speeds = [0.5, 1.0, 2.0];
        assert_eq!(next_speed(&speeds, 1.0, true), 2.0);
        assert_eq!(next_speed(&speeds, 2.0, true), 2.0);
        assert_eq!(next_speed(&speeds, 0.7, false), 0.5);
    }
}
