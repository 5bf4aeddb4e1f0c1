//! `fingerprint`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure, of_weakness};
use crate::cli::input;
use crate::cli::input::passphrase::Openers;
use crate::cli::options::PassphraseArgs;
use crate::cli::output::{Value, visible};
use crate::cli::response;
use crate::operations::OperationError;
use crate::operations::fingerprint::{Fingerprints, fingerprint};
use crate::registry::Weakness;

/// `fingerprint`.
#[derive(Args, Debug)]
pub struct FingerprintArgs {
    /// Files with public or private keys in any format; - reads stdin
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Draw the randomart image, as `ssh-keygen -lv` does
    #[arg(long)]
    randomart: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair fingerprint web.pem
  keypair fingerprint *.pem --query 'Keys[].[File,CreatedFingerprint]' --output text
  keypair fingerprint ~/.ssh/id_ed25519.pub --randomart";

impl FingerprintArgs {
    /// Shows each file. A file without a key does not stop the others, but sets the exit status.
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let Self { files, randomart, passphrase } = self;
        input::check_stdin(files.iter().chain(&passphrase.passphrase_file).map(Some))?;
        let openers = Openers::read(&passphrase, &mut context.environment, context.terminal)?;
        let mut keys = Vec::new();
        let mut status = ExitStatus::Success;
        for file in &files {
            match read(file, &openers, context) {
                Ok(key) => {
                    context.note_undone(&key.origin, &key.undone);
                    if let Some(weakness) = Weakness::quick_check(&key.key) {
                        let weakness = of_weakness(weakness);
                        context.terminal.warn(format_args!("{}: {weakness}", key.origin));
                    }
                    if key.is_unchecked {
                        context.note_unchecked(&key.origin);
                    }
                    if let Some(flaw) = &key.flaw {
                        context.warn_of_flaw(&key.origin, flaw);
                    }
                    context.note_changed_comment(&key.origin, key.comment.as_ref());
                    keys.push(key);
                }
                Err(failure) if files.len() == 1 || failure.is_interruption() => {
                    return Err(failure);
                }
                Err(failure) => {
                    let failed = failure.report(context.terminal);
                    if status == ExitStatus::Success {
                        status = failed;
                    }
                }
            }
        }
        let printed = if randomart {
            let pictures: String = keys.iter().map(picture).collect();
            context.terminal.print(pictures.as_bytes())
        } else {
            context.respond(&response(&keys), "Fingerprint")
        };
        printed.map_err(OperationError::Output)?;
        Ok(status)
    }
}

fn read(file: &Path, openers: &Openers, context: &Context) -> Result<Fingerprints, Failure> {
    let request = openers.key(file)?;
    Ok(context.while_reading(&request.origin, || fingerprint(&request))?)
}

fn response(keys: &[Fingerprints]) -> Value {
    let key = |key: &Fingerprints| {
        let Fingerprints {
            origin,
            source,
            key,
            comment,
            flaw: _,
            created,
            imported,
            sha256,
            md5,
            is_unchecked: _,
            undone: _,
        } = key;
        let mut members =
            vec![("File", origin.as_str().into()), ("Format", source.to_string().as_str().into())];
        members.extend(response::key_members(key, comment.as_ref()));
        members.extend([
            ("CreatedFingerprint", created.as_deref().into()),
            ("ImportedFingerprint", imported.as_str().into()),
            ("SHA256", sha256.as_str().into()),
            ("MD5", md5.as_str().into()),
        ]);
        Value::object(members)
    };
    Value::object(vec![("Keys", keys.iter().map(key).collect::<Vec<_>>().into())])
}

/// Returns the output of `ssh-keygen -lv`: a line with length, digest, comment and type, and the
/// randomart image.
fn picture(key: &Fingerprints) -> String {
    let comment = key.comment.as_ref().map(|comment| String::from_utf8_lossy(comment.as_bytes()));
    format!(
        "{} {} {} ({})\n{}\n",
        key.key.bits(),
        key.sha256,
        visible(comment.as_deref().unwrap_or("no comment")),
        key.key.key_type().name().to_uppercase(),
        key.randomart()
    )
}
