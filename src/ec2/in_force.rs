//! The settings in force, for a list.

use super::services::Service;
use super::settings::{CaBundle, Ec2Settings, ProxyVariable, RetryMode};
use super::url::shown_url;
use crate::profile::{Given, Origin};

/// A setting that is not a default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    pub name: &'static str,
    /// Without a password.
    pub value: String,
    /// The option, the variable, or the key with its place.
    pub source: String,
}

/// Returns the settings that are not defaults. Credentials are not among them.
pub(super) fn in_force(settings: &Ec2Settings) -> Vec<InForce> {
    let mut list = List(Vec::new());
    let Ec2Settings {
        profile,
        paths: _,
        region,
        endpoints,
        use_fips,
        use_dual_stack,
        retries,
        ca_bundle,
        connect_timeout,
        read_timeout,
        metadata_url,
        app_id,
        invalid: _,
        variables,
    } = settings;
    if profile.is_named() {
        list.push("profile", profile.name(), &profile.origin());
    }
    list.given("region", region.as_ref(), Clone::clone);
    for (service, url) in endpoints.iter() {
        let name = match service {
            Service::Ec2 => "EC2 endpoint",
            Service::Ec2InstanceConnect => "EC2 Instance Connect endpoint",
            Service::Ssm => "Systems Manager endpoint",
            Service::Sts => "STS endpoint",
            Service::Sso => "SSO endpoint",
            Service::SsoOidc => "SSO OIDC endpoint",
            Service::Signin => "sign-in endpoint",
        };
        list.given(name, Some(url), |url| shown_url(url));
    }
    list.given("FIPS endpoints", Some(use_fips), ToString::to_string);
    list.given("dual-stack endpoints", Some(use_dual_stack), ToString::to_string);
    list.given("retry mode", Some(&retries.mode), |mode| {
        let mode = match mode {
            RetryMode::Standard => "standard",
            RetryMode::Adaptive => "adaptive",
        };
        mode.to_owned()
    });
    list.given("attempts", Some(&retries.attempts), ToString::to_string);
    list.given("certificate authorities", ca_bundle.as_ref(), |bundle| match bundle {
        CaBundle::File(path) => path.display().to_string(),
        CaBundle::System { file, directories } => {
            let paths: Vec<_> =
                file.iter().chain(directories).map(|path| path.display().to_string()).collect();
            paths.join(", ")
        }
    });
    for proxy in [&variables.proxies.http, &variables.proxies.https].into_iter().flatten() {
        let ProxyVariable { name, url } = proxy;
        // A user name and a password precede the host.
        let url = String::from_utf8_lossy(url.expose());
        let host = url.rsplit('@').next().unwrap_or_default();
        let value =
            if host.len() < url.len() { format!("\u{2026}@{host}") } else { shown_url(host) };
        list.push("proxy", &value, name);
    }
    if !variables.proxies.bypassed.is_empty() {
        list.push("hosts without proxy", &variables.proxies.bypassed, &"NO_PROXY");
    }
    for (name, seconds, option) in [
        ("connect timeout", connect_timeout, "--cli-connect-timeout"),
        ("read timeout", read_timeout, "--cli-read-timeout"),
    ] {
        if let Some(seconds) = seconds {
            list.push(name, &format!("{seconds} s"), &option);
        }
    }
    list.given("instance metadata service", metadata_url.as_ref(), |url| shown_url(url));
    list.given("application", app_id.as_ref(), Clone::clone);
    list.0
}

struct List(Vec<InForce>);

impl List {
    fn push(&mut self, name: &'static str, value: &str, source: &dyn std::fmt::Display) {
        let (value, source) = (value.to_owned(), source.to_string());
        self.0.push(InForce { name, value, source });
    }

    fn given<T>(
        &mut self,
        name: &'static str,
        given: Option<&Given<T>>,
        text: impl FnOnce(&T) -> String,
    ) {
        if let Some(given) = given.filter(|given| given.origin != Origin::Default) {
            self.push(name, &text(&given.value), &given.origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::Variables;
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn defaults_and_passwords_are_not_listed() {
        assert_eq!(in_force(&Ec2Settings::default()), []);
        let mut variables = Variables::default();
        let url = Secret::copy_of(b"http://me:hunter2@proxy:1");
        variables.proxies.https = Some(ProxyVariable::new("HTTPS_PROXY", url));
        let region = Given::new("eu-west-1".to_owned(), Origin::Variable("AWS_REGION"));
        let settings = Ec2Settings {
            region: Some(region),
            variables: Box::new(variables),
            ..Ec2Settings::default()
        };
        let listed: Vec<_> = in_force(&settings)
            .into_iter()
            .map(|InForce { name, value, source }| format!("{name} {value} {source}"))
            .collect();
        assert_eq!(listed, ["region eu-west-1 AWS_REGION", "proxy \u{2026}@proxy:1 HTTPS_PROXY"]);
    }
}
