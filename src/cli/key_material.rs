//! Checks that a query keeps a private key that exists only in the response.
//!
//! The query is applied to a sample response before the key is made. It is applied again to the
//! response before the pair is registered, because it may depend on values that no sample has, such
//! as an id in a filter.

use super::output::Value;
use super::output::query::{Query, QueryError};
use crate::format::PrivateFormat;
use crate::key::KeyType;
use crate::secret::Secret;

/// The result of a query lacks the private key.
#[derive(Debug, thiserror::Error)]
#[error("the result would not contain the private key, which is shown only once")]
pub struct KeyLeftOut;

/// A query cannot be applied to a response with a private key.
#[derive(Debug, thiserror::Error)]
pub enum QueryRefused {
    #[error(transparent)]
    KeyLeftOut(#[from] KeyLeftOut),
    /// The output format does not show the result, or not all of it.
    #[error("the output would not contain the private key, which is shown only once")]
    NotShown,
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// Checks that a query returns the private key of a response, all of it.
pub fn check(query: &Query, response: &Value, key: &Secret) -> Result<(), QueryRefused> {
    let found = query.search(response)?;
    if contains(&found, key) { Ok(()) } else { Err(KeyLeftOut.into()) }
}

/// Checks that the text to print has all lines of the key. A table, for example, shows no text that
/// is not in an object or a list.
pub fn check_output(text: &Secret, key: &Secret) -> Result<(), QueryRefused> {
    let is_shown = std::str::from_utf8(text.expose()).is_ok_and(|text| has_lines(text, key));
    if is_shown { Ok(()) } else { Err(QueryRefused::NotShown) }
}

/// Returns true if a text in a value has all lines of the key.
fn contains(value: &Value, key: &Secret) -> bool {
    value.any_text(|text| has_lines(text, key))
}

/// Returns true if a text has all lines of the key in their order. Any characters may separate
/// them: JSON in a text has escaped line ends.
fn has_lines(text: &str, key: &Secret) -> bool {
    let Ok(key) = std::str::from_utf8(key.expose()) else { return false };
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

/// As long as a line of PEM.
const SAMPLE: &str = "SAMPLEsampleSAMPLEsampleSAMPLEsampleSAMPLEsampleSAMPLEsample0000";
