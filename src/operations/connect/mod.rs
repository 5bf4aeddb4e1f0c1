//! Logs in to an instance with ssh.
//!
//! The private key is only in the built-in agent. The ProxyCommand of ssh sends the public key once
//! its TCP connection is established: see [`proxy`]. So each connection sends it again.

mod fault;
pub mod proxy;
mod target;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use fault::{AddressKind, SshFault};
pub use target::{Target, find};

use super::OperationError;
use super::exec::Executed;
use super::prune::{self, Purpose};
use super::temporary::{self, Command};
use crate::agent::{AgentServer, HeldKey};
use crate::child::SignalForwarder;
use crate::file::{self, EphemeralDirectory};
use crate::format::Comment;
use crate::interrupt;
use crate::key::{KeySpecification, PrimeSearch, PrivateKey};
use crate::registry::Expiry;
use crate::secret;

#[derive(Debug)]
pub struct ConnectRequest {
    /// The option of ssh for the private key file to use. Without it, a temporary key is generated
    /// and sent.
    pub identity: Option<String>,
    /// Options of ssh.
    pub options: Vec<OsString>,
    /// The remote command. Without it, ssh starts a login shell.
    pub command: Vec<OsString>,
    /// The expiry of the temporary files, if this process is killed.
    pub expiry: Expiry,
    /// The possible parents of the directory with the temporary files.
    pub directories: Vec<PathBuf>,
}

/// Returns the ProxyCommand for a public key file.
pub type ProxyCommand<'a> = &'a dyn Fn(&Path) -> String;

/// Runs ssh in the foreground. `on_unlocked` is called if the key may be swapped out.
///
/// # Errors
///
/// On an error, ssh was not started and no file remains.
pub fn connect(
    request: &ConnectRequest,
    target: &Target,
    proxy_command: ProxyCommand<'_>,
    on_unlocked: &mut dyn FnMut(),
) -> Result<Executed, OperationError> {
    // Signals end this process only after the cleanup.
    let _guard = interrupt::defer_signals();
    let forwarder =
        SignalForwarder::new(file::ignored_signals()).map_err(OperationError::Signals)?;
    let ConnectRequest { identity, options, command, expiry, directories } = request;
    let directories = for_ssh_options(directories);
    // A killed command may have left its files.
    prune::remove_unregistered(&directories);
    let directory = EphemeralDirectory::create(&directories, expiry.seconds())?;
    directory.record_user(std::process::id(), &Purpose::Unregistered.to_string()).ok();
    let alias = format!("HostKeyAlias={}", target.instance.id);
    let user = target.user.name.as_str();
    // A shared connection is named after the address, which another network may have too.
    let own = ["-o", "IdentitiesOnly=yes", "-o", &alias, "-o", "ControlPath=none"];
    let mut arguments = words(["-l", user]).to_vec();
    arguments.extend(words(own));
    let agent = match identity {
        Some(identity) => {
            arguments.extend(words(["-o", identity]));
            None
        }
        None => {
            let (key, public) = secret::on_wiped_thread(|| make_key(&directory))?;
            // The thread of the agent inherits the registers of this one, which never had the key.
            let agent = AgentServer::start(&directory.path().join("agent"), key)?;
            if !agent.is_locked() {
                on_unlocked();
            }
            let mut socket = OsString::from("IdentityAgent=");
            socket.push(agent.socket());
            let proxy_command = format!("ProxyCommand={}", proxy_command(&public));
            arguments.extend(["-o".into(), socket, "-i".into(), public.into_os_string()]);
            arguments.extend(words(["-o", &proxy_command]));
            Some(agent)
        }
    };
    arguments.extend(options.iter().cloned());
    arguments.push(target.address.to_string().into());
    if !command.is_empty() {
        // ssh reads options after the host too.
        arguments.push("--".into());
        arguments.extend(command.iter().cloned());
    }
    // ssh does not need it: it belongs to another key.
    let variables = vec![("KEYPAIR_PASSPHRASE", None)];
    let command = Command { program: "ssh".into(), arguments, variables };
    let ended = temporary::run(&command, forwarder, &directory, &Purpose::Unregistered);
    drop(agent);
    // The signals so far were for ssh. A later one interrupts the cleanup.
    interrupt::clear_pending();
    let leftovers = directory.remove().err().map(Into::into).into_iter().collect();
    Ok(Executed { ended, leftovers })
}

fn make_key(directory: &EphemeralDirectory) -> Result<(HeldKey, PathBuf), OperationError> {
    let key = PrivateKey::generate(KeySpecification::Ed25519, PrimeSearch::default())?;
    let comment = Comment::default();
    let public = temporary::write_public(directory, &key.public(), &comment)?;
    Ok((HeldKey::new(key, &comment)?, public))
}

/// Returns the directories with paths that ssh takes literally in its options, and that are short
/// enough for a socket.
fn for_ssh_options(directories: &[PathBuf]) -> Vec<PathBuf> {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-_.+,:@".contains(byte);
    let is_literal = |path: &PathBuf| path.as_os_str().as_encoded_bytes().iter().all(is_plain);
    temporary::for_sockets(directories).into_iter().filter(is_literal).collect()
}

fn words<const COUNT: usize>(words: [&str; COUNT]) -> [OsString; COUNT] {
    words.map(OsString::from)
}
