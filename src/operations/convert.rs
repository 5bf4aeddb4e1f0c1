//! Converts a key to another format.

use std::io;
use std::path::PathBuf;

use rand::CryptoRng;

use super::OperationError;
use super::create::Outcome;
use super::read::{self, Read};
use crate::file::{Access, Draft, Existing, Target};
use crate::format::{
    self, Comment, CostOptions, DerivationCost, Encryption, FormatError, PrivateFormat,
    PublicFormat, Undone,
};
use crate::interrupt;
use crate::key::{KeyError, PublicKey};
use crate::secret::Secret;

#[derive(Debug)]
pub struct ConvertRequest {
    /// A path, or the name of a stream, for messages.
    pub origin: String,
    /// The key in any supported format.
    pub material: Secret,
    /// Decrypts the key. Without it, an encrypted key can only be converted to a public key.
    pub passphrase: Option<Secret>,
    pub form: Form,
    /// `None` keeps the old comment.
    pub comment: Option<Comment>,
    /// `None` puts the result into the response.
    pub out: Option<PathBuf>,
    pub existing: Existing,
    /// `out` is the file that `material` was read from.
    pub replaces_input: bool,
    /// Checks only.
    pub dry_run: bool,
}

#[derive(Debug)]
pub enum Form {
    Private {
        format: PrivateFormat,
        /// An empty or missing passphrase writes the key unencrypted.
        passphrase: Option<Secret>,
        cost: CostOptions,
    },
    Public(PublicFormat),
}

#[derive(Debug)]
pub struct Converted {
    pub key: PublicKey,
    pub comment: Option<Comment>,
    pub private_key_file: Option<PathBuf>,
    pub public_key_file: Option<PathBuf>,
    /// The result, if it goes to the user.
    pub contents: Option<Secret>,
    /// Set if an encrypted private key was encrypted again.
    pub cost: Option<CostChange>,
    /// The old or requested comment, if the format of the new private key has none.
    pub lost_comment: Option<Comment>,
    /// Set if the private half is encrypted and was not compared with the public one.
    pub is_unchecked: bool,
    /// A wrong or missing number of the old private key. A new private key has the right one.
    pub flaw: Option<KeyError>,
    /// The changes of the text around the key that were undone.
    pub undone: Vec<Undone>,
    /// Files of killed commands, which got a number after their name.
    pub recovered: Vec<PathBuf>,
}

impl Converted {
    fn new(key: PublicKey, comment: Option<Comment>) -> Self {
        Self {
            key,
            comment,
            private_key_file: None,
            public_key_file: None,
            contents: None,
            cost: None,
            lost_comment: None,
            is_unchecked: false,
            flaw: None,
            undone: Vec::new(),
            recovered: Vec::new(),
        }
    }
}

/// The cost of one guess of the passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostChange {
    pub old: DerivationCost,
    pub new: DerivationCost,
}

/// Converts a key, calls `notify`, writes the key, and calls `respond` last.
///
/// # Errors
///
/// After [`OperationError::Output`] the file was written. After other errors it was not.
pub fn convert(
    request: &ConvertRequest,
    random: &mut impl CryptoRng,
    notify: &mut dyn FnMut(&Converted),
    respond: &mut dyn FnMut(&Converted) -> io::Result<()>,
) -> Result<Outcome, OperationError> {
    let ConvertRequest { material, out, existing, form, replaces_input, dry_run, .. } = request;
    let target = out.as_deref().map(|path| Target::new(path, *existing)).transpose()?;
    let (mut converted, contents) = write(request, random)?;
    notify(&converted);
    if *dry_run {
        return Ok(Outcome::Checked);
    }
    let access = match form {
        Form::Private { .. } => Access::Owner,
        Form::Public(_) => Access::Everyone,
    };
    match target {
        Some(target) => {
            let guard = interrupt::defer_signals();
            let draft = Draft::write(&target, access, contents.expose())?;
            let published = match replaces_input {
                // Deriving the key took a while: another key may be in the file by now.
                true => draft.publish_over(material)?,
                false => draft.publish()?,
            };
            converted.recovered = published.keep();
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

/// Returns the response without files, and the contents of the new file.
fn write(
    request: &ConvertRequest,
    random: &mut impl CryptoRng,
) -> Result<(Converted, Secret), OperationError> {
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
            let has_comment = format.has_comment(key.key_type());
            let converted = Converted {
                lost_comment: comment.clone().filter(|text| !has_comment && !text.is_empty()),
                cost: change,
                flaw: file.flaw,
                undone: file.undone,
                ..Converted::new(key, comment)
            };
            Ok((converted, contents))
        }
        Form::Public(format) => {
            let read = read::read(material, passphrase.as_ref()).map_err(refused)?;
            let is_unchecked = read.is_unchecked();
            let Read { public: key, comment, flaw, undone, .. } = read;
            let comment = comment_of(comment);
            let text = comment.clone().unwrap_or_default();
            let contents = format::write_public(&key, *format, &text)?.into();
            let is_given = |_: &Comment| new_comment.is_some() && !format.has_comment();
            let lost_comment = comment.clone().filter(is_given);
            let new = Converted::new(key, comment);
            Ok((Converted { lost_comment, is_unchecked, flaw, undone, ..new }, contents))
        }
    }
}
