use super::*;

fn rendered(value: &Value, style: Style) -> String {
    String::from_utf8(
        render(Buffer::default(), value, "DescribeKeyPairs", &style)
            .into_secret()
            .expose()
            .to_vec(),
    )
    .unwrap()
}

fn pair(name: &str, tags: Value) -> Value {
    Value::object([("KeyName", name.into()), ("KeyPairId", "key-1".into()), ("Tags", tags)])
}

fn tag() -> Value {
    Value::object([("Key", "k".into()), ("Value", Value::Null)])
}

#[test]
fn draws_a_section_for_each_pair_with_tags() {
    let pairs = Value::list([pair("a", Value::list([tag()])), pair("b", Value::List(vec![]))]);
    let value = Value::object([("KeyPairs", pairs)]);
    assert_eq!(
        rendered(&value, Style::default()),
        "\
----------------------------
|     DescribeKeyPairs     |
+--------------------------+
||        KeyPairs        ||
|+----------+-------------+|
||  KeyName |  KeyPairId  ||
|+----------+-------------+|
||  a       |  key-1      ||
|+----------+-------------+|
|||         Tags         |||
||+--------+-------------+||
|||   Key  |    Value    |||
||+--------+-------------+||
|||  k     |  None       |||
||+--------+-------------+||
||        KeyPairs        ||
|+----------+-------------+|
||  KeyName |  KeyPairId  ||
|+----------+-------------+|
||  b       |  key-1      ||
|+----------+-------------+|
"
    );
}

#[test]
fn turns_a_section_that_is_too_wide() {
    let value = Value::object([("KeyName", Value::from("é")), ("KeyType", "rsa".into())]);
    let style = |width| Style { width, ..Style::default() };
    let wide = "\
------------------------
|   DescribeKeyPairs   |
+----------+-----------+
|  KeyName |  KeyType  |
+----------+-----------+
|  é      |  rsa      |
+----------+-----------+
";
    assert_eq!(rendered(&value, style(24)), wide);
    assert_eq!(
        rendered(&value, style(23)),
        "\
--------------------
| DescribeKeyPairs |
+----------+-------+
|  KeyName |  é   |
|  KeyType |  rsa  |
+----------+-------+
"
    );
}

#[test]
fn colors_elements_and_bars_and_resets_after_each_write() {
    let value = Value::list(["a"]);
    let style = Style { color: true, ..Style::default() };
    assert_eq!(
        rendered(&value, style).replace("\x1b[0m", "0").replace("\x1b[1m\x1b[34m", "B"),
        "\
------------------
00|DescribeKeyPairs|00
00+----------------+00
00|  Ba0             |00
00+----------------+00
0"
    );
}

#[test]
fn draws_nothing_for_what_python_takes_for_false() {
    for value in [Value::Null, false.into(), 0.into(), "".into(), Value::List(vec![])] {
        assert_eq!(rendered(&value, Style::default()), "");
    }
}

#[test]
fn rows_of_different_lengths_get_boxes_of_their_own() {
    let value = Value::list([
        Value::list(["a", "b"]),
        Value::list([Value::from("c"), Value::list([tag()])]),
    ]);
    assert_eq!(
        rendered(&value, Style::default()),
        "\
------------------
|DescribeKeyPairs|
+-------+--------+
|  a    |  b     |
+-------+--------+
+----------------+
|  c             |
+----------------+
+------+---------+
|  Key |  Value  |
+------+---------+
|  k   |  None   |
+------+---------+
"
    );
}

#[test]
fn objects_beside_something_else_lose_nothing() {
    let value = Value::list([tag(), "x".into(), Value::list(["y"])]);
    let table = rendered(&value, Style::default());
    for cell in ["|  k ", "|  x ", "|  y "] {
        assert!(table.contains(cell), "{table}");
    }
}

#[test]
fn a_terminal_sees_one_line_a_row() {
    let value = Value::list(["a\n|  forged  |\x1b[A"]);
    let escape = Style { escape: true, ..Style::default() };
    assert!(rendered(&value, escape).contains("|  a\\n|  forged  |\\x1b[A  |\n"));
    assert!(rendered(&value, Style::default()).contains("|  a\n|  forged  |\x1b[A  "));
}
