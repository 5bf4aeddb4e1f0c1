#![expect(clippy::disallowed_methods, reason = "the test writes the files")]

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::ec2::{CredentialVariables, Variables};
use crate::profile::{Origin, ProfileOrigin, ProfilePath, ProfilePaths, Profiles, SelectedProfile};

/// Returns the configuration of a home with these files, variables and `--profile`.
fn found(config: &str, credentials: &str, profile: Option<&str>) -> Configuration {
    found_with(config, credentials, profile, Variables::default())
}

fn found_with(
    config: &str,
    credentials: &str,
    profile: Option<&str>,
    variables: Variables,
) -> Configuration {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join(".aws")).unwrap();
    for (name, text) in [("config", config), ("credentials", credentials)] {
        if !text.is_empty() {
            fs::write(home.path().join(".aws").join(name), text).unwrap();
        }
    }
    let path =
        |name| Some(ProfilePath { path: home.path().join(".aws").join(name), is_named: false });
    let paths = ProfilePaths { config: path("config"), credentials: path("credentials") };
    let variables = Variables { home: Some(home.path().to_owned()), ..variables };
    let name = profile.map(|name| (name.to_owned(), ProfileOrigin::Option));
    let mut found = settings_with(paths, name, variables);
    let folder = home.path().join(".aws");
    for fault in &mut found.faults {
        if let ConfigurationFault::Credentials(
            CredentialFault::Partial { place: Some(place), .. }
            | CredentialFault::NoSourceProfile { place, .. }
            | CredentialFault::Loop { place, .. },
        ) = fault
        {
            place.path = Path::new("~").join(place.path.strip_prefix(&folder).unwrap());
        }
    }
    found
}

fn settings_with(
    paths: ProfilePaths,
    name: Option<(String, ProfileOrigin)>,
    variables: Variables,
) -> Configuration {
    let profile = SelectedProfile::new(Profiles::read(&paths), name);
    let region = profile.section().and_then(|section| section.get("region")).map(|region| {
        let section = format!("the profile {}", profile.name());
        let (key, path) = ("region".to_owned(), PathBuf::new());
        Given::new(region.to_owned(), Origin::Key { key, section, path, line: 1 })
    });
    let variables = Box::new(variables);
    configuration(&Ec2Settings { profile, paths, region, variables, ..Default::default() })
}

fn summary(found: &Configuration) -> String {
    let region = found.region.as_ref();
    let region = region.map(|given| format!("{} by {}", given.value, given.origin.place()));
    let source = found.credentials.as_ref().map(ToString::to_string);
    let faults: Vec<_> = found.faults.iter().map(ToString::to_string).collect();
    let faults = faults.join(", ");
    let none = || "none".to_owned();
    format!("{}; {}; {faults}", region.unwrap_or_else(none), source.unwrap_or_else(none))
}

/// Returns variables with a path as their value.
fn variables(names: &[&str]) -> CredentialVariables {
    CredentialVariables::read(|name| names.contains(&name).then(|| "/none".into()))
}

const KEYS: &str = "aws_access_key_id = i\naws_secret_access_key = s\n";

