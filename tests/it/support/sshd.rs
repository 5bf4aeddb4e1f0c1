//! A real SSH server on loopback that accepts some keys.
//!
//! Each connection gets its own `sshd -i`, as under inetd. The port is bound before a client learns
//! it, and no server outlives the test. sshd runs as the user who runs the tests, root or not.

use std::fs::{self, File};
#[cfg(feature = "ec2")]
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
#[cfg(feature = "ec2")]
use std::time::{SystemTime, UNIX_EPOCH};

use super::home::Home;
use super::peer;
use super::run::{Launch, Run};

/// Printed by the server after each login, for any command.
const TOKEN: &str = "keypair-test-logged-in";

/// An SSH server, until it is dropped.
pub(crate) struct Sshd {
    home: Home,
    address: SocketAddr,
    user: String,
    host_key_fingerprint: String,
    stopping: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

impl Sshd {
    /// Starts a server that accepts the keys in `authorized`, in the format of `authorized_keys`.
    #[track_caller]
    pub(crate) fn start(authorized: &str) -> Self {
        Self::with(Home::new(), authorized, &format!("ForceCommand echo {TOKEN}\n"))
    }

    /// Starts a server that has no authorized keys yet and does not restrict commands.
    #[track_caller]
    pub(crate) fn open() -> Self {
        Self::with(Home::new(), "", "Subsystem sftp internal-sftp\n")
    }

    #[track_caller]
    fn with(home: Home, authorized: &str, more: &str) -> Self {
        home.write("authorized_keys", authorized);
        make_host_key(&home);
        home.write("sshd_config", configuration(&home, more));
        provide_privilege_separation_folder();

        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        write_known_hosts(&home, address);
        let stopping = Arc::new(AtomicBool::new(false));
        Self {
            address,
            user: user(&home),
            host_key_fingerprint: host_key_fingerprint(&home),
            listener: Some(thread::spawn({
                let folder = home.path("");
                let stopping = Arc::clone(&stopping);
                move || serve(&listener, &folder, &stopping)
            })),
            stopping,
            home,
        }
    }

    /// Sets variables for an SSH client in the home of a test: `$AUTHORIZED_KEYS`, the server's
    /// file, and the options `$SSH_OPTIONS`, `$SSH_PORT` and `$SSH_USER`.
    pub(crate) fn introduce_to(&self, home: &mut Home) {
        let known_hosts = self.home.path("known_hosts");
        let options = format!(
            "-F none -o BatchMode=yes -o ConnectTimeout=20 -o GlobalKnownHostsFile=none \
             -o PreferredAuthentications=publickey -o StrictHostKeyChecking=yes \
             -o UserKnownHostsFile={}",
            known_hosts.display()
        );
        home.set("SSH_OPTIONS", options);
        home.set("SSH_PORT", self.address.port().to_string());
        home.set("SSH_USER", &self.user);
        home.set("AUTHORIZED_KEYS", self.home.path("authorized_keys"));
    }

    /// Returns whether the OpenSSH client logs in with this private key file. Prints the reason for
    /// a failure on standard error.
    #[track_caller]
    pub(crate) fn login_with_openssh(&self, key_file: &Path) -> bool {
        let client = self.home.launch("ssh").args(["-F", "none", "-T"]);
        let client = [
            "BatchMode=yes",
            "ConnectTimeout=20",
            "GlobalKnownHostsFile=none",
            "IdentitiesOnly=yes",
            "IdentityAgent=none",
            "PreferredAuthentications=publickey",
            "StrictHostKeyChecking=yes",
            "UserKnownHostsFile=known_hosts",
        ]
        .into_iter()
        .fold(client, |client, option| client.args(["-o", option]));
        let client = client.args(["-p", &self.address.port().to_string(), "-l", &self.user]);
        self.logged_in(client.args([
            "-i".as_ref(),
            key_file,
            "127.0.0.1".as_ref(),
            "true".as_ref(),
        ]))
    }

