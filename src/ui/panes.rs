//! Which panes are open, and how the room is shared between them: what a reader chose and finds again.
//!
//! Plain data, tested natively. Shares are of two neighbours together; what nobody chose is `None` and follows the
//! window. The component is `splitter`, the frame `app`.

/// What the pane beside the terminals shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Inspector,
    Wire,
    Story,
    /// The screens of a chat, where there is one.
    Chat,
}

impl Look {
    pub const ALL: [Look; 4] = [Look::Inspector, Look::Wire, Look::Story, Look::Chat];

    pub fn title(self) -> &'static str {
        match self {
            Look::Inspector => "Inspector",
            Look::Wire => "Wire",
            Look::Story => "Story",
            Look::Chat => "Chat",
        }
    }

    fn named(name: &str) -> Option<Look> {
        Look::ALL.into_iter().find(|look| look.title() == name)
    }
}

/// Two panes with a border that can be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// Between the lesson and everything else.
    Lesson,
    /// Between the scene and the terminals.
    Scene,
    /// Between the terminals and the inspector.
    Look,
}

/// A pane is never smaller than this share of what it has together with its neighbour.
const SMALLEST: f64 = 0.15;
/// How far an arrow key moves a border.
pub const KEY_STEP: f64 = 0.02;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Panes {
    pub open: Option<Look>,
    lesson: Option<f64>,
    scene: Option<f64>,
    look: Option<f64>,
}

impl Panes {
    /// What the first of the two panes has of both; `None` is the page's own measure.
    pub fn share(&self, border: Border) -> Option<f64> {
        match border {
            Border::Lesson => self.lesson,
            Border::Scene => self.scene,
            Border::Look => self.look,
        }
    }

    /// Moves a border, within reason; `None` puts it back.
    pub fn with_share(mut self, border: Border, share: Option<f64>) -> Panes {
        let share = share.filter(|share| share.is_finite()).map(|share| share.clamp(SMALLEST, 1.0 - SMALLEST));
        match border {
            Border::Lesson => self.lesson = share.map(|share| share.min(0.5)),
            Border::Scene => self.scene = share,
            Border::Look => self.look = share,
        }
        self
    }

    /// With another pane open, or none.
    pub fn with_open(self, open: Option<Look>) -> Panes {
        Panes { open, ..self }
    }

    /// Opens a pane, or closes it when it is the one that is open.
    pub fn toggled(self, look: Look) -> Panes {
        Panes { open: if self.open == Some(look) { None } else { Some(look) }, ..self }
    }

    /// The CSS properties of the frame, with the share they stand for.
    pub fn properties(&self) -> [(&'static str, Option<String>); 5] {
        let grow = |share: Option<f64>, of: fn(f64) -> f64| share.map(|share| format!("{:.4}fr", of(share) * 10.0));
        let second = |share: f64| 1.0 - share;
        [
            ("--lesson", self.lesson.map(|share| format!("{:.2}%", share * 100.0))),
            ("--scene", grow(self.scene, |share| share)),
            ("--bottom", grow(self.scene, second)),
            ("--terminal", grow(self.look, |share| share)),
            ("--look", grow(self.look, second)),
        ]
    }

    /// `open=Story lesson=0.3`: what [`Panes::read`] reads.
    pub fn written(&self) -> String {
        let share = |name: &str, share: Option<f64>| share.map(|share| format!("{name}={share:.4}"));
        let open = self.open.map(|open| format!("open={}", open.title()));
        let words = [open, share("lesson", self.lesson), share("scene", self.scene), share("look", self.look)];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Reads what was written once; anything else is as if it were not there.
    pub fn read(text: &str) -> Panes {
        text.split(' ').filter_map(|word| word.split_once('=')).fold(Panes::default(), |panes, (name, value)| {
            let share = value.parse::<f64>().ok();
            match name {
                "open" => Panes { open: Look::named(value), ..panes },
                "lesson" => panes.with_share(Border::Lesson, share),
                "scene" => panes.with_share(Border::Scene, share),
                "look" => panes.with_share(Border::Look, share),
                _ => panes,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_is_found_again() {
        let panes = Panes::default().toggled(Look::Story).with_share(Border::Scene, Some(0.7));
        assert_eq!(Panes::read(&panes.written()), panes);
        assert_eq!(Panes::read(""), Panes::default());
        assert_eq!(Panes::read("open=Nothing scene=x lesson=NaN look"), Panes::default());
    }

    #[test]
    fn no_pane_disappears() {
        let panes = Panes::default().with_share(Border::Look, Some(3.0)).with_share(Border::Lesson, Some(0.9));
        assert_eq!(panes.share(Border::Look), Some(0.85));
        assert_eq!(panes.share(Border::Lesson), Some(0.5));
        assert_eq!(panes.with_share(Border::Look, None).share(Border::Look), None);
    }

    #[test]
    fn pressing_again_closes() {
        let panes = Panes::default().toggled(Look::Wire);
        assert_eq!(panes.open, Some(Look::Wire));
        assert_eq!(panes.toggled(Look::Story).open, Some(Look::Story));
        assert_eq!(panes.toggled(Look::Wire).open, None);
    }

    #[test]
    fn shares_are_written_as_the_frame_reads_them() {
        let panes = Panes::default().with_share(Border::Scene, Some(0.6)).with_share(Border::Lesson, Some(0.25));
        let properties: Vec<String> = panes
            .properties()
            .into_iter()
            .map(|(name, value)| format!("{name}: {}", value.unwrap_or_default()))
            .collect();
        assert_eq!(
            properties,
            ["--lesson: 25.00%", "--scene: 6.0000fr", "--bottom: 4.0000fr", "--terminal: ", "--look: "]
        );
    }
}
