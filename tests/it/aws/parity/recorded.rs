//! The AWS CLI and `keypair` print the same for recorded and documented responses of EC2.
//!
//! The shape of DescribeKeyPairs, the messages of `InvalidKeyPair.NotFound` and
//! `InvalidKeyPair.Duplicate`, and the success of deleting an unknown name are recorded. The rest
//! follows the API documentation.

use super::{VERSION_2, operation, sentence};
use crate::aws::ec2::home_of;
use crate::support::stub::{Answer, Stub, member};

const PAIRS: [&str; 2] = [
    "<item><keyPairId>key-0ad6cef85511319a6</keyPairId><keyType>rsa</keyType><tagSet/>\
     <createTime>2022-05-27T21:51:16.000Z</createTime><keyName>my-key-pair</keyName>\
     <keyFingerprint>1f:51:ae:28:bf:89:e9:d8:1f:25:5d:37:2d:7d:b8:ca:9f:f5:f1:6f</keyFingerprint>\
     PUBLIC</item>",
    "<item><keyPairId>key-0123456789abcdef0</keyPairId><keyType>ed25519</keyType>\
     <tagSet><item><key>Department</key><value>Finance &amp; é</value></item></tagSet>\
     <createTime>2024-08-12T10:00:00.123Z</createTime><keyName>a b</keyName>\
     <keyFingerprint>4LmcYnyBOqlloHZ5TKAxfa8BgMK2wL6WeOOTvXVdhmw=</keyFingerprint>PUBLIC</item>",
];

const PUBLIC: &str = "<publicKey>ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILR+zNQbYY5ORuhYXGMTSnjRLzS9C5dUdWRKdlqi20q2 my-key-pair</publicKey>";

const PRIVATE: &str = include_str!("../../../vectors/keys/rsa2048.pem");

/// The password `aB3&<>%"x!$(9)`, encrypted for [`PRIVATE`] by OpenSSL.
const PASSWORD_DATA: &str = "\
    OIYle52SD12ru/KH+JbQ3Sc1KGO7RnzCLlszsYeNQJZ/t5+1b7HqoMdfeE74XK7pUkMIM7QGwh5dmwc0\
    r0FphqoVaGZ7rCV/nnxzEDYFGos7DYo3eDfRyBVyUBEUkShL971hioeU8KavF6F6dWJZ1myC+kO6hap3\
    FlXSdNPtB9KLu9kDlTJvNTqOLBqX/rdd6ikr6KSnsfMiRwRgPI9sCy+vlwpfiWxoZfEAyJ30AvcaiOJn\
    orT40IW4LfZ+OccCmGfzYLFTmwM+XADi2ODqM/kU8RbsLEP3qav7RzZArmOTJTkKU0OSMzl4QtWN2RrA\
    0v8DmenYsVDpN1pnIQmeew==";

fn answer(body: &str) -> Answer {
    let has = |part: &str| body.contains(part);
    let name = |name: &str| body.contains(&format!("=my-{name}"));
    if has("SSHPublicKey") {
        return pushed(body);
    }
    if body.starts_with('{') {
        return parameter(body);
    }
    if name("denied") {
        let message = "You are not authorized to perform this operation.";
        return Answer::error(403, "UnauthorizedOperation", message);
    }
    if name("limit") {
        let message = "The maximum number of key pairs has been reached.";
        return Answer::error(400, "KeyPairLimitExceeded", message);
    }
    if has("Action=GetPasswordData&") {
        return password_data(body);
    }
    if has("Action=DescribeKeyPairs&") {
        if has("none") || has("key-ffff") {
            let message = "The key pair 'none' does not exist";
            return Answer::error(400, "InvalidKeyPair.NotFound", message);
        }
        let public = if has("IncludePublicKey=true") { PUBLIC } else { "" };
        let which = match body {
            body if body.contains("KeyPairId.1=key-0123456789abcdef0") => &PAIRS[1..],
            body if body.contains("KeyName.1=my-key-pair") => &PAIRS[..1],
            body if body.contains("Filter.1.Name=key-name") => &PAIRS[..1],
            body if body.contains("KeyName.1=") => &[],
            _ => &PAIRS[..],
        };
        let pairs = which.concat().replace("PUBLIC", public);
        return Answer::response("DescribeKeyPairs", &format!("<keySet>{pairs}</keySet>"));
    }
    if has("Action=CreateKeyPair&") {
        if name("key-pair") {
            return Answer::error(400, "InvalidKeyPair.Duplicate", "The keypair already exists");
        }
        let tags = if has("TagSpecification") {
            "<tagSet><item><key>k</key><value>v</value></item></tagSet>"
        } else {
            ""
        };
        return Answer::response(
            "CreateKeyPair",
            &format!(
                "<keyName>new</keyName><keyFingerprint>f1:a1:40:79:b2:03:1f:cc:34:d1:d9:3f:19:ae:8c:f2:6f:94:ff:3d\
                 </keyFingerprint><keyMaterial>{PRIVATE}</keyMaterial>\
                 <keyPairId>key-0123456789abcdef1</keyPairId>{tags}"
            ),
        );
    }
    if has("Action=ImportKeyPair&") {
        if name("format") {
            let message = "Key is not in valid OpenSSH public key format";
            return Answer::error(400, "InvalidKey.Format", message);
        }
        return Answer::response(
            "ImportKeyPair",
            "<keyPairId>key-0123456789abcdef2</keyPairId><tagSet/><keyName>new</keyName>\
             <keyFingerprint>BYd5I2ENJt/+IqcKU6soPHhLAByJua36lxXh76FuZ3M=</keyFingerprint>",
        );
    }
    let id = if has("KeyName=my-key-pair") || has("KeyPairId=key-0ad6cef85511319a6") {
        "<keyPairId>key-0ad6cef85511319a6</keyPairId>"
    } else {
        ""
    };
    Answer::response("DeleteKeyPair", &format!("<return>true</return>{id}"))
}

