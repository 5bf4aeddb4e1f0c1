//! `convert`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure};
use crate::cli::input::passphrase::Openers;
use crate::cli::input::{self, RequestError, passphrase};
use crate::cli::options::{CostArgs, DryRunArgs, FormatArg, MaskArgs, PassphraseArgs};
use crate::cli::output::{Value, visible};
use crate::cli::response;
use crate::file::{self, Existing, Target};
use crate::format::{self, CostOptions, DerivationCost, PrivateFormat, PublicFormat};
use crate::operations::OperationError;
use crate::operations::convert::{ConvertRequest, Converted, CostChange, Form, convert};
use crate::secret::Secret;

/// `convert`.
#[derive(Args, Debug)]
pub struct ConvertArgs {
    /// File with a key in any format; - reads stdin
    #[arg(value_name = "IN")]
    file: PathBuf,
    /// Format of the private key [default: pem]
    #[arg(long, alias = "key-format", value_enum, conflicts_with = "public")]
    format: Option<FormatArg>,
    /// Write only the public key, in this format
    #[arg(long, value_name = "FORMAT", value_enum, conflicts_with_all = ["kdf_rounds", "kdf_memory"])]
    public: Option<PublicArg>,
    /// PPK version: 3, or 2 for PuTTY before 0.75 (weak encryption) [default: 3]
    #[arg(long, value_name = "VERSION")]
    ppk_version: Option<u32>,
    /// File of the key [default: IN with the extension .pem or .ppk; stdout for a public key];
    /// - is stdout
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// New comment [default: the old one]
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Prompt for a new passphrase and encrypt with it [default: with the old one]
    #[arg(long, conflicts_with = "public")]
    new_passphrase: bool,
    /// Encrypt with the first line of this file
    #[arg(long, value_name = "PATH", conflicts_with_all = ["public", "new_passphrase"])]
    new_passphrase_file: Option<PathBuf>,
    /// Write the private key without encryption
    #[arg(long, conflicts_with_all = ["public", "new_passphrase", "new_passphrase_file"])]
    no_passphrase: bool,
    #[command(flatten)]
    cost: CostArgs,
    /// Replace an existing file once the new one is complete
    #[arg(long)]
    force: bool,
    /// Replace IN itself, in its old format unless --format is given
    #[arg(long, conflicts_with_all = ["out", "public", "force"])]
    in_place: bool,
    #[command(flatten)]
    mask: MaskArgs,
    #[command(flatten)]
    dry_run: DryRunArgs,
}

/// Values of `--public`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PublicArg {
    /// OpenSSH line, as in authorized_keys
    Openssh,
    /// RFC 4716, for PuTTY and commercial servers
    Rfc4716,
    /// SubjectPublicKeyInfo in PEM, for OpenSSL
    Spki,
    /// PKCS#1 in PEM, for RSA only
    Pkcs1,
    /// SubjectPublicKeyInfo in DER
    Der,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair convert web.pem --format ppk               writes web.ppk
  keypair convert team.ppk                           writes team.pem
  keypair convert id_ed25519 --format pkcs8 --no-passphrase --out key.pem
  keypair convert id_ed25519 --in-place --kdf-rounds 200
  keypair convert id_ed25519 --in-place --new-passphrase
  keypair convert team.ppk --public openssh >> ~/.ssh/authorized_keys";

