//! `ssh-config`.

use std::path::{Path, PathBuf};
use std::slice;

use clap::Args;

use super::connect::{AddressArgs, key_file, note_guessed_user};
use super::ssh_words::quoted_path;
use crate::agent::AgentServer;
use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure};
use crate::cli::output::Value;
use crate::cli::output_file::warn_of_old_versions;
use crate::cli::proxy_words::{absolute, proxy_words};
use crate::cli::response;
use crate::cli::settings::SettingsError;
use crate::cli::shell::{ProxyWord, proxy_command};
use crate::operations::ssh_config::{Block, KeyChoice, Login, append, find};
use crate::operations::{KeySearch, LaunchKey, OperationError, SshFile};
use crate::registry::{InstanceReference, InstanceRegistry, OsUser};

/// `ssh-config`.
#[derive(Args, Debug)]
pub struct SshConfigArgs {
    /// IDs of the instances, or their Name tags
    #[arg(value_name = "INSTANCE", required = true)]
    instances: Vec<String>,
    /// Private key file to log in with, or NAME of NAME.pem
    /// [default: the file in ~/.ssh with the launch key]
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
        let user = os_user.map(|user| OsUser::new(&user)).transpose()?;
        let key = key_choice(key.as_deref(), context)?;
        let file = destination.map(|path| ssh_file(path, "config", context)).transpose()?;
        let settings = Settings { key, push, user, address };
        let mut registry = context.instance_registry()?;
        let mut blocks = Vec::new();
        for reference in &references {
            blocks.push(settings.block(reference, &mut *registry, context)?);
        }
        drop(registry);
        let printed = match &file {
            None => {
                let blocks: Vec<_> = blocks.iter().map(Block::marked).collect();
                context.terminal.print(blocks.join("\n").as_bytes())
            }
            Some(file) => {
                let edited = append(file, &blocks)?;
                warn_of_old_versions(&edited.recovered, context.terminal);
                context.respond(&response(&file.path, &blocks, edited.is_changed), "SshConfig")
            }
        };
        printed.map_err(OperationError::Output)?;
        Ok(ExitStatus::Success)
    }
}

struct Settings {
    key: KeyChoice,
    push: bool,
    user: Option<OsUser>,
    address: AddressArgs,
}

impl Settings {
    fn block(
        &self,
        reference: &InstanceReference,
        registry: &mut dyn InstanceRegistry,
        context: &Context,
    ) -> Result<Block, Failure> {
        let work = || find(reference, &self.key, self.user.as_ref(), registry);
        let Login { instance, key, user } = context.while_waiting(work)?;
        let id = instance.id;
        let key = absolute(&key.map_err(|launch_key| self.unknown_key(&launch_key))?);
        let identity = quoted_path(&key)?;
        note_guessed_user(&user, &id, context);
        let user = user.name;
        let mut words = proxy_words(context);
        let mut add = |word: String| words.push(ProxyWord::Plain(word.into()));
        if context.global.aws.regions.is_empty() {
            registry.region().into_iter().for_each(|region| add(format!("--region={region}")));
        }
        let profile = &context.settings.profile;
        if context.global.aws.profiles.is_empty() && profile.is_named() {
            add(format!("--profile={}", profile.name()));
        }
        self.address.name().into_iter().for_each(|name| add(format!("--address={name}")));
        if self.push {
            words.push(ProxyWord::Plain("--push".into()));
            words.push(ProxyWord::Plain(key.into_os_string()));
            words.push(ProxyWord::Plain("--os-user".into()));
            // Before version 9.6, ssh expands `%r` to any text of the command line.
            words.push(ProxyWord::Plain(user.as_str().into()));
        }
        words.push(ProxyWord::Plain(id.as_str().into()));
        words.push(ProxyWord::Token("%p"));
        let name = host(reference, id.as_str(), context);
        let lines = format!(
            "    User {user}\n    HostKeyAlias {id}\n    IdentityFile {identity}\n    \
             IdentitiesOnly yes\n    ProxyCommand {}\n",
            proxy_command(&words)
        );
        Ok(Block { id, name, lines })
    }

    fn unknown_key(&self, launch_key: &LaunchKey) -> Failure {
        match &self.key {
            KeyChoice::Search(search) => Failure::of_unknown_key(launch_key, &search.paths),
            KeyChoice::File(path) => Failure::of_unknown_key(launch_key, slice::from_ref(path)),
        }
    }
}

/// Returns the file of `--append`: its value, or the default one of `~/.ssh`.
pub(super) fn ssh_file(
    path: Option<PathBuf>,
    default: &str,
    context: &Context,
) -> Result<SshFile, Failure> {
    Ok(match path {
        Some(path) => SshFile { path, is_default: false },
        None => {
            let folder = ssh_folder(context, "pass `--append=FILE`")?;
            SshFile { path: folder.join(default), is_default: true }
        }
    })
}

fn ssh_folder(context: &Context, hint: &'static str) -> Result<PathBuf, Failure> {
    let folder = context.environment.ssh_folder().ok_or(SettingsError::NoSshFolder);
    folder.map_err(|error| Failure::from(error).hint(hint))
}

/// Returns the file of `--key`, else a search in `~/.ssh`. A file in the working directory, which may
/// come from somebody else, gets into the configuration only by its name.
fn key_choice(key: Option<&Path>, context: &Context) -> Result<KeyChoice, Failure> {
    Ok(match key {
        Some(key) => KeyChoice::File(key_file(key, context)?),
        None => KeyChoice::Search(KeySearch {
            paths: vec![ssh_folder(context, "pass `--key FILE`")?],
            is_named: false,
        }),
    })
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
