//! The shapes of cells and tokens: what can be told apart without colour.
//!
//! Every path is drawn inside a square of [`CELL`] pixels with its origin top left.

use crate::flow::layout::{CELL, DIE, px};
use crate::flow::scene::CellState;
use crate::flow::step::{How, Traffic};

/// The class that carries a state's colour.
pub fn class_of(state: CellState) -> &'static str {
    match state {
        CellState::NotYetDelivered => "cell-waits",
        CellState::FilteredOut => "cell-filtered",
        CellState::BeforeStart => "cell-before",
        CellState::InFlight { .. } => "cell-flight",
        CellState::WaitingForRedelivery { .. } => "cell-due",
        CellState::Acked => "cell-acked",
        CellState::GivenUp => "cell-given-up",
        CellState::Terminated => "cell-terminated",
        CellState::Unknown => "cell-unknown",
    }
}

/// The outline of a cell. Acknowledged cells have a notch, all others are whole.
pub fn outline(state: CellState) -> String {
    match state {
        CellState::Acked => "M4 1H16Q19 1 19 4V16Q19 19 16 19H13.5L10 14.5L6.5 19H4Q1 19 1 16V4Q1 1 4 1Z".to_owned(),
        _ => square(1.0, CELL - 1.0, 3.0),
    }
}

/// What is drawn inside the outline, if anything.
pub fn mark(state: CellState) -> Option<&'static str> {
    match state {
        // An hourglass.
        CellState::WaitingForRedelivery { .. } => Some("M6 4.5H14L10 10L14 15.5H6L10 10Z"),
        // A cross-hatch.
        CellState::GivenUp => {
            Some("M1 7L7 1M1 13L13 1M1 19L19 1M7 19L19 7M13 19L19 13M1 13L7 19M1 7L13 19M1 1L19 19M7 1L19 13M13 1L19 7")
        }
        // A bar through.
        CellState::Terminated => Some("M-1 10H21"),
        // A question mark.
        CellState::Unknown => Some("M7 7.5Q7 5 10 5Q13 5 13 7.5Q13 9.5 10 10.5V12.5M10 14.5V15.5"),
        _ => None,
    }
}

/// The pips of a side of a die; none where it takes a number.
pub fn die(face: u64) -> Vec<(f64, f64)> {
    let (low, middle, high) = (DIE / 4.0, DIE / 2.0, DIE * 3.0 / 4.0);
    let all = [(low, low), (high, high), (high, low), (low, high), (low, middle), (high, middle)];
    let mut pips = match face {
        1..=6 => all[..(face - face % 2) as usize].to_vec(),
        _ => return Vec::new(),
    };
    if face % 2 == 1 {
        pips.push((middle, middle));
    }
    pips
}

/// How something is known, in the corner of a cell: a disc was seen, a triangle was told, a ring was asked.
pub fn known(how: How) -> &'static str {
    match how {
        How::Seen => "M14.5 17a2.5 2.5 0 1 1 5 0a2.5 2.5 0 1 1 -5 0Z",
        How::Told => "M14 19.5L17 14.5L20 19.5Z",
        How::Asked => "M14.5 17a2.5 2.5 0 1 1 5 0a2.5 2.5 0 1 1 -5 0M16 17a1 1 0 1 0 2 0a1 1 0 1 0 -2 0",
    }
}

/// The class of its colour.
pub fn known_class(how: How) -> &'static str {
    match how {
        How::Seen => "known known-seen",
        How::Told => "known known-told",
        How::Asked => "known known-asked",
    }
}

/// The flag of a message that was given up.
pub const FLAG: &str = "M17 -6V1M17 -6L25 -3.5L17 -1Z";

/// Diagonal stripes: a message that was refused.
pub const STRIPES: &str = "M1 7L7 1M1 13L13 1M1 19L19 1M7 19L19 7M13 19L19 13";

/// A message that speaks of another one.
pub const DIAMOND: &str = "M10 0.5L19.5 10L10 19.5L0.5 10Z";

/// Hollow, above: delivered so far. Its tip is at the origin.
pub const DELIVERED: &str = "M-5 -8H5L0 0Z";
/// Solid, below: acknowledged without a hole so far.
pub const ACK_FLOOR: &str = "M-5 8H5L0 0Z";

pub fn square(from: f64, to: f64, radius: f64) -> String {
    let (a, r) = (px(from), px(radius));
    let (inner, outer) = (px(from + radius), px(to - radius));
    format!(
        "M{inner} {a}H{outer}a{r} {r} 0 0 1 {r} {r}V{outer}a{r} {r} 0 0 1 -{r} {r}H{inner}a{r} {r} 0 0 1 -{r} -{r}V{inner}a{r} {r} 0 0 1 {r} -{r}Z"
    )
}

/// Middles of the pips over a cell that was delivered more than once, at most four; the count tells the rest.
pub fn pips(deliveries: u64) -> Vec<f64> {
    let number = deliveries.saturating_sub(1).min(4);
    let first = CELL / 2.0 - (number as f64 - 1.0) * 2.5;
    (0..number).map(|pip| first + pip as f64 * 5.0).collect()
}

/// How a token looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenShape {
    /// A disc: a user's message.
    Disc,
    /// A disc in a ring: delivered before.
    Ringed,
    /// A ring: an answer.
    Ring,
    /// A notched square: an acknowledgement.
    Notched,
    /// An open square: somebody asks.
    Slot,
    /// A diamond: the server speaks of a message.
    Diamond,
}

/// A token's shape, and the palette token of its colour.
pub fn token(traffic: Traffic, redelivery: bool) -> (TokenShape, &'static str) {
    match traffic {
        _ if redelivery => (TokenShape::Ringed, "--jl-redelivered"),
        Traffic::Message => (TokenShape::Disc, "--jl-flight"),
        Traffic::Answer => (TokenShape::Ring, "--jl-quiet"),
        Traffic::Ack => (TokenShape::Notched, "--jl-acked"),
        Traffic::Pull => (TokenShape::Slot, "--jl-pending"),
        Traffic::Request | Traffic::System => (TokenShape::Slot, "--jl-quiet"),
        Traffic::Advisory => (TokenShape::Diamond, "--jl-given-up"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn states_differ_in_shape_and_not_only_in_colour() {
        let now = Timestamp(0);
        let outlined = [
            CellState::InFlight { since: now, deadline: None },
            CellState::WaitingForRedelivery { since: now, until: None },
            CellState::Acked,
            CellState::GivenUp,
            CellState::Terminated,
            CellState::Unknown,
        ];
        for (index, a) in outlined.iter().enumerate() {
            for b in &outlined[index + 1..] {
                assert!((outline(*a), mark(*a)) != (outline(*b), mark(*b)), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn pips_count_redeliveries_and_stay_in_the_cell() {
        assert!(pips(0).is_empty() && pips(1).is_empty());
        assert_eq!(pips(2), [10.0]);
        assert_eq!(pips(3), [7.5, 12.5]);
        assert_eq!(pips(99).len(), 4);
        assert!(pips(99).iter().all(|x| (2.0..18.0).contains(x)));
    }

    #[test]
    fn squares_are_round_at_the_corners() {
        assert_eq!(
            square(1.0, 19.0, 3.0),
            "M4 1H16a3 3 0 0 1 3 3V16a3 3 0 0 1 -3 3H4a3 3 0 0 1 -3 -3V4a3 3 0 0 1 3 -3Z"
        );
    }
}
