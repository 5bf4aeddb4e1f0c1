//! `verify`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure, Operation, suggest};
use crate::cli::input::passphrase::Openers;
use crate::cli::input::{self, RequestError};
use crate::cli::options::PassphraseArgs;
use crate::cli::output::Value;
use crate::cli::regions::{RegionsArgs, location_members};
use crate::operations::OperationError;
use crate::operations::fingerprint::Evidence;
use crate::operations::verify::{Verified, VerifyRequest, verify};
use crate::regions::Policy;
use crate::registry::{KeyName, KeyPair};

/// `verify`.
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// File with a public or private key in any format; - reads stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Key pair to compare with [default: all]
    #[arg(long, value_name = "NAME")]
    key_name: Option<String>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    regions: RegionsArgs,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair verify web.pem --key-name web && ssh -i web.pem ec2-user@web
  keypair verify old.pem --query 'KeyPairs[].KeyName' --output text    find the pair of a file

Without a passphrase, only the public half of an encrypted file is compared.
The exit status is 1 if the key does not match any pair, or not the one of --key-name.";

impl VerifyArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let regions = Some(self.regions);
        let request = self.request(context)?;
        let mut registry = context.registries(regions, Policy::default())?;
        let work = || verify(&request, &mut *registry);
        // EC2 takes longer than any file.
        let verified = match context.is_ec2() {
            true => context.while_waiting(work),
            false => context.while_reading(&request.file.origin, work),
        };
        let verified = verified.map_err(|error| {
            let failure = Failure::from(error).during(Operation::DescribeKeyPairs);
            suggest(failure, request.name.as_slice(), &mut *registry)
        })?;
        context.note_undone(&request.file.origin, &verified.undone);
        if verified.is_unchecked {
            context.note_unchecked(&request.file.origin);
        }
        if let Some(flaw) = &verified.flaw {
            context.warn_of_flaw(&request.file.origin, flaw);
        }
        let failures = context.failures(&mut *registry, Operation::DescribeKeyPairs, regions);
        let response = context.with_failures(response(&verified), &failures);
        context.respond(&response, "Verify").map_err(OperationError::Output)?;
        Ok(match failures.status() {
            ExitStatus::Success if verified.matches.is_empty() => ExitStatus::No,
            status => status,
        })
    }

    fn request(self, context: &mut Context) -> Result<VerifyRequest, RequestError> {
        let Self { file, key_name, passphrase, regions: _ } = self;
        let name = key_name.map(KeyName::new).transpose()?;
        input::check_stdin([Some(&file), passphrase.passphrase_file.as_ref()])?;
        let openers = Openers::read(&passphrase, &mut context.environment, context.terminal)?;
        Ok(VerifyRequest { file: openers.key(&file)?, name })
    }
}

fn response(verified: &Verified) -> Value {
    let matched = |(pair, evidence): &(KeyPair, Vec<Evidence>)| {
        let evidence: Vec<Value> = evidence
            .iter()
            .map(|evidence| match evidence {
                Evidence::CreatedFingerprint => "CreatedFingerprint".into(),
                Evidence::ImportedFingerprint => "ImportedFingerprint".into(),
                Evidence::PublicKey => "PublicKey".into(),
            })
            .collect();
        let mut members: Vec<_> = pair.location.iter().flat_map(location_members).collect();
        members.extend([
            ("KeyPairId", pair.id.as_str().into()),
            ("KeyName", pair.name.as_str().into()),
            ("KeyFingerprint", pair.fingerprint.as_str().into()),
            ("MatchedBy", evidence.into()),
        ]);
        Value::object(members)
    };
    let Verified { matches, flaw: _, is_unchecked: _, undone: _ } = verified;
    Value::object(vec![
        ("Match", (!matches.is_empty()).into()),
        ("KeyPairs", matches.iter().map(matched).collect::<Vec<_>>().into()),
    ])
}
