//! Registers a public key that was made elsewhere.

use super::{CommandError, Passphrase};
use crate::format::{self, FormatError, PrivateFile, PublicFile};
use crate::registry::{Call, KeyName, Registered, Registration, Registry, RegistryError, Tags};
use crate::secret::Secret;

/// What to register.
#[derive(Debug)]
pub struct ImportRequest {
    /// The name.
    pub name: KeyName,
    /// Where the key comes from, for messages: a path, or the name of a stream or an option.
    pub origin: String,
    /// A key in any format. It is a secret, because it may be a private key, of which only the
    /// public half is used.
    pub material: Secret,
    /// What decrypts a file that hides its public half too: PKCS#8 and traditional PEM.
    pub passphrase: Passphrase,
    /// The tags of the registered pair.
    pub tags: Tags,
    /// Whether to check only, and change nothing.
    pub dry_run: bool,
}

/// A pair that was registered, or would have been.
#[derive(Debug)]
pub struct Imported {
    /// The pair as it is registered; none after a dry run.
    pub registered: Option<Registered>,
    /// What was read.
    pub file: PublicFile,
}

/// Registers the public key.
///
/// # Errors
///
/// [`CommandError::NotAKey`] and [`CommandError::Registry`].
pub fn import(
    request: &ImportRequest,
    registry: &mut dyn Registry,
) -> Result<Imported, CommandError> {
    let ImportRequest { name, origin, material, passphrase, tags, dry_run } = request;
    let file = read(material, passphrase.secret())
        .map_err(|source| CommandError::NotAKey { origin: origin.clone(), source })?;
    let registration = Registration::imported(name.clone(), &file.key, tags.clone())?;
    let registered = if *dry_run {
        registry.rehearse(Call::Register(&registration))?;
        None
    } else {
        let registered = registry.register(&registration, &mut |_| Ok(()));
        Some(registered.map_err(|error| match error {
            RegistryError::OutcomeUnknown(source) => CommandError::OutcomeUnknown {
                name: name.clone(),
                path: None,
                in_agent: false,
                private_key: None,
                source,
            },
            error => error.into(),
        })?)
    };
    Ok(Imported { registered, file })
}

fn read(material: &Secret, passphrase: Option<&Secret>) -> Result<PublicFile, FormatError> {
    match format::read_public(material.expose()) {
        Err(FormatError::Pkcs8Encrypted | FormatError::PemEncrypted) if passphrase.is_some() => {
            let PrivateFile { key, comment, source } =
                format::read_private(material.expose(), passphrase)?;
            Ok(PublicFile { key: key.public(), comment, source })
        }
        read => read,
    }
}
