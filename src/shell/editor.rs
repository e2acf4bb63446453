//! A line being typed: text, cursor, history. Knows no screen and no shell.
//!
//! The way in is [`LineEditor`]; positions are byte offsets at character borders.
//! Source: what readline does with the same keys.

/// One line under the cursor.
#[derive(Clone, Debug, Default)]
pub struct LineEditor {
    text: String,
    cursor: usize,
    history: Vec<String>,
    /// Where in the history we are; `None` is the line being written.
    at: Option<usize>,
    /// The line that was being written when the history was entered.
    draft: String,
    killed: String,
    search: Option<Search>,
    /// How the line was before each change, the latest last, and after those that were taken back.
    past: Vec<Shape>,
    future: Vec<Shape>,
    /// Which line of the history its last word came from, and how long that word is.
    last_word: Option<(usize, usize)>,
}

/// Text and cursor.
type Shape = (String, usize);

#[derive(Clone, Debug, Default)]
struct Search {
    pattern: String,
    found: Option<usize>,
}

impl LineEditor {
    pub fn new() -> LineEditor {
        LineEditor::default()
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Moves the cursor to the character border at or before `cursor`.
    pub fn set_cursor(&mut self, cursor: usize) {
        self.cursor = cursor.min(self.text.len());
        while !self.text.is_char_boundary(self.cursor) {
            self.cursor -= 1;
        }
    }

    /// Replaces the whole line and puts the cursor at its end.
    pub fn set_text(&mut self, text: &str) {
        self.text = text.to_owned();
        self.cursor = self.text.len();
    }

    /// The line as another editor (an input element) has it.
    pub fn set(&mut self, text: &str, cursor: usize) {
        if text != self.text {
            self.note(text);
            self.text = text.to_owned();
            self.last_word = None;
        }
        self.set_cursor(cursor);
        self.search = None;
    }

    /// Remembers the line as it is before it becomes `next`. What is typed letter by letter is taken back word by word.
    fn note(&mut self, next: &str) {
        self.future.clear();
        let typed =
            next.len() > self.text.len() && self.past.last().is_some_and(|(before, _)| before.len() < self.text.len());
        let adds_one = typed && next.starts_with(&self.text) && next[self.text.len()..].chars().count() == 1;
        if !adds_one || next.ends_with(' ') {
            self.past.push((self.text.clone(), self.cursor));
        }
    }

    /// Does `change` so that it can be taken back.
    pub fn change(&mut self, change: impl FnOnce(&mut LineEditor)) {
        let before = (self.text.clone(), self.cursor);
        change(self);
        if self.text != before.0 {
            self.future.clear();
            self.past.push(before);
        }
    }

    /// Ctrl-Z and Ctrl-_: takes back the last change.
    pub fn undo(&mut self) {
        if let Some((text, cursor)) = self.past.pop() {
            self.future.push((std::mem::replace(&mut self.text, text), self.cursor));
            self.set_cursor(cursor);
        }
    }

    /// Ctrl-Shift-Z: what was taken back comes again.
    pub fn redo(&mut self) {
        if let Some((text, cursor)) = self.future.pop() {
            self.past.push((std::mem::replace(&mut self.text, text), self.cursor));
            self.set_cursor(cursor);
        }
    }

    /// Alt-.: the last word of the line before, and pressed again of the one before that.
    pub fn insert_last_word(&mut self) {
        let (from, length) = self.last_word.unwrap_or((self.history.len(), 0));
        let Some(at) = from.checked_sub(1) else { return };
        let Some(line) = self.history.get(at) else { return };
        let tokens = super::lexer::lex(line).tokens;
        let word = tokens.iter().rfind(|token| matches!(token.kind, super::lexer::TokenKind::Word(_)));
        let word = word.map_or("", |token| &line[token.span.clone()]).to_owned();
        let start = self.cursor - length.min(self.cursor);
        if self.text.is_char_boundary(start) {
            self.complete(start, &word);
            self.last_word = Some((at, word.len()));
        }
    }

    pub fn insert(&mut self, text: &str) {
        self.text.insert_str(self.cursor, text);
        self.cursor += text.len();
    }

    /// Replaces `start..cursor`, as a completion does.
    pub fn complete(&mut self, start: usize, text: &str) {
        let start = start.min(self.cursor);
        if self.text.is_char_boundary(start) {
            self.text.replace_range(start..self.cursor, text);
            self.cursor = start + text.len();
        }
    }

    pub fn backspace(&mut self) {
        let start = self.before(1);
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
    }

    pub fn delete(&mut self) {
        let end = self.after();
        self.text.replace_range(self.cursor..end, "");
    }

    pub fn left(&mut self) {
        self.cursor = self.before(1);
    }

    pub fn right(&mut self) {
        self.cursor = self.after();
    }

    pub fn home(&mut self) {
        self.cursor = 0;
    }

    pub fn end(&mut self) {
        self.cursor = self.text.len();
    }

    pub fn word_left(&mut self) {
        self.cursor = self.word_start();
    }

    pub fn word_right(&mut self) {
        let rest = &self.text[self.cursor..];
        let start = rest.find(char::is_alphanumeric).unwrap_or(rest.len());
        let length = rest[start..].find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len() - start);
        self.cursor += start + length;
    }