    /// Returns whether PuTTY's client logs in with this PPK file. Prints the reason for a failure
    /// on standard error.
    #[track_caller]
    pub(crate) fn login_with_plink(&self, key_file: &Path) -> bool {
        let client = self.home.launch("plink").args(["-batch", "-ssh", "-noagent"]);
        let client = client.args(["-hostkey", &self.host_key_fingerprint]);
        let client = client.args(["-P", &self.address.port().to_string(), "-l", &self.user]);
        self.logged_in(client.args([
            "-i".as_ref(),
            key_file,
            "127.0.0.1".as_ref(),
            "true".as_ref(),
        ]))
    }

    fn logged_in(&self, client: Launch) -> bool {
        let run: Run = client.run();
        let logged_in = run.code == Some(0) && run.text().lines().any(|line| line == TOKEN);
        if !logged_in {
            let log = String::from_utf8_lossy(&self.home.read("log")).into_owned();
            eprintln!("no login: {run}\n--- sshd\n{log}---");
        }
        logged_in
    }
}

#[cfg(feature = "ec2")]
impl Sshd {
    /// Starts a server that does not restrict commands, and accepts keys as an instance with EC2
    /// Instance Connect does: see [`PushedKeys`]. It gives a client two attempts.
    #[track_caller]
    pub(crate) fn with_instance_connect() -> Self {
        let home = Home::new();
        let keys = PushedKeys::new(&home);
        // sshd wants root to own the program and all directories above it, but not its script.
        let more = format!(
            "AuthorizedKeysCommand /bin/sh {} %u\nAuthorizedKeysCommandUser {}\nMaxAuthTries 2\n\
             Subsystem sftp internal-sftp\n",
            keys.script().display(),
            user(&home)
        );
        Self::with(home, "", &more)
    }

    pub(crate) fn pushed_keys(&self) -> PushedKeys {
        PushedKeys { folder: self.home.path("") }
    }

    /// Returns the public host key, `TYPE BASE64 COMMENT`.
    pub(crate) fn host_key_file(&self) -> PathBuf {
        self.home.path("host_key.pub")
    }

    pub(crate) fn change_host_key(&self) {
        self.home.shell("rm host_key host_key.pub").success();
        make_host_key(&self.home);
    }

    /// Returns the user who can log in.
    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns the file with the authorized keys.
    pub(crate) fn authorized_keys(&self) -> PathBuf {
        self.home.path("authorized_keys")
    }

    /// Returns a line for known_hosts with this host name.
    pub(crate) fn known_as(&self, host: &str) -> String {
        let host_key = String::from_utf8(self.home.read("host_key.pub")).unwrap();
        format!("{host} {host_key}")
    }
}

/// The keys that open a server for a minute. They are files, for the AuthorizedKeysCommand of sshd,
/// which runs as another process for each offer and each signature.
#[cfg(feature = "ec2")]
#[derive(Clone)]
pub(crate) struct PushedKeys {
    folder: PathBuf,
}

#[cfg(feature = "ec2")]
impl PushedKeys {
    const SECONDS: u64 = 60;