fn password_data(body: &str) -> Answer {
    let id = member(body, "InstanceId").unwrap();
    if id == "i-none" {
        let message = "Invalid id: \"i-none\"";
        return Answer::error(400, "InvalidInstanceID.Malformed", message);
    }
    if id == "i-0123456789abcdeff" {
        let message = format!("The instance ID '{id}' does not exist");
        return Answer::error(400, "InvalidInstanceID.NotFound", &message);
    }
    let data = match id.as_str() {
        "i-0123456789abcdef0" => PASSWORD_DATA,
        _ => "",
    };
    Answer::response(
        "GetPasswordData",
        &format!(
            "<instanceId>{id}</instanceId><timestamp>2026-11-29T12:34:56.000Z</timestamp>\
             <passwordData>{data}</passwordData>"
        ),
    )
}

fn parameter(body: &str) -> Answer {
    if body.contains("/none") {
        return Answer::Reply(400, r#"{"__type":"ParameterNotFound"}"#.into());
    }
    if body.contains("/denied") {
        let denied = r#"{"__type":"AccessDeniedException","Message":"User: x is not authorized to perform: ssm:GetParameter"}"#;
        return Answer::Reply(400, denied.into());
    }
    let found = r#"{"Parameter":{"ARN":"arn:aws:ssm:eu-west-1:123456789012:parameter/ec2/keypair/key-1",
        "DataType":"text","LastModifiedDate":1.530018761888E9,"Name":"/ec2/keypair/key-1",
        "Type":"SecureString","Value":"-----BEGIN RSA PRIVATE KEY-----\nEXAMPLE\n-----END RSA PRIVATE KEY-----",
        "Version":1}}"#;
    Answer::Reply(200, found.into())
}