#[test]
fn profiles_are_followed_like_sdk() {
    let config = format!(
        "[default]\nregion = us-east-1\n
[profile keys]\nregion = eu-west-1\n{KEYS}
[profile half]\nregion = r\naws_access_key_id = i
[profile program]\nregion = r\ncredential_process = true
[profile sso]\nregion = r\nsso_session = s\nsso_account_id = 1\nsso_role_name = R
[profile identity]\nregion = r\nweb_identity_token_file = f\nrole_arn = a
[profile machine]\nregion = r\nrole_arn = a\ncredential_source = Ec2InstanceMetadata
[profile role]\nregion = r\nrole_arn = a\nsource_profile = keys
[profile self]\nregion = r\nrole_arn = a\nsource_profile = self\n{KEYS}
[profile lost]\nregion = r\nrole_arn = a\nsource_profile = gone
[profile circle]\nregion = r\nrole_arn = a\nsource_profile = circle2
[profile circle2]\nregion = r\nrole_arn = a\nsource_profile = circle
[sso-session s]\nsso_region = r\nsso_start_url = u\n"
    );
    for (profile, expected) in [
        (None, "us-east-1 by the profile default; none; no credentials found"),
        (Some("keys"), "eu-west-1 by the profile keys; the profile keys (access keys); "),
        (
            Some("half"),
            "r by the profile half; none; Partial credentials found in config-file, missing: \
             aws_secret_access_key (~/config, line 11)",
        ),
        (Some("program"), "r by the profile program; the profile program (a program); "),
        (Some("sso"), "r by the profile sso; the profile sso (SSO); "),
        (Some("identity"), "r by the profile identity; the profile identity (a web identity); "),
        (Some("machine"), "r by the profile machine; the profile machine (a role); "),
        (Some("role"), "r by the profile role; the profile role (a role); "),
        (Some("self"), "r by the profile self; the profile self (a role); "),
        (
            Some("lost"),
            "r by the profile lost; none; The source_profile \"gone\" referenced in the profile \
             \"lost\" does not exist (~/config, line 42)",
        ),
        (
            Some("circle"),
            "r by the profile circle; none; Infinite loop in credential configuration detected. \
             Attempting to load from profile circle which has already been visited. Visited \
             profiles: circle, circle2 (~/config, line 50)",
        ),
        (Some("none"), "none; none; cannot find the profile none, no region is configured"),
        (Some("stored"), "none; the profile stored (access keys); no region is configured"),
    ] {
        let stored = format!("[stored]\n{KEYS}");
        assert_eq!(summary(&found(&config, &stored, profile)), expected, "{profile:?}");
    }
}

#[test]
fn option_wins_over_environment_and_files() {
    let config = format!("[default]\nregion = us-east-1\n{KEYS}");
    let of = |names: &[&str]| Variables { credentials: variables(names), ..Variables::default() };
    let keys = of(&["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
    let with = |profile, variables| summary(&found_with(&config, "", profile, variables));
    let expected = "us-east-1 by the profile default; the environment; ";
    assert_eq!(with(None, keys.clone()), expected);
    let expected = "us-east-1 by the profile default; the profile default (access keys); ";
    assert_eq!(with(Some("default"), keys.clone()), expected);
    let said = "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY";
    assert!(with(None, of(&["AWS_ACCESS_KEY_ID"])).contains(said));
    let lost = Some(("gone".to_owned(), ProfileOrigin::Variable("AWS_PROFILE")));
    let lost = settings_with(ProfilePaths::default(), lost, Variables::default());
    assert!(summary(&lost).contains("cannot find the profile gone"));
    let without = |variables| summary(&found_with("", "", None, variables));
    let container = of(&["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]);
    assert_eq!(without(container), "none; the container; no region is configured");
    let identity = of(&["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"]);
    assert_eq!(without(identity), "none; a web identity; no region is configured");
}

#[test]
fn unusable_file_is_reported_without_secrets() {
    let found_in = |config: &str| found(config, &format!("[default]\n{KEYS}"), None);
    let malformed = found_in("[default\nregion = hunter2\n");
    assert!(summary(&malformed).contains("cannot parse "), "{malformed:?}");
    // The other file is still used.
    assert_eq!(malformed.secret_files.len(), 1);
    assert!(malformed.credentials.is_some());
    assert!(!summary(&malformed).contains("hunter2"), "{malformed:?}");
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("gone");
    let named = |path: &Path| {
        let config = Some(ProfilePath { path: path.to_owned(), is_named: true });
        let paths = ProfilePaths { config, ..ProfilePaths::default() };
        settings_with(paths, None, Variables::default())
    };
    let message = summary(&named(&path));
    assert!(message.contains(&format!("cannot read {}", path.display())), "{message}");
    let directory = named(home.path());
    assert!(summary(&directory).contains("is a directory"), "{directory:?}");
}
