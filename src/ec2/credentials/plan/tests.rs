#![expect(clippy::disallowed_methods, reason = "the test writes the files")]

mod sources;

use std::ffi::OsString;
use std::fs;

use super::*;
use crate::ec2::CredentialVariables;
use crate::profile::ProfilePath;
use crate::profile::{ProfilePaths, Profiles};

/// Returns the plan of a home with these files and variables, and `~` for the home in texts.
fn planned(
    [config, credentials]: [&str; 2],
    variables: &[(&str, &str)],
    profile: &str,
    is_explicit: bool,
) -> String {
    let home = tempfile::tempdir().unwrap();
    let path = |name| Some(ProfilePath { path: home.path().join(name), is_named: false });
    let paths = ProfilePaths { config: path("config"), credentials: path("credentials") };
    fs::write(home.path().join("config"), config).unwrap();
    fs::write(home.path().join("credentials"), credentials).unwrap();
    let shown = home.path().display().to_string();
    let variables = CredentialVariables::read(|name| {
        let value = variables.iter().find(|(given, _)| *given == name)?.1;
        Some(OsString::from(value.replace('~', &shown)))
    });
    let settings = PlanSettings {
        profiles: &Profiles::read(&paths),
        paths: &paths,
        variables: &variables,
        profile,
        is_explicit,
        home: Some(home.path()),
    };
    let text = match plan(&settings) {
        Ok(None) => "none".to_owned(),
        Ok(Some(source)) => described(&source),
        Err(fault) => fault.to_string(),
    };
    text.replace(&shown, "~")
}

fn described(source: &Source) -> String {
    match source {
        Source::Environment(keys) | Source::Keys { keys, .. } | Source::KeyFile { keys, .. } => {
            let token = keys.token.as_ref().map_or("-", |token| token.as_str());
            format!("{}: {} {} {token}", source.name(), *keys.id, *keys.secret)
        }
        Source::Role(role) => format!(
            "{} {:?} {:?} {:?} {:?} with {}",
            role.arn,
            role.duration_seconds,
            role.external_id,
            role.mfa_serial,
            role.session_name,
            described(&role.source)
        ),
        Source::WebIdentity(identity) => {
            format!("{}: {}", source.name(), identity.token.display())
        }
        Source::Login { token, .. } => format!("{}: {}", source.name(), token.display()),
        Source::Sso(sso) => {
            let token = sso.token.as_ref().unwrap().display();
            format!("{}: {} {} {token}", source.name(), sso.start_url, sso.region)
        }
        Source::Process { command, .. } => format!("{}: {}", source.name(), **command),
        Source::Instance(instance) => format!(
            "{}: {} {:?} {}",
            source.name(),
            instance.attempts,
            instance.timeout,
            instance.needs_token
        ),
        Source::Container(_) => source.name().to_string(),
    }
}

const CONFIG: &str = "[default]
[profile keys]
aws_access_key_id = I
aws_secret_access_key = S
aws_security_token =
aws_session_token = T
[profile half]
aws_access_key_id = I
[profile both]
aws_access_key_id = CI
aws_secret_access_key = CS
aws_session_token = CT
[profile secret]
aws_access_key_id = CI
aws_secret_access_key = CS
[profile program]
credential_process = p \"a b\"
[profile login]
login_session = arn:aws:iam::1:user/u
[profile web]
role_arn = arn:w
web_identity_token_file = /t
[profile role]
role_arn = arn:r
source_profile = keys
duration_seconds = +3_600
external_id = x
mfa_serial = m
role_session_name = n
[profile role2]
role_arn = arn:r2
source_profile = role
duration_seconds = one hour
[profile self]
role_arn = arn:r
source_profile = self
aws_access_key_id = I
aws_secret_access_key = S
[profile itself]
role_arn = arn:r
source_profile = itself
[profile circle]
role_arn = arn:r
source_profile = circle2
[profile circle2]
role_arn = arn:r
source_profile = circle
[profile lost]
role_arn = arn:r
source_profile = gone
[profile bare]
role_arn = arn:r
source_profile = default
[profile unsourced]
role_arn = arn:r
[profile twice]
role_arn = arn:r
source_profile = keys
credential_source = Environment
[profile named]
role_arn = arn:r
credential_source = Environment
[profile task]
role_arn = arn:r
credential_source = EcsContainer
[profile machine]
role_arn = arn:r
credential_source = Ec2InstanceMetadata
[profile unknown]
role_arn = arn:r
credential_source = environment
[profile short]
role_arn = arn:r
source_profile = keys
duration_seconds = 60
[profile of-program]
role_arn = arn:r
source_profile = program
[profile sso]
sso_session = s
sso_account_id = 1
sso_role_name = R
[profile sso-old]
sso_start_url = u
sso_region = eu-west-1
sso_account_id = 1
sso_role_name = R
[profile sso-half]
sso_account_id = 1
[profile sso-lost]
sso_session = gone
sso_account_id = 1
[profile sso-other]
sso_session = s
sso_region = eu-west-2
sso_account_id = 1
sso_role_name = R
[profile token-only]
sso_session = s
[sso-session s]
sso_start_url = u
sso_region = eu-west-1
";

