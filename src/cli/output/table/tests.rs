use serde_json::json;

use super::*;

fn rendered(value: &Value, style: Style) -> String {
    let mut buffer = Buffer::default();
    render(&mut buffer, value, "DescribeKeyPairs", &style);
    buffer.into_text()
}

fn tag() -> Value {
    json!({"Key": "k", "Value": null})
}

#[test]
fn pair_with_tags_gets_own_section() {
    let value = json!({"KeyPairs": [
        {"KeyName": "a", "KeyPairId": "key-1", "Tags": [tag()]},
        {"KeyName": "b", "KeyPairId": "key-1", "Tags": []},
    ]});
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
fn wide_section_is_turned() {
    let value = json!({"KeyName": "é", "KeyType": "rsa"});
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
fn colors_are_reset_after_each_write() {
    let value = json!(["a"]);
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
fn falsy_value_prints_nothing() {
    for value in [json!(null), json!(false), json!(0), json!(""), json!([])] {
        assert_eq!(rendered(&value, Style::default()), "");
    }
}

#[test]
fn rows_of_different_lengths_get_own_boxes() {
    let value = json!([["a", "b"], ["c", [tag()]]]);
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
fn mixed_array_keeps_all_elements() {
    let value = json!([tag(), "x", ["y"]]);
    let table = rendered(&value, Style::default());
    for cell in ["|  k ", "|  x ", "|  y "] {
        assert!(table.contains(cell), "{table}");
    }
}

#[test]
fn row_stays_one_line_on_terminal() {
    let value = json!(["a\n|  forged  |\x1b[A"]);
    let escape = Style { escape: true, ..Style::default() };
    assert!(rendered(&value, escape).contains("|  a\\n|  forged  |\\x1b[A  |\n"));
    assert!(rendered(&value, Style::default()).contains("|  a\n|  forged  |\x1b[A  "));
}
