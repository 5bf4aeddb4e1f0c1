//! Writes the container of a private key (OpenSSH's PROTOCOL.key).

use rand::CryptoRng;
use ssh_key::private::{Ed25519Keypair, KeypairData, RsaKeypair, RsaPrivateKey};
use ssh_key::public::RsaPublicKey;
use ssh_key::{Cipher, Kdf, Mpint};

use crate::format::comment::Comment;
use crate::format::error::FormatError;
use crate::key::PrivateKey;
use crate::secret::Secret;

const SALT_BYTES: usize = 16;

/// Returns the container of `key`. `encryption` is a passphrase and the rounds of bcrypt; the
/// cipher is aes256-ctr.
pub fn write(
    key: &PrivateKey,
    comment: &Comment,
    encryption: Option<(&Secret, u32)>,
    random: &mut impl CryptoRng,
) -> Result<Secret, FormatError> {
    let pair = match key {
        PrivateKey::Ed25519(key) => KeypairData::Ed25519(Ed25519Keypair::from_seed(key.seed())),
        PrivateKey::Rsa(key) => {
            let number = Mpint::from_positive_bytes;
            let public =
                RsaPublicKey::new(number(key.public().exponent()), number(key.public().modulus()))?;
            let private = RsaPrivateKey::new(
                number(key.private_exponent()),
                number(key.coefficient()),
                number(key.prime1()),
                number(key.prime2()),
            )?;
            KeypairData::Rsa(RsaKeypair::new(public, private)?)
        }
    };
    let mut container = ssh_key::PrivateKey::new(pair, comment.as_bytes())?;
    if let Some((passphrase, rounds)) = encryption {
        let mut salt = vec![0; SALT_BYTES];
        random.fill_bytes(&mut salt);
        container = container.encrypt_with(
            Cipher::Aes256Ctr,
            Kdf::Bcrypt { salt, rounds },
            random.next_u32(),
            passphrase.expose(),
        )?;
    }
    Ok(Secret::copy_of(&container.to_bytes()?))
}
