//! Steps that `create`, `create --count` and `create --if-not-exists` share.

use std::path::PathBuf;

use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::input::{self, RequestError, passphrase};
use crate::cli::options::{EncryptionArgs, FormatArg, TypeArg};
use crate::format::{CostOptions, PrivateFormat};
use crate::key::KeySpecification;
use crate::operations::Destination;
use crate::operations::create::{AgentRequest, CreateRequest};
use crate::secret::Secret;

/// The key to make and the format of its file.
pub struct NewKey {
    pub specification: KeySpecification,
    pub format: PrivateFormat,
    pub passphrase: Option<Secret>,
    pub cost: CostOptions,
}

impl NewKey {
    /// Reads the passphrase of the private key file, if there is one.
    pub fn read(
        (key_type, bits): (Option<TypeArg>, Option<u32>),
        (format, ppk_version): (FormatArg, Option<u32>),
        has_file: bool,
        encryption: EncryptionArgs,
        context: &mut Context,
    ) -> Result<Self, RequestError> {
        let Context { environment, terminal, .. } = context;
        let specification = input::specification(key_type.unwrap_or(TypeArg::Rsa), bits)?;
        let format = input::private_format(format, ppk_version)?;
        format.cost(specification.key_type(), encryption.cost.options(), None)?;
        let (passphrase, cost) = match has_file {
            true => passphrase::of_new_key(encryption, environment, *terminal)?,
            false => (None, CostOptions::default()),
        };
        passphrase::warn_of_weak(format, passphrase.is_some(), *terminal);
        Ok(Self { specification, format, passphrase, cost })
    }
}

/// Recovers the files that killed commands left for the files of the pair, and warns of them.
pub fn recover_files(request: &CreateRequest, context: &Context) {
    let CreateRequest { name, destination, format, public_out, dry_run, .. } = request;
    if *dry_run {
        return;
    }
    let private = name.as_ref().map(|name| destination.path(name, format.extension()));
    // An invalid path is reported later.
    let private = private.and_then(Result::ok).flatten();
    private.iter().chain(public_out).for_each(|path| context.recover_files(path));
}

/// Returns the destination of a private key. Without an agent, `none` is an error.
pub fn destination(
    out: Option<PathBuf>,
    agent: Option<&AgentRequest>,
) -> Result<Destination, Failure> {
    match (input::destination(out), agent) {
        (Destination::File(path), agent) if path.as_os_str() == "none" => {
            agent.map(|_| Destination::Agent).ok_or_else(|| {
                Failure::usage(
                    "invalid value for --out: `none` requires an agent for the private key",
                )
                .hint("pass `--add-to-agent`, or `./none` for a file of that name")
            })
        }
        (destination, _) => Ok(destination),
    }
}

/// Notes a restriction of Windows instances in EC2, which the AWS CLI does not mention.
pub fn note_windows(specification: KeySpecification, context: &Context) {
    let is_aws = context.terminal.is_aws;
    if !is_aws && context.is_ec2() && specification == KeySpecification::Ed25519 {
        context.terminal.note("Windows instances accept RSA keys only");
    }
}

/// Shows a spinner while `work` makes and registers a key.
pub fn while_creating<T>(
    specification: KeySpecification,
    context: &Context,
    work: impl FnOnce() -> T,
) -> T {
    match specification {
        KeySpecification::Ed25519 => context.while_waiting(work),
        KeySpecification::Rsa(bits) => {
            let label = format!("making an RSA key of {} bits", bits.bits());
            context.terminal.while_working(&label, work)
        }
    }
}
