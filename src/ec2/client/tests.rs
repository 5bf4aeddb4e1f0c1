use super::*;
use crate::ec2::settings::ProxyVariable;
use crate::secret::Secret;

#[test]
fn credential_requests_of_machine_bypass_proxy() {
    let invalid = Some(ProxyVariable::new("http_proxy", Secret::copy_of(b":::")));
    let proxies = Proxies { http: invalid, bypassed: "direct.test".into(), ..Proxies::default() };
    let client = Client::new(None, &proxies, None, ResponseLimits::default()).unwrap();
    let is_direct = |client: &Client, url| client.client_for(url).is_ok();
    for url in ["http://127.0.0.1:1/creds", "http://169.254.169.254/latest/api/token"] {
        assert!(is_direct(&client.without_proxy(), url) && !is_direct(&client, url), "{url}");
    }
    assert!(is_direct(&client, "http://direct.test/") && is_direct(&client, "https://other.test/"));
    for url in ["http://127.0.0.1:1/", "http://localhost/", "http://other.test/"] {
        assert!(!is_direct(&client, url), "{url}");
    }
}
