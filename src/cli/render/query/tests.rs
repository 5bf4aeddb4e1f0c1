use super::*;
use crate::cli::render::{self, OutputFormat, Style};

fn found(expression: &str) -> Value {
    let pair = |name: &str, id: i64| Value::object([("KeyName", name.into()), ("Id", id.into())]);
    let pairs = Value::list([pair("web", 3), pair("db", 1)]);
    let response = Value::object([("KeyPairs", pairs), ("Next", Value::Null)]);
    Query::parse(expression).unwrap().search(&response).unwrap()
}

fn error(expression: &str) -> QueryError {
    let query = match Query::parse(expression) {
        Ok(query) => query,
        Err(error) => return error,
    };
    query.search(&Value::list(["x"])).unwrap_err()
}

#[test]
fn finds_what_the_documentation_of_ec2_looks_for() {
    assert_eq!(found("KeyPairs[*].KeyName"), Value::list(["web", "db"]));
    assert_eq!(found("KeyPairs[?KeyName=='db'].Id | [0]"), 1.into());
    assert_eq!(found("KeyPairs[?KeyName==`db`].Id"), Value::list([1]));
    assert_eq!(found("sort_by(KeyPairs,&Id)[-1].KeyName"), "web".into());
    assert_eq!(found("length(KeyPairs)"), 2.into());
    assert_eq!(found("Missing.KeyName"), Value::Null);
}

