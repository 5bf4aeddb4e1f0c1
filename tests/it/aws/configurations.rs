//! Recorded configurations: files, variables and arguments. The requests are those of version 2.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Map, Value, json};

use crate::support::home::Home;
use crate::support::peer;
use crate::support::run::Run;

/// The configurations with another result than in version 2, and the reasons.
const EXCEPTIONS: [(&str, &str); 15] = [
    ("comments & spaces", "an inline comment is no part of a region"),
    ("inline comment region", "an inline comment is no part of a region"),
    ("SSL_CERT_FILE proper", "as in other programs, this file replaces the system's authorities"),
    ("NO_PROXY cidr", "as in other programs, a network applies to the addresses in it"),
    ("NO_PROXY=127.0.0.0/8", "as in other programs, a network applies to the addresses in it"),
    ("imds with proxy", "the instance metadata service is never asked through a proxy"),
    ("--endpoint-url {A}/a b", "a URL with a space is refused"),
    ("--endpoint-url {A}?q=1", "a URL with a query is refused"),
    ("--endpoint-url {A}#f", "a URL with a fragment is refused"),
    ("endpoint user:pw", "a URL with a password is refused"),
    ("output file 'jsonl'", "a format of this program"),
    ("output env 'jsonl'", "a format of this program"),
    ("key cli_auto_prompt=on", "warned of: this program never prompts for arguments"),
    ("AWS_CONFIG_FILE dir", "refused as the cause; version 2 misses credentials then"),
    ("key s3_disable_express_session_auth=bogus", "settings for S3 have no effect"),
];

const CERTIFICATES: &str = "set -e; exec 2> made
    names=subjectAltName=DNS:localhost,IP:127.0.0.1
    openssl req -x509 -newkey rsa:2048 -nodes -keyout self.key -days 2 -subj /CN=localhost \
        -addext $names -out self.pem
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -days 2 -subj '/CN=Test CA' -out ca.pem
    openssl req -newkey rsa:2048 -nodes -keyout leaf.key -subj /CN=localhost -out request.pem
    echo $names > extension
    openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
        -extfile extension -out leaf.pem";

/// The servers of a record. They end when their standard input closes.
struct Servers {
    certificates: Home,
    ports: BTreeMap<String, u64>,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _process: Child,
}