const CREDENTIALS: &str = "[both]
aws_access_key_id = I
aws_secret_access_key = S
[secret]
aws_secret_access_key = S
[partial]
aws_access_key_id = I
";

const DISABLED: (&str, &str) = ("AWS_EC2_METADATA_DISABLED", "True");

#[test]
fn profile_leads_to_source() {
    let keys = "the profile `keys`: I S -";
    let role = format!("arn:r Some(3600) Some(\"x\") Some(\"m\") Some(\"n\") with {keys}");
    let plain = "arn:r None None None None with";
    for (profile, expected) in [
        ("default", "none"),
        ("gone", "none"),
        ("keys", keys),
        ("both", "the profile `both`: I S -"),
        // The secret in the other file belongs to another key.
        ("secret", "the profile `secret`: CI CS -"),
        (
            "half",
            "Partial credentials found in config-file, missing: aws_secret_access_key (~/config, line 8)",
        ),
        (
            "partial",
            "Partial credentials found in shared-credentials-file, missing: aws_secret_access_key (~/credentials, line 7)",
        ),
        ("program", "credential_process of the profile `program`: p \"a b\""),
        (
            "login",
            "the login session of the profile `login`: ~/.aws/login/cache/67fcf3f2fd37910c1381354667b2fb8dd4682d8b3c07f8b0cc637999d065e74d.json",
        ),
        ("web", "the role arn:w of the profile `web`: /t"),
        ("role", &role),
        ("role2", &format!("arn:r2 None None None None with {role}")),
        ("self", &format!("{plain} the profile `self`: I S -")),
        (
            "itself",
            "Infinite loop in credential configuration detected. Attempting to load from profile itself which has already been visited. Visited profiles: itself (~/config, line 41)",
        ),
        (
            "circle",
            "Infinite loop in credential configuration detected. Attempting to load from profile circle which has already been visited. Visited profiles: circle, circle2 (~/config, line 47)",
        ),
        (
            "lost",
            "The source_profile \"gone\" referenced in the profile \"lost\" does not exist (~/config, line 50)",
        ),
        ("bare", "The source profile \"default\" must have credentials (~/config, line 53)"),
        (
            "unsourced",
            "Partial credentials found in assume-role, missing: source_profile or credential_source (~/config, line 55)",
        ),
        (
            "twice",
            "The profile \"twice\" contains both source_profile and credential_source (~/config, line 59)",
        ),
        (
            "named",
            "Error when retrieving credentials from Environment: No credentials found in credential_source referenced in profile named",
        ),
        (
            "task",
            "Error when retrieving credentials from EcsContainer: No credentials found in credential_source referenced in profile task",
        ),
        (
            "machine",
            "Error when retrieving credentials from Ec2InstanceMetadata: No credentials found in credential_source referenced in profile machine",
        ),
        (
            "unknown",
            "The credential source \"environment\" referenced in profile \"unknown\" is not valid (~/config, line 71)",
        ),
        (
            "short",
            "invalid value for duration_seconds in the profile short: `60`; expected a number of seconds of at least 900",
        ),
        ("of-program", &format!("{plain} credential_process of the profile `program`: p \"a b\"")),
        (
            "sso",
            "the SSO session of the profile `sso`: u eu-west-1 ~/.aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json",
        ),
        (
            "sso-old",
            "the SSO session of the profile `sso-old`: u eu-west-1 ~/.aws/sso/cache/51e69892ab49df85c6230ccc57f8e1d1606caccc.json",
        ),
        (
            "sso-half",
            "The profile \"sso-half\" is configured to use SSO but is missing required configuration: sso_role_name, sso_start_url, sso_region (~/config, line 89)",
        ),
        ("sso-lost", "The specified sso-session does not exist: \"gone\" (~/config, line 91)"),
        (
            "sso-other",
            "The value for sso_region is inconsistent between profile (eu-west-2) and sso-session (eu-west-1) (~/config, line 102)",
        ),
        ("token-only", "none"),
    ] {
        let found = planned([CONFIG, CREDENTIALS], &[DISABLED], profile, true);
        assert_eq!(found, expected, "{profile}");
    }
}

