//! Reads error responses that the SDK does not understand: in the format of other AWS services, or
//! in none.

use aws_sdk_ec2::config::http::HttpResponse;
use aws_sdk_ec2::error::{ErrorMetadata, ProvideErrorMetadata, SdkError};
use serde_json::Value;

/// Returns the code and message of an error in the XML or JSON of AWS.
pub(super) fn code_and_message(body: &str) -> Option<(String, String)> {
    in_xml(body).or_else(|| in_json(body))
}

/// Returns the status and body of an error response that the SDK cannot read, uncut.
pub(super) fn unread_response<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Option<String> {
    let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
    if metadata.and_then(ErrorMetadata::code).is_some_and(|code| !code.is_empty()) {
        return None;
    }
    let raw = error.raw_response().filter(|raw| !raw.status().is_success())?;
    let body = body(raw);
    Some(match code_and_message(&body) {
        Some((code, message)) => format!("{code}: {message}"),
        None => format!("HTTP status {}: {}", raw.status().as_u16(), shown(&body)),
    })
}

pub(super) fn body(raw: &HttpResponse) -> String {
    String::from_utf8_lossy(raw.body().bytes().unwrap_or_default()).into_owned()
}

/// Returns the message of an error in JSON without a code.
pub(super) fn message(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let message = ["message", "Message"].iter().find_map(|name| body.get(name)?.as_str());
    message.map(str::to_owned)
}

/// Returns the text of a body without code and message, for an error message. It omits a body with
/// credentials.
pub(super) fn shown(body: &str) -> &str {
    let text = body.trim();
    let lower = text.to_ascii_lowercase();
    if text.is_empty() {
        "the body is empty"
    } else if SECRET_MEMBERS.iter().any(|name| lower.contains(name)) {
        "the body is not shown: it may contain credentials"
    } else {
        text
    }
}

/// Parts of the names of members with credentials and keys, in lower case.
const SECRET_MEMBERS: [&str; 8] = [
    "secretaccesskey",
    "secret_access_key",
    "sessiontoken",
    "session_token",
    "accesstoken",
    "refreshtoken",
    "clientsecret",
    "keymaterial",
];

/// Reads `{"__type": "NAMESPACE#CODE:URL", "message": …}`, or an object with the member `Error`.
fn in_json(body: &str) -> Option<(String, String)> {
    let body: Value = serde_json::from_str(body).ok()?;
    let error = body.get("Error").unwrap_or(&body);
    let text = |names: &[&str]| names.iter().find_map(|name| error.get(name)?.as_str());
    let code = text(&["__type", "code", "Code"])?.split(':').next()?.rsplit('#').next()?;
    let message = text(&["message", "Message"]).unwrap_or_default();
    (!code.is_empty()).then(|| (code.to_owned(), message.to_owned()))
}

/// Reads `<Error><Code>…<Message>…`, with or without an outer element such as the `<ErrorResponse>`
/// of STS.
fn in_xml(body: &str) -> Option<(String, String)> {
    let error = content(body, "Error")?;
    let code = content(error, "Code").map(unescape).filter(|code| !code.is_empty())?;
    Some((code, content(error, "Message").map(unescape).unwrap_or_default()))
}

/// Returns whether a body is a web page, for example of a proxy. It cannot contain a private key.
pub(super) fn is_page(body: &[u8]) -> bool {
    let body = body.trim_ascii_start();
    ["<html", "<!doctype html"].iter().any(|tag| {
        body.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes()))
    })
}

/// Returns the text of the first element with this name.
pub(super) fn content<'a>(text: &'a str, element: &str) -> Option<&'a str> {
    let open = format!("<{element}");
    let (_, behind) = text.match_indices(&open).find_map(|(place, _)| {
        let rest = text.get(place..)?.strip_prefix(&open)?;
        rest.split_once('>').filter(|_| rest.starts_with(['>', ' ', '\n', '\r', '\t']))
    })?;
    let (content, _) = behind.split_once(&format!("</{element}>"))?;
    Some(content)
}

fn unescape(text: &str) -> String {
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    let replace = |text: String, (entity, character)| text.replace(entity, character);
    entities.into_iter().fold(text.trim().to_owned(), replace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_is_found_in_any_format() {
        let error = "<Error><Type>Sender</Type><Code>Denied</Code><Message>a &lt;b&amp;lt; \n</Message></Error>";
        let found = Some(("Denied".to_owned(), "a <b&lt;".to_owned()));
        for body in [
            error.to_owned(),
            format!("<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"x\">{error}</ErrorResponse>"),
            format!("<Response><Errors>{error}</Errors></Response>"),
            format!("<r><ErrorX/>{}</r>", error.replace("<Error>", "<Error a='b'>")),
            r#"{"__type":"com.amazon#Denied:http://x/","message":"a <b&lt;"}"#.to_owned(),
            r#"{"Error":{"Code":"Denied","Message":"a <b&lt;"}}"#.to_owned(),
            r#"{"code":"Denied","Message":"a <b&lt;"}"#.to_owned(),
        ] {
            assert_eq!(code_and_message(&body), found, "{body}");
        }
        let found = Some(("Denied".to_owned(), String::new()));
        assert_eq!(code_and_message("<Error><Code>Denied</Code></Error>"), found);
    }

    #[test]
    fn body_with_credentials_is_not_shown() {
        for body in [
            r#"{"AccessKeyId":"A","SecretAccessKey":"hunter2","Token":"t"}"#,
            r#"{"SecretAccessKey":"hunter2"#,
            "<SessionToken>hunter2</SessionToken>",
            "aws_secret_access_key = hunter2",
        ] {
            assert_eq!(shown(body), "the body is not shown: it may contain credentials");
        }
        assert_eq!(shown(" Forbidden\n"), "Forbidden");
        assert_eq!(shown(" \n"), "the body is empty");
    }

    #[test]
    fn other_bodies_have_no_code() {
        for body in [
            "",
            "Forbidden",
            "{\"message\":\"Forbidden\"}",
            "{\"code\":403}",
            "{\"__type\":\"\"}",
            "[{\"code\":\"x\"}]",
            "{\"code\":\"x\"",
            "<html><body><Code>x</Code></body></html>",
            "<Error><Code></Code></Error>",
            "<Error><Code>x",
        ] {
            assert_eq!(code_and_message(body), None, "{body}");
        }
    }

    #[test]
    fn pages_are_recognized() {
        for body in ["<html>", "\n<HTML lang=\"en\">", "<!DOCTYPE html>\n"] {
            assert!(is_page(body.as_bytes()), "{body}");
        }
        for body in ["", "<", "<CreateKeyPairResponse>", "{}", "<htm", "é<html>"] {
            assert!(!is_page(body.as_bytes()), "{body}");
        }
    }
}
