//! `describe` and `describe-key-pairs`: selection, output formats and terminal safety.

use serde_json::json;

use crate::support::home::Home;

/// Creates three pairs: `web-1` and `web-2` with tags, and `db`.
fn three_pairs() -> Home {
    let home = Home::new();
    home.shell("keypair create web-1 --type ed25519 --tag team=ops --tag stage=prod").success();
    home.shell("keypair create web-2 --type ed25519 --tag team=Ops").success();
    home.shell("keypair create db").success();
    home
}

fn names(home: &Home, options: &str) -> String {
    let command = format!("keypair {options} --query 'KeyPairs[].KeyName' --output text");
    home.shell(&command).success().text().trim_end().replace('\t', " ")
}

#[test]
fn describe_selects_by_name_id_and_filter() {
    let home = three_pairs();
    home.write("name.txt", "db");
    home.write("names.json", "[\"db\", \"web-2\"]\n");
    home.write("filter.json", r#"[{"Name": "key-name", "Values": ["d?"]}]"#);
    let id = home.shell("keypair describe db --query KeyPairs[0].KeyPairId --output text");
    let id = id.success().text().trim_end().to_owned();
    for (options, expected) in [
        ("describe", "web-1 web-2 db"),
        ("describe db web-1", "web-1 db"),
        // A variable without quotes may be empty.
        ("describe-key-pairs --key-names --key-pair-ids --filters", "web-1 web-2 db"),
        ("describe --key-names db web-2", "web-2 db"),
        ("describe-key-pairs --key-names web-2", "web-2"),
        ("describe-key-pairs --key-names '[\"db\",\"web-2\"]'", "web-2 db"),
        (&format!("describe-key-pairs --key-pair-ids {id}"), "db"),
        (&format!("describe web-1 --key-pair-ids {id}"), ""),
        ("describe --filters Name=key-name,Values='web-*'", "web-1 web-2"),
        ("describe --filters Name=key-name,Values=db,web-1", "web-1 db"),
        ("describe --filters 'Name=key-name,Values=[db]'", "db"),
        ("describe --filters Name=tag:team,Values=ops", "web-1"),
        ("describe --filters Name=tag:team,Values='?ps'", "web-1 web-2"),
        ("describe --filters Name=tag-key,Values=stage", "web-1"),
        ("describe --filters Name=tag-key,Values=team Name=key-name,Values='*2'", "web-2"),
        ("describe --filters file://filter.json", "db"),
        ("describe --filters Name=key-name,Values@=file://name.txt,web-1", "web-1 db"),
        ("describe --key-names file://names.json", "web-2 db"),
        (
            "describe --filters '{\"Name\":\"key-pair-id\",\"Values\":[\"key-*\"]}'",
            "web-1 web-2 db",
        ),
        ("describe --filters Name=key-name,Values=nothing", ""),
        ("describe --filters Name=key-name", ""),
        (&format!("describe --filters Name=key-pair-id,Values={id}"), "db"),
    ] {
        assert_eq!(names(&home, options), expected, "{options}");
    }
}

#[test]
fn describe_unknown_name_or_id_fails() {
    let home = three_pairs();
    for (options, said) in [
        ("describe none", "The key pair 'none' does not exist"),
        ("describe db x y", "The key pairs 'x, y' do not exist"),
        ("describe-key-pairs --key-names db none", "The key pair 'none' does not exist"),
        ("describe --key-pair-ids key-0", "The key pair ID 'key-0' does not exist"),
        ("describe db.pem", "The key pair 'db.pem' does not exist"),
    ] {
        let run = home.shell(&format!("keypair {options}")).fails_with(3);
        assert_eq!(run.text(), "");
        let code = "(InvalidKeyPair.NotFound) when calling the DescribeKeyPairs operation: ";
        assert!(run.stderr.contains(&format!("{code}{said}\n")), "{run}");
        assert!(run.stderr.contains("keypair: hint: "), "{run}");
    }
    home.write("name.txt", "db");
    let many: Vec<_> = (0..201).map(|number| number.to_string()).collect();
    for (options, code, said) in [
        ("--filters Name=name,Values=x", 254, "The filter 'name' is invalid"),
        (&format!("--filters Name=key-name,Values={}", many.join(",")), 254, "FilterLimitExceeded"),
        ("--filters Name", 252, "--filters"),
        ("--filters Values=x", 252, "Name=NAME"),
        ("--filters Name=key-name,Value=x", 252, "Unknown parameter in Filters[0]: \"Value\""),
        ("--filters '[1]'", 252, "Invalid type for parameter Filters[0], value: 1"),
        ("--filters '{\"Name\":\"key-name\",\"Values\":[1]}'", 252, "Filters[0].Values[0]"),
        ("--filters '{\"Name\":\"key-name\",\"Values\":\"x\"}'", 252, "Filters[0].Values, "),
        ("--filters file://none", 252, "parsing parameter '--filters': cannot"),
        ("--filters Name@=file://none", 255, "none"),
        ("--filters Name@=fileb://name.txt", 252, "expected file://"),
        ("--filters fileb://name.txt", 252, "value for --filters: expected file://"),
        ("--key-names fileb://name.txt", 252, "value for --key-names: expected file://"),
        ("--key-names '[1'", 252, "Error parsing parameter '--key-names': Invalid JSON"),
        ("''", 5, "the name is empty"),
    ] {
        let run = home.shell(&format!("keypair describe {options}")).fails_with(code);
        assert!(run.stderr.contains(said), "{run}");
    }
}

#[test]
fn describe_without_registry_creates_no_file() {
    let home = Home::new();
    assert_eq!(home.keypair(["describe"]).success().json(), json!({"KeyPairs": []}));
    home.keypair(["describe", "k"]).fails_with(3);
    let dry = home.keypair(["describe", "--dry-run"]).success();
    assert!(dry.text().is_empty() && dry.stderr.contains("DryRunOperation"), "{dry}");
    assert_eq!(home.files().len(), 0);
}

#[test]
fn describe_include_public_key_adds_member() {
    let home = three_pairs();
    let members = |options: &str| {
        let pair = home.shell(&format!("keypair describe db {options}")).success().json();
        let pair = pair["KeyPairs"][0].as_object().unwrap().clone();
        pair.keys().cloned().collect::<Vec<_>>().join(" ")
    };
    let without = "KeyPairId KeyType Tags CreateTime KeyName KeyFingerprint";
    let with = "KeyPairId KeyType Tags PublicKey CreateTime KeyName KeyFingerprint";
    assert_eq!(members(""), without);
    assert_eq!(members("--include-public-key"), with);
    assert_eq!(members("--include-public-key --no-include-public-key"), without);
}

#[test]
fn describe_yaml_equals_json() {
    let home = three_pairs();
    home.shell("keypair create 'no: yes' --type ed25519 --tag 'a=1: [x]' --out k").success();
    let yaml = home.shell("keypair describe --include-public-key --output yaml").success();
    let json = home.shell("keypair describe --include-public-key").success();
    let read = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))";
    let python = std::env::var("KEYPAIR_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let read = home.launch("sh").args(["-c", "exec \"$0\" -c \"$1\"", &python, read]);
    assert_eq!(read.stdin(yaml.text()).run().success().json(), json.json());
    assert!(yaml.text().starts_with("KeyPairs:\n- CreateTime: \"20"), "{yaml}");
}

