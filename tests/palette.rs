//! The palette of the scene, as the stylesheet has it: readable on its ground, and told apart by every eye.
//!
//! Contrast is WCAG's; differences are CIEDE2000 after simulating protanopia, deuteranopia and tritanopia.
//! Source: WCAG 2.2; Sharma, Wu and Dalal 2005; Machado, Oliveira and Fernandes 2009, severity 1, in linear light.

const TOKENS: [&str; 6] = ["flight", "pending", "acked", "redelivered", "given-up", "quiet"];

type Color = [f64; 3];
type Matrix = [[f64; 3]; 3];

const NORMAL: Matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
const PROTAN: Matrix =
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]];
const DEUTAN: Matrix =
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]];
const TRITAN: Matrix =
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]];

/// The themes of the stylesheet in the order they stand there: light, dark by preference, dark by choice.
fn themes() -> Vec<Theme> {
    let css = include_str!("../assets/site.css");
    let grounds = values(css, "panel");
    let colors: Vec<Vec<Color>> = TOKENS.iter().map(|token| values(css, &format!("jl-{token}"))).collect();
    let theme = |index: usize| Theme { ground: grounds[index], colors: colors.iter().map(|c| c[index]).collect() };
    (0..grounds.len()).map(theme).collect()
}

struct Theme {
    ground: Color,
    colors: Vec<Color>,
}

fn values(css: &str, token: &str) -> Vec<Color> {
    let name = format!("--{token}:");
    css.split(&name).skip(1).map(|rest| color(rest.split(';').next().unwrap().trim())).collect()
}

/// `#rrggbb` in linear light.
fn color(hex: &str) -> Color {
    let channel = |index: usize| {
        let value = f64::from(u8::from_str_radix(&hex[index..index + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    [channel(1), channel(3), channel(5)]
}

#[test]
fn every_color_can_be_read_on_its_ground() {
    for theme in themes() {
        for (token, color) in TOKENS.iter().zip(&theme.colors) {
            let contrast = contrast(*color, theme.ground);
            assert!(rounded(contrast) >= 4.3, "{token}: {contrast:.2}:1");
        }
    }
}

#[test]
fn the_terminals_colors_can_be_read_on_its_ground() {
    let css = include_str!("../assets/site.css");
    let grounds = values(css, "console");
    assert_eq!(grounds.len(), 3);
    for token in ["red", "green", "yellow", "blue", "magenta", "cyan"] {
        let tints = values(css, &format!("tint-{token}"));
        assert_eq!(tints.len(), grounds.len(), "{token}");
        for (tint, ground) in tints.iter().zip(&grounds) {
            let contrast = contrast(*tint, *ground);
            assert!(contrast >= 4.5, "{token}: {contrast:.2}:1");
        }
    }
}

#[test]
fn no_two_colors_look_alike_to_anybody() {
    let smallest: Vec<f64> = themes().iter().map(|theme| rounded(smallest_difference(&theme.colors))).collect();
    assert_eq!(smallest, [13.5, 15.7, 15.7]);
}

/// To one decimal, as the palette's promise is written.
fn rounded(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

fn contrast(a: Color, b: Color) -> f64 {
    let luminance = |c: Color| 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2] + 0.05;
    let (a, b) = (luminance(a), luminance(b));
    a.max(b) / a.min(b)
}

fn smallest_difference(colors: &[Color]) -> f64 {
    let mut smallest = f64::MAX;
    for sight in [NORMAL, PROTAN, DEUTAN, TRITAN] {
        let seen: Vec<Color> = colors.iter().map(|color| lab(seen_with(sight, *color))).collect();
        for (index, a) in seen.iter().enumerate() {
            for b in &seen[index + 1..] {
                smallest = smallest.min(ciede2000(*a, *b));
            }
        }
    }
    smallest
}

fn seen_with(sight: Matrix, color: Color) -> Color {
    sight.map(|row| row.iter().zip(color).map(|(m, c)| m * c).sum::<f64>().clamp(0.0, 1.0))
}

fn lab([r, g, b]: Color) -> Color {
    let x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047;
    let y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b;
    let z = (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883;
    let f =
        |t: f64| if t > (6.0_f64 / 29.0).powi(3) { t.cbrt() } else { t * (29.0_f64 / 6.0).powi(2) / 3.0 + 4.0 / 29.0 };
    [116.0 * f(y) - 16.0, 500.0 * (f(x) - f(y)), 200.0 * (f(y) - f(z))]
}

/// The names are those of the paper.
fn ciede2000([l1, a1, b1]: Color, [l2, a2, b2]: Color) -> f64 {
    let seventh = |c: f64| (c.powi(7) / (c.powi(7) + 25_f64.powi(7))).sqrt();
    let g = 0.5 * (1.0 - seventh((a1.hypot(b1) + a2.hypot(b2)) / 2.0));
    let (a1, a2) = ((1.0 + g) * a1, (1.0 + g) * a2);
    let (c1, c2) = (a1.hypot(b1), a2.hypot(b2));
    let (h1, h2) = (hue(a1, b1), hue(a2, b2));
    let difference = if c1 * c2 == 0.0 { 0.0 } else { (h2 - h1 + 540.0).rem_euclid(360.0) - 180.0 };
    let mean = if c1 * c2 == 0.0 { h1 + h2 } else { (h1 + difference / 2.0).rem_euclid(360.0) };
    let (delta_l, delta_c) = (l2 - l1, c2 - c1);
    let delta_h = 2.0 * (c1 * c2).sqrt() * (difference / 2.0).to_radians().sin();
    let (l, c) = ((l1 + l2) / 2.0, (c1 + c2) / 2.0);
    let cos = |degrees: f64| degrees.to_radians().cos();
    let t = 1.0 - 0.17 * cos(mean - 30.0) + 0.24 * cos(2.0 * mean) + 0.32 * cos(3.0 * mean + 6.0)
        - 0.20 * cos(4.0 * mean - 63.0);
    let theta = 30.0 * (-((mean - 275.0) / 25.0).powi(2)).exp();
    let s_l = 1.0 + 0.015 * (l - 50.0).powi(2) / (20.0 + (l - 50.0).powi(2)).sqrt();
    let (s_c, s_h) = (1.0 + 0.045 * c, 1.0 + 0.015 * c * t);
    let r_t = -(2.0 * theta).to_radians().sin() * 2.0 * seventh(c);
    let (l, c, h) = (delta_l / s_l, delta_c / s_c, delta_h / s_h);
    (l * l + c * c + h * h + r_t * c * h).sqrt()
}

fn hue(a: f64, b: f64) -> f64 {
    if a == 0.0 && b == 0.0 { 0.0 } else { b.atan2(a).to_degrees().rem_euclid(360.0) }
}

#[test]
fn ciede2000_agrees_with_the_paper() {
    for (a, b, expected) in [
        ([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485], 2.0425),
        ([50.0, 2.5, 0.0], [73.0, 25.0, -18.0], 27.1492),
        ([60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644),
        ([2.0776, 0.0795, -1.1350], [0.9033, -0.0636, -0.5514], 0.9082),
    ] {
        assert!((ciede2000(a, b) - expected).abs() < 0.0001, "{a:?} {b:?}: {}", ciede2000(a, b));
    }
}
