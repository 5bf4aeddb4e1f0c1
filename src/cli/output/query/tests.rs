use serde_json::json;

use super::*;
use crate::cli::output::{self, OutputFormat, Style};

fn found(expression: &str) -> serde_json::Value {
    let response = json!({
        "KeyPairs": [{"KeyName": "web", "Id": 3}, {"KeyName": "db", "Id": 1}],
        "Next": null,
    });
    Query::parse(expression).unwrap().search(&response.into()).unwrap().0
}

fn error(expression: &str) -> QueryError {
    let query = match Query::parse(expression) {
        Ok(query) => query,
        Err(error) => return error,
    };
    query.search(&json!(["x"]).into()).unwrap_err()
}

#[test]
fn expressions_from_ec2_documentation_work() {
    assert_eq!(found("KeyPairs[*].KeyName"), json!(["web", "db"]));
    assert_eq!(found("KeyPairs[?KeyName=='db'].Id | [0]"), 1);
    assert_eq!(found("KeyPairs[?KeyName==`db`].Id"), json!([1]));
    assert_eq!(found("sort_by(KeyPairs,&Id)[-1].KeyName"), "web");
    assert_eq!(found("length(KeyPairs)"), 2);
    assert_eq!(found("Missing.KeyName"), json!(null));
}

