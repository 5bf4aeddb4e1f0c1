//! The supported messages (draft-ietf-sshm-ssh-agent, "Protocol Messages"). Each is sent as a
//! `string`.

use crate::format::{FormatError, WireReader, WireWriter, blob};
use crate::key::{PrivateKey, PublicKey};
use crate::secret::Secret;

/// OpenSSH's limit (`AGENT_MAX_LEN`).
pub(super) const MAX_BYTES: usize = 256 * 1024;
/// The length of the prefix, which is the length of the message.
pub(super) const LENGTH_BYTES: usize = 4;

pub(super) const FAILURE: u8 = 5;
const SUCCESS: u8 = 6;
pub(super) const REQUEST_IDENTITIES: u8 = 11;
pub(super) const IDENTITIES_ANSWER: u8 = 12;
const ADD_IDENTITY: u8 = 17;
const REMOVE_IDENTITY: u8 = 18;
const ADD_ID_CONSTRAINED: u8 = 25;

const CONSTRAIN_LIFETIME: u8 = 1;
const CONSTRAIN_CONFIRM: u8 = 2;

/// Decodes the length of a message. Returns `None` if it is out of range.
pub(super) fn length(prefix: [u8; LENGTH_BYTES]) -> Option<usize> {
    let length = usize::try_from(u32::from_be_bytes(prefix)).ok()?;
    (1..=MAX_BYTES).contains(&length).then_some(length)
}

/// Requests the list of keys.
pub(super) fn request_identities() -> Secret {
    framed(WireWriter::default().byte(REQUEST_IDENTITIES))
}

/// Requests to add a key, for `lifetime` seconds or without limit, with or without confirmation of
/// each use.
pub(super) fn add_identity(
    key: &PrivateKey,
    comment: &[u8],
    lifetime: Option<u32>,
    confirm: bool,
) -> Secret {
    let is_constrained = lifetime.is_some() || confirm;
    let kind = if is_constrained { ADD_ID_CONSTRAINED } else { ADD_IDENTITY };
    let name = blob::type_name(key.public().key_type()).as_bytes();
    let writer = WireWriter::default().byte(kind).string(name);
    let writer = match key {
        PrivateKey::Ed25519(key) => {
            let point = key.public();
            let mut pair = Secret::copy_of(key.seed());
            pair.push(point.as_bytes());
            writer.string(point.as_bytes()).string(pair.expose())
        }
        PrivateKey::Rsa(key) => writer
            .mpint(key.public().modulus())
            .mpint(key.public().exponent())
            .mpint(key.private_exponent())
            .mpint(key.coefficient())
            .mpint(key.prime1())
            .mpint(key.prime2()),
    };
    let mut writer = writer.string(comment);
    if let Some(seconds) = lifetime {
        writer = writer.byte(CONSTRAIN_LIFETIME).uint32(seconds);
    }
    if confirm {
        writer = writer.byte(CONSTRAIN_CONFIRM);
    }
    framed(writer)
}

/// Requests to remove a key.
pub(super) fn remove_identity(key: &PublicKey) -> Secret {
    framed(WireWriter::default().byte(REMOVE_IDENTITY).string(&blob::encode(key)))
}

/// A response of an agent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AgentResponse {
    Failure,
    /// The list of keys.
    Identities,
    Success,
}

impl AgentResponse {
    /// Parses a response.
    pub(super) fn read(message: &[u8]) -> Option<Self> {
        let mut reader = WireReader::new(message);
        match reader.byte().ok()? {
            FAILURE => Some(Self::Failure),
            SUCCESS => Some(Self::Success),
            IDENTITIES_ANSWER => identities(reader).ok(),
            _ => None,
        }
    }
}

fn identities(mut reader: WireReader<'_>) -> Result<AgentResponse, FormatError> {
    for _ in 0..reader.uint32()? {
        let (_blob, _comment) = (reader.string()?, reader.string()?);
    }
    reader.finish()?;
    Ok(AgentResponse::Identities)
}

/// Adds the length prefix to a message.
pub(super) fn framed(message: WireWriter) -> Secret {
    WireWriter::default().string(message.finish().expose()).finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Ed25519PrivateKey;
    use crate::secret::Seed;

    #[test]
    fn truncated_or_trailing_response_is_invalid() {
        assert_eq!(AgentResponse::read(&[5]), Some(AgentResponse::Failure));
        assert_eq!(AgentResponse::read(&[6]), Some(AgentResponse::Success));
        assert_eq!(AgentResponse::read(b"\x0c\0\0\0\0"), Some(AgentResponse::Identities));
        let one = b"\x0c\0\0\0\x01\0\0\0\x04blob\0\0\0\x07comment";
        assert_eq!(AgentResponse::read(one), Some(AgentResponse::Identities));
        for broken in [&b""[..], b"\x0c", b"\x0c\xff\xff\xff\xff", b"\x0c\0\0\0\0x", b"SSH-2.0-x"] {
            assert_eq!(AgentResponse::read(broken), None);
        }
    }

    #[test]
    fn length_out_of_range_is_invalid() {
        assert_eq!(length([0, 0, 0, 0]), None);
        assert_eq!(length([0, 0, 0, 1]), Some(1));
        assert_eq!(length([0, 4, 0, 0]), Some(MAX_BYTES));
        assert_eq!(length([0, 4, 0, 1]), None);
        assert_eq!(length([0xff; 4]), None);
    }

    #[test]
    fn add_identity_appends_constraints() {
        let key = PrivateKey::Ed25519(Ed25519PrivateKey::from_seed(Seed::copy_of(&[1; 32])));
        let message = |lifetime, confirm| add_identity(&key, b"c", lifetime, confirm);
        let plain = message(None, false);
        let [_, _, _, length, kind, ..] = *plain.expose() else { panic!() };
        assert_eq!((usize::from(length), kind), (plain.len() - 4, ADD_IDENTITY));
        assert!(plain.expose().ends_with(b"\0\0\0\x01c"));
        let both = message(Some(600), true);
        assert_eq!(both.expose()[4], ADD_ID_CONSTRAINED);
        assert!(both.expose().ends_with(b"\0\0\0\x01c\x01\0\0\x02\x58\x02"));
    }
}