impl Servers {
    fn start() -> Self {
        let certificates = Home::new();
        certificates.shell(CERTIFICATES).success();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/serve_aws.py");
        let files = ["self.pem", "self.key", "leaf.pem", "leaf.key"];
        let mut process = Command::new(peer::find("python"))
            .arg("-I")
            .arg(script)
            .args(files.map(|name| certificates.path(name)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let ports = serde_json::from_str(&line).unwrap();
        Self { certificates, ports, input, output, _process: process }
    }

    /// Replaces the servers and files in a text.
    fn fill(&self, text: &str, home: &Home) -> String {
        let port = |name: &str| self.ports[name];
        let file = |name: &str| self.certificates.path(name).to_str().unwrap().to_owned();
        let folder = home.path("../home").canonicalize().unwrap().to_str().unwrap().to_owned();
        [
            ("{A}", format!("http://127.0.0.1:{}", port("A"))),
            ("{B}", format!("http://127.0.0.1:{}", port("B"))),
            ("{A-HOST}", format!("127.0.0.1:{}", port("A"))),
            ("{A-PORT}", port("A").to_string()),
            ("{PROXY}", format!("http://127.0.0.1:{}", port("proxy"))),
            ("{TLS}", format!("https://localhost:{}", port("TLS"))),
            ("{TLS-CA}", format!("https://localhost:{}", port("TLS-CA"))),
            ("{SELF-SIGNED}", file("self.pem")),
            ("{CA}", file("ca.pem")),
            // Other programs may make the home of the user `nobody`.
            ("/nonexistent", format!("{folder}/nonexistent")),
            ("{HOME}", folder),
        ]
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    /// Runs `aws ec2 describe-key-pairs`, as a link, with a configuration. Returns the run and its
    /// requests.
    fn run(&mut self, case: &Value) -> (Run, Vec<Map<String, Value>>) {
        let mut home = Home::new();
        let filled = |home: &Home, value: &Value| self.fill(value.as_str().unwrap_or(""), home);
        let files = [(".aws/config", &case["config"]), (".aws/credentials", &case["credentials"])];
        let more = case["files"].as_object();
        let more = more.into_iter().flatten().map(|(name, text)| (name.as_str(), text));
        for (name, text) in files.into_iter().chain(more) {
            let path = home.path("../home").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            if text.as_str().is_some_and(|text| !text.is_empty()) {
                fs::write(path, filled(&home, text)).unwrap();
            }
        }
        home.set("KEYPAIR_REGISTRY", "ec2");
        for (name, value) in case["environment"].as_object().unwrap() {
            let value = filled(&home, value);
            home.set(name, value);
        }
        let words = case["arguments"].as_array().unwrap();
        let words: Vec<_> = words.iter().map(|word| filled(&home, word)).collect();
        writeln!(self.input, "{}", case["first_answers_that_fail"].as_i64().unwrap_or(0)).unwrap();
        std::os::unix::fs::symlink(peer::find("keypair"), home.path("aws")).unwrap();
        let start = ["-c", "exec ./aws \"$@\"", "sh", "ec2", "describe-key-pairs"];
        let run = home.launch("sh").args(start).args(words).run();
        writeln!(self.input, "-").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let mut requests: Vec<Map<String, Value>> = serde_json::from_str(&line).unwrap();
        let server = self.fill("{A}", &home);
        let named = self.fill("localhost:{A-PORT}", &home);
        for request in &mut requests {
            for name in ["path", "what"] {
                let text = request[name].as_str().unwrap().replace(&server, "{A}");
                let text = text.replace(&named, "localhost:{A-PORT}");
                request.insert(name.to_owned(), text.into());
            }
        }
        (run, requests)
    }
}

/// Returns the difference from a record, if there is one.
fn difference(run: &Run, requests: &[Map<String, Value>], expected: &Value) -> Option<String> {
    let (to_ec2, others): (Vec<_>, Vec<_>) =
        requests.iter().partition(|request| request["what"] == "DescribeKeyPairs");
    let members = |request: &Map<String, Value>, names: &[&str]| -> Value {
        names.iter().map(|name| ((*name).to_owned(), request[*name].clone())).collect()
    };
    let is_success = run.code == Some(0);
    if is_success != (expected["exit"] == 0) {
        return Some(format!("expected {expected}, but {run}"));
    }
    if run.code.map(i64::from) != expected["exit"].as_i64() {
        return Some(format!("expected exit status {}, but {run}", expected["exit"]));
    }
    let recorded = expected["requests"].as_u64().unwrap_or(0);
    // Version 2 rejects an unknown output format only after the request.
    let is_refused = !is_success && to_ec2.is_empty() && expected["exit"] == 255;
    if to_ec2.len() != usize::try_from(recorded).unwrap() && !is_refused {
        return Some(format!("{} requests instead of {recorded}", to_ec2.len()));
    }
    if let Some(last) = to_ec2.last() {
        let (names, renamed) =
            (["access_key_id", "region", "session_token", "path"], json!(last["at"]));
        for name in names {
            if last[name] != expected[name] {
                return Some(format!("{name} {} instead of {}", last[name], expected[name]));
            }
        }
        if renamed != expected["sent_to"] {
            return Some(format!("sent to {renamed} instead of {}", expected["sent_to"]));
        }
    }
    let names =
        ["method", "at", "what", "role", "external_id", "web_identity_token", "duration", "region"];
    let others: Value = others.iter().map(|request| members(request, &names)).collect();
    let recorded = expected.get("other_requests").cloned().unwrap_or(json!([]));
    (others != recorded).then(|| format!("other requests {others:#} instead of {recorded:#}"))
}

#[test]
fn configurations_lead_to_requests_of_version_2() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../vectors/aws-cli-v2/configurations.json")).unwrap();
    assert!(cases.len() >= 300, "{}", cases.len());
    let mut servers = Servers::start();
    let mut differences = Vec::new();
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        let (run, requests) = servers.run(case);
        assert!(!run.stderr.contains("panicked"), "{name}: {run}");
        let found = difference(&run, &requests, &case["aws_cli_2"]);
        let exception = EXCEPTIONS.iter().find(|(exception, _)| *exception == name);
        match (found, exception) {
            (Some(found), None) => differences.push(format!("{name}: {found}")),
            (None, Some((_, reason))) => {
                differences.push(format!("{name}: no exception: {reason}"));
            }
            _ => {}
        }
    }
    assert!(differences.is_empty(), "{}:\n{}", differences.len(), differences.join("\n\n"));
}
