//! Payloads to read: as text, as JSON laid out, as bytes.

/// A longer payload is shown as far as this.
pub const SHOWN_BYTES: usize = 4096;

/// What is longer is not looked at for being JSON.
const LONGEST_JSON: usize = 8 << 20;

/// How a payload is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Text,
    Json,
    Hex,
}

impl Form {
    pub const ALL: [Form; 3] = [Form::Text, Form::Json, Form::Hex];

    pub fn title(self) -> &'static str {
        match self {
            Form::Text => "Text",
            Form::Json => "JSON",
            Form::Hex => "Hex",
        }
    }

    /// The form that says most about these bytes.
    pub fn best_for(payload: &[u8]) -> Form {
        match json(payload) {
            Some(_) => Form::Json,
            None if std::str::from_utf8(payload).is_ok() => Form::Text,
            None => Form::Hex,
        }
    }
}

/// The form somebody chose for one message, wherever another can be read in it, too.
pub fn kept(chosen: Option<Form>, payload: &[u8]) -> Form {
    let is_readable = |form: &Form| match form {
        Form::Text => std::str::from_utf8(payload).is_ok(),
        Form::Json => json(payload).is_some(),
        Form::Hex => true,
    };
    chosen.filter(is_readable).unwrap_or_else(|| Form::best_for(payload))
}

/// The payload in a form; `None` when it cannot be read so.
pub fn shown(payload: &[u8], form: Form) -> Option<String> {
    let start = &payload[..payload.len().min(SHOWN_BYTES)];
    match form {
        Form::Text => Some(text(payload)),
        Form::Json => json(payload),
        Form::Hex => Some(hex(start)),
    }
}

/// What is no text stands as replacement characters, except where a character was only cut in two.
fn text(payload: &[u8]) -> String {
    let end = payload.len().min(SHOWN_BYTES);
    match std::str::from_utf8(payload) {
        Ok(text) => text[..text.floor_char_boundary(end)].to_owned(),
        Err(_) => String::from_utf8_lossy(&payload[..end]).into_owned(),
    }
}

/// A JSON object or array, laid out; scalars are as readable as they are. Of a great one, its beginning.
fn json(payload: &[u8]) -> Option<String> {
    if payload.len() > LONGEST_JSON || !matches!(payload.trim_ascii().first(), Some(b'{' | b'[')) {
        return None;
    }
    let text = std::str::from_utf8(payload).ok()?;
    crate::json::parse(text).ok()?;
    Some(laid_out(text.trim(), if payload.len() > SHOWN_BYTES { SHOWN_BYTES } else { usize::MAX }))
}

/// Breaks and indents a text that is known to be JSON; nothing in it is changed. Ends after `most` bytes.
fn laid_out(text: &str, most: usize) -> String {
    let mut out = String::new();
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut characters = text.chars().peekable();
    while out.len() < most
        && let Some(character) = characters.next()
    {
        if in_string {
            out.push(character);
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        match character {
            '"' => {
                in_string = true;
                out.push('"');
            }
            '{' | '[' => {
                out.push(character);
                while characters.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                if let Some(end) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    break_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                break_line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(',');
                break_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            blank if blank.is_ascii_whitespace() => {}
            other => out.push(other),
        }
    }
    out
}

fn break_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

/// Eight bytes a line: place, bytes, characters. Narrow panes show it whole.
fn hex(bytes: &[u8]) -> String {
    let line = |(index, chunk): (usize, &[u8])| {
        let values: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
        let text: String = chunk
            .iter()
            .map(|byte| if byte.is_ascii_graphic() || *byte == b' ' { *byte as char } else { '·' })
            .collect();
        format!("{:04x}  {:<23}  {text}", index * 8, values.join(" "))
    };
    bytes.chunks(8).enumerate().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_laid_out_and_not_changed() {
        let payload = br#" {"id":7, "tags":[], "note":"a \"b\": {c}", "of":{ },"n":[1,2]}"#;
        let expected = "{\n  \"id\": 7,\n  \"tags\": [],\n  \"note\": \"a \\\"b\\\": {c}\",\n  \"of\": {},\n  \"n\": [\n    1,\n    2\n  ]\n}";
        assert_eq!(shown(payload, Form::Json).as_deref(), Some(expected));
        assert_eq!(Form::best_for(payload), Form::Json);
    }

    #[test]
    fn what_is_no_json_is_text_or_bytes() {
        assert_eq!(Form::best_for(b"Order #1"), Form::Text);
        assert_eq!(Form::best_for(b"17"), Form::Text);
        assert_eq!(Form::best_for(b"{oops"), Form::Text);
        assert_eq!(Form::best_for(&[0xff, 0x00]), Form::Hex);
        assert_eq!(shown(b"{oops", Form::Json), None);
        let lines = "0000  48 65 6c 6c 6f 00 77 6f  Hello·wo\n0008  72                       r";
        assert_eq!(shown(b"Hello\0wor", Form::Hex).as_deref(), Some(lines));
    }

    #[test]
    fn a_chosen_form_is_kept_where_it_can_be_read() {
        let (json, text, bytes) = (br#"{"id":7}"#.as_slice(), b"Order #1".as_slice(), [0xff, 0x00].as_slice());
        let forms = |chosen| [json, text, bytes].map(|payload| kept(chosen, payload));
        assert_eq!(forms(None), [Form::Json, Form::Text, Form::Hex]);
        assert_eq!(forms(Some(Form::Text)), [Form::Text, Form::Text, Form::Hex]);
        assert_eq!(forms(Some(Form::Json)), [Form::Json, Form::Text, Form::Hex]);
        assert_eq!(forms(Some(Form::Hex)), [Form::Hex; 3]);
    }

    #[test]
    fn great_payloads_are_cut() {
        assert_eq!(shown(&[b'a'; 10_000], Form::Text).map(|text| text.len()), Some(SHOWN_BYTES));
        assert_eq!(Form::best_for(&[b'['; 10_000]), Form::Text);
        let great = format!("[{}1]", "1,".repeat(100_000));
        assert_eq!(Form::best_for(great.as_bytes()), Form::Json);
        let laid_out = shown(great.as_bytes(), Form::Json).expect("it is JSON");
        assert!(laid_out.starts_with("[\n  1,\n") && laid_out.len() < SHOWN_BYTES + 8, "{}", laid_out.len());
        // A character is not cut in two.
        let umlauts = format!("a{}", "ü".repeat(5_000));
        assert!(shown(umlauts.as_bytes(), Form::Text).is_some_and(|text| umlauts.starts_with(&text)));
    }
}
