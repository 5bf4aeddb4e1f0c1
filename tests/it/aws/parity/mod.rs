//! The same arguments print the same bytes with `aws ec2` or `aws ssm` and with `keypair`.
//!
//! The AWS CLI uses moto. `keypair` uses its local registry, and moto with another account. Ids,
//! times, fingerprints and private keys are masked on all sides. Where moto differs from EC2, the
//! local registry follows EC2, and the arguments for both registries avoid the difference:
//!
//! - moto's ED25519 fingerprints are hexadecimal digits of another digest.
//! - moto shows the comment of a public key, and EC2 the name.
//! - moto ignores `--key-pair-ids`.
//! - moto shows no type for a pair created without `--key-type`.
//! - moto has its own error messages, so only codes and operations are compared.
//!
//! [`recorded`] uses a server with EC2's recorded responses for these cases.

#[cfg(feature = "ec2")]
mod recorded;

use crate::support::mask::masked;
use crate::support::moto::Account;
use crate::support::run::Run;

/// Commands that succeed, executed in this order in one home.
const SUCCESSES: [&str; 60] = [
    "describe-key-pairs",
    "describe-key-pairs --output text",
    "describe-key-pairs --output table",
    "describe-key-pairs --query KeyPairs[0]",
    "describe-key-pairs --query KeyPairs[0] --output text",
    "create-key-pair --key-name a --key-type rsa",
    "create-key-pair --key-name b --key-type rsa --key-format pem --output text",
    "create-key-pair --key-name c --key-type rsa --query KeyMaterial --output text",
    "create-key-pair --key-name d --key-type rsa --tag-specifications ResourceType=key-pair,Tags=[{Key=team,Value=ops},{Key=n,Value=1}]",
    "create-key-pair --key-name e --key-type rsa --tag-specifications 'ResourceType=key-pair,Tags={Key=team,Value=dev}' --output text",
    "create-key-pair --key-name f --key-type rsa --tag-specifications '[{\"ResourceType\":\"key-pair\",\"Tags\":[{\"Key\":\"k\",\"Value\":\"é \"}]}]' --query '{Id:KeyPairId,Tags:Tags,Name:KeyName,Key:KeyMaterial}'",
    "create-key-pair --key-name g --key-type rsa --no-dry-run --query [KeyName,KeyMaterial]",
    "import-key-pair --key-name h --public-key-material fileb://h.pub",
    "import-key-pair --key-name i --public-key-material file://h.pub --output text",
    "import-key-pair --key-name j --public-key-material fileb://h.rfc4716 --output table",
    "import-key-pair --key-name l --public-key-material fileb://h.pub --tag-specifications ResourceType=key-pair,Tags=[{Key=x,Value=y}]",
    "describe-key-pairs",
    "describe-key-pairs --output json",
    "describe-key-pairs --output text",
    "describe-key-pairs --output table",
    "--output text describe-key-pairs --key-names a d",
    "describe-key-pairs --output table --key-names d",
    "describe-key-pairs --output table --key-names a b --color off",
    "describe-key-pairs --output table --key-names d --color on",
    "describe-key-pairs --key-names h --include-public-key",
    "describe-key-pairs --key-names h --include-public-key --output table",
    "describe-key-pairs --key-names h --include-public-key --output text",
    "describe-key-pairs --key-names h --no-include-public-key",
    "describe-key-pairs --filters Name=key-name,Values=a,b",
    "describe-key-pairs --filters Name=key-name,Values=d,e Name=tag:team,Values=ops",
    "describe-key-pairs --filters Name=tag:team,Values=ops",
    "describe-key-pairs --filters Name=tag-key,Values=team --query KeyPairs[*].KeyName",
    "describe-key-pairs --filters '{\"Name\":\"key-name\",\"Values\":[\"a\"]}'",
    "describe-key-pairs --filters '[{\"Name\":\"key-name\",\"Values\":[\"nothing\"]}]'",
    "describe-key-pairs --filters Name=key-name,Values=a --query KeyPairs[*].KeyPairId --output text",
    "describe-key-pairs --query KeyPairs[*].KeyName --output text",
    "describe-key-pairs --query KeyPairs[*].KeyName --output table",
    "describe-key-pairs --query 'KeyPairs[].[KeyName,KeyType]' --output text",
    "describe-key-pairs --query 'KeyPairs[].[KeyName,KeyType]' --output table",
    "describe-key-pairs --query 'KeyPairs[].{Type:KeyType,Name:KeyName}'",
    "describe-key-pairs --query 'KeyPairs[].{Type:KeyType,Name:KeyName}' --output text",
    "describe-key-pairs --query 'KeyPairs[].{Type:KeyType,Name:KeyName}' --output table",
    "describe-key-pairs --query \"KeyPairs[?KeyName=='d'].Tags\"",
    "describe-key-pairs --query \"KeyPairs[?KeyName=='d'].Tags\" --output text",
    "describe-key-pairs --query \"KeyPairs[?KeyName=='d'].Tags[]\" --output table",
    "describe-key-pairs --query \"KeyPairs[?Tags[?Key=='team' && Value=='dev']].KeyName | [0]\"",
    "describe-key-pairs --query 'sort_by(KeyPairs,&KeyName)[-1].KeyName'",
    "describe-key-pairs --query 'length(KeyPairs)'",
    "describe-key-pairs --query 'length(KeyPairs)' --output text",
    "describe-key-pairs --key-names d --query 'KeyPairs[0].*'",
    "describe-key-pairs --key-names d --query 'KeyPairs[0].* | [1:3]' --output text",
    "describe-key-pairs --query 'keys(KeyPairs[0])'",
    "describe-key-pairs --query 'Nothing.at.all'",
    "describe-key-pairs --query 'Nothing' --output text",
    "describe-key-pairs --query 'Nothing' --output table",
    "describe-key-pairs --query 'join(`, `, KeyPairs[].KeyName)' --output text",
    "describe-key-pairs --key-name a",
    "delete-key-pair --key-name a",
    "delete-key-pair --key-name b --output text",
    "delete-key-pair --key-name a --output table",
];

