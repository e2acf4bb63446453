use super::*;

fn fields(members: Vec<(&'static str, Value)>) -> Value {
    Value::Struct("T", members)
}

fn shown(name: &'static str, old: Value, new: Value) -> String {
    render(&fields(vec![(name, old)]), &fields(vec![(name, new)])).unwrap_or_default()
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
