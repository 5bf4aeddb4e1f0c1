use super::*;
use crate::ec2::settings::ProxyVariable;
use crate::secret::Secret;

#[test]
fn credential_requests_of_machine_bypass_proxy() {
    let invalid = Some(ProxyVariable::new("http_proxy", Secret::copy_of(b":::")));
    let proxies = Proxies { http: invalid, bypassed: "direct.test".into(), ..Proxies::default() };
    let client = Client::new(None, &proxies, None, ResponseLimits::default());
    let is_direct = |url, source: Option<&CredentialSource>| client.client_for(url, source).is_ok();
    let container = CredentialSource::Container { url: None };
    assert!(is_direct("http://127.0.0.1:1/creds", Some(&container)));
    let instance = CredentialSource::Instance { url: None };
    assert!(is_direct("http://169.254.169.254/latest/api/token", Some(&instance)));
    assert!(is_direct("http://direct.test/", None) && is_direct("https://other.test/", None));
    for url in ["http://127.0.0.1:1/", "http://localhost/", "http://other.test/"] {
        assert!(!is_direct(url, None), "{url}");
    }
}
