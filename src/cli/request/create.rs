//! What `create` and `create-key-pair` ask for.

use std::path::PathBuf;

use super::agent;
use crate::cli::commands::{CreateArgs, CreateKeyPairArgs, GenerateArg};
use crate::cli::input::{self, RequestError, passphrase, tags};
use crate::cli::options::{FormatArg, TypeArg};
use crate::cli::settings::{Environment, RegistrySettings};
use crate::cli::terminal::Terminal;
use crate::file::Existing;
use crate::format::CostOptions;
use crate::operations::Destination;
use crate::operations::create::{AgentRequest, CreateRequest, Generator};
use crate::registry::KeyName;

/// Returns what `create` asks for.
///
/// # Errors
///
/// [`RequestError`].
pub fn create(
    arguments: CreateArgs,
    environment: &mut Environment,
    terminal: Terminal,
    registry: &RegistrySettings,
) -> Result<CreateRequest, RequestError> {
    let CreateArgs {
        name,
        key_name,
        count: _,
        key_type,
        bits,
        generate,
        format,
        ppk_version,
        out,
        public_out,
        comment,
        tags,
        lifetime,
        agent,
        encryption,
        force,
        if_not_exists: _,
        mask: _,
        dry_run,
    } = arguments;
    let agent = agent::agent(agent, &lifetime, environment)?;
    let destination = destination(out, agent.as_ref())?;
    let has_file = destination != Destination::Agent;
    let is_encryption_asked = encryption.passphrase
        || encryption.passphrase_file.is_some()
        || encryption.cost.options() != CostOptions::default();
    if !has_file && is_encryption_asked {
        return Err(RequestError::NothingToEncrypt);
    }
    let specification = input::specification(key_type.unwrap_or(TypeArg::Rsa), bits)?;
    let format = input::private_format(format, ppk_version)?;
    format.cost(specification.key_type(), encryption.cost.options(), None)?;
    let (passphrase, cost) = match has_file {
        true => passphrase::of_new_key(encryption, environment, terminal)?,
        false => (None, CostOptions::default()),
    };
    passphrase::warn_of_weak(format, passphrase.is_some(), terminal);
    if public_out.as_deref().is_some_and(input::is_standard_output) {
        return Err(RequestError::PublicKeyToOutput);
    }
    let generator = match generate {
        GenerateArg::Here => Generator::Here,
        GenerateArg::Ec2 => {
            if !registry.is_ec2() {
                return Err(RequestError::GeneratedWithoutEc2);
            }
            if let Some(bits) = bits.filter(|bits| *bits != EC2_RSA_BITS) {
                return Err(RequestError::BitsOfEc2 { bits });
            }
            Generator::Registry
        }
    };
    Ok(CreateRequest {
        name: name.or(key_name).map(KeyName::new).transpose()?,
        specification,
        search: environment.prime_search()?,
        generator,
        format,
        passphrase,
        cost,
        comment: input::comment(comment)?,
        destination,
        agent,
        public_out,
        existing: if force { Existing::Replace } else { Existing::Keep },
        tags: tags::until(&tags, &lifetime, environment)?,
        dry_run: dry_run.is_on(),
    })
}

/// Returns where a new private key goes; `none` is to an agent, and to nobody if there is no agent.
pub(super) fn destination(
    out: Option<PathBuf>,
    agent: Option<&AgentRequest>,
) -> Result<Destination, RequestError> {
    match (input::destination(out), agent) {
        (Destination::File(path), agent) if path.as_os_str() == "none" => {
            agent.map(|_| Destination::Agent).ok_or(RequestError::NoHolder)
        }
        (destination, _) => Ok(destination),
    }
}

/// Returns what `create-key-pair` asks for.
///
/// # Errors
///
/// [`RequestError`].
pub fn create_key_pair(
    arguments: CreateKeyPairArgs,
    environment: &Environment,
    registry: &RegistrySettings,
) -> Result<CreateRequest, RequestError> {
    let CreateKeyPairArgs {
        key_name,
        key_type,
        key_format,
        generate,
        no_passphrase,
        tags,
        mask: _,
        dry_run,
    } = arguments;
    if environment.has_passphrase() && !no_passphrase {
        return Err(RequestError::NeverEncrypted);
    }
    let generator = match (generate, key_format) {
        (Some(GenerateArg::Ec2), _) if !registry.is_ec2() => {
            return Err(RequestError::GeneratedWithoutEc2);
        }
        (Some(GenerateArg::Here), _) => Generator::Here,
        (None, _) if !registry.is_ec2() => Generator::Here,
        (_, FormatArg::Pem | FormatArg::Ppk) => Generator::RegistryVerbatim,
        // EC2 writes neither.
        (_, FormatArg::Openssh | FormatArg::Pkcs8) => Generator::Registry,
    };
    Ok(CreateRequest {
        name: Some(KeyName::new(key_name)?),
        specification: input::specification(key_type, None)?,
        search: environment.prime_search()?,
        generator,
        format: input::private_format(key_format, None)?,
        passphrase: None,
        cost: CostOptions::default(),
        comment: None,
        destination: Destination::Response,
        agent: None,
        public_out: None,
        existing: Existing::Keep,
        tags: tags::tags(&tags, environment)?,
        dry_run: dry_run.is_on(),
    })
}

/// The length of the RSA keys that EC2 makes
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-key-pairs.html>).
const EC2_RSA_BITS: u32 = 2048;
