//! `store`.

use std::path::PathBuf;
use std::slice;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure, Operation, suggest};
use crate::cli::input::passphrase::Openers;
use crate::cli::input::{self, RequestError};
use crate::cli::options::{DryRunArgs, PassphraseArgs};
use crate::cli::output::Value;
use crate::cli::response::{self, with_changed};
use crate::operations::OperationError;
use crate::operations::fingerprint::FingerprintRequest;
use crate::operations::store::{StoreRequest, Stored, store};
use crate::registry::{KeyName, KmsKeyId};

/// `store`.
#[derive(Args, Debug)]
pub struct StoreArgs {
    /// Key pair that the private key belongs to
    #[arg(value_name = "NAME")]
    name: String,
    /// Private key file of the pair; - reads stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// KMS key that encrypts the parameter: its ID, alias/NAME or ARN [default: alias/aws/ssm]
    #[arg(long, value_name = "KEY")]
    kms_key_id: Option<String>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    dry_run: DryRunArgs,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair store web web.pem
  keypair store web web.ppk --kms-key-id alias/keys

The parameter is that of the tag keypair:parameter, else /ec2/keypair/KEY_PAIR_ID. The file stays.
An existing parameter is never replaced.";

impl StoreArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let request = self.request(context)?;
        let mut registry = context.parameter_store()?;
        let work = || store(&request, &mut *registry);
        let stored = context.terminal.while_working("asking EC2 and Parameter Store", work);
        let stored = stored.map_err(|error| {
            let failure = Failure::from(error).during(Operation::DescribeKeyPairs);
            suggest(failure, slice::from_ref(&request.name), &mut *registry)
        })?;
        if request.dry_run {
            context.note_dry_run();
            return Ok(ExitStatus::Success);
        }
        if stored.is_encrypted {
            context.terminal.note(STORED_ENCRYPTED);
        }
        let response = with_changed(response(&stored), stored.is_new);
        context.respond(&response, "Store").map_err(OperationError::OutputAfterChange)?;
        Ok(ExitStatus::Success)
    }

    fn request(self, context: &mut Context) -> Result<StoreRequest, Failure> {
        let Self { name, file, kms_key_id, passphrase, dry_run } = self;
        let name = KeyName::new(name).map_err(RequestError::from)?;
        let key_id = key_id(kms_key_id)?;
        input::check_stdin([Some(&file), passphrase.passphrase_file.as_ref()])?;
        let openers = Openers::read(&passphrase, &mut context.environment, context.terminal)?;
        let FingerprintRequest { origin, material, passphrase } = openers.key(&file)?;
        let dry_run = dry_run.is_on();
        Ok(StoreRequest { name, origin, material, passphrase, key_id, dry_run })
    }
}

pub(super) const STORED_ENCRYPTED: &str = "the private key is stored encrypted with its passphrase";

/// Parses `--kms-key-id`.
pub(super) fn key_id(text: Option<String>) -> Result<Option<KmsKeyId>, Failure> {
    let parse = |text: String| KmsKeyId::new(&text).ok_or(INVALID_KEY_ID);
    text.map(parse).transpose().map_err(Failure::usage)
}

const INVALID_KEY_ID: &str =
    "invalid value for --kms-key-id: expected the ID, alias or ARN of a KMS key";

fn response(stored: &Stored) -> Value {
    let Stored { pair, parameter, is_new: _, is_encrypted: _ } = stored;
    let mut members = vec![("KeyPairId", pair.id.as_str().into())];
    members.extend(response::key_type(pair));
    members.extend([
        ("KeyName", pair.name.as_str().into()),
        ("KeyFingerprint", pair.fingerprint.as_str().into()),
        ("Parameter", parameter.as_str().into()),
    ]);
    Value::object(members)
}
