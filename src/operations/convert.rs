//! Writes a key in another format, its numbers untouched.

use std::io;
use std::path::PathBuf;

use rand::CryptoRng;

use super::OperationError;
use super::create::Outcome;
use super::read::{self, Read};
use crate::file::{Access, Draft, Existing, Target};
use crate::format::{
    self, Comment, CostOptions, DerivationCost, Encryption, FormatError, PrivateFormat,
    PublicFormat,
};
use crate::interrupt;
use crate::key::PublicKey;
use crate::secret::Secret;

/// What to write, and where.
#[derive(Debug)]
pub struct ConvertRequest {
    /// Where the key comes from, for messages: a path, or the name of a stream.
    pub origin: String,
    /// The key in any format.
    pub material: Secret,
    /// What opens it, if it is encrypted; without a passphrase, the public half has to do for a public key.
    pub passphrase: Option<Secret>,
    /// What to make of it.
    pub form: Form,
    /// The new comment; without one, the old one stays.
    pub comment: Option<Comment>,
    /// The file to write; without one, the answer carries the contents.
    pub out: Option<PathBuf>,
    /// Whether a file that is in the way may be replaced.
    pub existing: Existing,
    /// Whether to check only, and change nothing.
    pub dry_run: bool,
}

/// What to make of a key.
#[derive(Debug)]
pub enum Form {
    /// A private key file.
    Private {
        format: PrivateFormat,
        /// What encrypts it; empty or none leaves it plain.
        passphrase: Option<Secret>,
        /// What a guess at the passphrase is to cost.
        cost: CostOptions,
    },
    /// A public key file.
    Public(PublicFormat),
}

/// A key that was converted.
#[derive(Debug)]
pub struct Converted {
    /// The public half of the key.
    pub key: PublicKey,
    /// The comment, if there is one.
    pub comment: Option<Comment>,
    /// Where a private key was written.
    pub private_key_file: Option<PathBuf>,
    /// Where a public key was written.
    pub public_key_file: Option<PathBuf>,
    /// What was written, if it goes to the user.
    pub contents: Option<Secret>,
    /// The cost of the key derivation, of an encrypted private key that replaces another one.
    pub cost: Option<CostChange>,
}

/// The costs of a guess at the passphrase of a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostChange {
    /// That of the file that was read.
    pub old: DerivationCost,
    /// That of the file that was written.
    pub new: DerivationCost,
}

/// Converts a key and hands the result to `answer`, which comes last, when all is done.
///
/// # Errors
///
/// [`OperationError::NotAKey`], [`OperationError::Format`] if the key has no such format,
/// [`OperationError::File`]; nothing was written then. [`OperationError::Output`].
pub fn convert(
    request: &ConvertRequest,
    random: &mut impl CryptoRng,
    respond: &mut dyn FnMut(&Converted) -> io::Result<()>,
) -> Result<Outcome, OperationError> {
    let ConvertRequest { out, existing, form, dry_run, .. } = request;
    let target = out.as_deref().map(|path| Target::new(path, *existing)).transpose()?;
    let Written { key, comment, contents, cost } = write(request, random)?;
    if *dry_run {
        return Ok(Outcome::Checked);
    }
    let access = match form {
        Form::Private { .. } => Access::Owner,
        Form::Public(_) => Access::Everyone,
    };
    let mut converted = Converted {
        key,
        comment,
        private_key_file: None,
        public_key_file: None,
        contents: None,
        cost,
    };
    match target {
        Some(target) => {
            let guard = interrupt::defer_signals();
            Draft::write(&target, access, contents.expose())?.publish()?.keep();
            drop(guard);
            let path = Some(target.path().to_owned());
            match form {
                Form::Private { .. } => converted.private_key_file = path,
                Form::Public(_) => converted.public_key_file = path,
            }
        }
        None => converted.contents = Some(contents),
    }
    respond(&converted).map_err(OperationError::Output)?;
    Ok(Outcome::Done)
}

struct Written {
    key: PublicKey,
    comment: Option<Comment>,
    contents: Secret,
    cost: Option<CostChange>,
}

fn write(request: &ConvertRequest, random: &mut impl CryptoRng) -> Result<Written, OperationError> {
    let ConvertRequest { origin, material, passphrase, form, comment: new_comment, .. } = request;
    let refused = |source| OperationError::NotAKey { origin: origin.clone(), source };
    let comment_of = |old: Option<Comment>| new_comment.clone().or(old);
    match form {
        Form::Private { format, passphrase: new, cost } => {
            let file = format::read_private(material.expose(), passphrase.as_ref());
            let file = file.map_err(refused)?;
            let comment = comment_of(file.comment);
            let text = comment.clone().unwrap_or_default();
            let key = file.key.public();
            let mut change = None;
            let mut encryption = Encryption::with(new.as_ref(), *cost);
            if let (Some(encryption), Some(old)) = (&mut encryption, file.cost) {
                encryption.replaced = Some(old);
                let new = format.cost(key.key_type(), *cost, Some(old));
                change = Some(CostChange { old, new: new.map_err(FormatError::from)? });
            }
            let contents = format::write_private(&file.key, *format, &text, encryption, random)?;
            Ok(Written { key, comment, contents, cost: change })
        }
        Form::Public(format) => {
            let read = read::read(material, passphrase.as_ref()).map_err(refused)?;
            let Read { public: key, comment, .. } = read;
            public(key, comment_of(comment), *format)
        }
    }
}

fn public(
    key: PublicKey,
    comment: Option<Comment>,
    format: PublicFormat,
) -> Result<Written, OperationError> {
    let text = comment.clone().unwrap_or_default();
    let contents = format::write_public(&key, format, &text)?;
    Ok(Written { key, comment, contents: contents.into(), cost: None })
}
