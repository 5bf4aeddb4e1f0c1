//! AWS on loopback: one moto server for the whole test binary, with the AWS CLI as its client.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::home::Home;
use super::peer;
use super::run::Run;

/// The server and its port. The server exits when its standard input closes, and so never outlives
/// this process.
struct Server {
    port: u16,
    _process: Child,
}

/// Starts the server on the first call. Returns its port.
fn port() -> u16 {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(start).port
}

fn start() -> Server {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/serve_moto.py");
    let mut process = Command::new(peer::find("python"))
        .arg("-I")
        .arg(script)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(process.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    let port = line.trim().parse();
    let port = port.unwrap_or_else(|_| panic!("moto did not start: run tests/run once"));
    Server { port, _process: process }
}

/// An empty AWS account for one test, and a home that is configured for it.
pub(crate) struct Account {
    home: Home,
}

impl Account {
    /// Opens an account in the region `us-east-1`.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(100_000_000_000);
        let mut home = Home::new();
        // serve_moto.py uses the access key id as the account number.
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        home.set("AWS_ACCESS_KEY_ID", number.to_string());
        home.set("AWS_SECRET_ACCESS_KEY", "secret");
        home.set("AWS_DEFAULT_REGION", "us-east-1");
        home.set("AWS_REGION", "us-east-1");
        home.set("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", port()));
        home.set("AWS_EC2_METADATA_DISABLED", "true");
        Self { home }
    }

    /// Returns the home. `keypair` and other programs use this account there.
    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    /// Returns the home for further configuration.
    #[cfg(feature = "ec2")]
    pub(crate) fn home_mut(&mut self) -> &mut Home {
        &mut self.home
    }

    /// Runs the AWS CLI with these arguments.
    #[track_caller]
    pub(crate) fn aws(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
        self.home.launch("aws").args(args).run()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_cli_sees_only_its_own_account() {
        let account = Account::new();
        let create = ["ec2", "create-key-pair", "--key-name", "build"];
        let created = account.aws(create).success().json();
        let describe = ["ec2", "describe-key-pairs"];
        let described = account.aws(describe).success().json();
        assert_eq!(described["KeyPairs"].as_array().unwrap().len(), 1);
        assert_eq!(described["KeyPairs"][0]["KeyPairId"], created["KeyPairId"]);

        let duplicate = account.aws(create).fails_with(255);
        assert!(duplicate.stderr.contains("InvalidKeyPair.Duplicate"), "{duplicate}");
        let elsewhere = Account::new().aws(describe).success().json();
        assert!(elsewhere["KeyPairs"].as_array().unwrap().is_empty());
    }

    #[test]
    fn shell_reaches_the_account() {
        let account = Account::new();
        let query = "aws ec2 describe-key-pairs --query 'length(KeyPairs)'";
        assert_eq!(account.home().shell(query).success().text(), "0\n");
    }
}