impl ConvertArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let mask = self.mask;
        let request = self.request(context)?;
        let to_stdout = request.out.is_none();
        let is_private = matches!(request.form, Form::Private { .. });
        if to_stdout && is_private {
            context.check_stdout()?;
        }
        let notify = &mut |converted: &Converted| {
            context.note_undone(&request.origin, &converted.undone);
            if let Some(cost) = converted.cost {
                warn_of_cost(context, cost);
            }
            match &converted.flaw {
                Some(flaw) if is_private => context.terminal.warn(format_args!(
                    "{}: {flaw}; the new file has numbers computed from p, q and e",
                    request.origin
                )),
                Some(flaw) => context.warn_of_flaw(&request.origin, flaw),
                None => {}
            }
            if converted.is_unchecked {
                context.note_unchecked(&request.origin);
            }
            context.note_changed_comment(&request.origin, converted.comment.as_ref());
            if let Some(comment) = &converted.lost_comment {
                let comment = String::from_utf8_lossy(comment.as_bytes());
                let comment = visible(&comment);
                let lost = format!(
                    "the new file does not have the comment `{comment}`: its format has none"
                );
                match &request.comment {
                    Some(_) => context.terminal.warn(lost),
                    None => context.terminal.note(lost),
                }
            }
        };
        let mut respond = |converted: &Converted| {
            context.warn_of_recovered_files(&converted.recovered);
            match &converted.contents {
                Some(contents) if is_private => context.print_secret(contents, mask),
                Some(contents) => context.terminal.write_text(contents),
                None => context.respond(&response(converted), "Convert"),
            }
        };
        let mut random = context.random()?;
        let work = || convert(&request, &mut random, notify, &mut respond);
        match context.while_reading(&request.origin, work) {
            Err(OperationError::Output(error)) if !to_stdout => {
                Err(OperationError::OutputAfterChange(error).into())
            }
            outcome => Ok(context.finish(outcome?)),
        }
    }

    fn request(self, context: &mut Context) -> Result<ConvertRequest, Failure> {
        let Self {
            file,
            format,
            public,
            ppk_version,
            out,
            comment,
            passphrase,
            new_passphrase,
            new_passphrase_file,
            no_passphrase,
            cost,
            force,
            in_place,
            mask: _,
            dry_run,
        } = self;
        let terminal = context.terminal;
        let from_input = input::is_standard_stream(&file);
        input::check_stdin([
            Some(&file),
            passphrase.passphrase_file.as_ref(),
            new_passphrase_file.as_ref(),
        ])?;
        let origin = input::origin(&file);
        if in_place && from_input {
            return Err(Failure::usage("cannot replace stdin").hint("pass a file"));
        }
        let replaced = in_place.then(|| file::replaceable(&file)).transpose()?;
        let recover = |path: Option<&Path>| {
            if let Some(path) = path.filter(|_| !dry_run.is_on()) {
                context.recover_files(path);
            }
        };
        recover(replaced.as_deref());
        let material = match &replaced {
            Some(path) => file::read_regular(path, format::MAX_BYTES)?,
            None => input::contents(&file, terminal)?,
        };
        let is_private = || {
            format::read_public(material.expose()).is_ok_and(|key| key.source.is_private())
                || format::is_encrypted(material.expose()).is_ok_and(|is_encrypted| is_encrypted)
        };
        if replaced.as_deref().map(file::other_links).transpose()?.is_some_and(|others| others > 0)
        {
            let sentence = format!(
                "cannot replace {origin}: it has another hard link, which would keep the old key"
            );
            return Err(Failure::usage(sentence)
                .hint("delete the other link, or pass `--out PATH` to write the key elsewhere"));
        }
        // The rest would be lost.
        if in_place && !format::is_only_key(material.expose()) && is_private() {
            let sentence = format!("cannot replace {origin}: it contains more than the key");
            return Err(
                Failure::usage(sentence).hint("pass `--out PATH` to write the key elsewhere")
            );
        }
        let old_format = || format::detected_format(material.expose()).ok()?.private_format();
        let form = match public {
            Some(_) if ppk_version.is_some() => return Err(RequestError::PpkVersionOfOther.into()),
            Some(public) => Form::Public(public_format(public)),
            None => {
                let format = match (format, ppk_version, old_format().filter(|_| in_place)) {
                    (None, None, Some(old)) => old,
                    (None, Some(_), Some(PrivateFormat::Ppk(_))) => {
                        input::private_format(FormatArg::Ppk, ppk_version)?
                    }
                    _ => input::private_format(format.unwrap_or(FormatArg::Pem), ppk_version)?,
                };
                Form::Private { format, passphrase: None, cost: cost.options() }
            }
        };
        let comment = input::comment(comment)?;
        let existing = if force || in_place { Existing::Replace } else { Existing::Keep };
        let out = match out {
            None if in_place => replaced,
            Some(path) if input::is_standard_output(&path) => None,
            Some(path) => Some(path),
            None => match &form {
                Form::Public(_) => None,
                Form::Private { .. } if from_input => {
                    return Err(Failure::usage("cannot choose a file name for a key from stdin")
                        .hint("pass `--out PATH`, or `--out -` for stdout"));
                }
                Form::Private { format, .. } => Some(sibling(&file, *format)),
            },
        };
        let is_binary = matches!(form, Form::Public(PublicFormat::Der));
        if out.is_none() && is_binary && terminal.stdout_is_terminal() {
            return Err(Failure::usage("refusing to write binary DER to a terminal")
                .hint("pass `--out PATH` to write it to a file"));
        }
        let passphrases = [&passphrase.passphrase_file, &new_passphrase_file];
        out.as_deref().map_or(Ok(()), |path| {
            context.check_output_file(path, passphrases.into_iter().flatten())
        })?;
        recover(out.as_deref().filter(|_| !in_place));
        // Check the target before prompting for a passphrase.
        let target = out.as_deref().map(|path| Target::new(path, existing)).transpose()?;
        let openers = Openers::read(&passphrase, &mut context.environment, terminal)?;
        let replaces = |target: &Target| file::is_same(target.path(), &file);
        let replaces_input = !from_input && target.as_ref().is_some_and(replaces);
        let (form, old) = match form {
            Form::Public(format) => {
                let is_private = format::read_public(material.expose())
                    .map_or(true, |file| file.source.is_private());
                if is_private && replaces_input {
                    let path = file.display();
                    return Err(Failure::usage(format!(
                        "cannot write the public key: it would replace the private key in {path}"
                    ))
                    .hint("pass another path with `--out`"));
                }
                (Form::Public(format), openers.of_public(&material, &origin)?)
            }
            Form::Private { format, cost, .. } => {
                let old = openers.of_private(&material, &origin)?;
                let new = match &new_passphrase_file {
                    _ if no_passphrase => None,
                    Some(path) => Some(passphrase::in_file(path, terminal)?),
                    None if new_passphrase => Some(terminal.ask_new_passphrase()?),
                    None => old.as_ref().map(|old| Secret::copy_of(old.expose())),
                };
                let is_changed = new_passphrase || new_passphrase_file.is_some();
                new.as_ref().filter(|_| is_changed).map_or(Ok(()), passphrase::check_new)?;
                // An invalid key is reported later.
                if new.is_none() && format::is_encrypted(material.expose()).is_ok() {
                    if !no_passphrase && openers.has_variable() {
                        return Err(Failure::usage(format!(
                            "{origin} is not encrypted, but KEYPAIR_PASSPHRASE is set"
                        ))
                        .hint(
                            "pass `--new-passphrase` to encrypt the new file, or `--no-passphrase` to write it without encryption",
                        ));
                    }
                    let is_key = format::read_public(material.expose()).is_ok();
                    if is_key && !no_passphrase && passphrase.passphrase_file.is_some() {
                        terminal.warn(format_args!(
                            "{origin} is not encrypted, and neither is the new file"
                        ));
                    }
                    if cost != CostOptions::default() {
                        return Err(RequestError::CostOfNothing.into());
                    }
                }
                passphrase::warn_of_weak(format, new.is_some(), terminal);
                (Form::Private { format, passphrase: new, cost }, old)
            }
        };
        Ok(ConvertRequest {
            origin,
            material,
            passphrase: old,
            form,
            comment,
            out,
            existing,
            replaces_input,
            dry_run: dry_run.is_on(),
        })
    }
}

