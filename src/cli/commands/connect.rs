//! `connect`. Its exit status is that of ssh.

use std::ffi::{OsStr, OsString};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::{Args, ValueEnum};

use super::ssh_words::{SshWords, quoted_path};
use crate::agent::AgentServer;
use crate::child::Ended;
use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure};
use crate::cli::input::{self, tags};
use crate::cli::proxy_words::proxy_words;
use crate::cli::shell::{ProxyWord, proxy_command};
use crate::file::{self, FileInfo};
use crate::format::{self, DetectedFormat, FormatError};
use crate::operations::OperationError;
use crate::operations::connect::proxy::{self, ProxyRequest, PushedKey};
use crate::operations::connect::{AddressKind, ConnectRequest, Target, connect, find};
use crate::operations::exec::Executed;
use crate::operations::user_names::LoginUser;
use crate::registry::{CreateTime, Expiry, InstanceId, InstanceReference, OsUser};

/// `connect`.
#[derive(Args, Debug)]
pub struct ConnectArgs {
    /// ID of the instance, or its Name tag, and the user to log in as
    /// [default user: that of the image]
    #[arg(value_name = "[USER@]INSTANCE")]
    instance: String,
    /// Use this private key file, or NAME.pem, and send no key to the instance
    #[arg(long, value_name = "FILE|NAME")]
    key: Option<PathBuf>,
    #[command(flatten)]
    address: AddressArgs,
    /// Act as the ProxyCommand of ssh: connect to PORT of the instance, and relay
    #[arg(long)]
    proxy: bool,
    /// With --proxy: the address of the instance
    #[arg(long, value_name = "ADDRESS", hide = true, requires = "proxy")]
    host: Option<IpAddr>,
    /// With --proxy: send this public key first
    #[arg(long, value_name = "FILE", requires = "proxy", requires = "os_user")]
    push: Option<PathBuf>,
    /// With --push: user of the instance that the key may log in as
    #[arg(long, value_name = "USER", requires = "push", allow_hyphen_values = true)]
    os_user: Option<String>,
    /// Options of ssh, after those of keypair
    #[arg(value_name = "SSH-OPTION", allow_hyphen_values = true)]
    options: Vec<OsString>,
    /// Command to run on the instance, after `--`
    #[arg(value_name = "COMMAND", last = true)]
    command: Vec<OsString>,
}

/// The address of an instance.
#[derive(Args, Clone, Copy, Debug)]
pub struct AddressArgs {
    /// Address to connect to [default: the public IPv4 address, else IPv6, else the private one]
    #[arg(long, value_name = "KIND", value_enum)]
    address: Option<AddressArg>,
}

/// Values of `--address`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AddressArg {
    /// The public IPv4 address
    Public,
    /// The private IPv4 address
    Private,
    /// The IPv6 address
    Ipv6,
}

impl AddressArg {
    pub(super) fn kind(self) -> AddressKind {
        match self {
            Self::Public => AddressKind::PublicIpv4,
            Self::Private => AddressKind::PrivateIpv4,
            Self::Ipv6 => AddressKind::Ipv6,
        }
    }
}

impl AddressArgs {
    pub(super) fn kind(self) -> Option<AddressKind> {
        self.address.map(AddressArg::kind)
    }

    /// Returns the word of `--address`.
    pub(super) fn name(self) -> Option<String> {
        let value = self.address.as_ref().and_then(ValueEnum::to_possible_value);
        value.map(|value| value.get_name().to_owned())
    }
}

pub(super) const EXAMPLES: &str = "\
A temporary ED25519 key is made in a built-in agent and sent with EC2 Instance Connect to the
instance, where it is valid for 60 seconds. Each connection sends it again. ssh looks the host key up
under the ID of the instance. The exit status is that of ssh.

Examples:
  keypair connect web
  keypair connect ubuntu@i-0123456789abcdef0 -L 8080:localhost:80 -- uptime
  keypair connect web --key web.pem                     sends no key

As a ProxyCommand:
  keypair connect --proxy --push KEY.pub --os-user USER INSTANCE PORT";

