//! `fetch` and `get-parameter`: private keys in Parameter Store.

use crate::aws::ec2::home_of;
use crate::support::home::Home;
use crate::support::moto::Account;
use crate::support::stub::{Answer, Stub};

/// Stores a file at the location where CloudFormation stores the private key of a pair.
const PUT: &str = "put() {
    id=$(aws ec2 describe-key-pairs --key-names $1 --query KeyPairs[0].KeyPairId --output text)
    aws ssm put-parameter --name /ec2/keypair/$id --type SecureString --value \"$(cat $2)\" > /dev/null
}";

/// Returns the parameter of the pair `key-1` with an escaped key as its value.
fn parameter(key: &str) -> Answer {
    let parameter = format!(r#"{{"Name":"/ec2/keypair/key-1","Value":"{key}"}}"#);
    Answer::Reply(200, format!(r#"{{"Parameter":{parameter}}}"#))
}

/// Returns an account with the generated pairs `rsa`, `ed` and `putty` and the pair `imported`
/// without a private key. The private keys are in Parameter Store, without the final line break,
/// which the AWS CLI strips.
fn account() -> Account {
    let account = Account::new();
    let made = "set -e; umask 077
        aws ec2 create-key-pair --key-name rsa --query KeyMaterial --output text > rsa
        aws ec2 create-key-pair --key-name ed --key-type ed25519 --query KeyMaterial --output text > ed
        keypair create putty --type ed25519 --format ppk --registry ec2 --out putty > /dev/null
        keypair import imported ed --registry ec2 > /dev/null
        put rsa rsa; put ed ed; put putty putty";
    account.home().shell(&format!("{PUT}\n{made}")).success();
    account
}

#[test]
fn fetch_by_name_writes_private_key() {
    let account = account();
    let home = account.home();
    for (name, file) in [("rsa", "rsa.pem"), ("ed", "ed.pem"), ("putty", "putty.ppk")] {
        let run = home.keypair(["fetch", name]).success();
        assert!(!run.stderr.contains("warning"), "{run}");
        assert_eq!(run.json()["PrivateKeyFile"], file);
        assert_eq!(run.json()["KeyName"], name);
        assert_eq!(home.mode(file), 0o400);
        let (fetched, made) = (home.read(file), home.read(name));
        assert_eq!(fetched.trim_ascii_end(), made.trim_ascii_end());
        assert!(fetched.ends_with(b"\n"));
        let verified = home.shell(&format!("keypair verify {file} --registry ec2")).success();
        assert_eq!(verified.json()["KeyPairs"][0]["KeyName"], name);
        home.keypair(["fetch", name]).fails_with(4);
        home.keypair(["fetch", name, "--force"]).success();
        let piped = home.keypair(["fetch", name, "--out", "-"]).success();
        assert_eq!(piped.stdout, fetched);
    }
    home.shell("ssh-keygen -y -f rsa.pem && ssh-keygen -y -f ed.pem").success();
    home.shell("timeout 30 puttygen putty.ppk -O public-openssh").success();

    let run = home.keypair(["fetch", "rsa", "--out", "other", "--dry-run"]).success();
    assert!(run.text().is_empty() && run.stderr.contains("DryRunOperation"), "{run}");
    home.keypair(["fetch", "rsa", "--dry-run"]).fails_with(4);
    assert!(!home.path("other").exists());
    home.shell("keypair fetch --key-name rsa --out sub/dir/k").fails_with(255);
    home.shell("mkdir -m 700 sub; keypair fetch --key-name rsa --out sub/k").success();
    assert_eq!(home.mode("sub/k"), 0o400);
    home.shell("keypair fetch rsa --out - > /dev/null").fails_with(255);
    let run = home.shell("keypair fetch rsa --out - > public").success();
    assert!(run.stderr.contains("others can read"), "{run}");
}

#[test]
fn fetched_key_is_encrypted_with_the_passphrase() {
    let account = account();
    let home = account.home();
    home.write("pass", "correct horse");
    home.write("none", "");
    for (name, file, reader) in [
        ("rsa", "rsa.pem", "openssl pkey -in rsa.pem -passin file:pass -noout"),
        ("ed", "ed.pem", "ssh-keygen -y -P 'correct horse' -f ed.pem"),
        (
            "putty",
            "putty.ppk",
            "timeout 30 puttygen putty.ppk --old-passphrase pass --new-passphrase none -O private-openssh -o p",
        ),
    ] {
        home.shell(&format!("KEYPAIR_PASSPHRASE='correct horse' keypair fetch {name}")).success();
        home.shell(reader).success();
        home.shell(&format!("keypair verify {file} --registry ec2 --passphrase-file pass"))
            .success();
        home.shell(&format!("keypair verify {file} --registry ec2 --passphrase-file none"))
            .fails_with(5);
        home.shell(&format!("keypair fetch {name} --out p.{file} --passphrase-file pass"))
            .success();
        let plain = format!("KEYPAIR_PASSPHRASE=x keypair fetch {name} --out - --no-passphrase");
        let plain = home.shell(&plain).success();
        assert_eq!(plain.text().trim_end().as_bytes(), home.read(name).trim_ascii_end());
    }
    home.keypair(["fetch", "rsa", "--out", "x", "--kdf-rounds", "700000"]).fails_with(252);
}

/// The example of the AWS documentation:
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-key-pairs.html.
#[test]
fn get_parameter_example_yields_usable_key() {
    let account = account();
    let home = account.home();
    for name in ["rsa", "ed"] {
        let recipe = format!(
            "set -e; umask 077
            id=$(keypair describe-key-pairs --registry ec2 --filters Name=key-name,Values={name} \
                --query KeyPairs[*].KeyPairId --output text)
            keypair get-parameter --name /ec2/keypair/$id --with-decryption --query Parameter.Value \
                --output text > k-{name}.pem
            chmod 400 k-{name}.pem
            ssh-keygen -y -f k-{name}.pem"
        );
        let run = home.shell(&recipe).success();
        assert!(run.text().starts_with("ssh-") && !run.stderr.contains("warning"), "{run}");
    }
    // Without a umask, the file is as readable as with the AWS CLI, and a warning says so.
    let words = "keypair get-parameter --name /ec2/keypair/$id --with-decryption";
    let id = "id=$(aws ec2 describe-key-pairs --key-names ed --query KeyPairs[0].KeyPairId --output text)";
    let run = home.shell(&format!("{id}; {words} > open")).success();
    assert!(run.stderr.contains("others can read"), "{run}");
}

#[test]
fn fetch_unknown_pair_or_parameter_fails() {
    let account = account();
    let home = account.home();
    let files = home.files();
    for (words, said) in [
        ("fetch rsa.pem", "(InvalidKeyPair.NotFound) when calling the DescribeKeyPairs"),
        ("fetch rsa.pem", "did you mean `rsa`?"),
        ("fetch nobody", "region us-east-1"),
        ("fetch imported", "(ParameterNotFound) when calling the GetParameter operation"),
        ("fetch imported", "hint: CloudFormation stores only"),
        ("fetch rsa --region eu-west-1", "region eu-west-1"),
        ("get-parameter --name /none", "(ParameterNotFound) when calling the GetParameter"),
    ] {
        let run = home.shell(&format!("keypair {words}")).fails_with(3);
        assert!(run.stderr.contains(said), "{run}");
    }
    home.shell("keypair fetch ' rsa'").fails_with(5);
    for words in ["fetch", "fetch rsa ed", "fetch rsa --registry local", "get-parameter"] {
        home.shell(&format!("keypair {words}")).fails_with(252);
    }
    // The variable chooses the registry of pairs, and a registry file contains no private keys.
    home.shell("KEYPAIR_REGISTRY=local keypair fetch rsa --out - | grep -q BEGIN").success();
    assert_eq!(home.files(), files);
}

/// Values that other programs store: the key of another pair, a public key, the name of the pair
/// (an emulator of CloudFormation does this), and nothing.
#[test]
fn fetch_rejects_parameter_without_matching_key() {
    let account = account();
    let home = account.home();
    home.shell("ssh-keygen -y -f ed > ed.pub; ssh-keygen -q -t rsa -N secret -m PKCS8 -f locked")
        .success();
    for (content, said) in [
        ("rsa", "holds another private key than that of `imported`"),
        ("ed.pub", "holds no private key"),
        ("name", "/ec2/keypair/key-"),
        ("locked", "passphrase"),
    ] {
        home.write("name", "imported");
        let put = PUT.replace("--type", "--overwrite --type");
        home.shell(&format!("{put}\nput imported {content}")).success();
        let files = home.files();
        let run = home.keypair(["fetch", "imported"]).fails_with(5);
        assert!(run.stderr.contains(said), "{run}");
        assert_eq!(home.files(), files);
    }
    // The owner of the account may have stored it.
    home.shell(&format!("{}\nput imported ed", PUT.replace("--type", "--overwrite --type")))
        .success();
    home.keypair(["fetch", "imported"]).success();
}

/// Damage by Windows, web pages and shells that split words.
#[test]
fn fetch_repairs_damaged_private_key() {
    let account = account();
    let home = account.home();
    for (name, change) in [
        ("ed", "sed 's/$/\\r/'"),
        ("ed", "tr '\\n' ' '"),
        ("ed", "{ printf '\\357\\273\\277'; cat; }"),
        ("ed", "{ printf '\\033]0;pwned\\007junk\\n'; cat; }"),
        ("ed", "{ cat; printf '\\033[31m'; }"),
        ("rsa", "sed 's/^/  /'"),
        ("rsa", "sed 's/$/\\r/'"),
    ] {
        let put = PUT.replace("--type", "--overwrite --type");
        let script = format!("{put}\ncat {name} | {change} > changed; put {name} changed");
        home.shell(&script).success();
        home.keypair(["fetch", name, "--force"]).success();
        let fetched = home.read(&format!("{name}.pem"));
        assert!(fetched.iter().all(|byte| matches!(byte, b'\n' | b' '..=b'~')), "{change}");
        let same = format!(
            "test \"$(ssh-keygen -y -f {name}.pem | cut -d ' ' -f 2)\" = \"$(ssh-keygen -y -f {name} | cut -d ' ' -f 2)\""
        );
        home.shell(&same).success();
    }
}

/// Without the public key, the other members must not contradict the private key.
#[test]
fn fetch_rejects_key_contradicting_the_registry() {
    let key = include_str!("../../vectors/convert/40_oss_ok").replace('\n', "\\n");
    for (shown, refused) in [
        ("<keyFingerprint>4LmcYnyBOqlloHZ5TKAxfa8BgMK2wL6WeOOTvXVdhmw=</keyFingerprint>", true),
        ("<keyFingerprint>69:2d:2c:58:2f:66:95:e9:65:53:04:4a:8c:c4:ee:f0</keyFingerprint>", true),
        ("<keyType>rsa</keyType>", true),
        ("<keyType>ed25519</keyType>", false),
        (
            "<keyFingerprint>1f:51:ae:28:bf:89:e9:d8:1f:25:5d:37:2d:7d:b8:ca:9f:f5:f1:6f</keyFingerprint>",
            false,
        ),
    ] {
        let key = key.clone();
        let stub = Stub::start(move |body| {
            if body.starts_with('{') {
                return parameter(&key);
            }
            let pair = format!("<keyName>web</keyName><keyPairId>key-1</keyPairId>{shown}");
            Answer::response("DescribeKeyPairs", &format!("<keySet><item>{pair}</item></keySet>"))
        });
        let home = home_of(&stub);
        let run = home.keypair(["fetch", "web"]);
        if refused {
            let run = run.fails_with(5);
            assert!(run.stderr.contains("holds another private key"), "{run}");
        } else {
            let run = run.fails_with(254);
            assert!(run.stderr.contains("cannot verify the private key"), "{run}");
        }
        assert!(!home.path("web.pem").exists());
        let piped = home.keypair(["fetch", "web", "--out", "-"]);
        assert!(piped.code != Some(0) && piped.text().is_empty(), "{piped}");
        let checked = home.keypair(["fetch", "web", "--dry-run"]);
        assert_eq!(checked.code, piped.code, "{checked}");
        if refused {
            assert!(checked.stderr.contains("`keypair get-parameter --name"), "{checked}");
        }
    }
}

#[test]
fn fetch_unverifiable_key_writes_nothing() {
    let key = include_str!("../../vectors/convert/40_oss_ok").replace('\n', "\\n");
    for (shown, said) in [
        ("", "neither a public key nor a fingerprint"),
        ("<keyFingerprint/>", "neither a public key nor a fingerprint"),
        ("<keyFingerprint>?</keyFingerprint>", "no public key, and another fingerprint"),
    ] {
        let key = key.clone();
        let stub = Stub::start(move |body| {
            if body.starts_with('{') {
                return parameter(&key);
            }
            let pair = format!("<keyName>web</keyName><keyPairId>key-1</keyPairId>{shown}");
            Answer::response("DescribeKeyPairs", &format!("<keySet><item>{pair}</item></keySet>"))
        });
        let home = home_of(&stub);
        for words in ["fetch web", "fetch web --out -", "fetch web --dry-run"] {
            let run = home.shell(&format!("keypair {words}")).fails_with(254);
            let said =
                format!("cannot verify the private key: the description of `web` has {said}\n");
            assert!(run.stderr.contains(&said) && run.text().is_empty(), "{run}");
            assert!(
                run.stderr.contains("keypair get-parameter --name /ec2/keypair/key-1"),
                "{run}"
            );
        }
        assert!(home.files().is_empty());
    }
}

#[test]
fn fetch_with_failing_store_writes_no_file() {
    for (answer, said) in [
        (Answer::Cut, "cannot reach AWS"),
        (Answer::Hang, "cannot reach AWS"),
        (Answer::Reply(200, "<html>".into()), "unexpected response from the registry"),
        (Answer::Reply(200, "{}".into()), "unexpected response from the registry"),
        (
            Answer::Reply(400, r#"{"__type":"AccessDeniedException","Message":"No."}"#.into()),
            "An error occurred (AccessDeniedException) when calling the GetParameter operation: No.",
        ),
        (
            Answer::Reply(400, r#"{"__type":"ThrottlingException"}"#.into()),
            "(ThrottlingException) when calling the GetParameter operation (reached max retries: 2)",
        ),
    ] {
        let stub = Stub::start(move |body| match body.starts_with('{') {
            true => answer.clone(),
            false => Answer::response(
                "DescribeKeyPairs",
                "<keySet><item><keyName>web</keyName><keyPairId>key-1</keyPairId></item></keySet>",
            ),
        });
        let home = home_of(&stub);
        let files = home.files();
        let run = home.keypair(["fetch", "web", "--cli-read-timeout", "1"]).fails_with(254);
        assert!(run.stderr.contains(said), "{run}");
        assert_eq!(home.files(), files);
    }
    let home = Home::new();
    home.shell("AWS_EC2_METADATA_DISABLED=true keypair fetch web").fails_with(253);
}
