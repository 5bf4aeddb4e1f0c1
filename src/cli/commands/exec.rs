//! `exec`, whose exit status is that of the command.

use std::ffi::OsString;
use std::time::SystemTime;

use clap::{Args, ValueHint};
use rand::CryptoRng;

use crate::agent::AgentServer;
use crate::child::Ended;
use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure, Operation};
use crate::cli::input::{self, RequestError, tags};
use crate::cli::options::{TagArgs, TypeArg};
use crate::cli::settings::Environment;
use crate::operations::exec::{self, ExecRequest, Executed, KeyLocation, Note, exec};
use crate::registry::{CreateTime, Expiry, Tags};

/// `exec`.
#[derive(Args, Debug)]
pub struct ExecArgs {
    /// The type of key
    #[arg(long = "type", alias = "key-type", value_enum, default_value = "rsa")]
    key_type: TypeArg,
    /// The length of an RSA key: 2048, 3072 or 4096 [default: 2048]
    #[arg(long, value_name = "BITS")]
    bits: Option<u32>,
    /// When the pair expires if this process is killed and cannot remove it: 90s, 30m, 8h
    #[arg(long, value_name = "SPAN", default_value = "1h")]
    ttl: String,
    /// Keep the private key in no file, but with an agent that the command finds in SSH_AUTH_SOCK
    #[arg(long)]
    agent: bool,
    /// What the pair's name begins with
    #[arg(long, value_name = "PREFIX", default_value = "exec-")]
    name_prefix: String,
    #[command(flatten)]
    tags: TagArgs,
    /// The command, behind `--`
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true)]
    #[arg(allow_hyphen_values = true, value_hint = ValueHint::CommandWithArguments)]
    command: Vec<OsString>,
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

impl ExecArgs {
    /// Runs the command. A failed cleanup sets the exit status unless the command itself failed.
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        // A command may run for hours without a use for the passphrase.
        drop(context.environment.take_passphrase());
        let request = self.request(&context.environment, &mut *context.random()?);
        let request =
            request.map_err(|error| Failure::from(error).during(Operation::CreateKeyPair))?;
        let random = context.random()?;
        let registry = context.registry()?;
        let mut later = context.connect()?;
        let mut note = |note: Note| match note {
            Note::NotLocked => {
                context.terminal.debug("the key may be swapped out: RLIMIT_MEMLOCK locks no more");
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
    ) -> Result<ExecRequest, RequestError> {
        let Self { key_type, bits, ttl, agent, name_prefix, tags, command } = self;
        if agent && !AgentServer::IS_SUPPORTED {
            return Err(RequestError::NoAgentOfOurOwn);
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
            program: words.next().unwrap_or_default(),
            arguments: words.collect(),
        })
    }
}
