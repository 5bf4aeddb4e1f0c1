//! Reads response bodies within limits and rejects incomplete ones.
//!
//! The SDK's XML reader closes all open lists at the end of its input, so it takes a truncated
//! response for a shorter list. The SDK also keeps a body in the received chunks, and a chunk
//! takes much more memory than a byte.

use std::time::{Duration, Instant};

use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;
use tokio::time;

use super::document::{self, Fault, position};
use super::error_body;

#[derive(Clone, Copy, Debug)]
pub(super) struct ResponseLimits {
    /// The maximum time without a byte.
    pub(super) silence: Option<Duration>,
    /// The time that a body of any length may take.
    pub(super) grace: Duration,
    /// The minimum rate after that, in bytes per second.
    pub(super) rate: u64,
    /// The maximum time for a body.
    pub(super) total: Duration,
}

impl Default for ResponseLimits {
    /// A region has at most 5,000 key pairs. With public keys they are 6 MB: less than 10 minutes
    /// at 10 KB/s.
    fn default() -> Self {
        Self {
            silence: None,
            grace: Duration::from_secs(60),
            rate: 1 << 10,
            total: Duration::from_secs(600),
        }
    }
}

impl ResponseLimits {
    /// Returns the maximum time for a body after this many bytes.
    fn time_for(&self, bytes: usize) -> Duration {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let earned = Duration::from_secs(bytes / self.rate.max(1));
        self.grace.saturating_add(earned).min(self.total)
    }
}

#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum ResponseError {
    /// No request accepts an encoding.
    #[error("the response (HTTP status {status}) is encoded as `{encoding}`")]
    Encoded { status: u16, encoding: String },
    /// The response contains `<return>false</return>`, or no such element.
    #[error("the response does not confirm the change")]
    NotConfirmed,
    #[error("the connection failed before the end of the response: {0}")]
    Broken(String),
    #[error("the response (HTTP status {status}) is incomplete: {missing} is missing")]
    Incomplete {
        status: u16,
        /// The missing end.
        missing: String,
    },
    #[error("the response (HTTP status {status}) is not well-formed: {fault}")]
    Malformed {
        status: u16,
        /// The first error.
        fault: String,
    },
    /// The document is the response to another operation.
    #[error("the root element of the response is <{found}>; expected <{expected}>")]
    OtherRoot { found: String, expected: String },
    /// The SDK would overflow the stack.
    #[error("the response (HTTP status {status}) is nested too deeply")]
    TooDeep { status: u16 },
    #[error("the response exceeds the limit of {limit} bytes")]
    TooLong { limit: usize },
    /// Elements and attributes take much more memory than text.
    #[error("the response exceeds the limit of {limit} list items")]
    TooManyItems { limit: usize },
    #[error("the response is too slow: {received} bytes in {} seconds", .after.as_secs())]
    TooSlow { received: usize, after: Duration },
}

/// Returns a complete body of at most `limit` bytes.
pub(super) async fn collect(
    mut body: SdkBody,
    limit: usize,
    limits: ResponseLimits,
) -> Result<Vec<u8>, ResponseError> {
    let start = Instant::now();
    let mut received = Vec::new();
    loop {
        let too_slow = |received: &Vec<u8>| ResponseError::TooSlow {
            received: received.len(),
            after: start.elapsed(),
        };
        let left = limits.time_for(received.len()).saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(too_slow(&received));
        }
        let patience = limits.silence.map_or(left, |silence| silence.min(left));
        let frame = match time::timeout(patience, body.frame()).await {
            Ok(None) => break,
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(error))) => return Err(ResponseError::Broken(error.to_string())),
            Err(_) => return Err(too_slow(&received)),
        };
        let Ok(data) = frame.into_data() else { continue };
        if received.len().saturating_add(data.len()) > limit {
            return Err(ResponseError::TooLong { limit });
        }
        received.extend_from_slice(&data);
    }
    Ok(received)
}

