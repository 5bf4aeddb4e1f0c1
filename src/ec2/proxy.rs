//! Reads the proxies from the environment. The SDK would ignore an invalid variable and send the
//! request directly.

use std::net::IpAddr;

use aws_smithy_http_client::proxy::ProxyConfig;

use super::settings::{Proxies, ProxyVariable};
use super::url::{is_endpoint_url, shown_url};

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
        configuration.ok_or_else(|| InvalidProxy { name, value: shown_url(&text) })
    }

    /// Returns the URL of the proxy for `https://`.
    pub(super) fn https_url(&self) -> Result<Option<String>, InvalidProxy> {
        let Some(ProxyVariable { name, url }) = &self.https else { return Ok(None) };
        let text = String::from_utf8_lossy(url.expose());
        let invalid = || InvalidProxy { name, value: shown_url(&text) };
        normalized(&text).map(Some).ok_or_else(invalid)
    }

    /// Returns whether `NO_PROXY` applies to a host with its port. The rules are those of
    /// `proxy_bypass_environment` in Python. A network such as `10.0.0.0/8` applies too, as in curl.
    pub(super) fn is_bypassed(&self, authority: &str) -> bool {
        if self.bypassed == "*" {
            return true;
        }
        let authority = authority.to_ascii_lowercase();
        let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if is_port(port) => host,
            _ => &authority,
        };
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        self.bypassed.split(',').map(str::trim).filter(|name| !name.is_empty()).any(|name| {
            let name = name.trim_start_matches('.').to_ascii_lowercase();
            let is_below = |host: &str| {
                host == name || host.strip_suffix(&name).is_some_and(|above| above.ends_with('.'))
            };
            let is_name = is_below(host) || is_below(&authority);
            is_name || address.is_some_and(|address| is_in_network(address, &name))
        })
    }
}

/// Returns whether an address is in a network such as `10.0.0.0/8`.
fn is_in_network(address: IpAddr, network: &str) -> bool {
    let Some((first, length)) = network.split_once('/') else { return false };
    let Ok(length) = length.parse::<u32>() else { return false };
    let same = |address: u128, first: u128, bits: u32| {
        length <= bits && (address ^ first).checked_shr(bits - length).unwrap_or(0) == 0
    };
    match (address, first.parse::<IpAddr>()) {
        (IpAddr::V4(address), Ok(IpAddr::V4(first))) => {
            same(u32::from(address).into(), u32::from(first).into(), u32::BITS)
        }
        (IpAddr::V6(address), Ok(IpAddr::V6(first))) => {
            same(address.into(), first.into(), u128::BITS)
        }
        _ => false,
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
            bypassed: String::new(),
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
    fn bypassed_hosts_are_those_of_version_2() {
        for (bypassed, authority, is_bypassed) in [
            ("*", "127.0.0.1:80", true),
            ("*,x", "127.0.0.1:80", false),
            ("x, *", "127.0.0.1:80", false),
            ("127.0.0.1", "127.0.0.1:80", true),
            ("127.0.0.1:80", "127.0.0.1:80", true),
            ("127.0.0.1:81", "127.0.0.1:80", false),
            ("x , localhost", "localhost:80", true),
            (".LOCALHOST", "localhost", true),
            ("host", "localhost", false),
            ("localhost.", "localhost", false),
            ("*.test", "ec2.test", false),
            (".test", "ec2.test", true),
            ("test", "ec2.test:443", true),
            ("ec2.test:443", "ec2.test", false),
            ("0.0.1", "127.0.0.1", true),
            ("[::1]", "[::1]:80", true),
            ("", "ec2.test", false),
            (",", "ec2.test", false),
            // Unlike in version 2.
            ("10.0.0.0/8", "10.1.2.3:80", true),
            ("10.0.0.0/8", "11.1.2.3", false),
            ("0.0.0.0/0", "11.1.2.3", true),
            ("10.0.0.0/33", "10.0.0.0", false),
            ("fd00::/8", "[fd00:ec2::254]", true),
        ] {
            let proxies = Proxies { bypassed: bypassed.to_owned(), ..Proxies::default() };
            assert_eq!(proxies.is_bypassed(authority), is_bypassed, "{bypassed} {authority}");
        }
    }
}
