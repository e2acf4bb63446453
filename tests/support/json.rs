//! Claims about JSON documents.

use serde_json::Value;

/// Everything in `expected` is in `actual`: objects may have more fields, all else must be equal.
#[track_caller]
pub fn assert_has(actual: &Value, expected: Value) {
    if let Err(path) = has(actual, &expected) {
        panic!("differs at {path:?}\nexpected at least {expected}\n             got {actual}");
    }
}

fn has(actual: &Value, expected: &Value) -> Result<(), String> {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => expected.iter().try_for_each(|(name, expected)| {
            let actual = actual.get(name).ok_or_else(|| name.clone())?;
            has(actual, expected).map_err(|path| format!("{name}.{path}"))
        }),
        (Value::Array(actual), Value::Array(expected)) if actual.len() == expected.len() => {
            let pairs = actual.iter().zip(expected).enumerate();
            pairs
                .into_iter()
                .try_for_each(|(at, (actual, expected))| has(actual, expected).map_err(|path| format!("{at}.{path}")))
        }
        _ if actual == expected => Ok(()),
        _ => Err(String::new()),
    }
}
