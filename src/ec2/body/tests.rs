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

#[test]
fn repeated_element_is_malformed_except_in_lists() {
    let check = |body: &str, root| check(body.as_bytes(), 200, root);
    for body in [
        "<R><keySet/><keySet/></R>",
        "<R><keySet><item><id>1</id><id>2</id></item></keySet></R>",
        "<R><a/><keySet></keySet><a></a></R>",
        "<R><x:a/><a/></R>",
    ] {
        let found = check(body, Some("R")).unwrap_err().to_string();
        assert!(found.ends_with("> is repeated"), "{body}: {found}");
        // Other documents are not those of EC2.
        check(body, None).unwrap();
    }
    for body in [
        "<R><keySet><item><id>1</id></item><item><id>1</id></item></keySet></R>",
        "<R><l><member/><member/></l><a><b/></a><c><b/></c></R>",
    ] {
        check(body, Some("R")).unwrap_or_else(|error| panic!("{body}: {error}"));
    }
}

#[test]
fn change_of_tags_requires_confirmation() {
    for (elements, is_confirmed) in [
        ("<requestId>r</requestId><return>true</return>", true),
        ("<return> true </return>", true),
        ("<return>false</return>", false),
        ("<return/>", false),
        ("", false),
    ] {
        for root in ["CreateTagsResponse", "DeleteTagsResponse"] {
            let body = format!("<{root}>{elements}</{root}>");
            assert_eq!(check_return(body.as_bytes(), root).is_ok(), is_confirmed, "{body}");
        }
    }
    check_return(b"<DescribeKeyPairsResponse/>", "DescribeKeyPairsResponse").unwrap();
}