    /// Ctrl-K.
    pub fn kill_to_end(&mut self) {
        self.killed = self.text.split_off(self.cursor);
    }

    /// Ctrl-U.
    pub fn kill_to_start(&mut self) {
        self.killed = self.text.drain(..self.cursor).collect();
        self.cursor = 0;
    }

    /// Ctrl-W: back to the last blank.
    pub fn kill_word(&mut self) {
        let before = &self.text[..self.cursor];
        let start = before
            .trim_end()
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
        self.killed = self.text.drain(start..self.cursor).collect();
        self.cursor = start;
    }

    /// Ctrl-Y.
    pub fn yank(&mut self) {
        let killed = self.killed.clone();
        self.insert(&killed);
    }

    /// Takes the line away and remembers it, unless it is blank or repeats the last one.
    pub fn accept(&mut self) -> String {
        let line = std::mem::take(&mut self.text);
        if !line.trim().is_empty() && self.history.last() != Some(&line) {
            self.history.push(line.clone());
        }
        self.reset();
        line
    }

    /// Ctrl-C: the line is dropped.
    pub fn cancel(&mut self) {
        self.text.clear();
        self.reset();
    }

    fn reset(&mut self) {
        self.cursor = 0;
        self.at = None;
        self.draft.clear();
        self.search = None;
        self.past.clear();
        self.future.clear();
        self.last_word = None;
    }

    pub fn history(&self) -> &[String] {
        &self.history
    }

    pub fn set_history(&mut self, history: Vec<String>) {
        self.history = history;
        self.at = None;
    }

    /// Arrow up.
    pub fn history_previous(&mut self) {
        let at = self.at.unwrap_or(self.history.len());
        if at == 0 {
            return;
        }
        if self.at.is_none() {
            self.draft = self.text.clone();
        }
        self.at = Some(at - 1);
        self.set_text(&self.history[at - 1].clone());
    }

    /// Arrow down.
    pub fn history_next(&mut self) {
        let Some(at) = self.at else { return };
        if at + 1 < self.history.len() {
            self.at = Some(at + 1);
            self.set_text(&self.history[at + 1].clone());
        } else {
            self.at = None;
            let draft = std::mem::take(&mut self.draft);
            self.set_text(&draft);
        }
    }

    /// Alt-D: to the end of the word.
    pub fn kill_word_forward(&mut self) {
        let start = self.cursor;
        self.word_right();
        self.killed = self.text.drain(start..self.cursor).collect();
        self.cursor = start;
    }

    /// Whether a line of the history is being looked at.
    pub fn is_in_history(&self) -> bool {
        self.at.is_some()
    }

    /// What Ctrl-Y would put in.
    pub fn killed(&self) -> &str {
        &self.killed
    }

    /// Ctrl-R: starts a search backwards, or looks for the next older match.
    pub fn search(&mut self) {
        match &self.search {
            None => self.search = Some(Search::default()),
            Some(search) => {
                let from = search.found.unwrap_or(self.history.len());
                self.look_back(from);
            }
        }
    }

    pub fn search_push(&mut self, text: &str) {
        if let Some(search) = &mut self.search {
            search.pattern.push_str(text);
            self.look_back(self.history.len());
        }
    }

    pub fn search_pop(&mut self) {
        if let Some(search) = &mut self.search {
            search.pattern.pop();
            self.look_back(self.history.len());
        }
    }

    /// Leaves the search; the found line stays.
    pub fn search_end(&mut self) {
        self.search = None;
    }

    /// `(reverse-i-search)`: the pattern and the line it found.
    pub fn searching(&self) -> Option<(&str, &str)> {
        self.search.as_ref().map(|search| (search.pattern.as_str(), self.text.as_str()))
    }

    fn look_back(&mut self, before: usize) {
        let Some(search) = &mut self.search else { return };
        if search.pattern.is_empty() {
            return;
        }
        let found =
            self.history[..before.min(self.history.len())].iter().rposition(|line| line.contains(&search.pattern));
        if let Some(found) = found {
            search.found = Some(found);
            self.at = Some(found);
            let line = self.history[found].clone();
            self.set_text(&line);
        }
    }

