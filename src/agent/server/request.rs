//! The requests that the built-in agent supports, and its responses.

use crate::agent::message::{FAILURE, IDENTITIES_ANSWER, REQUEST_IDENTITIES, framed};
use crate::format::{WireReader, WireWriter};
use crate::secret::Secret;

const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;

/// A request to the built-in agent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request<'a> {
    /// The list of keys.
    Identities,
    Sign {
        /// The public key.
        blob: &'a [u8],
        /// The data to sign.
        data: &'a [u8],
        /// The signature algorithm.
        flags: u32,
    },
}

impl<'a> Request<'a> {
    /// Parses a request. Returns `None` if it is unsupported or malformed.
    pub(super) fn read(message: &'a [u8]) -> Option<Self> {
        let mut reader = WireReader::new(message);
        let request = match reader.byte().ok()? {
            REQUEST_IDENTITIES => Self::Identities,
            SIGN_REQUEST => Self::Sign {
                blob: reader.string().ok()?,
                data: reader.string().ok()?,
                flags: reader.uint32().ok()?,
            },
            _ => return None,
        };
        reader.finish().ok()?;
        Some(request)
    }
}

/// Returns a list of one key.
pub(super) fn identities_response(blob: &[u8], comment: &[u8]) -> Secret {
    framed(WireWriter::default().byte(IDENTITIES_ANSWER).uint32(1).string(blob).string(comment))
}

/// Returns a signature of the algorithm `name`.
pub(super) fn sign_response(name: &str, signature: &[u8]) -> Secret {
    let signature = WireWriter::default().string(name.as_bytes()).string(signature).finish();
    framed(WireWriter::default().byte(SIGN_RESPONSE).string(signature.expose()))
}

/// Returns the response to an unsupported or failed request.
pub(super) fn failure() -> Secret {
    framed(WireWriter::default().byte(FAILURE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncated_or_trailing_request_is_invalid() {
        assert_eq!(Request::read(&[11]), Some(Request::Identities));
        let sign = b"\x0d\0\0\0\x01k\0\0\0\x02ab\0\0\0\x04";
        let request = Request::Sign { blob: b"k", data: b"ab", flags: 4 };
        assert_eq!(Request::read(sign), Some(request));
        for length in 0..sign.len() {
            assert_eq!(Request::read(&sign[..length]), None);
        }
        assert_eq!(Request::read(&[&sign[..], b"\0"].concat()), None);
        assert_eq!(Request::read(b"\x0d\xff\xff\xff\xffab"), None);
        for other in [0, 1, 5, 12, 17, 18, 19, 22, 27, 255] {
            assert_eq!(Request::read(&[other]), None);
        }
    }
}