/// SendSSHPublicKey is not recorded: it follows the API documentation.
fn pushed(body: &str) -> Answer {
    if body.contains("i-0123456789abcdef1") {
        let unknown = r#"{"__type":"com.amazonaws.aws.sshaccess#EC2InstanceNotFoundException","Message":"Instance not found"}"#;
        return Answer::Reply(400, unknown.into());
    }
    if body.contains("i-0123456789abcdef2") {
        let denied = r#"{"__type":"AuthException","Message":"not authorized"}"#;
        return Answer::Reply(403, denied.into());
    }
    let is_success = !body.contains("i-0123456789abcdef3");
    Answer::Reply(200, format!(r#"{{"RequestId":"r-1","Success":{is_success}}}"#))
}

const SUCCESSES: [&str; 37] = [
    "ec2 describe-key-pairs",
    "ec2 describe-key-pairs --output text",
    "ec2 describe-key-pairs --output table",
    "ec2 describe-key-pairs --include-public-key",
    "ec2 describe-key-pairs --include-public-key --output text",
    "ec2 describe-key-pairs --key-names my-key-pair",
    "ec2 describe-key-pairs --key-pair-ids key-0123456789abcdef0",
    "ec2 describe-key-pairs --filters Name=key-name,Values=my-key-pair --query KeyPairs[*].KeyPairId --output text",
    "ec2 describe-key-pairs --query KeyPairs[].Tags[]",
    "ec2 create-key-pair --key-name new",
    "ec2 create-key-pair --key-name new --key-type rsa --key-format ppk --output text",
    "ec2 create-key-pair --key-name new --query KeyMaterial --output text",
    "ec2 create-key-pair --key-name new --tag-specifications ResourceType=key-pair,Tags=[{Key=k,Value=v}] --output table",
    "ec2 import-key-pair --key-name new --public-key-material fileb://k.pub",
    "ec2 import-key-pair --key-name new --public-key-material fileb://k.pub --output text",
    "ec2 delete-key-pair --key-name my-key-pair",
    "ec2 delete-key-pair --key-pair-id key-0ad6cef85511319a6 --output text",
    "ec2 delete-key-pair --key-name nobody",
    "ec2 get-password-data --instance-id i-0123456789abcdef0",
    "ec2 get-password-data --instance-id i-0123456789abcdef0 --output text",
    "ec2 get-password-data --instance-id i-0123456789abcdef0 --priv-launch-key k.pem",
    "ec2 get-password-data --instance-id i-0123456789abcdef0 --priv-launch-key '~/k.pem' --output text",
    "ec2 get-password-data --instance-id i-0123456789abcdef0 --priv-launch-key k.pem --output table",
    "ec2 get-password-data --instance-id i-0123456789abcdef0 --priv-launch-key k.pem --query PasswordData",
    "ec2 get-password-data --instance-id i-0123456789abcdef0 --priv-launch-key ''",
    "ec2 get-password-data --instance-id i-0123456789abcdef1 --priv-launch-key k.pem",
    "ec2 get-password-data --instance-id i-0123456789abcdef1 --output text",
    "ssm get-parameter --name /ec2/keypair/key-1",
    "ssm get-parameter --name /ec2/keypair/key-1 --with-decryption --output text",
    "ssm get-parameter --name /ec2/keypair/key-1 --with-decryption --output table",
    "ssm get-parameter --name /ec2/keypair/key-1 --with-decryption --query Parameter.Value --output text",
    "ssm get-parameter --name /ec2/keypair/key-1 --query Parameter.LastModifiedDate",
    "ssm get-parameter --name /ec2/keypair/key-1 --query Parameter.[Name,Version] --output text",
    "ec2-instance-connect send-ssh-public-key --instance-id i-0123456789abcdef0 --instance-os-user ec2-user --ssh-public-key file://k.pub",
    "ec2-instance-connect send-ssh-public-key --instance-id i-0123456789abcdef0 --instance-os-user ec2-user --ssh-public-key file://k.pub --availability-zone eu-west-1a --output text",
    "ec2-instance-connect send-ssh-public-key --instance-id i-0123456789abcdef0 --instance-os-user ec2-user --ssh-public-key file://k.pub --output table",
    "ec2-instance-connect send-ssh-public-key --instance-id i-0123456789abcdef3 --instance-os-user ec2-user --ssh-public-key file://k.pub",
];

const FAILURES: [(&str, i32); 16] = [
    ("ec2 describe-key-pairs --key-names none", 3),
    ("ec2 describe-key-pairs --key-pair-ids key-ffffffffffffffff0", 3),
    ("ec2 describe-key-pairs --key-names my-denied", 254),
    ("ec2 create-key-pair --key-name my-key-pair", 4),
    ("ec2 create-key-pair --key-name my-limit", 254),
    ("ec2 create-key-pair --key-name my-denied", 254),
    ("ec2 import-key-pair --key-name my-limit --public-key-material fileb://k.pub", 254),
    ("ec2 import-key-pair --key-name my-format --public-key-material fileb://k.pub", 5),
    ("ec2 import-key-pair --key-name my-denied --public-key-material fileb://k.pub", 254),
    ("ec2 delete-key-pair --key-name my-denied", 254),
    ("ec2 get-password-data --instance-id i-none", 254),
    ("ec2 get-password-data --instance-id i-0123456789abcdeff", 3),
    ("ssm get-parameter --name /none", 3),
    ("ssm get-parameter --name /denied", 254),
    (
        "ec2-instance-connect send-ssh-public-key --instance-id i-0123456789abcdef1 --instance-os-user u --ssh-public-key file://k.pub",
        3,
    ),
    (
        "ec2-instance-connect send-ssh-public-key --instance-id i-0123456789abcdef2 --instance-os-user u --ssh-public-key file://k.pub",
        254,
    ),
];

#[test]
fn recorded_responses_print_same_bytes_as_aws_cli() {
    let stub = Stub::start(answer);
    let home = home_of(&stub);
    home.write("version2", VERSION_2);
    home.write("k.pem", PRIVATE);
    home.write("../home/k.pem", PRIVATE);
    home.write("k.pub", include_str!("../../../vectors/keys/ed25519.openssh.pub"));
    let both = |words: &str| {
        let (_, ours) = words.split_once(' ').unwrap();
        let aws = std::env::var("KEYPAIR_TEST_AWS").unwrap_or_else(|_| "aws".into());
        let theirs = format!("AWS_CONFIG_FILE=version2 {aws} {words}");
        (home.shell(&theirs), home.shell(&format!("keypair {ours}")))
    };
    for words in SUCCESSES {
        let (aws, ours) = both(words);
        let (aws, ours) = (aws.success(), ours.success());
        assert_eq!(ours.text(), aws.text(), "{words}\n{ours}\n{aws}");
    }
    for (words, status) in FAILURES {
        let (aws, ours) = both(words);
        let ours = ours.fails_with(status);
        assert_ne!(aws.code, Some(0), "{words}\n{aws}");
        assert!(!sentence(&aws).is_empty(), "{words}\n{aws}");
        assert_eq!(sentence(&ours), sentence(&aws), "{words}\n{ours}\n{aws}");
        assert_eq!(operation(&ours), operation(&aws));
    }
}