/// Commands that fail, with EC2's code and the exit status of the AWS CLI, version 2.
const FAILURES: [(&str, &str, i32); 16] = [
    ("create-key-pair --key-name c --key-type rsa", "(InvalidKeyPair.Duplicate)", 4),
    (
        "import-key-pair --key-name c --public-key-material fileb://h.pub",
        "(InvalidKeyPair.Duplicate)",
        4,
    ),
    ("describe-key-pairs --key-names none", "(InvalidKeyPair.NotFound)", 3),
    ("describe-key-pairs --key-names c none", "(InvalidKeyPair.NotFound)", 3),
    ("describe-key-pairs --filters Name", "", 252),
    ("describe-key-pairs --filters '[{'", "", 252),
    ("describe-key-pairs --query 'KeyPairs['", "", 252),
    ("describe-key-pairs --output xml", "", 252),
    ("describe-key-pairs --unknown c", "", 252),
    ("create-key-pair", "", 252),
    ("import-key-pair --key-name n", "", 252),
    ("delete-key-pair --name c", "", 252),
    ("create-key-pair stray --key-name n", "", 252),
    ("describe-key-pairs stray", "", 252),
    ("delete-key-pair stray --key-name c", "", 252),
    ("create-key-pair help stray", "", 252),
];

/// Commands for EC2 and Parameter Store only, and commands for which the local registry differs
/// from moto, executed in this order.
#[cfg(feature = "ec2")]
const EC2_SUCCESSES: [&str; 33] = [
    "ec2 create-key-pair --key-name m --key-type ed25519",
    "ec2 create-key-pair --key-name n --key-type rsa",
    "ec2 create-key-pair --key-name o --key-type ed25519 --key-format ppk --output table",
    "ec2 create-key-pair --key-name p --key-type rsa --query [KeyFingerprint,KeyMaterial] --output text",
    "ec2 import-key-pair --key-name q --public-key-material fileb://ed.pub",
    "ec2 import-key-pair --key-name r --public-key-material file://ed.pub --output text",
    "ec2 describe-key-pairs",
    "ec2 describe-key-pairs --include-public-key",
    "ec2 describe-key-pairs --include-public-key --output text",
    "ec2 describe-key-pairs --include-public-key --output table",
    "ec2 describe-key-pairs --key-names q --include-public-key --query KeyPairs[0].PublicKey --output text",
    "ec2 describe-key-pairs --query 'KeyPairs[].[KeyName,KeyType]' --output text",
    "ec2 describe-key-pairs --key-names n --query KeyPairs[0].KeyType",
    "ec2 delete-key-pair --key-pair-id key-0123456789abcdef0",
    "ec2 delete-key-pair --key-name m",
    "ec2 delete-key-pair --key-name none --output text",
    "ec2 describe-key-pairs --query KeyPairs[].KeyName --output text --region eu-west-1",
    "ssm get-parameter --name /plain",
    "ssm get-parameter --name /plain --output text",
    "ssm get-parameter --name /plain --query 'Parameter.{Name:Name,Value:Value,Arn:ARN}' --output table",
    "ssm get-parameter --name /plain:1 --query Parameter.Selector",
    "ssm get-parameter --name /list --query Parameter",
    "ssm get-parameter --name /list --with-decryption --output text",
    "ssm get-parameter --name /secure",
    "ssm get-parameter --name /secure --no-with-decryption --query Parameter.[Type,Version] --output table",
    "ssm get-parameter --name /secure --with-decryption",
    "ssm get-parameter --name /secure --with-decryption --output text",
    "ssm get-parameter --name /secure --with-decryption --query 'Parameter.{Type:Type,Name:Name}' --output table",
    "ssm get-parameter --name /secure --with-decryption --query Parameter.Value --output text",
    "ssm get-parameter --name /secure --with-decryption --query Parameter.Value",
    "ssm get-parameter --name /secure --with-d --query Parameter.Version",
    "ssm get-parameter --name /secure --with-decryption --query 'keys(Parameter)'",
    "ssm get-parameter --with-decryption --name /secure --query '[Parameter.Type,Parameter.Name]' --output text",
];