    /// Lines that hold `pattern`, the newest first, each once.
    pub fn matches<'a>(history: &'a [String], pattern: &str) -> Vec<&'a str> {
        let mut found: Vec<&str> = Vec::new();
        for line in history.iter().rev().filter(|line| line.contains(pattern)) {
            if !found.contains(&line.as_str()) {
                found.push(line);
            }
        }
        found
    }

    fn before(&self, count: usize) -> usize {
        self.text[..self.cursor].char_indices().rev().nth(count - 1).map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.cursor + self.text[self.cursor..].chars().next().map_or(0, char::len_utf8)
    }

    fn word_start(&self) -> usize {
        let before = self.text[..self.cursor].trim_end_matches(|c: char| !c.is_alphanumeric());
        before.char_indices().rev().find(|(_, c)| !c.is_alphanumeric()).map_or(0, |(at, c)| at + c.len_utf8())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> LineEditor {
        let mut editor = LineEditor::new();
        editor.insert(text);
        editor
    }

    #[test]
    fn moves_and_kills_by_word() {
        let mut editor = typed("nats pub orders.neu \"ä b\"");
        editor.word_left();
        editor.word_left();
        editor.kill_to_end();
        assert_eq!(editor.text(), "nats pub orders.neu \"");
        editor.kill_word();
        editor.kill_word();
        assert_eq!(editor.text(), "nats pub ");
        editor.yank();
        assert_eq!(editor.text(), "nats pub orders.neu ");
        editor.home();
        editor.word_right();
        editor.delete();
        assert_eq!(editor.text(), "natspub orders.neu ");
        editor.backspace();
        editor.kill_to_start();
        assert_eq!((editor.text(), editor.cursor()), ("pub orders.neu ", 0));
    }

    #[test]
    fn history_keeps_the_draft() {
        let mut editor = LineEditor::new();
        for line in ["one", "two", "two", " "] {
            editor.set_text(line);
            editor.accept();
        }
        editor.insert("dra");
        editor.history_previous();
        editor.history_previous();
        editor.history_previous();
        assert_eq!(editor.text(), "one");
        editor.history_next();
        editor.history_next();
        assert_eq!(editor.text(), "dra");
    }

    #[test]
    fn kills_forward_and_finds_each_line_once() {
        let mut editor = typed("one two three");
        editor.home();
        editor.kill_word_forward();
        assert_eq!((editor.text(), editor.killed()), (" two three", "one"));
        let history = ["nats pub a", "echo", "nats pub b", "nats pub a"].map(str::to_owned);
        assert_eq!(LineEditor::matches(&history, "pub"), ["nats pub a", "nats pub b"]);
        assert_eq!(LineEditor::matches(&history, "zzz"), Vec::<&str>::new());
    }

    #[test]
    fn changes_are_taken_back_and_come_again() {
        let mut editor = LineEditor::new();
        let line = "nats pub a b";
        (1..=line.len()).for_each(|end| editor.set(&line[..end], end));
        editor.change(LineEditor::kill_word);
        assert_eq!(editor.text(), "nats pub a ");
        editor.undo();
        assert_eq!((editor.text(), editor.cursor()), (line, line.len()));
        let mut steps = 0;
        while !editor.text().is_empty() {
            editor.undo();
            steps += 1;
        }
        assert!((3..=6).contains(&steps), "word by word: {steps}");
        (0..=steps).for_each(|_| editor.redo());
        assert_eq!(editor.text(), "nats pub a ");
        editor.redo();
        editor.set("nats pub", 8);
        editor.undo();
        assert_eq!(editor.text(), "nats pub a ");
    }

    #[test]
    fn the_last_word_of_earlier_lines() {
        let mut editor = LineEditor::new();
        editor
            .set_history(["nats pub a 'one two'", "echo | nats stream info ORDERS # now"].map(str::to_owned).to_vec());
        editor.set("cat ", 4);
        editor.insert_last_word();
        assert_eq!(editor.text(), "cat ORDERS");
        editor.insert_last_word();
        assert_eq!(editor.text(), "cat 'one two'");
        editor.insert_last_word();
        assert_eq!(editor.text(), "cat 'one two'");
    }

    #[test]
    fn searches_backwards() {
        let mut editor = LineEditor::new();
        editor.set_history(["nats pub a", "echo", "nats pub b"].map(str::to_owned).to_vec());
        editor.search();
        editor.search_push("pub");
        assert_eq!(editor.searching(), Some(("pub", "nats pub b")));
        editor.search();
        assert_eq!(editor.searching(), Some(("pub", "nats pub a")));
        editor.search_end();
        assert_eq!(editor.accept(), "nats pub a");
    }
}
