//! The same words, given to `aws ec2` and to `keypair`, print the same bytes.
//!
//! `aws ec2` talks to moto, `keypair` to its local registry. Ids, times, fingerprints and private
//! keys are masked on both sides. Where moto is not EC2, `keypair` follows EC2, and the words are
//! chosen so that it does not show: ED25519 fingerprints have another length in moto (hexadecimal
//! digits of another digest), it shows the comment of a public key where EC2 shows the name, it
//! ignores `--key-pair-ids`, it shows no type of a pair that was made without `--key-type`, and its texts of errors are its own, so that only their codes and
//! operations are compared.

use crate::support::mask::masked;
use crate::support::moto::Account;
use crate::support::run::Run;

/// Commands that succeed, in one world and in this order.
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
    "create-key-pair --key-name f --key-type rsa --tag-specifications '[{\"ResourceType\":\"key-pair\",\"Tags\":[{\"Key\":\"k\",\"Value\":\"é \"}]}]' --query '{Id:KeyPairId,Tags:Tags,Name:KeyName}'",
    "create-key-pair --key-name g --key-type rsa --no-dry-run --query KeyName",
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

/// Commands that fail, and with what: EC2's code, or the exit status of the AWS CLI, version 2.
const FAILURES: [(&str, &str, i32); 12] = [
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
];

struct Both {
    account: Account,
}

impl Both {
    fn new() -> Self {
        let account = Account::new();
        let home = account.home();
        home.shell("ssh-keygen -q -t rsa -b 2048 -N '' -C h -f h").success();
        // Without its line end, which moto would show as part of the key.
        home.shell("printf %s \"$(cat h.pub)\" > h.tmp && mv h.tmp h.pub").success();
        home.shell("ssh-keygen -e -f h.pub > h.rfc4716").success();
        Self { account }
    }

    fn aws(&self, words: &str) -> Run {
        let (before, words) = words
            .strip_prefix("--output text ")
            .map_or(("", words), |words| ("--output text", words));
        let aws = std::env::var("KEYPAIR_TEST_AWS").unwrap_or_else(|_| "aws".into());
        self.account.home().shell(&format!("{aws} {before} ec2 {words}"))
    }

    fn keypair(&self, words: &str) -> Run {
        self.account.home().shell(&format!("keypair {words}"))
    }
}

#[test]
fn the_same_words_print_the_same_bytes() {
    let both = Both::new();
    for words in SUCCESSES {
        let (aws, keypair) = (both.aws(words).success(), both.keypair(words).success());
        let (theirs, ours) = (masked(aws.text()), masked(keypair.text()));
        assert_eq!(ours, theirs, "{words}\n{keypair}\n{aws}");
    }
    for (words, code, status) in FAILURES {
        let (aws, keypair) = (both.aws(words), both.keypair(words).fails_with(status));
        assert_ne!(aws.code, Some(0), "{words}\n{aws}");
        assert!(aws.stderr.contains(code) && keypair.stderr.contains(code), "{keypair}\n{aws}");
        assert_eq!(aws.text(), keypair.text());
        let operation = |run: &Run| {
            let (_, rest) = run.stderr.split_once("when calling the ")?;
            Some(rest.split(' ').next()?.to_owned())
        };
        assert_eq!(operation(&keypair), operation(&aws), "{words}");
    }
}

/// Every command line of "Create a key pair for your EC2 instance", "Describe your key pairs" and
/// "Delete your key pair" in EC2's user guide that is about key pairs and needs no instance.
#[test]
fn the_recipes_of_the_user_guide_work_word_for_word() {
    let both = Both::new();
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
        both.keypair(recipe).success();
    }
    let home = both.account.home();
    home.shell("chmod 400 my-key-pair.pem && ssh-keygen -y -f my-key-pair.pem").success();
    home.shell("timeout 30 puttygen my-putty.ppk -O public-openssh").success();
}
