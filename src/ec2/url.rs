//! The URLs in settings: their syntax, and their beginning for messages.

use std::net::Ipv6Addr;

/// Returns whether this is the URL of a server: `http://HOST` or `https://HOST`, with an optional
/// port and path. Rejects a user name and password.
#[must_use]
pub fn is_endpoint_url(text: &str) -> bool {
    let scheme = ["http://", "https://"].into_iter();
    let Some(rest) = scheme.filter_map(|scheme| text.strip_prefix(scheme)).next() else {
        return false;
    };
    let (authority, path) = rest.find('/').map_or((rest, ""), |start| rest.split_at(start));
    let (is_host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => (address.parse::<Ipv6Addr>().is_ok(), port),
        None => {
            let end = authority.find(':').unwrap_or(authority.len());
            let (host, port) = authority.split_at(end);
            let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            (!host.is_empty() && host.bytes().all(is_part), port)
        }
    };
    let is_port =
        port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    let is_of_path = |byte: u8| byte.is_ascii_graphic() && !b"\"#<>?\\^`{|}".contains(&byte);
    text.len() <= MAX_URL && is_host && is_port && path.bytes().all(is_of_path)
}

/// Returns whether this is the URL of a credential endpoint: an endpoint URL with an optional
/// query.
pub(super) fn is_container_url(text: &str) -> bool {
    let (url, query) = text.split_once('?').unwrap_or((text, ""));
    is_endpoint_url(url) && is_container_path(&format!("/{query}"))
}

/// Returns whether this is the path of a credential endpoint, with an optional query.
pub(super) fn is_container_path(text: &str) -> bool {
    let is_of_path = |byte: u8| byte.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&byte);
    text.len() <= MAX_URL && text.starts_with('/') && text.bytes().all(is_of_path)
}

/// Returns the beginning of a value, or `…` if it may contain a password. Omits the query of a URL,
/// which may contain a token.
#[must_use]
pub fn shown_url(value: &str) -> String {
    if value.contains('@') {
        return "…".to_owned();
    }
    if let Some((url, _)) = value.split_once('?')
        && url.contains("://")
    {
        return format!("{}?…", shown_url(url));
    }
    match value.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", value.get(..end).unwrap_or_default()),
        None => value.to_owned(),
    }
}

/// Returns the beginning of a URL without its query, which may contain a token, or `…` if it may
/// contain a password.
pub(super) fn without_query(url: &str) -> String {
    shown_url(url.split(['?', '#']).next().unwrap_or_default())
}

/// Longer than any URL of a server: a host name has at most 253 characters.
const MAX_URL: usize = 4096;

const MAX_SHOWN: usize = 160;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoint_url_is_recognized() {
        for url in [
            "http://127.0.0.1:5000",
            "https://ec2.eu-west-1.amazonaws.com",
            "http://[::1]:4566/path/",
            "http://my_host",
        ] {
            assert!(is_endpoint_url(url), "{url}");
        }
        for url in [
            "",
            "foo",
            "ftp://host",
            "http://",
            "http:///path",
            "http://[::1",
            "http://::1",
            "http://[host]",
            "http://host:port",
            "http://host:70000",
            "http://me:secret@host",
            "http://host/?query",
            "http://host/#part",
            "http://a b",
            "http://host/a b",
            " http://host",
            "http://h\u{f6}st",
        ] {
            assert!(!is_endpoint_url(url), "{url}");
        }
        assert!(!is_endpoint_url(&format!("http://host/{}", "x".repeat(5 << 20))));
    }

    #[test]
    fn container_url_may_have_query_but_no_password() {
        for url in ["http://127.0.0.1:1/x", "https://host/a@b?token=t%20?/@", "http://[::1]"] {
            assert!(is_container_url(url), "{url}");
        }
        for url in ["http://me:pw@127.0.0.1/", "http://host?a b", "http://host?#", "/x", ""] {
            assert!(!is_container_url(url), "{url}");
        }
        assert!(is_container_path("/v2/credentials/1?id=2"));
        for path in ["@me:pw", ":pw@host/", "x", "", "/a b", "/#"] {
            assert!(!is_container_path(path), "{path}");
        }
    }

    #[test]
    fn long_value_is_shown_with_ellipsis() {
        assert_eq!(shown_url("eu west"), "eu west");
        assert_eq!(shown_url(&"\u{f6}".repeat(161)), format!("{}…", "\u{f6}".repeat(160)));
        assert_eq!(shown_url("http://me:hunter2@host"), "…");
        assert_eq!(shown_url("https://host/x?token=hunter2"), "https://host/x?…");
        assert_eq!(shown_url("a?b"), "a?b");
    }
}