#[test]
fn environment_leads_to_source() {
    let keys = [("AWS_ACCESS_KEY_ID", "E "), ("AWS_SECRET_ACCESS_KEY", " s")];
    let web = [("AWS_WEB_IDENTITY_TOKEN_FILE", "/e"), ("AWS_ROLE_ARN", "arn:e")];
    let container = [("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c?t=1")];
    let full = |url| [("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)];
    let file = [("AWS_CREDENTIAL_FILE", "~/config")];
    for (variables, profile, is_explicit, expected) in [
        (&keys[..], "role", false, "the environment: E   s -"),
        (&keys, "keys", true, "the profile `keys`: I S -"),
        (
            &[keys[0], keys[1], ("AWS_SESSION_TOKEN", "t"), ("AWS_SECURITY_TOKEN", "u")],
            "default",
            false,
            "the environment: E   s u",
        ),
        (
            &[keys[0], keys[1], ("AWS_SESSION_TOKEN", "")],
            "default",
            false,
            "the environment: E   s -",
        ),
        (
            &keys[..1],
            "keys",
            false,
            "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY",
        ),
        (&keys[1..], "keys", false, "the profile `keys`: I S -"),
        (&keys, "named", true, "arn:r None None None None with the environment: E   s -"),
        (&web, "keys", false, "the role arn:e: /e"),
        (&web, "keys", true, "the profile `keys`: I S -"),
        (
            &web[..1],
            "default",
            false,
            "AWS_WEB_IDENTITY_TOKEN_FILE is configured to assume role with web identity but has no role ARN configured",
        ),
        (
            &web,
            "role",
            false,
            "arn:r Some(3600) Some(\"x\") Some(\"m\") Some(\"n\") with the profile `keys`: I S -",
        ),
        (&container, "default", true, "the container endpoint http://169.254.170.2/c"),
        (
            &container,
            "task",
            true,
            "arn:r None None None None with the container endpoint http://169.254.170.2/c",
        ),
        (
            &full("https://example.com/c"),
            "default",
            false,
            "the container endpoint https://example.com/c",
        ),
        (
            &full("http://[fd00:ec2::23]/c"),
            "default",
            false,
            "the container endpoint http://[fd00:ec2::23]/c",
        ),
        (
            &full("http://10.0.0.1/c?t=hunter2"),
            "default",
            false,
            "Unsupported host '10.0.0.1'. Can only retrieve metadata from a loopback address or one of these hosts: 169.254.170.2, 169.254.170.23, fd00:ec2::23, localhost: http://10.0.0.1/c",
        ),
        (&file, "default", false, "none"),
    ] {
        let mut given = vec![DISABLED];
        given.extend(variables);
        let found = planned([CONFIG, ""], &given, profile, is_explicit);
        assert_eq!(found, expected, "{variables:?} {profile}");
    }
}
