//! The password data of EC2: encrypted text in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A text that is not base64, or too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the password data is not base64")]
pub struct PasswordDataError;

/// Returns the encrypted password, or nothing as long as there is no password. The base64 may be
/// folded.
///
/// # Errors
///
/// [`PasswordDataError`].
pub fn password_data(text: &str) -> Result<Vec<u8>, PasswordDataError> {
    if text.len() > MAX_CHARACTERS {
        return Err(PasswordDataError);
    }
    let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(text).map_err(|_| PasswordDataError)
}

/// Far more than the base64 of a text for a key of 8192 bits.
const MAX_CHARACTERS: usize = 1 << 14;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_data_may_be_folded() {
        for text in ["AAECAw==", "\r\nAAECAw==\r\n", "AAE\n CAw\t==", "A A E C A w = ="] {
            assert_eq!(password_data(text), Ok(vec![0, 1, 2, 3]), "{text}");
        }
        for text in ["", "\r\n", " "] {
            assert_eq!(password_data(text), Ok(Vec::new()));
        }
        for text in ["AAECAw=", "AAECAw", "AAE-Aw==", "AAEC\0Aw==", "é", &"A".repeat(1 << 15)] {
            assert_eq!(password_data(text), Err(PasswordDataError), "{text}");
        }
    }
}
