//! The records of AWS CLI version 2: the same arguments print the same and exit alike.

mod errors;
mod mask;
mod public_keys;
mod scripts;

use serde_json::Value;

use self::mask::masked;
use crate::support::home::Home;
use crate::support::moto::Account;
use crate::support::run::Run;

/// Lists with another result on purpose, and the reason.
const DELIBERATE: [(&str, &str); 5] = [
    ("create-key-pair --key-name x --key-format xyz", "refused before the request: 252"),
    ("import-key-pair --key-name x2 --public-key-material file://k.pub", "takes any key file"),
    (
        "import-key-pair --key-name x5 --public-key-material ssh-rsa AAAAKEYKEYKEY c",
        "takes a key as text",
    ),
    ("delete-key-pair", "EC2 requires a name or an ID: refused before the request"),
    (
        "describe-key-pairs --key-names par-a --no-verify-ssl --query KeyPairs[].KeyName",
        "certificates are always checked",
    ),
];

struct Record {
    arguments: Vec<String>,
    exit: i64,
    stdout: String,
}

impl Record {
    fn of(record: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let answer = &record["aws_cli_2"];
        Self {
            arguments: record["arguments"].as_array().unwrap().iter().map(text).collect(),
            exit: answer["exit"].as_i64().unwrap(),
            stdout: text(&answer["stdout"]),
        }
    }

    fn line(&self) -> String {
        self.arguments.join(" ")
    }

    fn is_yaml(&self) -> bool {
        self.arguments.iter().any(|word| word.starts_with("yaml"))
    }
}

fn records() -> Vec<Record> {
    let records = include_str!("../../../vectors/aws-cli-v2/arguments.json");
    let records: Vec<Value> = serde_json::from_str(records).unwrap();
    records.iter().map(Record::of).collect()
}

/// The account of the records.
struct World {
    account: Account,
    endpoint: String,
    number: String,
    id: String,
    rsa: String,
}

impl World {
    fn new() -> Self {
        let mut account = Account::new();
        account.home_mut().set("COLUMNS", "80");
        account.home_mut().set("KEYPAIR_REGISTRY", "ec2");
        let home = account.home();
        write_files(home);
        let rsa = String::from_utf8(home.read("k.pub")).unwrap();
        for (name, file, team) in [("par-a", "k", "ops"), ("par-b", "e", "dev"), ("par-c", "k", "")]
        {
            let tags = format!("ResourceType=key-pair,Tags=[{{Key=team,Value={team}}}]");
            let material = format!("fileb://{file}.pub");
            let mut import = vec!["ec2", "import-key-pair", "--key-name", name];
            import.extend(["--public-key-material", &material]);
            if !team.is_empty() {
                import.extend(["--tag-specifications", &tags]);
            }
            account.aws(import).success();
        }
        let query = "keypair describe par-a --output text --query KeyPairs[0].KeyPairId";
        let id = home.shell(query).success().text().trim().to_owned();
        let name = format!("/ec2/keypair/{id}");
        let put = ["ssm", "put-parameter", "--type", "SecureString", "--name", &name];
        account.aws(put.into_iter().chain(["--value", "secret\nvalue\n"])).success();
        let variable = |name| home.shell(&format!("printf %s \"${name}\"")).text().to_owned();
        let (endpoint, number) = (variable("AWS_ENDPOINT_URL"), variable("AWS_ACCESS_KEY_ID"));
        let rsa = rsa.split(' ').nth(1).unwrap().to_owned();
        Self { account, endpoint, number, id, rsa }
    }

    fn run(&self, record: &Record) -> Run {
        let home = self.account.home();
        home.shell("keypair delete $(keypair describe --filters Name=key-name,Values=x* --output text --query KeyPairs[].KeyName) 2> /dev/null");
        let host = self.endpoint.strip_prefix("http://").unwrap();
        let arguments = record.arguments.iter().map(|word| {
            word.replace("key-IDIDIDIDIDIDIDIDI", &self.id)
                .replace("AAAAKEYKEYKEY", &self.rsa)
                .replace("{MOTO}", &self.endpoint)
                .replace("{MOTO-HOST}", host)
        });
        home.keypair(arguments)
    }

