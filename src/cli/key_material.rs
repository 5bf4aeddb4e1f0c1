//! A private key that is part of an answer, and nowhere else: a query must not leave it out.
//!
//! The query is applied to a sample of the answer before a key is made, and once more to the answer
//! before the pair is registered, for a query may depend on what no sample has: a filter on an id.

use super::render::Value;
use super::render::query::{Query, QueryError};
use crate::format::PrivateFormat;
use crate::key::KeyType;
use crate::secret::Secret;

/// The result of a query does not have the private key in it.
#[derive(Debug, thiserror::Error)]
#[error("the result would not contain the private key, which is shown only once")]
pub struct KeyLeftOut;

/// Why a query must not be applied to an answer with a private key.
#[derive(Debug, thiserror::Error)]
pub enum QueryRefused {
    /// The private key would be left out.
    #[error(transparent)]
    KeyLeftOut(#[from] KeyLeftOut),
    /// The query cannot be applied to the answer.
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// Makes sure that a query returns the private key of an answer, all of it.
///
/// # Errors
///
/// [`QueryRefused`].
pub fn check(query: &Query, answer: &Value, key: &Secret) -> Result<(), QueryRefused> {
    let found = query.search(answer)?;
    if contains(&found, key) { Ok(()) } else { Err(KeyLeftOut.into()) }
}

/// Returns whether some text in a value has all lines of the key in it, in their order. What is
/// between them does not matter: JSON in a text has escaped line ends.
fn contains(value: &Value, key: &Secret) -> bool {
    let Ok(key) = std::str::from_utf8(key.expose()) else { return false };
    value.any_text(|text| {
        let mut rest = text;
        let mut lines = key.lines().filter(|line| !line.is_empty()).peekable();
        lines.peek().is_some()
            && lines.all(|line| match rest.split_once(line) {
                Some((_, behind)) => {
                    rest = behind;
                    true
                }
                None => false,
            })
    })
}

/// Returns a text with the shape of a private key file, for sample responses.
pub fn sample(format: PrivateFormat, key_type: KeyType) -> Secret {
    let label = match (format, key_type) {
        (PrivateFormat::Ppk(_), _) => "",
        (PrivateFormat::Pkcs8, _) => " ",
        (PrivateFormat::Pem, KeyType::Rsa) => " RSA ",
        (PrivateFormat::Pem | PrivateFormat::Openssh, _) => " OPENSSH ",
    };
    Secret::from(match label {
        "" => format!(
            "PuTTY-User-Key-File-3: ssh-{}\nEncryption: none\nComment: imported-openssh-key\n\
             Private-Lines: 1\n{SAMPLE}\nPrivate-MAC: {SAMPLE}\n",
            key_type.name()
        ),
        label => format!(
            "-----BEGIN{label}PRIVATE KEY-----\n{SAMPLE}\n{SAMPLE}\n-----END{label}PRIVATE KEY-----\n"
        ),
    })
}

/// The length of a line of PEM.
const SAMPLE: &str = "SAMPLEsampleSAMPLEsampleSAMPLEsampleSAMPLEsampleSAMPLEsample0000";
