//! `create --store`, `store` and `delete --stored`: private keys in Parameter Store.

mod faults;
mod kills;
mod pairs;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::project::readme::examples;
use crate::support::home::Home;
use crate::support::mask::masked;
use crate::support::moto::Account;
use crate::support::stub::{Answer, Stub, member};

/// Returns an account in which `keypair` uses EC2.
fn account() -> Account {
    let mut account = Account::new();
    account.home_mut().set("KEYPAIR_REGISTRY", "ec2");
    account
}

/// The state of a server with EC2 and Parameter Store.
#[derive(Default)]
struct Cloud {
    pairs: Vec<Pair>,
    parameters: BTreeMap<String, String>,
    /// The names of the operations, in order.
    calls: Vec<String>,
}

struct Pair {
    name: String,
    id: String,
    line: String,
    tag: Option<String>,
}

impl Pair {
    fn item(&self) -> String {
        let Self { name, id, line, tag } = self;
        let tag = tag.as_ref().map(|value| {
            format!(
                "<tagSet><item><key>keypair:parameter</key><value>{value}</value></item></tagSet>"
            )
        });
        format!(
            "<item><keyName>{name}</keyName><keyPairId>{id}</keyPairId><publicKey>{line}</publicKey>{}</item>",
            tag.unwrap_or_default()
        )
    }
}

/// The reaction of a server to an operation.
enum Fault {
    None,
    /// Answers without executing the request.
    Before(Answer),
    /// Executes the request, then answers.
    After(Answer),
}

type Shared = Arc<Mutex<Cloud>>;

fn locked(cloud: &Shared) -> MutexGuard<'_, Cloud> {
    cloud.lock().unwrap()
}

/// Starts a server with the fault that `fault` returns for the name of an operation.
fn cloud(fault: impl Fn(&str) -> Fault + Send + Sync + 'static) -> (Stub, Shared) {
    let cloud = Shared::default();
    let state = Arc::clone(&cloud);
    let stub = Stub::start_with_heads(move |head, body| {
        let target = head.lines().find_map(|line| line.split_once("AmazonSSM."));
        let operation = match target {
            Some((_, operation)) => operation.trim().to_owned(),
            None => member(body, "Action").unwrap(),
        };
        locked(&state).calls.push(operation.clone());
        match fault(&operation) {
            Fault::None => executed(&operation, body, &mut locked(&state)),
            Fault::Before(answer) => answer,
            Fault::After(answer) => {
                executed(&operation, body, &mut locked(&state));
                answer
            }
        }
    });
    (stub, cloud)
}