/// Commands that fail in EC2 and Parameter Store with the same message, and their exit status.
#[cfg(feature = "ec2")]
const EC2_FAILURES: [(&str, i32); 12] = [
    ("ec2 create-key-pair --key-name q --key-type rsa", 4),
    ("ec2 create-key-pair --key-name q --key-type ed25519 --output text", 4),
    ("ec2 import-key-pair --key-name q --public-key-material fileb://ed.pub", 4),
    ("ec2 import-key-pair --key-name n --public-key-material fileb://h.pub --output text", 4),
    ("ssm get-parameter --name /plain --output xml", 252),
    ("ssm get-parameter --name /none", 3),
    ("ssm get-parameter --name /plain:9", 3),
    ("ssm get-parameter --name /none --with-decryption --query Parameter.Value --output text", 3),
    ("ssm get-parameter", 252),
    ("ssm get-parameter --name", 252),
    ("ssm get-parameter --name /plain --unknown", 252),
    ("ssm get-parameter --name /plain --query 'Parameter['", 252),
];

/// Makes version 1 print times as version 2 does.
const VERSION_2: &str = "[default]\ncli_timestamp_format = iso8601\n";

/// Two accounts with equal contents. The AWS CLI uses one, and `keypair` uses the other and a local
/// registry.
struct Worlds {
    account: Account,
    #[cfg(feature = "ec2")]
    other: Account,
}

impl Worlds {
    fn new() -> Self {
        let account = Account::new();
        let home = account.home();
        home.write("version2", VERSION_2);
        home.shell("ssh-keygen -q -t rsa -b 2048 -N '' -C h -f h").success();
        home.shell("ssh-keygen -q -t ed25519 -N '' -C ed -f ed").success();
        // Without the final line break, which moto would show as part of the key.
        for name in ["h", "ed"] {
            let cut = format!("printf %s \"$(cat {name}.pub)\" > tmp && mv tmp {name}.pub");
            home.shell(&cut).success();
        }
        home.shell("ssh-keygen -e -f h.pub > h.rfc4716").success();
        // EC2 receives the key without its comment, which moto would show.
        home.shell("printf %s \"$(cut -d ' ' -f 1,2 ed.pub)\" > tmp && mv tmp ed.pub").success();
        #[cfg(feature = "ec2")]
        let other = {
            let mut other = Account::new();
            other.home_mut().set("KEYPAIR_REGISTRY", "ec2");
            for file in ["h.pub", "ed", "ed.pub", "h.rfc4716", "version2"] {
                other.home().write(file, home.read(file));
            }
            other
        };
        Self {
            account,
            #[cfg(feature = "ec2")]
            other,
        }
    }

    /// Runs the AWS CLI with these arguments. The first is the service.
    fn aws(&self, words: &str) -> Run {
        aws(&self.account, words)
    }

    /// Runs `keypair` with arguments of `aws ec2` and its local registry.
    fn local(&self, words: &str) -> Run {
        self.account.home().shell(&format!("keypair {words}"))
    }

    /// Runs `keypair` with the arguments after the service and with EC2.
    #[cfg(feature = "ec2")]
    fn ec2(&self, words: &str) -> Run {
        let words = words.strip_prefix("ec2 ").or(words.strip_prefix("ssm ")).unwrap_or(words);
        self.other.home().shell(&format!("keypair {words}"))
    }
}

fn aws(account: &Account, words: &str) -> Run {
    let aws = std::env::var("KEYPAIR_TEST_AWS").unwrap_or_else(|_| "aws".into());
    account.home().shell(&format!("AWS_CONFIG_FILE=version2 {aws} {words}"))
}

/// Inserts the service of the AWS CLI after global options.
fn with_service(words: &str) -> String {
    match words.strip_prefix("--output text ") {
        Some(rest) => format!("--output text ec2 {rest}"),
        None => format!("ec2 {words}"),
    }
}

/// Returns a message without the name of the program.
#[cfg(feature = "ec2")]
fn sentence(run: &Run) -> &str {
    let line = run.stderr.lines().find(|line| line.contains("An error occurred (")).unwrap_or("");
    line.trim_start_matches("keypair: error: ").trim_end()
}

