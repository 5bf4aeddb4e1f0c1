//! Masking of private keys in the logs of CI services.

use crate::support::home::Home;
use crate::support::run::Run;

/// Returns the values that a GitHub runner would mask after this output.
fn masked(run: &Run) -> Vec<String> {
    let values = run.stderr.lines().filter_map(|line| line.strip_prefix("::add-mask::"));
    let plain = |value: &str| value.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    values.map(plain).collect()
}

/// Asserts that every line of a key is masked and that nothing else was printed.
#[track_caller]
fn check(run: &Run, key: &str) {
    let lines: Vec<_> = key.lines().filter(|line| !line.is_empty()).collect();
    assert!(lines.len() > 2, "{run}");
    assert_eq!(masked(run), lines, "{run}");
    assert_eq!(run.stderr.lines().count(), lines.len(), "{run}");
}

#[test]
fn mask_covers_every_line_before_printing_key() {
    let home = Home::new();
    for (number, options) in [
        "--type ed25519",
        "--type rsa",
        "--type ed25519 --format ppk --comment '100% é'",
        "--type ed25519 --quiet",
        "--type ed25519 --out /dev/stdout",
    ]
    .into_iter()
    .enumerate()
    {
        let out = if options.contains("--out") { "" } else { "--out -" };
        let words = format!("keypair create k{number} {out} {options} --mask github");
        let run = home.shell(&words).success();
        check(&run, run.text());
    }
    assert!(home.path("k0.pem").metadata().is_err());
    let run = home.shell(
        "keypair create percent --out - --type ed25519 --format ppk --comment 5% --mask github",
    );
    assert!(run.stderr.contains("\n::add-mask::Comment: 5%25\n"), "{run}");

    // In a combined stream, the mask commands come first.
    let run = home.shell("keypair create both --type ed25519 --out - --mask github 2>&1").success();
    let first_plain = run.text().lines().position(|line| !line.starts_with("::add-mask::"));
    assert_eq!(first_plain.unwrap() * 2, run.text().lines().count());
    // The output itself contains no mask commands.
    let script = "keypair create agent --type ed25519 --out - --mask github 2> said > k; \
                  chmod 600 k; ssh-keygen -y -f k && test $(grep -c add-mask said) -gt 2";
    home.shell(&format!("umask 077; {script}")).success();
}

#[test]
fn create_key_pair_masks_key_in_every_format() {
    let home = Home::new();
    for (number, output) in ["json", "text", "yaml", "table", "jsonl"].into_iter().enumerate() {
        let words = format!("keypair create-key-pair --key-name k{number} --key-type ed25519");
        let run = home.shell(&format!("{words} --mask github --output {output}")).success();
        let values = masked(&run);
        assert_eq!(values.first().unwrap(), "-----BEGIN OPENSSH PRIVATE KEY-----");
        assert_eq!(values.last().unwrap(), "-----END OPENSSH PRIVATE KEY-----");
        for value in values {
            assert!(run.text().contains(&value), "{run}");
        }
    }
    let query = "--query KeyMaterial --output text --mask github";
    let run = home.shell(&format!("keypair create-key-pair --key-name q {query}")).success();
    check(&run, run.text());
    // If the key will not be printed, it is not created, and nothing is masked.
    let query = "--query KeyName --output text --mask github";
    let run = home.shell(&format!("keypair create-key-pair --key-name r {query}")).fails_with(252);
    assert!(run.text().is_empty() && masked(&run).is_empty(), "{run}");
}

#[test]
fn convert_masks_private_key() {
    let home = Home::new();
    home.shell("keypair create web --type ed25519").success();
    for format in ["ppk", "pkcs8", "openssh"] {
        let words =
            format!("keypair convert web.pem --format {format} --out - --quiet --mask github");
        let run = home.shell(&words).success();
        check(&run, run.text());
    }
}

#[test]
fn output_without_private_key_is_not_masked() {
    let mut home = Home::new();
    home.set("GITHUB_ACTIONS", "true");
    for words in [
        "create web --type ed25519 --mask github",
        "create web --type ed25519 --if-not-exists --mask github",
        "create many --count 2 --type ed25519 --mask github",
        "create dry --type ed25519 --out - --dry-run --quiet --mask github",
        "create dry --type ed25519 --out - --dry-run --quiet",
        "convert web.pem --public openssh --mask github",
        "convert web.pem --format ppk --mask github",
        "convert web.ppk --public rfc4716",
        "create plain --type ed25519",
        "describe web --include-public-key",
    ] {
        let run = home.shell(&format!("keypair {words}")).success();
        assert_eq!(run.stderr, "", "{words}");
    }
    let run = home.shell("keypair create web --out - --mask github").fails_with(4);
    assert!(!run.stderr.contains("mask"), "{run}");
    home.shell("keypair create web --mask gitlab").fails_with(252);
    home.shell("keypair describe web --mask github").fails_with(252);
}

