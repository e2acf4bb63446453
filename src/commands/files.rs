//! Files of the session: one directory, shared by its terminals.
//!
//! Knows names and bytes. A file is kept under its name relative to [`HOME`]; however a path is written, [`file_name`]
//! finds that name. Commands go through [`Context::read_file`] and [`Context::write_file`].

use super::Context;

/// The one directory there is.
pub const HOME: &str = "/home/learner";

/// The name a path is kept under: `./a`, `~/a` and `/home/learner/a` are all `a`.
pub fn file_name(path: &str) -> String {
    let mut name = path.strip_prefix("~/").or_else(|| path.strip_prefix(HOME)?.strip_prefix('/')).unwrap_or(path);
    while let Some(rest) = name.strip_prefix("./") {
        name = rest;
    }
    name.to_owned()
}

impl Context {
    pub fn read_file(&self, path: &str) -> Option<Vec<u8>> {
        self.files.borrow().get(&file_name(path)).cloned()
    }

    pub fn has_file(&self, path: &str) -> bool {
        self.files.borrow().contains_key(&file_name(path))
    }

    pub fn write_file(&self, path: &str, bytes: Vec<u8>) {
        self.files.borrow_mut().insert(file_name(path), bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_however_it_is_written() {
        for (path, name) in [
            ("a", "a"),
            ("./a", "a"),
            ("././b/a", "b/a"),
            ("~/a", "a"),
            ("/home/learner/a", "a"),
            ("/home/learnera", "/home/learnera"),
            ("/tmp/a", "/tmp/a"),
        ] {
            assert_eq!(file_name(path), name, "{path}");
        }
    }
}
