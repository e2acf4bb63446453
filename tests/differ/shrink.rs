//! Makes a script that shows a difference shorter, as long as a difference stays: whole runs of steps, then single
//! steps, then fields. All attempts of one round are played at once, which is what makes it bearable on a real clock.

use super::script::Script;

/// `differs` says for each script whether it still shows a difference, and after which step.
pub fn shrink(script: Script, differs: &mut dyn FnMut(&[Script]) -> Vec<Option<usize>>) -> Script {
    let mut script = first(vec![script.clone()], differs).unwrap_or(script);
    let mut run = script.len().div_ceil(2);
    while run > 0 {
        match without_runs(&script, run, differs) {
            Some(shorter) => script = shorter,
            None => run /= 2,
        }
        run = run.min(script.len());
    }
    while let Some(smaller) = first(smaller(&script), differs) {
        script = smaller;
    }
    script
}

/// Drops runs of steps: each alone, and of those that can go as many together as possible.
fn without_runs(
    script: &Script,
    run: usize,
    differs: &mut dyn FnMut(&[Script]) -> Vec<Option<usize>>,
) -> Option<Script> {
    let starts: Vec<usize> = (0..script.len()).step_by(run).collect();
    let attempts: Vec<Script> = starts.iter().map(|&start| without(script, &[start], run)).collect();
    let places = differs(&attempts);
    let can_go: Vec<usize> =
        starts.iter().zip(&places).filter(|(_, place)| place.is_some()).map(|(it, _)| *it).collect();
    let together = (1..=can_go.len()).map(|count| without(script, &can_go[..count], run)).collect();
    first(together, differs)
}

fn without(script: &Script, starts: &[usize], run: usize) -> Script {
    let is_kept = |index: usize| !starts.iter().any(|&start| (start..start + run).contains(&index));
    let kept = script.iter().enumerate().filter(|(index, _)| is_kept(*index));
    kept.map(|(_, step)| step.clone()).collect()
}

fn smaller(script: &Script) -> Vec<Script> {
    let mut attempts = Vec::new();
    for (index, step) in script.iter().enumerate() {
        for step in step.smaller() {
            let mut attempt = script.clone();
            attempt[index] = step;
            attempts.push(attempt);
        }
    }
    attempts
}

/// The shortest attempt that still differs, cut off after the step that shows it.
fn first(attempts: Vec<Script>, differs: &mut dyn FnMut(&[Script]) -> Vec<Option<usize>>) -> Option<Script> {
    if attempts.is_empty() {
        return None;
    }
    let places = differs(&attempts);
    let found = attempts.into_iter().zip(places).filter_map(|(attempt, place)| Some((attempt, place?)));
    let cut = found.map(|(mut attempt, place)| {
        attempt.truncate(place + 1);
        attempt
    });
    cut.min_by_key(Script::len)
}