#[test]
fn describe_output_follows_environment_and_options() {
    let home = three_pairs();
    let text = home.shell("AWS_DEFAULT_OUTPUT=text keypair describe db").success();
    assert!(text.text().starts_with("KEYPAIRS\t"));
    let json = home.shell("AWS_DEFAULT_OUTPUT=text keypair describe db --output JSON").success();
    assert!(json.text().starts_with("{\n    \"KeyPairs\""));
    home.shell("AWS_DEFAULT_OUTPUT=xml keypair describe").fails_with(255);
    home.shell("AWS_DEFAULT_OUTPUT= keypair describe").fails_with(255);
    home.shell("keypair describe --output xml").fails_with(252);
    for (query, said) in [
        ("KeyPairs[", "at character 10: KeyPairs["),
        ("unknown(@)", "unknown(@)"),
        ("''[", "--query"),
        ("length(`1`)", "length()"),
    ] {
        let run = home.keypair(["describe", "--query", query]).fails_with(252);
        assert!(
            run.text().is_empty() && run.stderr.contains(said.split('(').next().unwrap()),
            "{run}"
        );
    }
    let debug = home.keypair(["describe", "--debug"]).success();
    assert!(debug.stderr.contains("registry.sqlite3"), "{debug}");
    let quiet = home.keypair(["describe", "none", "--quiet"]).fails_with(3);
    assert_eq!(quiet.stderr.lines().count(), 1, "{quiet}");
}

#[test]
fn describe_escapes_control_characters_on_terminal() {
    let home = Home::new();
    let name = "evil\u{1b}]0;title\u{7}\u{9b}31m";
    let name = &name[..name.len() - 5];
    home.keypair(["create", name, "--type", "ed25519", "--out", "k", "--tag", "t=\u{202e}x"])
        .success();
    let piped = home.keypair(["describe", "--output", "text"]).success();
    assert!(piped.text().contains('\u{1b}') && piped.text().contains('\u{202e}'));
    for output in ["text", "table", "json", "yaml"] {
        let arguments = ["describe", "--output", output, "--color", "off"];
        let run = home.launch("keypair").args(arguments).on_terminal().finish();
        assert_eq!(run.code, Some(0));
        let text = run.text();
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{output}: {run}");
    }
    let colored = home.launch("keypair").args(["describe", "--output", "table"]);
    assert!(colored.on_terminal().finish().text().contains("\u{1b}["));
    let plain = home.launch("keypair").args(["describe", "--output", "table"]).env("NO_COLOR", "1");
    assert!(!plain.on_terminal().finish().text().contains("\u{1b}["));
    let piped = home.keypair(["describe", "--output", "table", "--color", "on"]).success();
    assert!(piped.text().contains("\u{1b}["));
}

#[test]
fn describe_ignores_closed_pipe_but_reports_full_disk() {
    let home = three_pairs();
    let run = home.shell("{ sleep 0.5; keypair describe; echo $? >&2; } | true");
    assert_eq!(run.stderr, "0\n");
    let run = home.shell("keypair describe > /dev/full").fails_with(255);
    assert!(run.stderr.contains("No space left on device"), "{run}");
}