fn executed(operation: &str, body: &str, cloud: &mut Cloud) -> Answer {
    let json: Value = serde_json::from_str(body).unwrap_or_default();
    let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
    match operation {
        "ImportKeyPair" => {
            let name = member(body, "KeyName").unwrap();
            let line = STANDARD.decode(member(body, "PublicKeyMaterial").unwrap()).unwrap();
            let is_in_id = |character: &char| character.is_ascii_alphanumeric();
            let id = format!("key-{}", name.chars().filter(is_in_id).collect::<String>());
            let answer = Answer::imported(body, &id);
            let tag = member(body, "TagSpecification.1.Tag.1.Value");
            let line = String::from_utf8(line).unwrap();
            cloud.pairs.push(Pair { name, id, line, tag });
            answer
        }
        "DescribeKeyPairs" => {
            let asked = member(body, "KeyName.1");
            let is_asked = |pair: &&Pair| asked.as_ref().is_none_or(|name| *name == pair.name);
            let items: String = cloud.pairs.iter().filter(is_asked).map(Pair::item).collect();
            Answer::response("DescribeKeyPairs", &format!("<keySet>{items}</keySet>"))
        }
        "DeleteKeyPair" => {
            let (name, id) = (member(body, "KeyName"), member(body, "KeyPairId"));
            let is_it =
                |pair: &Pair| name.as_ref() == Some(&pair.name) || id.as_ref() == Some(&pair.id);
            let id = cloud.pairs.iter().find(|pair| is_it(pair)).map(|pair| pair.id.clone());
            cloud.pairs.retain(|pair| !is_it(pair));
            let id = id.map(|id| format!("<keyPairId>{id}</keyPairId>")).unwrap_or_default();
            Answer::response("DeleteKeyPair", &format!("<return>true</return>{id}"))
        }
        "PutParameter" => {
            assert_eq!(
                (text("Type").as_str(), &json["Overwrite"]),
                ("SecureString", &json!(false))
            );
            let name = text("Name");
            if cloud.parameters.contains_key(&name) {
                return refused("ParameterAlreadyExists");
            }
            cloud.parameters.insert(name, text("Value"));
            Answer::Reply(200, r#"{"Version":1,"Tier":"Standard"}"#.to_owned())
        }
        "GetParameter" => match cloud.parameters.get(&text("Name")) {
            Some(value) => {
                let parameter = json!({"Name": text("Name"), "Value": value, "Version": 1});
                Answer::Reply(200, json!({"Parameter": parameter}).to_string())
            }
            None => refused("ParameterNotFound"),
        },
        "DeleteParameter" => match cloud.parameters.remove(&text("Name")) {
            Some(_) => Answer::Reply(200, "{}".to_owned()),
            None => refused("ParameterNotFound"),
        },
        other => panic!("unexpected request: {other}"),
    }
}

/// Returns an error of Parameter Store.
fn refused(code: &str) -> Answer {
    Answer::Reply(400, json!({"__type": code, "message": "No."}).to_string())
}

/// Asserts that nothing of the value of a parameter is in a text.
#[track_caller]
fn assert_secret(value: &str, text: &str) {
    let lines = value.lines().filter(|line| line.len() > 40 && !line.contains("---"));
    for line in lines {
        assert!(!text.contains(&line[..40]), "{text}");
    }
}

#[test]
fn every_format_round_trips() {
    let account = account();
    let home = account.home();
    for (key_type, format, file) in [
        ("rsa", "pem", "pem"),
        ("rsa", "ppk", "ppk"),
        ("ed25519", "pem", "pem"),
        ("ed25519", "openssh", "pem"),
        ("ed25519", "pkcs8", "pem"),
        ("ed25519", "ppk", "ppk"),
    ] {
        let name = format!("{key_type}-{format}");
        let words =
            format!("create {name} --type {key_type} --format {format} --store ssm --debug");
        let files = home.files();
        let run = home.shell(&format!("keypair {words} --out none")).success();
        let id = run.json()["KeyPairId"].as_str().unwrap().to_owned();
        assert_eq!(run.json()["Parameter"], format!("/ec2/keypair/{id}"));
        assert_eq!((home.files(), run.json()["PrivateKeyFile"].is_null()), (files, true));
        let get = format!("aws ssm get-parameter --name /ec2/keypair/{id} --with-decryption");
        let found = home.shell(&get).success().json();
        assert_eq!(found["Parameter"]["Type"], "SecureString");
        let value = found["Parameter"]["Value"].as_str().unwrap().to_owned();
        assert_secret(&value, &run.stderr);
        assert!(run.stderr.contains("registry"), "{run}");

        let fetched = home.keypair(["fetch", &name]).success();
        let file = format!("{name}.{file}");
        assert_eq!(fetched.json()["PrivateKeyFile"], file);
        assert_eq!(home.read(&file), value.as_bytes());
        let verified = home.keypair(["verify", &file]).success().json();
        assert_eq!(verified["KeyPairs"][0]["KeyName"], name);
        let reader = match format {
            "ppk" => format!("timeout 30 puttygen {file} -O public-openssh"),
            "pkcs8" => format!("openssl pkey -in {file} -noout"),
            _ => format!("ssh-keygen -y -f {file}"),
        };
        home.shell(&reader).success();
        home.shell(&format!("keypair delete {name} --stored --private-key-file {file}")).success();
        home.shell(&get).fails_with(255);
    }
    assert!(home.files().is_empty());
}

#[test]
fn chosen_parameter_is_found_by_its_tag() {
    let account = account();
    let home = account.home();
    let words = "create web --type ed25519 --store ssm:/keys/web.pem --tag team=ops";
    let run = home.shell(&format!("keypair {words} --kms-key-id alias/keys")).success();
    assert_eq!(run.json()["Parameter"], "/keys/web.pem");
    assert_eq!(home.mode("web.pem"), 0o400);
    home.shell("keypair describe web | grep -q keypair:parameter").success();
    let query = "--query Parameters[].KeyId --output text";
    let run = home.shell(&format!("aws ssm describe-parameters {query}")).success();
    assert_eq!(run.text(), "alias/keys\n");
    home.shell("keypair fetch web --out again && cmp web.pem again").success();
    // The owner may point the tag elsewhere.
    home.shell("keypair tag web keypair:parameter=/none").success();
    home.shell("keypair fetch web --out none.pem").fails_with(3);
    home.shell("keypair tag web keypair:parameter='a b:1'").success();
    let run = home.shell("keypair fetch web --out none.pem").fails_with(5);
    assert!(run.stderr.contains("the tag keypair:parameter of `web` is not the name"), "{run}");
    home.shell("keypair delete web --stored").fails_with(5);
    // A tag of the user chooses the name too.
    let words = "create tagged --type ed25519 --store ssm --tag keypair:parameter=/keys/tagged";
    let run = home.shell(&format!("keypair {words} --out none")).success();
    assert_eq!(run.json()["Parameter"], "/keys/tagged");
    let twice = words.replace("tagged", "twice").replace("ssm", "ssm:/x");
    home.shell(&format!("keypair {twice}")).fails_with(254);
    home.keypair(["fetch", "tagged", "--out", "-"]).success();
}

#[test]
fn encrypted_key_is_stored_encrypted() {
    let account = account();
    let home = account.home();
    home.write("pass", "correct horse");
    let putty = "timeout 30 puttygen out --old-passphrase pass -L";
    for (name, words, rounds, reader) in [
        ("rsa", "--type rsa", 600_001, "openssl pkey -in out -passin file:pass -noout"),
        ("ed", "--type ed25519", 25, "ssh-keygen -y -P 'correct horse' -f out"),
        ("putty", "--type ed25519 --format ppk", 22, putty),
    ] {
        let create = format!("keypair create {name} {words} --store ssm --out none");
        let run = home.shell(&format!("{create} --passphrase-file pass")).success();
        assert!(run.stderr.contains("stored encrypted"), "{run}");
        let fetch = format!("keypair fetch {name} --out out --force");
        home.shell(&format!("{fetch} --passphrase-file pass")).success();
        home.shell(reader).success();
        home.shell(&format!("KEYPAIR_PASSPHRASE=wrong {fetch}")).fails_with(5);
        // The public half of PKCS#8 is encrypted too.
        let run = home.shell(&fetch);
        match name {
            "rsa" => assert!(run.fails_with(5).stderr.contains("passphrase")),
            _ => {
                run.success();
                home.shell(reader).success();
            }
        }
        let stored = home.read("out");
        home.shell(&format!("{fetch} --passphrase-file pass --kdf-rounds {rounds}")).success();
        assert_ne!(home.read("out"), stored);
        home.shell(reader).success();
        let delete = format!("keypair delete {name} --stored --passphrase-file pass");
        home.shell(&delete).success();
    }
}

/// The refusal comes before the registration.
#[test]
fn invalid_storage_is_refused_before_registration() {
    let (stub, cloud) = cloud(|_| Fault::None);
    locked(&cloud).parameters.insert("/there".into(), "x".into());
    let home = crate::aws::ec2::home_of(&stub);
    let deep = "/a".repeat(16);
    let (name, long) = ("invalid value for --store: ", "x".repeat(257));
    let arn = "ssm:arn:aws:ssm:eu-west-1:123456789012:parameter/a";
    for (words, code, said) in [
        ("--store s3", 252, "expected ssm or ssm:NAME"),
        ("--store secretsmanager", 252, "expected ssm or ssm:NAME"),
        ("--store ssm:", 252, name),
        ("--store 'ssm:a b'", 252, name),
        ("--store ssm://a", 252, name),
        ("--store ssm:/a//b", 252, name),
        ("--store ssm:a/b", 252, "must begin with /"),
        (&format!("--store ssm:{deep}"), 252, "16 levels"),
        (&format!("--store ssm:{long}"), 252, "257 characters"),
        ("--store ssm:aws-x", 252, "reserved"),
        ("--store ssm:/SSM/x", 252, "reserved"),
        (&format!("--store {arn}"), 252, name),
        ("--store ssm --tag keypair:parameter=a:1", 252, name),
        ("--store ssm:/there", 4, "(ParameterAlreadyExists) when calling the PutParameter"),
        ("--store ssm --out -", 252, "fetch NAME --out=-"),
        ("--store ssm --kms-key-id ''", 252, "--kms-key-id"),
        ("--store ssm --kms-key-id 'a b'", 252, "--kms-key-id"),
        ("--kms-key-id alias/x", 252, "--store"),
        ("--store ssm --count 2", 252, "--count"),
        ("--store ssm --if-not-exists", 252, "--if-not-exists"),
        ("--store ssm --generate ec2", 252, "--generate ec2"),
        ("--store ssm --registry local", 252, "pass `--registry ec2`"),
        ("--store ssm --format ppk --comment 'a {{b}}'", 5, "pass `--comment TEXT`"),
        ("--store ssm --format ppk --comment \"$(printf %4096d 0)\"", 5, "at most 4096"),
        ("--out none", 252, "--add-to-agent"),
    ] {
        let words = format!("keypair create web --type ed25519 {words}");
        let run = home.shell(&words).fails_with(code);
        assert!(run.stderr.contains(said), "{run}");
        assert!(!run.stderr.contains("deleted again"), "{run}");
    }
    let calls = locked(&cloud).calls.clone();
    let is_read = |call: &String| ["GetParameter", "DescribeKeyPairs"].contains(&call.as_str());
    assert!(calls.iter().all(is_read), "{calls:?}");
    assert!(home.files().is_empty());
    // The name of the parameter does not contain that of the pair, and most formats hide the comment.
    let run = home.shell("keypair create 'a b {{c}}' --type ed25519 --store ssm").success();
    assert_eq!(run.json()["Parameter"], "/ec2/keypair/key-abc");
}

#[test]
fn dry_run_stores_nothing() {
    let account = account();
    let home = account.home();
    let run = home.shell("keypair create web --store ssm:/web --out none --dry-run").success();
    assert!(run.text().is_empty() && run.stderr.contains("DryRunOperation"), "{run}");
    home.shell("keypair create web --type ed25519").success();
    home.shell("keypair store web web.pem --dry-run").success();
    let list = home.shell("aws ssm describe-parameters --query 'length(Parameters)'").success();
    assert_eq!(list.text(), "0\n");
    home.shell("keypair store web web.pem").success();
    home.shell("keypair delete web --stored --dry-run").success();
    home.keypair(["fetch", "web", "--out", "-"]).success();
}

#[test]
fn documented_examples_print_their_output() {
    let account = account();
    let home: &Home = account.home();
    let page = examples(include_str!("../../../../docs/parameter-store.md"));
    assert!(page.len() >= 5);
    // The mask does not look into paths.
    let masked = |text: &str| masked(&text.replace("keypair/", "keypair/ "));
    for example in page {
        let run = home.shell(&format!("exec 2>&1\n{}", example.command));
        assert_eq!(masked(run.text()), masked(&example.output), "$ {}", example.command);
    }
}