    fn is_equal(&self, record: &Record, run: &Run) -> bool {
        let Record { exit, stdout, .. } = record;
        // The exit statuses 3 and 4 tell errors of EC2 apart.
        let code = run.code.map(|code| if matches!(code, 3 | 4) { 254 } else { code });
        let ours = masked(&run.text().replace(&self.number, "123456789012"));
        let theirs = masked(stdout);
        let is_same = ours == theirs
            || record.is_yaml()
                && self.yaml(&ours).is_some_and(|ours| Some(ours) == self.yaml(&theirs));
        code.map(i64::from) == Some(*exit) && is_same
    }

    /// Returns YAML as a YAML 1.1 reader understands it.
    fn yaml(&self, text: &str) -> Option<Value> {
        let script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))";
        let python = self.account.home().launch("python").args(["-c", script]);
        let run = python.stdin(text).run();
        (run.code == Some(0)).then(|| run.json())
    }
}

fn write_files(home: &Home) {
    home.shell(
        "ssh-keygen -q -t rsa -b 2048 -N '' -C c -f k && ssh-keygen -q -t ed25519 -N '' -C c -f e",
    )
    .success();
    home.write("in.json", r#"{"KeyNames": ["par-a"]}"#);
    home.write("in.yaml", "KeyNames: [par-a]\nIncludePublicKey: true\n");
    home.write("f.json", r#"[{"Name": "key-name", "Values": ["par-a"]}]"#);
}

fn import_pairs(home: &Home) {
    home.shell(
        "keypair import par-a k.pub --tag team=ops && keypair import par-b e.pub --tag team=dev && \
         keypair import par-c k.pub",
    )
    .success();
}

#[test]
fn recorded_lists_equal_version_2() {
    let world = World::new();
    let records = records();
    let deliberate = |line: &str| DELIBERATE.iter().any(|(other, _)| *other == line);
    let mut wrong = Vec::new();
    for record in &records {
        let line = record.line();
        let run = world.run(record);
        let is_listed = deliberate(&line);
        match world.is_equal(record, &run) {
            true if is_listed => wrong.push(format!("{line}\nis equal now: remove its row")),
            false if !is_listed => {
                let Record { exit, stdout, .. } = record;
                wrong.push(format!("expected {exit}:\n{}\n{run}", masked(stdout)));
            }
            _ => {}
        }
    }
    let is_recorded = |line: &str| records.iter().any(|record| record.line() == line);
    assert!(DELIBERATE.iter().all(|(line, _)| is_recorded(line)));
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), records.len(), wrong.join("\n"));
}

/// The local registry has EC2's fingerprints of ED25519 keys, which are shorter than moto's, so
/// tables are left out.
#[test]
fn local_registry_prints_same_shapes() {
    let mut home = Home::new();
    home.set("COLUMNS", "80");
    write_files(&home);
    import_pairs(&home);
    let query = "keypair describe par-b --output text --query KeyPairs[0].KeyFingerprint";
    let fingerprint = home.shell(query).success().text().trim().to_owned();
    let is_local = |record: &&Record| {
        let line = record.line();
        line.starts_with("describe-key-pairs ")
            && record.exit == 0
            && !["table", "yaml", "cli-input", "skeleton", "endpoint"]
                .iter()
                .any(|word| line.contains(word))
    };
    for record in records().iter().filter(is_local) {
        let run = home.keypair(&record.arguments).success();
        let ours = masked(&run.text().replace(&fingerprint, &["ff"; 32].join(":")));
        assert_eq!(ours, masked(&record.stdout), "{run}");
    }
}
