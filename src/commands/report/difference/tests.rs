use super::*;

fn fields(members: Vec<(&'static str, Value)>) -> Value {
    Value::Struct("T", members)
}

/// The lines between the braces.
fn shown(old: Value, new: Value) -> Vec<String> {
    let text = render(&fields(vec![("F", old)]), &fields(vec![("F", new)])).unwrap_or_default();
    let lines: Vec<String> = text.lines().map(|line| line.replace('\t', "_")).collect();
    lines[1..lines.len() - 1].to_vec()
}

#[test]
fn changes_stand_between_two_neighbours() {
    let of = |f: i64| {
        let mut members: Vec<_> = ["A", "B", "C", "D", "Long", "E"].map(|name| (name, Value::number(0))).into();
        members.extend([("F", Value::number(f)), ("G", Value::number(0))]);
        fields(members)
    };
    let expected = "  T{\n  \t... // 4 identical fields\n  \tLong: 0,\n  \tE:    0,\n- \tF:    1,\n+ \tF:    2,\n  \tG:    0,\n  }";
    assert_eq!(render(&of(1), &of(2)).unwrap(), expected);
    assert_eq!(render(&of(1), &of(1)), None);
}

#[test]
fn long_texts_are_told_in_parts() {
    let text = |word: &str| Value::text(&format!("a description that is {word} enough to be told in parts"));
    let expected = [
        "  _F: strings.Join({",
        "  __\"a description that is \",",
        "- __\"long\",",
        "+ __\"short\",",
        "  __\" enough to be told in parts\",",
        "  _}, \"\"),",
    ];
    assert_eq!(shown(text("long"), text("short")), expected);
    assert_eq!(
        shown(text("long"), Value::text("x\"y")),
        ["- _F: \"a description that is long enough to be told in parts\",", "+ _F: `x\"y`,",]
    );
}

#[test]
fn lists_show_what_came_and_went() {
    let texts = |texts: &[&str]| Value::texts(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
    assert_eq!(
        shown(texts(&["b", "a"]), texts(&["a", "b", "c"])),
        ["  _F: []string(Inverse(Sort, []string{", "  __\"a\",", "  __\"b\",", "+ __\"c\",", "  _})),",]
    );
    assert_eq!(
        shown(texts(&[]), texts(&["a"])),
        ["- _F: []string(Inverse(Sort, []string(nil))),", "+ _F: []string(Inverse(Sort, []string{\"a\"})),",]
    );
    let steps = |steps: &[i64]| {
        Value::list("[]time.Duration", steps.iter().map(|second| Value::Duration(second * 1_000_000_000)).collect())
    };
    assert_eq!(
        shown(steps(&[1, 2]), steps(&[3])),
        ["  _F: []time.Duration{", "- __1000000000, 2000000000,", "+ __3000000000,", "  _},",]
    );
    assert_eq!(shown(steps(&[]), steps(&[1, 2])), ["- _F: nil,", "+ _F: []time.Duration{s\"1s\", s\"2s\"},"]);
}

#[test]
fn members_of_members_are_shown() {
    let origin = |name: &str, seq: i64| {
        Value::pointer(Some(Value::Struct("O", vec![("Name", Value::text(name)), ("Seq", Value::number(seq))])))
    };
    let list = |origins: Vec<Value>| Value::list("[]*O", origins);
    assert_eq!(
        shown(list(vec![origin("a", 0)]), list(vec![origin("a", 0), origin("b", 2)])),
        ["  _F: []*O{", "  __&{Name: \"a\"},", "+ __&{Name: \"b\", Seq: 2},", "  _},",]
    );
    assert_eq!(
        shown(origin("a", 1), origin("a", 2)),
        ["  _F: &O{", "  __Name: \"a\",", "- __Seq:  1,", "+ __Seq:  2,", "  _},",]
    );
    let map = |entries: &[(&str, &str)]| {
        Value::Map(Some(entries.iter().map(|(key, value)| ((*key).to_owned(), Value::text(value))).collect()))
    };
    assert_eq!(
        shown(map(&[("a", "1"), ("long", "2")]), map(&[("long", "3")])),
        ["  _F: map[string]string{", "- __\"a\":    \"1\",", "- __\"long\": \"2\",", "+ __\"long\": \"3\",", "  _},",]
    );
}