impl ConnectArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        if !AgentServer::IS_SUPPORTED {
            return Err(Failure::usage("`connect` is not available on this platform"));
        }
        // A session may last for hours, and never needs the passphrase.
        drop(context.environment.take_passphrase());
        if self.proxy { self.relay(context) } else { self.log_in(context) }
    }

    fn log_in(self, context: &Context) -> Result<ExitStatus, Failure> {
        let Self {
            instance,
            key,
            address,
            proxy: _,
            host: _,
            push: _,
            os_user: _,
            options,
            command,
        } = self;
        let (user, instance) = destination(&instance)?;
        let SshWords { options, command } = SshWords::split(options, command, key.is_none())?;
        let identity = key.map(|key| identity(&key_file(&key, context)?)).transpose()?;
        let mut registry = context.instance_registry()?;
        let found = context
            .while_waiting(|| find(&instance, address.kind(), user.as_ref(), &mut *registry));
        let target = found?;
        drop(registry);
        note_guessed_user(&target.user, &target.instance.id, context);
        let now = CreateTime::from(SystemTime::now());
        let request = ConnectRequest {
            identity,
            options,
            command,
            expiry: Expiry::after(now, tags::span_of("--ttl", LIFETIME)?),
            directories: context.environment.runtime_folders(),
        };
        let proxy = |public: &Path| proxy_command(&own_proxy(&target, public, context));
        let mut on_unlocked = || {
            context
                .terminal
                .debug("the key may be swapped out: RLIMIT_MEMLOCK does not allow locking it");
        };
        let Executed { ended, leftovers } = connect(&request, &target, &proxy, &mut on_unlocked)?;
        let status = match ended {
            Ok(Ended::Exited(status)) => {
                if status == SSH_FAILED {
                    advise(&target, request.identity.is_some(), context);
                }
                ExitStatus::OfCommand(status)
            }
            Ok(Ended::Killed(signal)) => ExitStatus::OfCommand(signal.saturating_add(128)),
            Err(error) => Failure::from(error).report(context.terminal),
        };
        for error in leftovers {
            Failure::from(error).report(context.terminal);
        }
        Ok(status)
    }

    fn relay(self, context: &Context) -> Result<ExitStatus, Failure> {
        let Self { instance, key: _, address, proxy: _, host, push, os_user, options, command } =
            self;
        let port = match (&options[..], &command[..]) {
            ([port], []) => port.to_str().and_then(|port| port.parse().ok()),
            _ => None,
        };
        let port = port.filter(|port| *port != 0).ok_or_else(|| {
            Failure::usage("invalid PORT: expected a number from 1 to 65535 after INSTANCE")
        })?;
        let push = match (push, os_user) {
            (Some(path), Some(user)) => Some(PushedKey {
                user: OsUser::new(&user)?,
                origin: input::origin(&path),
                material: input::contents(&path, context.terminal)?,
            }),
            _ => None,
        };
        let instance = InstanceReference::new(&instance)?;
        let request = ProxyRequest { instance, address: host, kind: address.kind(), port, push };
        let mut registry = context.instance_registry()?;
        let connection = proxy::open(&request, &mut *registry)?;
        drop((registry, request));
        relay(connection)
    }
}

#[cfg(unix)]
fn relay(connection: crate::relay::Connection) -> Result<ExitStatus, Failure> {
    let streams = crate::cli::terminal::take_streams();
    let relayed = streams.and_then(|(input, output)| connection.relay(input, output));
    relayed.map_err(|error| Failure::of_relay(&error))?;
    Ok(ExitStatus::Success)
}

#[cfg(not(unix))]
fn relay(connection: crate::relay::Connection) -> Result<ExitStatus, Failure> {
    drop(connection);
    Err(Failure::usage("`connect --proxy` is not available on this platform"))
}

/// Splits `[USER@]INSTANCE` at the last `@`, as ssh does.
fn destination(text: &str) -> Result<(Option<OsUser>, InstanceReference), Failure> {
    let (user, instance) = match text.rsplit_once('@') {
        Some((user, instance)) => (Some(OsUser::new(user)?), instance),
        None => (None, text),
    };
    Ok((user, InstanceReference::new(instance)?))
}

