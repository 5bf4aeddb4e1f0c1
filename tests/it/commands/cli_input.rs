//! `--cli-input-json`, `--cli-input-yaml` and `--generate-cli-skeleton`.

use crate::support::home::Home;

#[test]
fn input_replaces_options_of_aws_spelling() {
    let home = Home::new();
    home.write(
        "in.json",
        r#"{"KeyName": "a", "KeyType": "ed25519", "TagSpecifications": [
        {"ResourceType": "key-pair", "Tags": [{"Key": "team", "Value": "ops"}]}]}"#,
    );
    let create = "keypair ec2 create-key-pair --cli-input-json file://in.json";
    home.shell(&format!("{create} > a")).success();
    home.shell(&format!("{create} --key-name b > b")).success();
    let query = "--query 'KeyPairs[].[KeyName,KeyType,Tags[0].Value]' --output text";
    let run = home.shell(&format!("keypair describe {query}")).success();
    assert_eq!(run.text(), "a\ted25519\tops\nb\ted25519\tops\n");
    home.write("in.yaml", "KeyNames: [b]\nFilters:\n- Name: key-name\n  Values: ['*']\n");
    let describe = "keypair --output text describe-key-pairs --cli-input-yaml file://in.yaml";
    let run = home.shell(&format!("{describe} --query 'KeyPairs[].KeyName'")).success();
    assert_eq!(run.text(), "b\n");
    for (words, said) in [
        ("--cli-input-json '{\"KeyNamez\": 1}'", "Unknown parameter in input"),
        ("--cli-input-json file://none", "Error parsing parameter"),
        ("--cli-input-yaml 'a: &x 1'", "anchors and aliases are not supported"),
        ("--cli-input-yaml '{}' --cli-input-json '{}'", "Only one --cli-input- parameter"),
        ("--cli-input-json '{}' --frob", "--frob"),
    ] {
        let run = home.shell(&format!("keypair describe-key-pairs {words}")).fails_with(252);
        assert!(run.stderr.contains(said), "{run}");
    }
    let run = home.shell("keypair create-key-pair --cli-input-json '{}'").fails_with(252);
    let said = "Parameter validation failed: Missing required parameter in input: \"KeyName\"";
    assert!(run.stderr.contains(said), "{run}");
}

#[test]
fn skeletons_need_no_other_options() {
    let home = Home::new();
    let run = home.shell("keypair import-key-pair --generate-cli-skeleton").success();
    assert!(run.text().contains("\n    \"PublicKeyMaterial\": null\n}\n"), "{run}");
    let run = home.shell("keypair ec2 delete-tags --generate-cli-skeleton yaml-input").success();
    assert!(run.text().starts_with("DryRun: true"), "{run}");
    let run = home.shell(
        "keypair describe-key-pairs --generate-cli-skeleton output --query 'KeyPairs[0].KeyName'",
    );
    assert_eq!(run.success().text(), "\"KeyName\"\n");
    home.shell("keypair create-key-pair --generate-cli-skeleton output").fails_with(252);
    home.shell("keypair describe-key-pairs --generate-cli-skeleton x").fails_with(252);
    assert!(home.files().is_empty());
}
