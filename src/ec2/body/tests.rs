use super::*;

#[test]
fn xml_without_end_is_incomplete() {
    let documents = [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response xmlns=\"x\"><a>1</a></Response>",
        "\u{feff}<!DOCTYPE html>\n<html lang=en><br></html>\n",
        "<!-- <a> --><a><a/></a >\r\n<!-- </a> -->",
        "<a x='/'/>",
    ];
    for document in documents {
        check(document.as_bytes(), 200, None).unwrap_or_else(|error| panic!("{document}: {error}"));
    }
    let [document, ..] = documents;
    for end in 1..document.len() {
        let cut = document.get(..end).unwrap();
        let found = check(cut.as_bytes(), 200, None);
        assert!(matches!(found, Err(ResponseError::Incomplete { status: 200, .. })), "{cut}");
    }
    let found = check(b"<a><b></b>", 503, None).unwrap_err().to_string();
    assert_eq!(found, "the response (HTTP status 503) is incomplete: </a> is missing");
    for cut in ["<", "<>", "<!-- a", "<a><!-- b -->", "<a><b/>", "<a>b/>"] {
        assert!(check(cut.as_bytes(), 200, None).is_err(), "{cut}");
    }
}

#[test]
fn json_without_end_is_incomplete() {
    let document = r#" {"a": {"b": ["}", "\"}", {}]}, "c": 1}  "#;
    check(document.as_bytes(), 200, None).unwrap();
    for end in 2..document.trim_end().len() {
        let cut = document.get(..end).unwrap();
        let found = check(cut.as_bytes(), 200, None);
        assert!(matches!(found, Err(ResponseError::Incomplete { .. })), "{cut}");
    }
    let found = check(b"{} x", 200, None);
    assert!(matches!(found, Err(ResponseError::Malformed { .. })), "{found:?}");
}

#[test]
fn root_of_other_operation_is_rejected() {
    let check = |body: &str| check(body.as_bytes(), 200, Some("AResponse"));
    check("<AResponse/>").unwrap();
    check("<ns:AResponse xmlns:ns='x'></ns:AResponse>").unwrap();
    // Error messages show the page of a captive portal.
    check("<html><p>Log in</html>").unwrap();
    let found = check("<BResponse/>").unwrap_err().to_string();
    assert_eq!(found, "the root element of the response is <BResponse>; expected <AResponse>");
    assert!(matches!(check("<AResponse/><AResponse/>"), Err(ResponseError::Malformed { .. })));
}

#[test]
fn other_formats_are_accepted() {
    for body in ["", " ", "role-name", "Service Unavailable", "\u{feff}"] {
        check(body.as_bytes(), 503, None).unwrap();
    }
}

#[test]
fn many_items_are_refused() {
    for item in ["<item/>", " a=\"\"", " a=''"] {
        let list = format!("<a>{}</a>", item.repeat(MAX_ITEMS + 1));
        let found = check(list.as_bytes(), 200, None);
        assert!(matches!(found, Err(ResponseError::TooManyItems { .. })), "{item}");
    }
    let text = format!("<a>{}</a>", "x".repeat(MAX_ITEMS * 8));
    check(text.as_bytes(), 200, None).unwrap();
}

#[test]
fn time_limit_grows_with_bytes() {
    let limits = ResponseLimits::default();
    let seconds = |bytes| limits.time_for(bytes).as_secs();
    assert_eq!((seconds(0), seconds(10 << 10), seconds(usize::MAX)), (60, 70, 600));
}
