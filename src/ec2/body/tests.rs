use super::*;

#[test]
fn xml_without_its_end_is_incomplete() {
    let documents = [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response xmlns=\"x\"><a>1</a></Response>",
        "\u{feff}<!DOCTYPE html>\n<html lang=en><br></html>\n",
        "<!-- <a> --><a><a/></a >\r\n<!-- </a> -->",
        "<a x='/'/>",
    ];
    for document in documents {
        check(document.as_bytes(), 200).unwrap_or_else(|error| panic!("{document}: {error}"));
    }
    let [document, ..] = documents;
    for end in 1..document.len() {
        let cut = document.get(..end).unwrap();
        let found = check(cut.as_bytes(), 200);
        assert!(matches!(found, Err(ResponseError::Incomplete { status: 200, .. })), "{cut}");
    }
    let found = check(b"<a><b></b></ab>", 503).unwrap_err().to_string();
    assert_eq!(found, "the response (HTTP status 503) is incomplete: </a> is missing");
    for cut in ["<", "<>", "<!-- a", "<a><!-- b -->", "<a><b/>", "<a>b/>"] {
        assert!(check(cut.as_bytes(), 200).is_err(), "{cut}");
    }
}

#[test]
fn json_without_its_end_is_incomplete() {
    let document = r#" {"a": {"b": ["}", "\"}", {}]}, "c": 1}  "#;
    check(document.as_bytes(), 200).unwrap();
    for end in 2..document.trim_end().len() {
        let cut = document.get(..end).unwrap();
        let found = check(cut.as_bytes(), 200);
        assert!(matches!(found, Err(ResponseError::Incomplete { .. })), "{cut}");
    }
    assert!(check(b"{} x", 200).is_err());
}

#[test]
fn other_bodies_are_left_to_the_sdk() {
    for body in ["", " ", "role-name", "Service Unavailable", "\u{feff}"] {
        check(body.as_bytes(), 503).unwrap();
    }
}

#[test]
fn many_items_are_refused() {
    for item in ["<item/>", " a=\"\"", " a=''"] {
        let list = format!("<a>{}</a>", item.repeat(MAX_ITEMS + 1));
        let found = check(list.as_bytes(), 200);
        assert!(matches!(found, Err(ResponseError::TooManyItems { .. })), "{item}");
    }
    let text = format!("<a>{}</a>", "x".repeat(MAX_ITEMS * 8));
    check(text.as_bytes(), 200).unwrap();
}

#[test]
fn time_grows_with_the_bytes_up_to_a_limit() {
    let limits = Limits::default();
    let seconds = |bytes| limits.time_for(bytes).as_secs();
    assert_eq!((seconds(0), seconds(10 << 10), seconds(usize::MAX)), (60, 70, 600));
}
