//! Compares the output of `cli::output` with the output of the AWS CLI itself.

mod cases;
mod oracle;
mod random;

use keypair::cli::output::query::Query;
use keypair::cli::output::{OutputFormat, Style, render};
use serde_json::json;

use cases::Case;
use random::Random;

/// Returns the output of this program for a case, or `None` if it rejects the case.
fn printed(case: &Case) -> Option<String> {
    let value = case.value.clone().into();
    let found = match &case.expression {
        Some(expression) => Query::parse(expression).ok()?.search(&value).ok()?,
        None => value,
    };
    let style = Style { width: case.width, color: case.color, escape: false };
    let page = render(&found, TITLE, case.format, &style);
    Some(String::from_utf8(page.expose().to_vec()).expect("pages are UTF-8"))
}

const TITLE: &str = "DescribeKeyPairs";

/// Compares all cases and fails with the first differences. Returns the number of cases that the
/// AWS CLI rejects: it cannot print some values as text or table that this program can.
fn compare(cases: &[Case]) -> usize {
    let questions: Vec<_> = cases
        .iter()
        .map(|case| {
            json!({
                "value": case.value,
                "expression": case.expression,
                "format": case.format_name(),
                "title": TITLE,
                "width": case.width,
                "color": case.color,
            })
        })
        .collect();
    let answers = oracle::ask(&questions);
    let mut differences = Vec::new();
    let mut refused = 0;
    for ((case, question), answer) in cases.iter().zip(&questions).zip(&answers) {
        let ours = printed(case);
        let theirs = answer["output"].as_str();
        refused += usize::from(theirs.is_none());
        let lenient = theirs.is_none() && case.format != OutputFormat::Json;
        if ours.as_deref() != theirs && !lenient {
            differences.push(format!("{question}\nours:\n{ours:?}\ntheirs:\n{answer}"));
        }
    }
    let shown = differences.iter().take(5).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(differences.is_empty(), "{} of {} differ\n{shown}", differences.len(), cases.len());
    refused
}

#[test]
fn responses_render_like_aws_cli() {
    let cases: Vec<_> = cases::responses()
        .into_iter()
        .flat_map(|value| cases::in_every_format(&value, None))
        .collect();
    let refused = compare(&cases);
    assert!(refused * 8 < cases.len(), "{refused} of {} refused", cases.len());
}

#[test]
fn queries_evaluate_like_aws_cli() {
    let response = cases::pairs();
    let cases: Vec<_> = cases::expressions()
        .map(|expression| Case::query(&response, expression, OutputFormat::Json))
        .collect();
    assert!(cases.len() > 200);
    let refused = compare(&cases);
    assert!((30..80).contains(&refused), "{refused} expressions are invalid");
}

#[test]
fn queried_responses_render_like_aws_cli() {
    let response = cases::pairs();
    let cases: Vec<_> = cases::shapes()
        .flat_map(|expression| cases::in_every_format(&response, Some(expression)))
        .collect();
    let refused = compare(&cases);
    assert!(refused * 8 < cases.len(), "{refused} of {} refused", cases.len());
}

#[test]
fn random_values_render_like_aws_cli() {
    let mut random = Random::new(1);
    let mut cases = Vec::new();
    for _ in 0..400 {
        let value = json!({ "Root": random.value(4), "Other": random.value(2) });
        cases.extend(cases::in_every_format(&value, None));
        cases.extend(cases::in_every_format(&value, Some("Root")));
    }
    let refused = compare(&cases);
    assert!(refused * 4 < cases.len(), "{refused} of {} refused", cases.len());
}

#[test]
fn random_queries_evaluate_like_aws_cli() {
    let mut random = Random::new(2);
    let cases: Vec<_> = (0..3000)
        .map(|_| {
            let value = json!({ "a": random.value(3), "b": random.value(3), "c": random.value(1) });
            Case::query(&value, &random.expression(4), OutputFormat::Json)
        })
        .collect();
    let refused = compare(&cases);
    assert!(refused * 2 < cases.len(), "{refused} of {} refused", cases.len());
}

#[test]
fn yaml_output_parses_to_same_value() {
    let mut random = Random::new(3);
    let mut values = cases::responses();
    values.extend(cases::yaml_texts());
    values.push(cases::yaml_texts().collect());
    values.extend(cases::yaml_texts().map(|text| json!({ text.as_str().unwrap(): text })));
    values.extend((0..1000).map(|_| random.value(4)));
    // It prints nothing.
    values.retain(|value| *value != json!({}));
    for escape in [false, true] {
        let style = Style { escape, ..Style::default() };
        let questions: Vec<_> = values
            .iter()
            .map(|json| {
                let page = render(&json.clone().into(), TITLE, OutputFormat::Yaml, &style);
                json!({ "value": json, "yaml": std::str::from_utf8(page.expose()).unwrap() })
            })
            .collect();
        for (question, answer) in questions.iter().zip(oracle::ask(&questions)) {
            assert_eq!(answer["same"], json!([true, true]), "{question}");
        }
    }
}
