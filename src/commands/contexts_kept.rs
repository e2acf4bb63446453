//! The contexts of a terminal as a document, so that they outlive the files of a session.
//!
//! Knows the files `nats context` reads and writes; what is in them but in no context (a secret written there by hand) is
//! left out. The ways in are [`Contexts::of`] and [`Contexts::write_to`].

use super::context::{FOLDER, PREVIOUSLY, SELECTED, Settings, named};
use crate::json::{FromJson, ToJson};
use crate::map::Map;

type Files = Map<String, Vec<u8>>;

/// All contexts, and which one is selected.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct Contexts {
    pub selected: String,
    pub previous: String,
    pub contexts: Vec<Named>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, ToJson, FromJson)]
#[json(default)]
pub struct Named {
    pub name: String,
    pub settings: Settings,
}

impl Contexts {
    pub fn of(files: &Files) -> Contexts {
        let text = |file: &str| files.get(file).map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned());
        let known = files.keys().filter_map(|file| file.strip_prefix(FOLDER)?.strip_suffix(".json"));
        let contexts = known.filter_map(|name| {
            let settings = Settings::read(files, name)?;
            Some(Named { name: name.to_owned(), settings: settings.without_secrets() })
        });
        Contexts {
            selected: text(SELECTED).unwrap_or_default(),
            previous: text(PREVIOUSLY).unwrap_or_default(),
            contexts: contexts.collect(),
        }
    }

    /// The names of contexts among these files.
    pub fn names(files: &[String]) -> Vec<String> {
        let known = files.iter().filter_map(|file| file.strip_prefix(FOLDER)?.strip_suffix(".json"));
        known.map(str::to_owned).collect()
    }

    pub fn write_to(&self, files: &mut Files) {
        for Named { name, settings } in &self.contexts {
            settings.write(files, name);
        }
        for (file, name) in [(SELECTED, &self.selected), (PREVIOUSLY, &self.previous)] {
            if named(name).is_ok() {
                files.insert(file.to_owned(), name.as_bytes().to_vec());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_come_back_without_what_is_secret() {
        let mut files = Files::new();
        let text = r#"{"description":"d","url":"ws://joe:hush@h:1","user":"joe","password":"hush","token":"hush","creds":"data:;base64,hush"}"#;
        files.insert(format!("{FOLDER}prod.json"), text.into());
        files.insert(format!("{FOLDER}bad.json"), "hush".into());
        files.insert(SELECTED.to_owned(), "prod".into());
        files.insert("other".to_owned(), "hush".into());
        let kept = crate::json::write(&Contexts::of(&files));
        assert!(!kept.contains("hush") && kept.contains("ws://h:1"), "{kept}");
        let mut again = Files::new();
        let contexts: Contexts = crate::json::read(&kept).expect("our own JSON");
        contexts.write_to(&mut again);
        assert_eq!(Contexts::of(&again), contexts);
        assert_eq!(again.len(), 2);
        assert_eq!(Settings::read(&again, "prod").map(|settings| settings.user), Some("joe".to_owned()));
    }
}