/// Checks that a body is one complete document that the SDK can hold, with the expected root
/// element. Accepts web pages and any other format: the SDK rejects them.
pub(super) fn check(body: &[u8], status: u16, expected: Option<&str>) -> Result<(), ResponseError> {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    let checked = match text.first() {
        Some(b'<') if error_body::is_page(text) => {
            missing_end(text).map_or(Ok(None), |missing| Err(Fault::Missing(missing)))
        }
        Some(b'<') => document::root(text, expected.is_some()).map(Some),
        Some(b'{') => document::check_json(text).map(|()| None),
        _ => Ok(None),
    };
    match (checked, expected) {
        (Err(Fault::Missing(missing)), _) => {
            return Err(ResponseError::Incomplete { status, missing });
        }
        (Err(Fault::Malformed(fault)), _) => {
            return Err(ResponseError::Malformed { status, fault });
        }
        (Err(Fault::TooDeep), _) => return Err(ResponseError::TooDeep { status }),
        (Ok(Some(found)), Some(expected)) if found != expected.as_bytes() => {
            let (found, expected) = (document::shown(found), expected.to_owned());
            return Err(ResponseError::OtherRoot { found, expected });
        }
        _ => {}
    }
    // An item takes at least four bytes, so most bodies need no search.
    let count = |part: &[u8]| text.windows(part.len()).filter(|found| *found == part).count();
    let items = text.len() / MIN_ITEM_BYTES;
    if items > MAX_ITEMS && count(b"<item") + count(b"=\"") + count(b"='") > MAX_ITEMS {
        return Err(ResponseError::TooManyItems { limit: MAX_ITEMS });
    }
    Ok(())
}

/// Checks that the response to a change of tags confirms it. The SDK ignores this element.
pub(super) fn check_return(body: &[u8], root: &str) -> Result<(), ResponseError> {
    if !["CreateTagsResponse", "DeleteTagsResponse"].contains(&root) {
        return Ok(());
    }
    let text = String::from_utf8_lossy(body);
    match error_body::content(&text, "return").map(str::trim) {
        Some("true") => Ok(()),
        _ => Err(ResponseError::NotConfirmed),
    }
}

/// Returns the missing end of a web page. Few pages are well-formed.
fn missing_end(document: &[u8]) -> Option<String> {
    let mut rest = document;
    let root = loop {
        let (opening, closing): (&[u8], &[u8]) = if rest.starts_with(b"<?") {
            (b"<?", b"?>")
        } else if rest.starts_with(b"<!--") {
            (b"<!--", b"-->")
        } else if rest.starts_with(b"<!") {
            (b"<!", b">")
        } else {
            break rest.strip_prefix(b"<");
        };
        let inside = rest.get(opening.len()..).unwrap_or_default();
        let Some(end) = position(inside, closing) else {
            return Some(String::from_utf8_lossy(closing).into_owned());
        };
        rest = inside.get(end + closing.len()..).unwrap_or_default().trim_ascii_start();
    };
    let Some(root) = root.filter(|root| !root.is_empty()) else {
        return Some("the root element".to_owned());
    };
    let is_end_of_name = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
    let name = root.split(is_end_of_name).next().unwrap_or_default();
    let mut end = root;
    while let Some(before) = end.strip_suffix(b"-->") {
        let start = before.windows(4).rposition(|found| found == b"<!--")?;
        end = before.get(..start).unwrap_or_default().trim_ascii_end();
    }
    let is_empty = end.ends_with(b"/>") && position(end, b">") == Some(end.len() - 1);
    let closed = end.strip_suffix(b">").map(<[u8]>::trim_ascii_end);
    let closed = closed.and_then(|end| end.strip_suffix(name));
    if is_empty || closed.is_some_and(|end| end.ends_with(b"</")) {
        return None;
    }
    Some(format!("</{}>", document::shown(name)))
}

/// The maximum number of list items and attributes. The SDK takes up to 2 KB for an empty item.
const MAX_ITEMS: usize = 1 << 18;
const MIN_ITEM_BYTES: usize = 4;

#[cfg(test)]
mod tests;
