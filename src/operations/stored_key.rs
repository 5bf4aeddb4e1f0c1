//! The private key of a pair in Parameter Store.

use super::OperationError;
use super::error::MissingEvidence;
use super::fingerprint::{FingerprintRequest, Fingerprints, fingerprint};
use crate::fingerprint::is_public_key_digest;
use crate::interrupt;
use crate::registry::{KeyPair, NewParameter, ParameterName, ParameterStore, RegistryError};
use crate::secret::Secret;

/// Creates a parameter. If the outcome is unclear, looks for the value. Returns false if it exists.
pub(super) fn put(
    parameter: &NewParameter<'_>,
    store: &mut dyn ParameterStore,
) -> Result<bool, RegistryError> {
    let error = match store.put_parameter(parameter) {
        Ok(()) => return Ok(true),
        Err(error) => error,
    };
    // A request that was reported as throttled may have been executed.
    let is_unknown = matches!(error, RegistryError::OutcomeUnknown(_));
    if (is_unknown || error.is_refused_with("ParameterAlreadyExists"))
        && !interrupt::is_pending()
        && let Ok(found) = store.parameter(parameter.name.as_str(), true)
        && found.value.is_some_and(|value| value.expose() == parameter.value.expose().as_bytes())
    {
        return Ok(is_unknown);
    }
    Err(error)
}

/// The private key of a pair, as it is stored.
pub(super) struct StoredKey {
    pub(super) parameter: ParameterName,
    pub(super) key: Fingerprints,
    pub(super) material: Secret,
}

impl StoredKey {
    /// Reads the private key of a pair, and checks that it belongs to the pair. The passphrase is
    /// used only if the key is encrypted.
    pub(super) fn read(
        pair: &KeyPair,
        passphrase: Option<&Secret>,
        store: &mut dyn ParameterStore,
    ) -> Result<Self, OperationError> {
        let name = &pair.name;
        let parameter = parameter_of(pair)?;
        let found = store.parameter(parameter.as_str(), true).map_err(|source| {
            OperationError::Parameter { name: name.clone(), parameter: parameter.clone(), source }
        })?;
        let passphrase = passphrase.filter(|passphrase| !passphrase.is_empty());
        let opened = FingerprintRequest {
            origin: parameter.to_string(),
            material: found.value.unwrap_or_default(),
            passphrase: passphrase.map(|passphrase| Secret::copy_of(passphrase.expose())),
        };
        let key = fingerprint(&opened)?;
        let FingerprintRequest { origin: _, material, passphrase: _ } = opened;
        if !key.source.is_private() {
            return Err(OperationError::ParameterNotPrivate { parameter });
        }
        if key.evidence(pair).is_empty() {
            let name = name.clone();
            if contradicts(&key, pair) {
                return Err(OperationError::ParameterMismatch { name, parameter });
            }
            let missing = match pair.fingerprint.is_empty() {
                true => MissingEvidence::PublicKeyAndFingerprint,
                false => MissingEvidence::PublicKey,
            };
            return Err(OperationError::PrivateKeyNotVerified { name, parameter, missing });
        }
        Ok(Self { parameter, key, material })
    }
}

pub(super) fn parameter_of(pair: &KeyPair) -> Result<ParameterName, OperationError> {
    let invalid = |source| OperationError::ParameterTag { name: pair.name.clone(), source };
    ParameterName::of_pair(pair).map_err(invalid)
}

/// Returns whether the pair certainly has another key: the key type or a fingerprint of the public
/// key differs.
fn contradicts(key: &Fingerprints, pair: &KeyPair) -> bool {
    pair.public_key.is_some()
        || pair.key_type.is_some_and(|key_type| key_type != key.key.key_type())
        || is_public_key_digest(&pair.fingerprint)
}

/// Returns whether other programs can read a private key file as it is: ASCII with LF line ends and
/// no surrounding text. The last line break may be missing, and the comment of a PuTTY file may be
/// arbitrary.
pub(super) fn is_clean(text: &[u8]) -> bool {
    let is_plain = |byte: &u8| matches!(byte, b'\n' | b' '..=b'~');
    let lines = || text.trim_ascii_end().split(|&byte| byte == b'\n');
    let (first, last) = (lines().next().unwrap_or_default(), lines().next_back());
    if first.starts_with(b"PuTTY-User-Key-File-") {
        let is_comment = |line: &&[u8]| line.starts_with(b"Comment: ");
        let is_end = last.is_some_and(|line| line.starts_with(b"Private-MAC: "));
        return is_end && lines().filter(|line| !is_comment(line)).flatten().all(is_plain);
    }
    let is_end = last.is_some_and(|line| line.starts_with(b"-----END "));
    first.starts_with(b"-----BEGIN ") && lines().count() > 2 && is_end && text.iter().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unclean_private_key_is_detected() {
        let pem = "-----BEGIN X-----\nAAAA\n-----END X-----";
        let ppk = "PuTTY-User-Key-File-3: x\nComment: é\nPrivate-MAC: 00";
        for text in [pem, ppk] {
            assert!(is_clean(text.as_bytes()) && is_clean(format!("{text}\n").as_bytes()));
            for unclean in [
                text.replace('\n', "\r\n"),
                text.replace('\n', " "),
                format!(" {text}"),
                format!("\u{feff}{text}"),
                format!("junk\n{text}"),
                format!("{text}\njunk"),
                format!("{text}\u{1b}[31m"),
            ] {
                assert!(!is_clean(unclean.as_bytes()), "{unclean:?}");
            }
        }
        assert!(!is_clean(b""));
    }
}