#[test]
fn members_keep_their_order() {
    let names = Value::list(["KeyName", "Id"]);
    assert_eq!(found("keys(KeyPairs[0])"), names);
    assert_eq!(found("KeyPairs[0].*"), Value::list([Value::from("web"), 3.into()]));
    assert_eq!(found("keys({z: Next, a: Next})"), Value::list(["z", "a"]));
    assert_eq!(found(r#"keys(`{"z":1,"a":{}}`)"#), Value::list(["z", "a"]));
    let merged = found("merge(KeyPairs[0], {Id: KeyPairs[1].Id, x: Next})");
    let members = [("KeyName", "web".into()), ("Id", 1.into()), ("x", Value::Null)];
    assert_eq!(merged, Value::object(members));
}

#[test]
fn goes_on_where_python_stops() {
    let nested = r#"`{"a":{"x":{"b":{"c":1}},"y":{"b":{"c":2}}}}`"#;
    assert_eq!(found(&format!("{nested}.a.*.b.c")), Value::list([1, 2]));
    assert_eq!(found(r#"`[[{"b":1},{"b":2}]]`[0][1:].b"#), Value::list([2]));
}

#[test]
fn an_error_says_where() {
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
fn a_wrong_call_is_found_before_there_is_a_value() {
    let wrong = |expression: &str| Query::parse(expression).err().map(|error| error.to_string());
    let said = |text: &str| Some(text.to_owned());
    assert_eq!(wrong("a[].b.nope(@)"), said("unknown JMESPath function: nope()"));
    assert_eq!(wrong("length()"), said("expected 1 argument for function length(), received 0"));
    assert_eq!(
        wrong("contains(a)"),
        said("expected 2 arguments for function contains(), received 1")
    );
    assert_eq!(
        wrong("merge()"),
        said("expected at least 1 argument for function merge(), received 0")
    );
    assert_eq!(
        wrong("sort_by(a, b)"),
        said("in function sort_by(), expected expref, received value")
    );
    assert_eq!(wrong("length(&b)"), said("in function length(), expected value, received expref"));
}

#[test]
fn a_wrong_value_is_named_by_its_type_alone() {
    let said = |expression: &str| error(expression).to_string();
    assert_eq!(said("abs(@)"), "in function abs(), expected number, received array");
    assert_eq!(said("sum(@)"), "in function sum(), expected array-number, received string");
    assert_eq!(said("keys([0])"), "in function keys(), expected object, received string");
    assert_eq!(
        said("sort([[0], `1`])"),
        "in function sort(), expected array-string, received number"
    );
    assert_eq!(
        said("sort_by(@, &`null`)"),
        "in function sort_by(), expected number or string, received null"
    );
    assert_eq!(said("[0] < `1`"), "cannot compare string with number");
    assert_eq!(said("max_by([[0], `1`], &@)"), "cannot compare number with string");
}

/// A main thread has 1 MiB of stack on Windows; this build takes more of it than a release.
fn on_a_small_stack(test: fn()) {
    let thread = std::thread::Builder::new().stack_size(1 << 20);
    thread.spawn(test).unwrap().join().unwrap();
}

#[test]
fn deep_nesting_is_refused_before_it_hurts() {
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
                    && let Ok(value) = query.search(&Value::list([true]))
                {
                    for format in [
                        OutputFormat::Json,
                        OutputFormat::Yaml,
                        OutputFormat::Text,
                        OutputFormat::Table,
                    ] {
                        drop(render::render(&value, "Deep", format, &Style::default()));
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

/// A few bytes can ask for more than memory holds, by each part of the language that makes data.
#[test]
fn results_are_bounded() {
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
        match evaluate::owned(&query.0, &Value::list(["x"]), &Budget::within(1 << 20, 1 << 25)) {
            Err(error) => {
                assert!(matches!(error, QueryError::TooLarge { .. }), "{expression}: {error}");
            }
            Ok(found) => assert!(found.size() < 1 << 20, "{expression}"),
        }
    }
    assert!(matches!(error(&times("[@, @]", 30)), QueryError::TooLarge { limit: 67_108_864 }));
}

/// What is gone is not counted: many small steps in a row are no large result.
#[test]
fn only_what_is_held_counts() {
    let pairs = (0..2000).map(|_| Value::object([("Name", Value::from("x".repeat(1000)))]));
    let response = Value::object([("Pairs", Value::list(pairs))]);
    let steps = vec!["sort_by([].{Name: Name}, &Name)"; 30].join(" | ");
    let found = Query::parse(&format!("Pairs | {steps} | length(@)")).unwrap().search(&response);
    assert_eq!(found, Ok(2000.into()));
    // A response that is large itself may be returned.
    let text = "x".repeat(50 << 20);
    let response = Value::list([text.as_str(), text.as_str()]);
    assert!(Query::parse("[@, @[0]]").unwrap().search(&response).is_ok());
    assert!(Query::parse("[@, @, @, @, @]").unwrap().search(&response).is_err());
}

#[test]
fn work_is_bounded() {
    let list = format!("`[{}]`", vec!["1"; 400].join(","));
    let inner = |expression: &str| format!("length(map(&{expression}, {list}))");
    let query = Query::parse(&inner(&inner(&inner(&inner("@"))))).unwrap();
    assert_eq!(query.search(&Value::Null), Err(QueryError::TooMuchWork));
    let query = Query::parse(&inner(&inner("@"))).unwrap();
    assert_eq!(query.search(&Value::Null), Ok(400.into()));
}

/// A page is bounded too: a table is as wide in each row as in the widest.
#[test]
fn pages_are_bounded() {
    let mut rows = vec![Value::from("x".repeat(1 << 20))];
    rows.resize(2000, "y".into());
    let rows = Value::list(rows);
    let limit = Query::limit(&rows);
    let page = |format| render::render_within(limit, &rows, "T", format, &Style::default());
    assert!(page(OutputFormat::Table).is_none());
    for format in
        [OutputFormat::Json, OutputFormat::JsonLines, OutputFormat::Yaml, OutputFormat::Text]
    {
        let whole = render::render(&rows, "T", format, &Style::default());
        assert_eq!(page(format).unwrap().expose(), whole.expose());
    }
}

#[test]
fn token_soup_is_refused_or_read() {
    const TOKENS: [&str; 40] = [
        "a",
        "\"é\"",
        "@",
        "*",
        "[",
        "]",
        "[]",
        "[?",
        "[*]",
        "(",
        ")",
        "{",
        "}",
        ",",
        ":",
        ".",
        "|",
        "||",
        "&",
        "&&",
        "!",
        "!=",
        "==",
        "=",
        "<",
        ">=",
        "0",
        "-",
        "-1",
        "99999999999",
        "`",
        "`[1]`",
        "`x`",
        "'",
        "'y'",
        "\\",
        "\"",
        "length(",
        "f(",
        "日",
    ];
    on_a_small_stack(|| {
        let mut state = 1_u64;
        for _ in 0..20_000 {
            let mut expression = String::new();
            for _ in 0..12 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                expression.push_str(TOKENS[usize::try_from(state >> 33).unwrap() % TOKENS.len()]);
            }
            match Query::parse(&expression) {
                Ok(query) => drop(query.search(&Value::list(["x"]))),
                Err(QueryError::Syntax { offset, .. }) => {
                    assert!(expression.is_char_boundary(offset), "{expression}");
                }
                Err(_) => {}
            }
        }
    });
}
