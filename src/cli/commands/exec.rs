//! `exec`.

use std::ffi::OsString;

use clap::{Args, ValueHint};

use crate::cli::options::{TagArgs, TypeArg};

/// `exec`.
#[derive(Args, Debug)]
pub struct ExecArgs {
    /// The type of key
    #[arg(long = "type", alias = "key-type", value_enum, default_value = "rsa")]
    pub key_type: TypeArg,
    /// The length of an RSA key: 2048, 3072 or 4096 [default: 2048]
    #[arg(long, value_name = "BITS")]
    pub bits: Option<u32>,
    /// When the pair expires if this process is killed and cannot remove it: 90s, 30m, 8h
    #[arg(long, value_name = "SPAN", default_value = "1h")]
    pub ttl: String,
    /// Keep the private key in no file, but with an agent that the command finds in SSH_AUTH_SOCK
    #[arg(long)]
    pub agent: bool,
    /// What the pair's name begins with
    #[arg(long, value_name = "PREFIX", default_value = "exec-")]
    pub name_prefix: String,
    #[command(flatten)]
    pub tags: TagArgs,
    /// The command, behind `--`
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true)]
    #[arg(allow_hyphen_values = true, value_hint = ValueHint::CommandWithArguments)]
    pub command: Vec<OsString>,
}

pub(super) const EXAMPLES: &str = "\
The command finds these in its environment:
  KEYPAIR_NAME, KEYPAIR_ID     the pair as it is registered
  KEYPAIR_PRIVATE_KEY_FILE     the private key, in memory where the system has that
  KEYPAIR_PUBLIC_KEY_FILE      the OpenSSH public key
  SSH_AUTH_SOCK                with --agent, and KEYPAIR_PRIVATE_KEY_FILE then not

When it ends, the registration and the files are removed. The exit status is that of the command,
128 and the number of the signal if one ended it, 127 if there is no such command, 126 if it cannot
be run.

Examples:
  keypair exec --type ed25519 -- sh -c 'scp -i \"$KEYPAIR_PRIVATE_KEY_FILE\" build.tar deploy@host:'
  keypair exec --agent -- git push
  keypair exec --registry ec2 --ttl 2h --name-prefix ci- -- packer build .";