fn operation(run: &Run) -> Option<&str> {
    let (_, rest) = run.stderr.split_once("when calling the ")?;
    rest.split(' ').next()
}

#[test]
fn same_arguments_print_same_bytes_as_aws_cli() {
    let worlds = Worlds::new();
    for words in SUCCESSES {
        let aws = worlds.aws(&with_service(words)).success();
        let theirs = masked(aws.text());
        let local = worlds.local(words).success();
        assert_eq!(masked(local.text()), theirs, "{words}\n{local}\n{aws}");
        #[cfg(feature = "ec2")]
        {
            let ec2 = worlds.ec2(words).success();
            // EC2 receives the key without its comment.
            if words.contains("--include-public-key") {
                continue;
            }
            assert_eq!(masked(ec2.text()), theirs, "{words}\n{ec2}\n{aws}");
        }
    }
    for (words, code, status) in FAILURES {
        let aws = worlds.aws(&with_service(words));
        assert_ne!(aws.code, Some(0), "{words}\n{aws}");
        let local = worlds.local(words).fails_with(status);
        assert!(aws.stderr.contains(code) && local.stderr.contains(code), "{local}\n{aws}");
        assert_eq!(aws.text(), local.text());
        assert_eq!(operation(&local), operation(&aws), "{words}");
        #[cfg(feature = "ec2")]
        {
            let ec2 = worlds.ec2(words).fails_with(status);
            assert_eq!(aws.text(), ec2.text());
            assert_eq!(operation(&ec2), operation(&aws), "{words}");
            assert!(ec2.stderr.contains(code), "{ec2}");
        }
    }
}

/// Commands of EC2 and Parameter Store. At the end, both accounts have equal contents.
#[cfg(feature = "ec2")]
#[test]
fn same_arguments_have_same_effect_in_ec2() {
    let worlds = Worlds::new();
    for account in [&worlds.account, &worlds.other] {
        for parameter in [
            "--name /plain --type String --value 'a \"b\" é'",
            "--name /list --type StringList --value a,b",
            "--name /secure --type SecureString --value \"$(cat ed)\"",
        ] {
            let put = format!("ssm put-parameter {parameter}");
            aws(account, &put).success();
        }
    }
    for words in EC2_SUCCESSES {
        let (aws, ours) = (worlds.aws(words).success(), worlds.ec2(words).success());
        assert_eq!(masked(ours.text()), masked(aws.text()), "{words}\n{ours}\n{aws}");
    }
    for (words, status) in EC2_FAILURES {
        let (aws, ours) = (worlds.aws(words), worlds.ec2(words).fails_with(status));
        assert_ne!(aws.code, Some(0), "{words}\n{aws}");
        assert_eq!(ours.text(), aws.text(), "{words}");
        assert_eq!(sentence(&ours), sentence(&aws), "{words}\n{ours}\n{aws}");
        assert_eq!(status == 252, sentence(&aws).is_empty(), "{words}\n{aws}");
    }
    let state = |account| {
        let pairs =
            "ec2 describe-key-pairs --include-public-key --query 'sort_by(KeyPairs,&KeyName)'";
        masked(aws(account, pairs).success().text())
    };
    assert_eq!(state(&worlds.other), state(&worlds.account));
}

/// Every command for key pairs in the pages "Create a key pair for your EC2 instance", "Describe
/// your key pairs" and "Delete your key pair" of EC2's user guide that needs no instance.
#[test]
fn user_guide_commands_work_unchanged() {
    let worlds = Worlds::new();
    let recipes = "
        create-key-pair --key-name my-key-pair --key-type rsa --key-format pem --query \"KeyMaterial\" --output text > my-key-pair.pem
        create-key-pair --key-name my-putty --key-type ed25519 --key-format ppk --query \"KeyMaterial\" --output text > my-putty.ppk
        import-key-pair --key-name my-key --public-key-material fileb://h.pub
        create-key-pair --key-name tagged --tag-specifications 'ResourceType=key-pair,Tags=[{Key=Department,Value=Finance}]' > answer
        describe-key-pairs --key-names my-key-pair
        describe-key-pairs --key-names my-key --include-public-key
        describe-key-pairs --filters Name=key-name,Values=my-key-pair --query KeyPairs[*].KeyPairId --output text
        describe-key-pairs --filters Name=tag:Department,Values=Finance
        delete-key-pair --key-name my-key-pair
    ";
    for recipe in recipes.lines().map(str::trim).filter(|line| !line.is_empty()) {
        worlds.local(recipe).success();
    }
    let home = worlds.account.home();
    home.shell("chmod 400 my-key-pair.pem && ssh-keygen -y -f my-key-pair.pem").success();
    home.shell("timeout 30 puttygen my-putty.ppk -O public-openssh").success();
}
