//! `ssh-config`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::connect::{AddressArgs, key_file};
use super::ssh_words::quoted_path;
use crate::agent::AgentServer;
use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure};
use crate::cli::input;
use crate::cli::options::KeySearchArgs;
use crate::cli::output::Value;
use crate::cli::proxy_words::{absolute, proxy_words};
use crate::cli::response;
use crate::cli::shell::{ProxyWord, proxy_command};
use crate::operations::connect::SshFault;
use crate::operations::ssh_config::{Block, append};
use crate::operations::which::{Which, WhichRequest, which};
use crate::operations::{KeySearch, OperationError};
use crate::registry::{InstanceReference, InstanceRegistry, OsUser};

/// `ssh-config`.
#[derive(Args, Debug)]
pub struct SshConfigArgs {
    /// Instances, by their ID or their Name tag
    #[arg(value_name = "INSTANCE", required = true)]
    instances: Vec<String>,
    /// Private key file to log in with, or NAME of NAME.pem [default: the file of the launch key]
    #[arg(long, value_name = "FILE|NAME")]
    key: Option<PathBuf>,
    /// Send the public half of --key with EC2 Instance Connect for each connection
    #[arg(long, requires = "key")]
    push: bool,
    /// User to log in as [default: that of the image]
    #[arg(long, value_name = "USER", allow_hyphen_values = true)]
    os_user: Option<String>,
    #[command(flatten)]
    address: AddressArgs,
    /// Write the blocks into ~/.ssh/config or this file, in place of earlier ones
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    append: Option<Option<PathBuf>>,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair ssh-config web                               prints a block for ssh, scp and editors
  keypair ssh-config web db --append                   maintains the blocks in ~/.ssh/config
  keypair ssh-config web --key ~/.ssh/id_ed25519 --push

The blocks begin with `# keypair begin INSTANCE_ID` and end with `# keypair end INSTANCE_ID`. A name
becomes a host name of ssh only if it is given in place of the ID. The address is looked up for each
connection.";

impl SshConfigArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        if !AgentServer::IS_SUPPORTED {
            return Err(Failure::usage("`ssh-config` is not available on this platform"));
        }
        let Self { instances, key, push, os_user, address, append: destination } = self;
        let references = instances.iter().map(|text| InstanceReference::new(text));
        let references = references.collect::<Result<Vec<_>, _>>()?;
        let user = os_user.map(|user| OsUser::new(&user)).transpose();
        let user = user.map_err(|error| Failure::usage(error.to_string()))?;
        let key = key.map(|key| key_file(&key, context)).transpose()?;
        let file = match destination {
            Some(Some(path)) => Some((path, false)),
            Some(None) => {
                let folder = context.environment.ssh_folder().ok_or_else(|| {
                    Failure::usage("cannot locate ~/.ssh/config: the home directory is unknown")
                        .hint("pass `--append=FILE`")
                })?;
                Some((folder.join("config"), true))
            }
            None => None,
        };
        let settings = Settings { key, push, user, address };
        let mut registry = context.instance_registry()?;
        let mut blocks = Vec::new();
        for reference in references {
            blocks.push(settings.block(reference, &mut *registry, context)?);
        }
        drop(registry);
        let printed = match &file {
            None => {
                let blocks: Vec<_> = blocks.iter().map(Block::marked).collect();
                context.terminal.print(blocks.join("\n").as_bytes())
            }
            Some((path, is_usual)) => {
                let is_changed = append(path, &blocks, *is_usual)?;
                context.respond(&response(path, &blocks, is_changed), "SshConfig")
            }
        };
        printed.map_err(OperationError::Output)?;
        Ok(ExitStatus::Success)
    }
}

struct Settings {
    key: Option<PathBuf>,
    push: bool,
    user: Option<OsUser>,
    address: AddressArgs,
}

impl Settings {
    fn block(
        &self,
        reference: InstanceReference,
        registry: &mut dyn InstanceRegistry,
        context: &Context,
    ) -> Result<Block, Failure> {
        let keys = match &self.key {
            Some(_) => KeySearch { paths: Vec::new(), is_named: false },
            None => input::key_search(KeySearchArgs { keys: Vec::new() }, &context.environment),
        };
        let request = WhichRequest { instance: reference, keys };
        let found = context.while_waiting(|| which(&request, registry))?;
        let Which { instance, launch_key, files, user_names, .. } = found;
        let id = instance.id;
        if instance.is_windows {
            return Err(OperationError::NoSsh { id, fault: SshFault::Windows }.into());
        }
        let unknown = || Failure::of_unknown_key(&launch_key, &request.keys);
        let key = self.key.as_ref().or(files.first()).ok_or_else(unknown)?;
        let identity = quoted_path(&absolute(key))?;
        let named = user_names.first().and_then(|name| OsUser::new(name).ok());
        if self.user.is_none() && named.is_none() {
            context
                .terminal
                .note(format_args!("the image of {id} does not tell its user; using ec2-user"));
        }
        let user = self.user.clone().or(named).unwrap_or_else(OsUser::usual);
        let mut words = proxy_words(context);
        let mut add = |word: String| words.push(ProxyWord::Plain(word.into()));
        if context.global.aws.region.is_none() {
            registry.region().into_iter().for_each(|region| add(format!("--region={region}")));
        }
        let profile = &context.settings.profile;
        if context.global.aws.profile.is_none() && profile.is_named() {
            add(format!("--profile={}", profile.name()));
        }
        self.address.name().into_iter().for_each(|name| add(format!("--address={name}")));
        if self.push {
            words.push(ProxyWord::Plain("--push".into()));
            words.push(ProxyWord::Plain(absolute(key).into_os_string()));
            words.push(ProxyWord::Plain("--os-user".into()));
            // Before version 9.6, ssh expands `%r` to any text of the command line.
            words.push(ProxyWord::Plain(user.as_str().into()));
        }
        words.push(ProxyWord::Plain(id.as_str().into()));
        words.push(ProxyWord::Token("%p"));
        let name = host(&request.instance, id.as_str(), context);
        let host = name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        let lines = format!(
            "Host {id}{host}\n    User {user}\n    HostKeyAlias {id}\n    IdentityFile {identity}\n    \
             IdentitiesOnly yes\n    ProxyCommand {}\n",
            proxy_command(&words)
        );
        Ok(Block { id, name, lines })
    }
}

/// Returns the name of an instance as another host name. A tag may have any value, so it counts only
/// if the user wrote it, and only if ssh takes it literally.
fn host(reference: &InstanceReference, id: &str, context: &Context) -> Option<String> {
    let InstanceReference::Name(name) = reference else { return None };
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let is_host =
        name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.bytes().all(is_part);
    if is_host {
        return Some(name.clone());
    }
    context
        .terminal
        .note(format_args!("`{name}` cannot be a host name of ssh; the block is for {id} only"));
    None
}

fn response(path: &Path, blocks: &[Block], is_changed: bool) -> Value {
    let ids = blocks.iter().map(|block| Value::from(block.id.as_str()));
    Value::object([
        ("File", response::path(path)),
        ("InstanceIds", Value::list(ids)),
        ("Changed", is_changed.into()),
    ])
}
