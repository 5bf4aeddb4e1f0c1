//! Older files, the settings of the instance metadata service, and limits.

use super::*;

#[test]
fn older_key_files_are_read() {
    for (variable, text, expected) in [
        (
            "BOTO_CONFIG",
            "[Credentials]\naws_access_key_id = I\naws_secret_access_key = S\n",
            "~/credentials: I S -",
        ),
        (
            "BOTO_CONFIG",
            "[Credentials]\naws_access_key_id = I\n",
            "Partial credentials found in boto-config, missing: aws_secret_access_key (~/credentials, line 2)",
        ),
        (
            "AWS_CREDENTIAL_FILE",
            "[x]\nAWSAccessKeyId = I\nAWSSecretKey=S\n",
            "~/credentials: I S -",
        ),
        (
            "AWS_CREDENTIAL_FILE",
            "[x]\nAWSAccessKeyId = I\n",
            "Partial credentials found in ec2-credentials-file, missing: AWSSecretKey (~/credentials, line 2)",
        ),
    ] {
        let variables = [DISABLED, (variable, "~/credentials")];
        assert_eq!(planned(["", text], &variables, "default", false), expected);
    }
}

#[test]
fn instance_settings_are_read() {
    let config = "[default]\nec2_metadata_service_endpoint = http://h/\nmetadata_service_timeout = 5\nimds_use_ipv6 = true\n[profile six]\nimds_use_ipv6 = true\n";
    let of = |variables: &[(&str, &str)], profile| planned([config, ""], variables, profile, false);
    let name = "the instance metadata service";
    assert_eq!(of(&[], "default"), format!("{name} http://h: 1 5s false"));
    assert_eq!(of(&[], "six"), format!("{name} http://[fd00:ec2::254]: 1 1s false"));
    let variables = [
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv4"),
        ("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "3"),
        ("AWS_EC2_METADATA_V1_DISABLED", "true"),
    ];
    assert_eq!(of(&variables, "six"), format!("{name} http://169.254.169.254: 3 1s true"));
    // Version 2 checks them whatever the source is.
    let keys = [("AWS_ACCESS_KEY_ID", "E"), ("AWS_SECRET_ACCESS_KEY", "s")];
    for (variable, value, said) in [
        (
            "AWS_METADATA_SERVICE_TIMEOUT",
            "x",
            "AWS_METADATA_SERVICE_TIMEOUT: `x`; expected a number",
        ),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "x", "`x`; expected ipv4 or ipv6"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "x", "`x`; expected http://HOST"),
    ] {
        let found = of(&[keys[0], keys[1], (variable, value)], "default");
        assert!(found.contains(said), "{found}");
    }
}

#[test]
fn long_chain_of_roles_is_refused() {
    let profile = |number: usize| {
        format!("[profile p{number}]\nrole_arn = r\nsource_profile = p{}\n", number + 1)
    };
    let config: String = (0..10_000).map(profile).collect();
    let found = planned([&config, ""], &[], "p0", false);
    assert!(found.contains("expected a chain of at most 100 roles"), "{found}");
}

/// An indented line continues a value. Version 2 signs with such a secret, but cannot send such an
/// ID.
#[test]
fn value_of_several_lines_is_kept() {
    let text = "[default]\naws_access_key_id = I\naws_secret_access_key = s\n  t = \u{fc}\n";
    let found = planned(["", text], &[DISABLED], "default", false);
    assert_eq!(found, "the profile `default`: I s\nt = \u{fc} -");
    let text = "[default]\naws_secret_access_key = s\naws_access_key_id = I\n  J\n";
    let found = planned(["", text], &[DISABLED], "default", false);
    let place = "aws_access_key_id in the profile default (~/credentials, line 3)";
    assert!(found.contains(place), "{found}");
}
