use super::*;
use crate::map::Map;

#[derive(Clone, Debug, Default, PartialEq, ToJson, FromJson)]
#[json(default)]
struct Inner {
    #[json(omit_empty)]
    note: String,
    count: i64,
}

#[derive(Clone, Debug, Default, PartialEq, ToJson, FromJson)]
#[json(default)]
struct Outer {
    #[json(rename = "type")]
    kind: String,
    #[json(flatten)]
    inner: Inner,
    #[json(omit_empty)]
    list: Vec<u64>,
    #[json(omit_empty)]
    maybe: Option<bool>,
    map: Map<String, Inner>,
}

#[derive(Clone, Debug, PartialEq, ToJson, FromJson)]
#[json(deny_unknown_fields)]
struct Strict {
    needed: u8,
    may_be_missing: Option<String>,
    #[json(default)]
    defaulted: bool,
}

#[derive(Clone, Debug, Default, PartialEq, ToJson, FromJson)]
#[json(rename_all = "snake_case")]
enum Choice {
    #[default]
    #[json(alias = "")]
    NoThing,
    One(String),
    Two(u8, Vec<Choice>),
    Named {
        some_field: Inner,
    },
}

#[derive(Clone, Debug, PartialEq, ToJson, FromJson)]
#[json(tag = "fact", rename_all = "snake_case")]
enum Tagged {
    OneThing { count: u64 },
    Nothing,
}

#[derive(Clone, Debug, PartialEq, ToJson)]
struct Told {
    at: u64,
    #[json(flatten)]
    what: Tagged,
}

#[test]
fn members_keep_the_order_of_the_fields() {
    let mut outer = Outer { kind: "a\"\\\n\u{1}é".into(), maybe: Some(false), ..Outer::default() };
    outer.map.insert("k".into(), Inner { note: "n".into(), count: -1 });
    let text = write(&outer);
    let expected = r#"{"type":"a\"\\\n\u0001é","count":0,"maybe":false,"map":{"k":{"note":"n","count":-1}}}"#;
    assert_eq!(text, expected);
    assert_eq!(read::<Outer>(&text), Ok(outer.clone()));
    assert_eq!(to_value(&outer)["map"]["k"]["count"], -1);
    assert_eq!(write(&parse(&text).unwrap()).len(), text.len());
}

