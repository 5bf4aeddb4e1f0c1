//! `exec`. Its exit status is that of the command.

use std::ffi::OsString;
use std::time::SystemTime;

use clap::{Args, ValueHint};
use rand::CryptoRng;

use crate::agent::AgentServer;
use crate::child::Ended;
use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure, Operation};
use crate::cli::input::{self, tags};
use crate::cli::options::{TagArgs, TypeArg};
use crate::cli::settings::Environment;
use crate::operations::exec::{self, ExecRequest, Executed, KeyLocation, Note, exec};
use crate::registry::{CreateTime, Expiry, Tags};

/// `exec`.
#[derive(Args, Debug)]
pub struct ExecArgs {
    /// Key type
    #[arg(long = "type", alias = "key-type", value_enum, default_value = "rsa")]
    key_type: TypeArg,
    /// Length of an RSA key: 2048, 3072 or 4096 [default: 2048]
    #[arg(long, value_name = "BITS")]
    bits: Option<u32>,
    /// Expiry of the pair, in case this process is killed before it deletes it: 90s, 30m, 8h
    #[arg(long, value_name = "SPAN", default_value = "1h")]
    ttl: String,
    /// Keep the private key in a built-in agent (SSH_AUTH_SOCK) instead of a file
    #[arg(long)]
    agent: bool,
    /// Prefix of the pair's name
    #[arg(long, value_name = "PREFIX", default_value = "exec-")]
    name_prefix: String,
    #[command(flatten)]
    tags: TagArgs,
    /// Command to run, after `--`
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true)]
    #[arg(allow_hyphen_values = true, value_hint = ValueHint::CommandWithArguments)]
    command: Vec<OsString>,
}

pub(super) const EXAMPLES: &str = "\
Environment of the command:
  KEYPAIR_NAME, KEYPAIR_ID     the registered pair
  KEYPAIR_PRIVATE_KEY_FILE     the private key, in memory if the system supports that
  KEYPAIR_PUBLIC_KEY_FILE      the OpenSSH public key
  SSH_AUTH_SOCK                with --agent, instead of KEYPAIR_PRIVATE_KEY_FILE

When the command ends, the registration and the files are deleted. The exit status is that of the
command, 128 plus the number of the signal that ended it, 127 if it does not exist, or 126 if it
cannot be run.

Examples:
  keypair exec --type ed25519 -- sh -c 'scp -i \"$KEYPAIR_PRIVATE_KEY_FILE\" build.tar deploy@host:'
  keypair exec --agent -- git push
  keypair exec --registry ec2 --ttl 2h --name-prefix ci- -- packer build .";

impl ExecArgs {
    /// Runs the command. A failed cleanup sets the exit status unless the command itself failed.
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        // A command may run for hours without a use for the passphrase.
        drop(context.environment.take_passphrase());
        let request = self.request(&context.environment, &mut *context.random()?);
        let request = request.map_err(|failure| failure.during(Operation::CreateKeyPair))?;
        let random = context.random()?;
        let registry = context.registry()?;
        let mut later = context.connect()?;
        let mut note = |note: Note| match note {
            Note::NotLocked => {
                context
                    .terminal
                    .debug("the key may be swapped out: RLIMIT_MEMLOCK does not allow locking it");
            }
            Note::TagsMissing(name, keys) => {
                context.warn_of_missing_keys(keys.iter().map(String::as_str), &name);
            }
        };
        let failure = |error| Failure::from(error).during(context.registration());
        let executed = exec(&request, registry, &mut *later, random, &mut note).map_err(failure)?;
        let Executed { ended, leftovers } = executed;
        let mut status = match ended {
            Ok(Ended::Exited(status)) => ExitStatus::OfCommand(status),
            Ok(Ended::Killed(signal)) => ExitStatus::OfCommand(signal.saturating_add(128)),
            Err(error) => failure(error).report(context.terminal),
        };
        for error in &leftovers {
            let failure = Failure::from(error).during(Operation::DeleteKeyPair);
            let failure = failure.in_registry(&context.settings.registry_options);
            let failed = failure.report(context.terminal);
            if matches!(status, ExitStatus::Success | ExitStatus::OfCommand(0)) {
                status = failed;
            }
        }
        Ok(status)
    }

    fn request(
        self,
        environment: &Environment,
        random: &mut impl CryptoRng,
    ) -> Result<ExecRequest, Failure> {
        let Self { key_type, bits, ttl, agent, name_prefix, tags, command } = self;
        if agent && !AgentServer::IS_SUPPORTED {
            return Err(Failure::usage("`exec --agent` is not available on this platform")
                .hint("omit `--agent` and use the file in KEYPAIR_PRIVATE_KEY_FILE"));
        }
        exec::name(&name_prefix, random)?;
        let now = CreateTime::from(SystemTime::now());
        let expiry = Expiry::after(now, tags::span_of("--ttl", &ttl)?);
        let mut all = tags::tags(&tags, environment)?.as_slice().to_vec();
        all.push(expiry.tag());
        all.extend(environment.owner().tags()?);
        let mut words = command.into_iter();
        Ok(ExecRequest {
            specification: input::specification(key_type, bits)?,
            search: environment.prime_search()?,
            prefix: name_prefix,
            expiry,
            tags: Tags::new(all)?,
            key_location: if agent { KeyLocation::Agent } else { KeyLocation::File },
            directories: environment.runtime_folders(),
            searched_directories: environment.searched_folders(),
            program: words.next().unwrap_or_default(),
            arguments: words.collect(),
        })
    }
}