/// Warns if the passphrase of a key becomes easier to guess.
fn warn_of_cost(context: &Context, CostChange { old, new }: CostChange) {
    let is_weaker = match new {
        // The request has already printed a warning.
        DerivationCost::Digest => return,
        DerivationCost::Pbkdf2 { .. } => {
            !matches!(old, DerivationCost::Pbkdf2 { .. } | DerivationCost::Digest)
        }
        _ => false,
    };
    if is_weaker || new.is_below(old) {
        context.terminal.warn(format_args!(
            "the passphrase is easier to guess than before: {new} instead of {old}"
        ));
    }
    if is_weaker {
        context
            .terminal
            .hint("pass `--format openssh` to use bcrypt, or `--format ppk` to use Argon2");
    }
}

fn public_format(public: PublicArg) -> PublicFormat {
    match public {
        PublicArg::Der => PublicFormat::Der,
        PublicArg::Openssh => PublicFormat::Openssh,
        PublicArg::Pkcs1 => PublicFormat::Pkcs1,
        PublicArg::Rfc4716 => PublicFormat::Rfc4716,
        PublicArg::Spki => PublicFormat::Spki,
    }
}

/// Returns the path next to `file` with the extension of the format. It replaces the extension of a key
/// and is appended to any other.
fn sibling(file: &Path, format: PrivateFormat) -> PathBuf {
    let extension = file.extension().and_then(|extension| extension.to_str());
    let is_of_key = extension.is_some_and(|extension| {
        ["key", "pem", "ppk", "pub"].iter().any(|known| extension.eq_ignore_ascii_case(known))
    });
    if is_of_key {
        return file.with_extension(format.extension());
    }
    let mut path = file.as_os_str().to_owned();
    path.push(".");
    path.push(format.extension());
    path.into()
}

fn response(converted: &Converted) -> Value {
    let Converted {
        key,
        comment,
        private_key_file,
        public_key_file,
        contents: _,
        cost: _,
        lost_comment: _,
        is_unchecked: _,
        flaw: _,
        undone: _,
        recovered: _,
    } = converted;
    let mut members = response::key_members(key, comment.as_ref());
    members
        .extend(private_key_file.as_deref().map(|path| ("PrivateKeyFile", response::path(path))));
    members.extend(public_key_file.as_deref().map(|path| ("PublicKeyFile", response::path(path))));
    Value::object(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_file_is_next_to_the_old_one() {
        let pem = |file: &str| sibling(Path::new(file), PrivateFormat::Pem);
        assert_eq!(pem("a/web.ppk"), Path::new("a/web.pem"));
        assert_eq!(pem("web.PPK"), Path::new("web.pem"));
        assert_eq!(pem("id_ed25519"), Path::new("id_ed25519.pem"));
        assert_eq!(pem("prod.web"), Path::new("prod.web.pem"));
        assert_eq!(pem("web.pem"), Path::new("web.pem"));
    }
}