#[test]
fn what_is_missing_stays_as_it_was() {
    assert_eq!(read::<Outer>("{}"), Ok(Outer::default()));
    assert_eq!(read::<Outer>(r#"{"unknown":1,"count":3}"#).unwrap().inner.count, 3);
    assert_eq!(read::<Strict>("{}"), Err(Error("missing field `needed`".into())));
    assert_eq!(read::<Strict>(r#"{"needed":1,"b":2}"#), Err(Error("unknown field `b`".into())));
    let strict = Strict { needed: 1, may_be_missing: None, defaulted: false };
    assert_eq!(read::<Strict>(r#"{"needed":1}"#), Ok(strict));
    assert_eq!(read::<Strict>(r#"{"needed":256}"#), Err(Error("invalid value: integer `256`".into())));
    assert_eq!(read::<Strict>(r#"{"needed":"1"}"#), Err(Error("invalid type: string, expected an integer".into())));
    assert!(read::<Strict>("{").is_err());
}

#[test]
fn variants_carry_their_name() {
    let inner = Inner { note: String::new(), count: 2 };
    let choices = [
        (Choice::NoThing, r#""no_thing""#),
        (Choice::One("x".into()), r#"{"one":"x"}"#),
        (Choice::Two(1, vec![Choice::NoThing]), r#"{"two":[1,["no_thing"]]}"#),
        (Choice::Named { some_field: inner }, r#"{"named":{"some_field":{"count":2}}}"#),
    ];
    for (choice, text) in choices {
        assert_eq!(write(&choice), text);
        assert_eq!(read::<Choice>(text), Ok(choice));
    }
    assert_eq!(read::<Choice>(r#""""#), Ok(Choice::NoThing));
    assert_eq!(read::<Choice>(r#""three""#), Err(Error("unknown variant `three`".into())));
    for text in ["1", "[]", "{}", r#"{"two":[1]}"#, r#""named""#] {
        assert!(read::<Choice>(text).is_err(), "{text}");
    }
    for (tagged, text) in [
        (Tagged::OneThing { count: 1 }, r#"{"fact":"one_thing","count":1}"#),
        (Tagged::Nothing, r#"{"fact":"nothing"}"#),
    ] {
        assert_eq!(write(&tagged), text);
        assert_eq!(read::<Tagged>(text), Ok(tagged));
    }
    let told = Told { at: 1, what: Tagged::OneThing { count: 2 } };
    assert_eq!(write(&told), r#"{"at":1,"fact":"one_thing","count":2}"#);
}

#[test]
fn every_string_survives() {
    for code in 0..0x300u32 {
        let Some(c) = char::from_u32(code) else { continue };
        let text = format!("{c}x{c}");
        assert_eq!(write(text.as_str()), serde_json::to_string(&text).unwrap());
    }
}

#[test]
fn the_last_value_of_a_name_counts() {
    assert_eq!(write(&Map::from([("b", 1), ("a", 2)])), r#"{"a":2,"b":1}"#);
    assert_eq!(read::<Map<String, u8>>(r#"{"b":1,"a":2,"b":3}"#).unwrap()["b"], 3);
}

#[test]
fn numbers_are_read_as_people_write_them() {
    for text in
        ["0", "1", "-1", "+1", "1.5", ".5", "5.", "0.5", "00.5", "007", "-0.25", "1e3", "0.", "10", "100", "0.0"]
    {
        assert_eq!(number(text), text.parse().ok(), "{text}");
    }
    for text in ["", ".", "-", "+", "x", "1x", "--1", "-+1", "1,5", "inf", "nan", "e3", "\"1\"", "[1]", " 1", "."] {
        assert_eq!(number(text), None, "{text}");
    }
    for float in [0.0, 1.0, -1.5, 0.1, 1e15, 123456.789] {
        assert_eq!(write(&float), Value::from(float).to_string());
    }
    assert_eq!(write(&parse("[18446744073709551615,-1,0.5]").unwrap()), "[18446744073709551615,-1,0.5]");
}

/// What a tree has at every path of names.
fn leaves(value: &Value, path: &str, visit: &mut impl FnMut(&str, &Value)) {
    if !path.is_empty() {
        visit(path, value);
    }
    for (name, inner) in value.as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        leaves(inner, &path, visit);
    }
}

#[test]
fn members_are_found_without_reading_the_rest() {
    for text in [
        r#"{"a":1,"b":{"c":"x","d":[1,{"e":2},"]}"]},"e":null,"f":-1.5e3,"g":true}"#,
        " { \"a\\\"b\" : \"quote \\\" and } \" ,\n\t\"c\" : { } , \"d\" : [ ] , \"last\" : \"\\\\\" } ",
        "{}",
    ] {
        let whole = parse(text).unwrap();
        leaves(&whole, "", &mut |path, value| {
            // A name in a path is as it stands in the text.
            if !path.contains('"') {
                assert_eq!(
                    find(text.as_bytes(), path).map(|found| parse(found).unwrap()).as_ref(),
                    Some(value),
                    "{path}"
                );
            }
        });
        assert_eq!(find(text.as_bytes(), "nothing"), None);
        assert_eq!(find(text.as_bytes(), "a.nothing"), None);
    }
    let text = br#"{"a":{"b":"c"},"d":[1]}"#;
    (0..text.len()).for_each(|end| assert_eq!(find(&text[..end], "x"), None));
    assert_eq!(find(b"[1]", "a"), None);
    assert_eq!(find(b"{\"a\":\"\\", "a"), None);
}
