//! Bodies that are not a single document, or belong to another operation.

use crate::aws::ec2::home_of;
use crate::support::stub::{Answer, Stub};

/// Returns the error of `describe` or `get-parameter` for a body, after checking the exit status.
fn refused(words: &str, body: &str) -> String {
    let answer = Answer::Reply(200, body.to_owned());
    let stub = Stub::start(move |_| answer.clone());
    let run = home_of(&stub).shell(&format!("keypair {words}")).fails_with(254);
    assert_eq!(run.text(), "", "{body}: {run}");
    assert!(run.stderr.contains("unexpected response from the registry: "), "{body}: {run}");
    run.stderr
}

const LIST: &str =
    "<DescribeKeyPairsResponse><requestId>r</requestId><keySet/></DescribeKeyPairsResponse>";

#[test]
fn text_after_root_element_is_rejected() {
    for after in [
        "junk",
        "<a/>",
        "<![CDATA[junk]]>",
        "junk</DescribeKeyPairsResponse>",
        "<keySet><item><keyName>a</keyName></item></keySet></DescribeKeyPairsResponse>",
        LIST,
    ] {
        let said = refused("describe", &format!("{LIST}{after}"));
        assert!(said.contains("is not well-formed: "), "{after}: {said}");
    }
    let crossed = "<DescribeKeyPairsResponse><keySet></DescribeKeyPairsResponse></keySet>";
    assert!(refused("describe", crossed).contains("</DescribeKeyPairsResponse> closes <keySet>"));
    for whole in [
        format!("<?xml version=\"1.0\"?>\n<!-- a -->{LIST}\n<!-- b --><?c d?>\n"),
        LIST.replace("<D", "<x:D").replace("</D", "</x:D"),
        LIST.replace("Response>", "Response xmlns='x'>").replacen(
            "</DescribeKeyPairsResponse xmlns='x'>",
            "</DescribeKeyPairsResponse>",
            1,
        ),
    ] {
        let stub = Stub::start(move |_| Answer::Reply(200, whole.clone()));
        home_of(&stub).shell("keypair describe").success();
    }
}

#[test]
fn response_to_another_operation_is_rejected() {
    for (body, root) in [
        ("<Foo/>", "Foo"),
        ("<DescribeInstancesResponse/>", "DescribeInstancesResponse"),
        ("<Response><Errors/></Response>", "Response"),
    ] {
        let said = refused("describe", body);
        let expected = format!("is <{root}>; expected <DescribeKeyPairsResponse>");
        assert!(said.contains(&expected), "{body}: {said}");
    }
    assert!(refused("describe", "<html></html>").contains("HTTP status 200: <html></html>"));
    // A change may have been executed.
    let stub = Stub::start(|body| match super::operation(body).as_str() {
        "DescribeKeyPairs" => Answer::no_pairs(),
        _ => Answer::Reply(200, "<DescribeKeyPairsResponse/>".into()),
    });
    let run = home_of(&stub).shell("keypair create web --type ed25519").fails_with(254);
    assert!(run.stderr.contains("expected <ImportKeyPairResponse>"), "{run}");
}

#[test]
fn json_other_than_one_object_is_rejected() {
    let parameter = r#"{"Parameter": {"Name": "web", "Value": "v"}}"#;
    for body in [
        format!("{parameter} junk"),
        format!("{parameter}{parameter}"),
        format!("{parameter},"),
        format!("[{parameter}]"),
        format!("junk {parameter}"),
        "null".to_owned(),
        "\"text\"".to_owned(),
        "<html></html>".to_owned(),
        String::new(),
    ] {
        refused("get-parameter --name web", &body);
    }
    let said = refused("get-parameter --name web", &format!("{parameter}x"));
    assert!(said.contains("there is text after the closing brace"), "{said}");
}