#[test]
fn ci_environment_prints_masking_hint() {
    let make = "keypair create --type ed25519 --out -";
    let create_key_pair = "keypair create-key-pair --key-name aws --key-type ed25519";
    let hint = |variables: &[(&str, &str)], words: &str| {
        let mut home = Home::new();
        for (name, value) in variables {
            home.set(name, *value);
        }
        let run = home.shell(words).success();
        assert!(run.stderr.lines().all(|line| line.starts_with("keypair: hint: ")), "{run}");
        run.stderr
    };
    let github = "keypair: hint: pass `--mask github` to keep it out of the log\n";
    for variables in
        [&[("GITHUB_ACTIONS", "true"), ("CI", "true")][..], &[("GITHUB_ACTIONS", "true")]]
    {
        for words in [make, create_key_pair] {
            assert_eq!(hint(variables, words), github);
            assert_eq!(hint(variables, &format!("{words} --quiet")), "");
            assert_eq!(hint(variables, &format!("umask 077; {words} > file")), "");
            assert_eq!(hint(variables, &format!("key=$({words})")), github);
        }
    }
    for variable in ["CI", "GITLAB_CI", "JENKINS_URL"] {
        let said = hint(&[(variable, "yes")], make);
        assert!(said.contains("stdout may end up in the CI log; pass `--out PATH`"), "{said}");
        let said = hint(&[(variable, "yes")], create_key_pair);
        assert!(
            said.contains("stdout may end up in the CI log") && !said.contains("--out"),
            "{said}"
        );
    }
    for variables in [&[][..], &[("CI", "")], &[("CI", "false")], &[("GITHUB_ACTIONS", "0")]] {
        assert_eq!(hint(variables, make), "");
    }
}

/// If the mask cannot be printed, the key is not printed and the pair not registered.
#[test]
fn failed_mask_prevents_printing_private_key() {
    let home = Home::new();
    for stderr in ["/dev/null", "/dev/full", "&-"] {
        let redirected = format!("--mask github 2>{stderr}");
        let run = home.shell(&format!("keypair create k --type ed25519 --out - {redirected}"));
        assert!(run.fails_with(255).stdout.is_empty(), "{stderr}");
        let words = format!("keypair create-key-pair --key-name k --key-type ed25519 {redirected}");
        assert!(home.shell(&words).fails_with(255).stdout.is_empty(), "{stderr}");
    }
    home.shell("keypair describe k").fails_with(3);
    home.shell("keypair create k --type ed25519").success();
    let run = home.shell("keypair convert k.pem --out - --mask github 2> /dev/full");
    assert!(run.fails_with(255).stdout.is_empty());
}

#[cfg(feature = "ec2")]
mod ec2 {
    use super::*;
    use crate::support::moto::Account;

    #[test]
    fn private_keys_from_aws_are_masked() {
        let mut account = Account::new();
        account.home_mut().set("KEYPAIR_REGISTRY", "ec2");
        let home = account.home();
        let run = home.shell("keypair create made --generate ec2 --out - --mask github").success();
        check(&run, run.text());
        let query = "--query KeyMaterial --output text --mask github";
        let run = home.shell(&format!("keypair create-key-pair --key-name web {query}")).success();
        check(&run, run.text());
        home.write("key", run.text());
        home.shell(
            "id=$(keypair describe web --query KeyPairs[0].KeyPairId --output text)
             for type in String SecureString; do
                 aws ssm put-parameter --name /ec2/keypair/$id-$type --type $type \
                     --value \"$(cat key)\" > said
             done
             aws ssm put-parameter --name /ec2/keypair/$id --type SecureString \
                 --value \"$(cat key)\" > said
             aws ssm put-parameter --name /plain --type String --value 'one two three' > said
             aws ssm put-parameter --name /secret --type SecureString --value 'one%two' > said
             echo $id > id",
        )
        .success();
        let run = home.shell("keypair fetch web --out - --mask github").success();
        check(&run, run.text());
        home.shell("keypair fetch web --mask github").success();
        let parameter = "--query Parameter.Value --output text --mask github";
        for end in ["", "-String", "-SecureString"] {
            let words = format!("keypair get-parameter --name /ec2/keypair/$(cat id){end}");
            let run = home.shell(&format!("{words} --with-decryption {parameter}")).success();
            check(&run, run.text());
        }
        let words = "keypair get-parameter --with-decryption";
        let run = home.shell(&format!("{words} --name /plain {parameter}")).success();
        assert_eq!(masked(&run), [""; 0]);
        let run = home.shell(&format!("{words} --name /secret {parameter}")).success();
        assert_eq!(run.stderr, "::add-mask::one%25two\n");
        let run = home.shell(&format!(
            "GITHUB_ACTIONS=true {words} --name /ec2/keypair/$(cat id) --output text"
        ));
        assert!(run.success().stderr.contains("`--mask github`"));
    }
}
