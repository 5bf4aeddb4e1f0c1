//! The formats of error messages, with the codes of version 2.

use crate::support::home::Home;

const MISSING: &str = "The key pair 'none' does not exist";

#[test]
fn error_format_has_code_and_message() {
    let mut home = Home::new();
    for (format, expected) in [
        (
            "json",
            format!(
                "{{\n    \"Code\": \"InvalidKeyPair.NotFound\",\n    \"Message\": \"{MISSING}\"\n}}\n"
            ),
        ),
        ("yaml", format!("Code: InvalidKeyPair.NotFound\nMessage: \"{MISSING}\"\n")),
        ("text", format!("InvalidKeyPair.NotFound\t{MISSING}\n")),
    ] {
        let option = ["describe", "none", "--cli-error-format", format];
        assert_eq!(home.keypair(option).fails_with(3).stderr, expected);
    }
    let table = home.keypair(["describe", "none", "--cli-error-format=table"]).fails_with(3);
    assert!(table.stderr.contains("  error  "), "{table}");
    assert!(
        table.stderr.contains(&format!("|  InvalidKeyPair.NotFound |  {MISSING}  |")),
        "{table}"
    );
    home.set("AWS_CLI_ERROR_FORMAT", "TEXT");
    let text = home.keypair(["describe", "none"]).fails_with(3).stderr;
    assert_eq!(text, format!("InvalidKeyPair.NotFound\t{MISSING}\n"));
    for format in ["legacy", "enhanced"] {
        let option = ["describe", "none", "--cli-error-format", format];
        let sentence = home.keypair(option).fails_with(3).stderr;
        assert!(sentence.starts_with("keypair: error: An error occurred ("), "{sentence}");
    }
}

#[test]
fn other_errors_have_codes_of_version_2() {
    let mut home = Home::new();
    home.set("AWS_EC2_METADATA_DISABLED", "true");
    for (words, code, status) in [
        ("describe-key-pairs --bogus", "ParamValidation", 252),
        ("create-key-pair", "ParamValidation", 252),
        ("describe --query [", "ParamValidation", 252),
        ("describe --registry ec2", "NoRegion", 253),
        ("describe --registry ec2 --region eu-west-1", "NoCredentials", 253),
    ] {
        let run = home.shell(&format!("keypair {words} --cli-error-format json"));
        let run = run.fails_with(status);
        let error: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
        assert_eq!(error["Code"], code, "{run}");
    }
    for words in ["JSON", "bogus", ""] {
        home.keypair(["describe", "--cli-error-format", words]).fails_with(252);
    }
    // Without a code, an error is a sentence.
    let run = home.shell("keypair describe --cli-error-format json > /dev/full").fails_with(255);
    assert!(run.stderr.starts_with("keypair: error: "), "{run}");
    home.set("AWS_CLI_ERROR_FORMAT", "bogus");
    let run = home.keypair(["describe"]).success();
    assert_eq!(run.stderr, "keypair: warning: ignoring AWS_CLI_ERROR_FORMAT: `bogus`\n");
}