    /// Prints the keys of the user `$1`. The file `clock` has the seconds by which the clock of the
    /// server is fast.
    const SCRIPT: &str = "\
        cd \"${0%/*}\" && now=$(($(date +%s) + $(cat clock)))
        while read -r until user key; do
            [ \"$now\" -lt \"$until\" ] && [ \"$user\" = \"$1\" ] && printf '%s\\n' \"$key\"
        done < pushed
        exit 0\n";

    fn new(home: &Home) -> Self {
        home.write("pushed", "");
        home.write("clock", "0");
        home.write("print-pushed", Self::SCRIPT);
        home.write("minute", "cd \"${0%/*}\" && echo $(($(cat clock) + 61)) > clock\n");
        Self { folder: home.path("") }
    }

    fn script(&self) -> PathBuf {
        self.folder.join("print-pushed")
    }

    /// Returns a shell script that passes a minute on the clock of the server.
    pub(crate) fn minute(&self) -> PathBuf {
        self.folder.join("minute")
    }

    /// Accepts a key of a user for a minute.
    pub(crate) fn admit(&self, user: &str, key: &str) {
        let clock = fs::read_to_string(self.folder.join("clock")).unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let until = now + clock.trim().parse::<u64>().unwrap() + Self::SECONDS;
        let mut file = File::options().append(true).open(self.folder.join("pushed")).unwrap();
        file.write_all(format!("{until} {user} {key}\n").as_bytes()).unwrap();
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the listener so that it checks `stopping`.
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

/// Starts a server for each connection. Kills them all when `stopping` is set.
fn serve(listener: &TcpListener, folder: &Path, stopping: &AtomicBool) {
    let mut servers: Vec<Child> = Vec::new();
    for connection in listener.incoming() {
        if stopping.load(Ordering::SeqCst) {
            break;
        }
        let connection = OwnedFd::from(connection.unwrap());
        let log = File::options().create(true).append(true).open(folder.join("log")).unwrap();
        // sshd executes itself again and needs its full path for that.
        let server = Command::new(peer::find("sshd"))
            .args(["-i", "-e", "-f"])
            .arg(folder.join("sshd_config"))
            .env_clear()
            .current_dir(folder)
            .stdin(Stdio::from(connection.try_clone().unwrap()))
            .stdout(Stdio::from(connection))
            .stderr(Stdio::from(log))
            .spawn()
            .unwrap();
        servers.push(server);
    }
    for mut server in servers {
        let _ = server.kill();
        let _ = server.wait();
    }
}

fn configuration(home: &Home, more: &str) -> String {
    let host_key = home.path("host_key");
    let authorized_keys = home.path("authorized_keys");
    format!(
        "HostKey {}\n\
         AuthorizedKeysFile {}\n\
         AuthenticationMethods publickey\n\
         KbdInteractiveAuthentication no\n\
         LogLevel VERBOSE\n\
         LoginGraceTime 30\n\
         PasswordAuthentication no\n\
         PermitRootLogin prohibit-password\n\
         PidFile none\n\
         StrictModes no\n\
         UsePAM no\n{more}",
        host_key.display(),
        authorized_keys.display(),
    )
}

/// As root, sshd needs an empty directory for privilege separation, which its service normally
/// creates.
fn provide_privilege_separation_folder() {
    let folder = PathBuf::from("/run/sshd");
    if cfg!(target_os = "linux") && rustix::process::geteuid().is_root() && !folder.exists() {
        let made = fs::DirBuilder::new().mode(0o755).recursive(true).create(&folder);
        made.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    }
}

fn make_host_key(home: &Home) {
    let host_key = ["-q", "-t", "ed25519", "-N", "", "-f", "host_key"];
    home.launch("ssh-keygen").args(host_key).run().success();
}

fn user(home: &Home) -> String {
    one_line(home.launch("id").args(["-un"]))
}

fn write_known_hosts(home: &Home, address: SocketAddr) {
    let host_key = String::from_utf8(home.read("host_key.pub")).unwrap();
    home.write("known_hosts", format!("[127.0.0.1]:{} {host_key}", address.port()));
}

/// Returns the fingerprint of the host key as `ssh-keygen -l` prints it, `SHA256:…`.
fn host_key_fingerprint(home: &Home) -> String {
    let line = one_line(home.launch("ssh-keygen").args(["-lf", "host_key.pub"]));
    line.split(' ').nth(1).unwrap().to_owned()
}

fn one_line(launch: Launch) -> String {
    launch.run().success().text().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Creates the key pair `name` and `name.pub` with ssh-keygen. Returns its public line.
    fn key_pair(home: &Home, name: &str) -> String {
        let args = ["-q", "-t", "ed25519", "-N", "", "-f", name];
        home.launch("ssh-keygen").args(args).run().success();
        String::from_utf8(home.read(&format!("{name}.pub"))).unwrap()
    }

    #[test]
    fn openssh_login_needs_authorized_key() {
        let home = Home::new();
        let server = Sshd::start(&key_pair(&home, "right"));
        key_pair(&home, "wrong");
        assert!(server.login_with_openssh(&home.path("right")));
        assert!(!server.login_with_openssh(&home.path("wrong")));
    }

    #[test]
    fn plink_login_needs_authorized_key() {
        let home = Home::new();
        let server = Sshd::start(&key_pair(&home, "right"));
        key_pair(&home, "wrong");
        for name in ["right", "wrong"] {
            let convert = [name, "-o", &format!("{name}.ppk")];
            home.launch("puttygen").args(convert).run().success();
        }
        assert!(server.login_with_plink(&home.path("right.ppk")));
        assert!(!server.login_with_plink(&home.path("wrong.ppk")));
    }
}
