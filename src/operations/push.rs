//! Sends a public key to an instance with EC2 Instance Connect.

use super::launch_key;
use super::read::{self, Read};
use super::{InstanceCall, OperationError};
use crate::fingerprint;
use crate::format::{DetectedFormat, Undone, openssh};
use crate::key::{KeyError, PublicKey};
use crate::registry::{
    InstanceId, InstanceReference, InstanceRegistry, OsUser, SendOutcome, SentKey,
};
use crate::secret::Secret;

#[derive(Debug)]
pub struct PushRequest {
    pub instance: InstanceReference,
    pub user: OsUser,
    /// A path, or the name of a stream, for messages.
    pub origin: String,
    /// The key in any supported format. Only its public half is used.
    pub material: Secret,
    /// Decrypts the key, if its public half is encrypted.
    pub passphrase: Option<Secret>,
}

#[derive(Debug)]
pub struct Pushed {
    pub instance: InstanceId,
    /// OpenSSH's SHA-256 fingerprint, with the prefix `SHA256:`.
    pub sha256: String,
    pub request_id: Option<String>,
    pub source: DetectedFormat,
    /// Why the private half was not used.
    pub flaw: Option<KeyError>,
    /// The changes of the text around the key that were undone.
    pub undone: Vec<Undone>,
}

/// Sends the key. Asks EC2 for the instance only if it is given by its name.
pub fn push(
    request: &PushRequest,
    registry: &mut dyn InstanceRegistry,
) -> Result<Pushed, OperationError> {
    let PushRequest { instance, user, origin, material, passphrase } = request;
    let refused = |source| OperationError::NotAKey { origin: origin.clone(), source };
    let Read { public, private: _, flaw, comment: _, source, undone } =
        read::read(material, passphrase.as_ref()).map_err(refused)?;
    let line = line(&public)?;
    let instance = match instance {
        InstanceReference::Id(id) => id.clone(),
        InstanceReference::Name(_) => launch_key::instance(instance, registry)?.id,
    };
    let request_id = send(&instance, user, &line, registry)?;
    let sha256 = fingerprint::openssh_sha256(&public);
    Ok(Pushed { instance, sha256, request_id, source, flaw, undone })
}

/// Returns a key as the service takes it: without a comment, because the line of an ED25519 key has
/// exactly the minimum of 80 characters and the maximum is 4,096.
pub(super) fn line(key: &PublicKey) -> Result<String, OperationError> {
    match key {
        PublicKey::Ed25519(_) => {}
        PublicKey::Rsa(key) if RSA_BITS.contains(&key.bits()) => {}
        PublicKey::Rsa(key) => return Err(OperationError::KeyNotPushable { bits: key.bits() }),
    }
    Ok(openssh::bare_public_line(key))
}

/// The lengths of RSA keys that the service accepts
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-connect-set-up.html>).
const RSA_BITS: [u32; 2] = [2048, 4096];

/// Sends a line to an instance. Returns the ID of the request.
pub(super) fn send(
    instance: &InstanceId,
    user: &OsUser,
    line: &str,
    registry: &mut dyn InstanceRegistry,
) -> Result<Option<String>, OperationError> {
    let key =
        SentKey { instance: instance.as_str(), user: user.as_str(), public_key: line, zone: None };
    let SendOutcome { request_id, is_success } =
        registry.send_public_key(&key).map_err(InstanceCall::SendSshPublicKey.failed())?;
    if is_success {
        Ok(request_id)
    } else {
        Err(OperationError::PushRejected { instance: instance.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format;

    fn public(text: &[u8]) -> PublicKey {
        format::read_public(text).unwrap().key
    }

    #[test]
    fn line_has_no_comment_and_a_supported_key() {
        for (file, length) in [
            (&include_bytes!("../../tests/vectors/keys/ed25519.openssh.pub")[..], 80),
            (include_bytes!("../../tests/vectors/keys/rsa2048.pem.pub"), 380),
            (include_bytes!("../../tests/vectors/keys/rsa4096.pem.pub"), 724),
        ] {
            let line = line(&public(file)).unwrap();
            assert_eq!(line.len(), length);
            assert_eq!(line.split(' ').count(), 2);
        }
        let short = public(include_bytes!("../../tests/vectors/keys/rsa1024.pem.pub"));
        assert!(matches!(line(&short), Err(OperationError::KeyNotPushable { bits: 1024 })));
    }
}