#[test]
fn members_keep_their_order() {
    let names = json!(["KeyName", "Id"]);
    assert_eq!(found("keys(KeyPairs[0])"), names);
    assert_eq!(found("KeyPairs[0].*"), json!(["web", 3]));
    assert_eq!(found("keys({z: Next, a: Next})"), json!(["z", "a"]));
    assert_eq!(found(r#"keys(`{"z":1,"a":{}}`)"#), json!(["z", "a"]));
    let merged = found("merge(KeyPairs[0], {Id: KeyPairs[1].Id, x: Next})");
    assert_eq!(merged.to_string(), r#"{"KeyName":"web","Id":1,"x":null}"#);
}

#[test]
fn projections_continue_where_python_stops() {
    let nested = r#"`{"a":{"x":{"b":{"c":1}},"y":{"b":{"c":2}}}}`"#;
    assert_eq!(found(&format!("{nested}.a.*.b.c")), json!([1, 2]));
    assert_eq!(found(r#"`[[{"b":1},{"b":2}]]`[0][1:].b"#), json!([2]));
}

#[test]
fn syntax_error_has_offset() {
    let at = |expression: &str| match error(expression) {
        QueryError::Syntax { expression: kept, offset, reason } => {
            assert_eq!(kept, expression);
            (offset, reason)
        }
        other => panic!("{expression}: {other}"),
    };
    let incomplete = "incomplete expression";
    assert_eq!(at(""), (0, incomplete.into()));
    assert_eq!(at("KeyPairs[?Id > `1`"), (18, incomplete.into()));
    assert_eq!(at("`é` || KeyPairs]"), (16, "unexpected token".into()));
    assert_eq!(at("a..b").0, 2);
    assert_eq!(at("'é' = b").0, 5);
    assert_eq!(at("a || `a\"b`").0, 5);
    assert_eq!(at("a[::0]").1, "slice step cannot be zero");
    assert_eq!(at("a || &b").0, 5);
    assert_eq!(at("a.&b").0, 2);
    assert_eq!(at("a || 'open").0, 5);
}

#[test]
fn invalid_call_fails_while_parsing() {
    let invalid = |expression: &str| Query::parse(expression).err().map(|error| error.to_string());
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(invalid("a[].b.nope(@)"), text("unknown JMESPath function: nope()"));
    assert_eq!(invalid("length()"), text("expected 1 argument for function length(), received 0"));
    assert_eq!(
        invalid("contains(a)"),
        text("expected 2 arguments for function contains(), received 1")
    );
    assert_eq!(
        invalid("merge()"),
        text("expected at least 1 argument for function merge(), received 0")
    );
    assert_eq!(
        invalid("sort_by(a, b)"),
        text("in function sort_by(), expected expref, received value")
    );
    assert_eq!(
        invalid("length(&b)"),
        text("in function length(), expected value, received expref")
    );
}

#[test]
fn type_error_does_not_contain_value() {
    let text = |expression: &str| error(expression).to_string();
    assert_eq!(text("abs(@)"), "in function abs(), expected number, received array");
    assert_eq!(text("sum(@)"), "in function sum(), expected array-number, received string");
    assert_eq!(text("keys([0])"), "in function keys(), expected object, received string");
    assert_eq!(
        text("sort([[0], `1`])"),
        "in function sort(), expected array-string, received number"
    );
    assert_eq!(
        text("sort_by(@, &`null`)"),
        "in function sort_by(), expected number or string, received null"
    );
    assert_eq!(text("[0] < `1`"), "cannot compare string with number");
    assert_eq!(text("max_by([[0], `1`], &@)"), "cannot compare number with string");
}

/// The main thread has 1 MiB of stack on Windows. A debug build needs more of it than a release.
fn on_a_small_stack(test: fn()) {
    let thread = std::thread::Builder::new().stack_size(1 << 20);
    thread.spawn(test).unwrap().join().unwrap();
}

#[test]
fn deep_nesting_does_not_overflow_stack() {
    on_a_small_stack(|| {
        let shapes = [
            ("(", "@", ")"),
            ("[", "@", "]"),
            ("{a:", "@", "}"),
            ("to_array(", "@", ")"),
            ("map(&", "@, @)", ""),
            ("@[?", "@", "]"),
            ("!", "@", ""),
            ("*.", "*", ""),
            ("a[*].", "a", ""),
            ("@[]", "", ""),
            ("@[", "0", "]"),
            ("@==", "@", ""),
            ("[@] | ", "@", ""),
            ("[@] | a || ", "@", ""),
            ("&a || ", "@", ""),
            ("!@ && ", "@", ""),
            ("a.", "a", ""),
            ("a || ", "a", ""),
            ("`[", "", "]`"),
            ("`[` || ", "@", ""),
            ("[`[[[[[[[[1]]]]]]]]`, ", "@", "]"),
        ];
        for (before, middle, after) in shapes {
            for times in (1..=70).chain([500, 1100, 8000, 100_000]) {
                let expression = before.repeat(times) + middle + &after.repeat(times);
                if let Ok(query) = Query::parse(&expression)
                    && let Ok(value) = query.search(&json!([true]).into())
                {
                    for format in [
                        OutputFormat::Json,
                        OutputFormat::Yaml,
                        OutputFormat::Text,
                        OutputFormat::Table,
                    ] {
                        drop(output::render(&value, "Deep", format, &Style::default()));
                    }
                }
            }
        }
    });
    let (deep, wide) = ("[".repeat(65) + "@", "a || ".repeat(1000) + "a");
    assert!(matches!(error(&deep), QueryError::TooDeep { offset: 64, limit: 64, .. }));
    assert!(Query::parse(&wide).is_ok());
    let members: Vec<_> = (0..300).map(|number| format!("m{number}: a[*].b | [0]")).collect();
    assert!(Query::parse(&format!("{{{}}}", members.join(", "))).is_ok());
    assert!(matches!(error(&"a".repeat(8193)), QueryError::TooLong { length: 8193, .. }));
}

/// Every part of the language that creates data can exceed memory with a short expression.
#[test]
fn result_size_is_bounded() {
    let times = |step: &str, times| vec![step; times].join(" | ");
    let grown = |start: &str, step: &str| {
        let expressions = (1..=40).rev().map(|steps| format!("{start} | {}", times(step, steps)));
        expressions.into_iter().find(|expression| Query::parse(expression).is_ok()).unwrap()
    };
    let text = |step: &str| grown("'x'", step);
    for expression in [
        grown("@", "[@, @]"),
        grown("@", "[@, @][]"),
        grown("@", "[@, @][*]"),
        grown("@", "[@, @][:]"),
        grown("@", "[@, [@]][?@]"),
        grown("@", "{a: @, b: @}"),
        grown("@", "{a: @, b: @}.*"),
        grown("@", "(!@ || [@, @]) && [@, @]"),
        grown("@", "values({a: @, b: @})"),
        grown("@", "reverse([@, @])"),
        grown("@", "to_array([@, @])"),
        grown("@", "not_null([@, @])"),
        grown("@", "map(&[@, @], @)"),
        grown("@", "map(&@, [@, @])"),
        grown("@", "sort_by([@, @], &'x')"),
        grown("@", "[max_by([@], &'x'), min_by([@], &'x')]"),
        grown("@", "to_string([@, @])"),
        grown("@", "merge({a: @}, {b: @})"),
        grown("@", "[@, @][::-1]"),
        grown("@", "[[@, @], [@, @]][]"),
        text("join('', [@, @])"),
        text("join(@, ['', '', ''])"),
        text("reverse(join('', [@, @]))"),
        text("sort([@, @]) | join('', @)"),
        text("keys({a: @}) | join('', [@[0], @[0]])"),
    ] {
        let query = Query::parse(&expression).unwrap();
        match evaluate::owned(&query.0, &json!(["x"]), &Budget::within(1 << 20, 1 << 25)) {
            Err(error) => {
                assert!(matches!(error, QueryError::TooLarge { .. }), "{expression}: {error}");
            }
            Ok(found) => assert!(budget::size(&found) < 1 << 20, "{expression}"),
        }
    }
    assert!(matches!(error(&times("[@, @]", 30)), QueryError::TooLarge { limit: 67_108_864 }));
}

/// Many small steps in a row do not add up to a large result.
#[test]
fn released_memory_does_not_count() {
    let response = json!({"Pairs": vec![json!({"Name": "x".repeat(1000)}); 2000]}).into();
    let steps = vec!["sort_by([].{Name: Name}, &Name)"; 30].join(" | ");
    let found = Query::parse(&format!("Pairs | {steps} | length(@)")).unwrap().search(&response);
    assert_eq!(found, Ok(2000.into()));
    // A large response can be returned.
    let text = "x".repeat(50 << 20);
    let response = json!([text, text]).into();
    assert!(Query::parse("[@, @[0]]").unwrap().search(&response).is_ok());
    assert!(Query::parse("[@, @, @, @, @]").unwrap().search(&response).is_err());
}

#[test]
fn steps_are_bounded() {
    let list = format!("`[{}]`", vec!["1"; 400].join(","));
    let inner = |expression: &str| format!("length(map(&{expression}, {list}))");
    let query = Query::parse(&inner(&inner(&inner(&inner("@"))))).unwrap();
    assert_eq!(query.search(&None::<&str>.into()), Err(QueryError::TooMuchWork));
    let query = Query::parse(&inner(&inner("@"))).unwrap();
    assert_eq!(query.search(&None::<&str>.into()), Ok(400.into()));
}

/// All rows of a table are as wide as the widest.
#[test]
fn page_size_is_bounded() {
    let mut rows = vec!["x".repeat(1 << 20)];
    rows.resize(2000, "y".into());
    let rows = Value::list(rows);
    let limit = Query::limit(&rows);
    let page = |format| output::render_within(limit, &rows, "T", format, &Style::default());
    assert!(page(OutputFormat::Table).is_none());
    for format in
        [OutputFormat::Json, OutputFormat::JsonLines, OutputFormat::Yaml, OutputFormat::Text]
    {
        let whole = output::render(&rows, "T", format, &Style::default());
        assert_eq!(page(format).unwrap().expose(), whole.expose());
    }
}

#[test]
fn random_tokens_do_not_panic() {
    const TOKENS: &str = "a \"é\" @ * [ ] [] [? [*] ( ) { } , : . | || & && ! != == = < >= 0 - -1 \
                          99999999999 ` `[1]` `x` ' 'y' \\ \" length( f( 日";
    on_a_small_stack(|| {
        let tokens: Vec<_> = TOKENS.split(' ').collect();
        let mut state = 1_u64;
        for _ in 0..20_000 {
            let mut expression = String::new();
            for _ in 0..12 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                expression.push_str(tokens[usize::try_from(state >> 33).unwrap() % tokens.len()]);
            }
            match Query::parse(&expression) {
                Ok(query) => drop(query.search(&json!(["x"]).into())),
                Err(QueryError::Syntax { offset, .. }) => {
                    assert!(expression.is_char_boundary(offset), "{expression}");
                }
                Err(_) => {}
            }
        }
    });
}