/// Notes that the user to log in as is a guess.
pub(super) fn note_guessed_user(user: &LoginUser, id: &InstanceId, context: &Context) {
    let LoginUser { name, is_guess } = user;
    if *is_guess {
        context.terminal.note(format_args!("{}; using {name}", unknown_user(id)));
    }
}

pub(super) fn unknown_user(id: &InstanceId) -> String {
    format!("the image of {id} does not show its user name")
}

/// Returns the value of `-o` for a private key file. `-i` cannot escape `%`, and expands `~` and
/// `${…}`.
fn identity(path: &Path) -> Result<String, Failure> {
    let path = if path.is_relative() { Path::new(".").join(path) } else { path.to_owned() };
    Ok(format!("IdentityFile={}", quoted_path(&path)?))
}

/// Returns the file of `--key`: a path, or the name of a pair with its file in the working directory
/// or in `~/.ssh`.
pub(super) fn key_file(key: &Path, context: &Context) -> Result<PathBuf, Failure> {
    let mut named = key.as_os_str().to_owned();
    named.push(".pem");
    let in_home = context.environment.ssh_folder().map(|folder| folder.join(&named));
    let candidates = [Some(key.to_owned()), Some(PathBuf::from(&named)), in_home];
    let exists = |path: &PathBuf| matches!(FileInfo::of_target(path), Ok(Some(_)));
    // If none exists, the error names the path that the user gave.
    let path = candidates.into_iter().flatten().find(exists).unwrap_or_else(|| key.to_owned());
    // ssh reads it again.
    let contents = file::read_regular(&path, format::MAX_BYTES)?;
    match format::read_public(contents.expose()) {
        Ok(found) if found.source == DetectedFormat::OpensshLine => Ok(path),
        Ok(found) if is_readable_by_ssh(found.source) => Ok(path),
        Ok(_) => Err(Failure::of_key_format(&path)),
        Err(FormatError::Pkcs8Encrypted | FormatError::PemEncrypted) => Ok(path),
        Err(source) => {
            let origin = path.display().to_string();
            Err(OperationError::NotAKey { origin, source }.into())
        }
    }
}

fn is_readable_by_ssh(format: DetectedFormat) -> bool {
    format.is_private() && !matches!(format, DetectedFormat::Ppk { .. })
}

/// Returns the ProxyCommand of a connection to a known address.
fn own_proxy(target: &Target, public: &Path, context: &Context) -> Vec<ProxyWord> {
    let mut words = proxy_words(context);
    let option = |option: &str, value: &OsStr| {
        [ProxyWord::Plain(option.into()), ProxyWord::Plain(value.to_owned())]
    };
    words.extend(option("--push", public.as_os_str()));
    words.extend(option("--os-user", target.user.name.as_str().as_ref()));
    words.extend(option("--host", target.address.to_string().as_ref()));
    words.push(ProxyWord::Plain(target.instance.id.as_str().into()));
    words.push(ProxyWord::Token("%p"));
    words
}

/// Hints at the possible causes of a failed login. This program does not see the messages of ssh.
fn advise(target: &Target, has_key: bool, context: &Context) {
    let users = match &target.image_users[..] {
        [] => String::new(),
        users => format!("; the users of its image are {}", users.join(", ")),
    };
    let (user, id) = (&target.user.name, &target.instance.id);
    let causes = if has_key {
        format!(
            "if ssh said `Permission denied`: {id} does not accept this key, or has no user {user}{users}"
        )
    } else {
        format!(
            "if ssh said `Permission denied`: {id} lacks the package ec2-instance-connect, has no user \
             {user}, or has an sshd with another configuration{users}"
        )
    };
    context.hint(causes);
}

/// The exit status of ssh if it fails itself.
const SSH_FAILED: u8 = 255;

/// The maximum lifetime of the files of a killed command.
const LIFETIME: &str = "12h";
