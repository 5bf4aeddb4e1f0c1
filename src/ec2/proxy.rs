//! Reads the proxies from the environment. The SDK would ignore an invalid variable and send the
//! request directly.

use aws_smithy_http_client::proxy::ProxyConfig;
use hyper_util::client::proxy::matcher::Matcher;

use super::settings::{Proxies, ProxyVariable, is_endpoint_url, shown_url};

/// The URL of a proxy is malformed, or its scheme is not supported.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{name} is invalid")]
pub(super) struct InvalidProxy {
    pub(super) name: &'static str,
    /// The beginning of the value, or `…` if it may contain a password.
    pub(super) value: String,
}

impl InvalidProxy {
    pub(super) const EXPECTED: &'static str = "http://HOST:PORT or https://HOST:PORT";
}

impl Proxies {
    /// Returns the proxy for a scheme.
    pub(super) fn of(&self, is_https: bool) -> Result<ProxyConfig, InvalidProxy> {
        let variable = if is_https { &self.https } else { &self.http };
        let Some(ProxyVariable { name, url }) = variable else {
            return Ok(ProxyConfig::disabled());
        };
        let text = String::from_utf8_lossy(url.expose());
        let configuration = normalized(&text).and_then(|url| {
            let made = if is_https { ProxyConfig::https(url) } else { ProxyConfig::http(url) };
            made.ok()
        });
        match configuration {
            Some(configuration) => Ok(configuration.no_proxy(&self.bypassed)),
            None => Err(InvalidProxy { name, value: shown_url(&text) }),
        }
    }

    /// Returns whether `NO_PROXY` applies to a URL, by the rules of the SDK.
    pub(super) fn is_bypassed(&self, url: &str) -> bool {
        let matcher = Matcher::builder().all("http://proxy").no(self.bypassed.as_str()).build();
        url.parse().is_ok_and(|url| matcher.intercept(&url).is_none())
    }
}

/// Returns the URL of a proxy with its scheme, `http` by default.
fn normalized(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let scheme = scheme.to_ascii_lowercase();
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, _) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    is_endpoint_url(&format!("{scheme}://{host}")).then(|| format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn proxies(url: &str) -> Proxies {
        let variable = |name| Some(ProxyVariable::new(name, Secret::copy_of(url.as_bytes())));
        Proxies {
            http: variable("http_proxy"),
            https: variable("HTTPS_PROXY"),
            bypassed: "internal.test, 10.0.0.0/8".to_owned(),
        }
    }

    #[test]
    fn proxy_url_is_checked_for_each_scheme() {
        for url in [
            "http://proxy:3128",
            "HTTPS://proxy/",
            "proxy:3128",
            "me:p%40ss@proxy:3128",
            "http://[::1]:80",
        ] {
            assert!(proxies(url).of(true).is_ok() && proxies(url).of(false).is_ok(), "{url}");
        }
        for url in ["http://[::1", ":::", "socks5://proxy:1080", "http://", "http://proxy:99999"] {
            let error = proxies(url).of(true).unwrap_err();
            assert_eq!((error.name, error.value.as_str()), ("HTTPS_PROXY", url));
            assert_eq!(proxies(url).of(false).unwrap_err().name, "http_proxy");
        }
        let error = proxies("socks5://me:hunter2@proxy").of(true).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        assert!(Proxies::default().of(true).is_ok_and(|proxy| proxy.is_disabled()));
    }

    #[test]
    fn bypassed_hosts_are_recognized() {
        for (url, is_bypassed) in [
            ("https://ec2.internal.test/", true),
            ("http://10.1.2.3:80/", true),
            ("https://ec2.example.com/", false),
        ] {
            assert_eq!(proxies(":::").is_bypassed(url), is_bypassed, "{url}");
        }
    }
}
