//! Servers, programs and files that provide credentials or responses and end in unusual ways.

mod credentials;
mod files;
mod limits;
mod processes;
mod proxies;
mod responses;
mod sources;

use crate::support::home::Home;
use crate::support::stub::Stub;

/// Returns a home that uses this server as EC2 and gets its credentials from another source.
pub(super) fn home_of(ec2: &Stub) -> Home {
    let mut home = Home::new();
    for (name, value) in [
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ENDPOINT_URL_EC2", &ec2.url),
        ("AWS_ENDPOINT_URL_SSM", &ec2.url),
        ("AWS_MAX_ATTEMPTS", "1"),
        ("AWS_REGION", "eu-west-1"),
        ("KEYPAIR_REGISTRY", "ec2"),
    ] {
        home.set(name, value);
    }
    home.shell("mkdir -p $HOME/.aws/sso/cache").success();
    home
}

/// Writes the configuration file of the AWS CLI.
pub(super) fn configure(home: &Home, config: &str) {
    home.write("config", config);
    home.shell("mkdir -p $HOME/.aws; mv config $HOME/.aws/config").success();
}

/// The sources of credentials that send requests to a server.
pub(super) const SOURCES: [&str; 4] = ["STS", "SSO", "container", "instance"];

/// Configures a home to get its credentials from a server, through one of the [`SOURCES`].
pub(super) fn take_credentials_from(home: &mut Home, source: &str, server: &str) {
    configure(
        home,
        "[profile sts]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = keys
[profile keys]\naws_access_key_id = i\naws_secret_access_key = s
[profile sso]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r
[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://start.example.com\n",
    );
    // The file name is the SHA-1 digest of `s`.
    home.write(
        "token",
        r#"{"accessToken": "t", "expiresAt": "2099-01-01T00:00:00Z", "startUrl": "u"}"#,
    );
    let cache = "$HOME/.aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json";
    home.shell(&format!("mv token {cache}")).success();
    match source {
        "STS" => {
            home.set("AWS_PROFILE", "sts");
            home.set("AWS_ENDPOINT_URL_STS", server);
        }
        "SSO" => {
            home.set("AWS_PROFILE", "sso");
            home.set("AWS_ENDPOINT_URL_SSO", server);
        }
        "container" => home.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{server}/x")),
        _ => {
            home.set("AWS_EC2_METADATA_DISABLED", "false");
            home.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", server);
        }
    }
}
