//! The container of a private key (OpenSSH's PROTOCOL.key).

use rand::CryptoRng;
use ssh_key::private::{Ed25519Keypair, KeypairData, RsaKeypair, RsaPrivateKey};
use ssh_key::public::RsaPublicKey;
use ssh_key::{Cipher, Kdf, Mpint};
use zeroize::Zeroizing;

use crate::format::blob;
use crate::format::comment::Comment;
use crate::format::error::FormatError;
use crate::format::wire::WireReader;
use crate::key::{Ed25519PrivateKey, PrivateKey, PublicKey, RsaNumbers};
use crate::secret::Secret;

const MAGIC: &[u8] = b"openssh-key-v1\0";

/// The rounds of bcrypt that OpenSSH itself uses since version 9.4.
const BCRYPT_ROUNDS: u32 = 24;
/// What a file that is read may ask for: OpenSSH's own 24 take a twentieth of a second.
const MOST_BCRYPT_ROUNDS: u32 = 1000;
const SALT_BYTES: usize = 16;
/// The longest tag of an authenticated cipher, which follows the encrypted part.
const MOST_TAG_BYTES: usize = 16;

/// Returns the container of `key`, encrypted with aes256-ctr and bcrypt if there is a passphrase.
///
/// # Errors
///
/// [`FormatError::Openssh`], which no key that could be made brings about.
pub fn write(
    key: &PrivateKey,
    comment: &Comment,
    passphrase: Option<&Secret>,
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
    if let Some(passphrase) = passphrase {
        let mut salt = vec![0; SALT_BYTES];
        random.fill_bytes(&mut salt);
        let rounds = BCRYPT_ROUNDS;
        container = container.encrypt_with(
            Cipher::Aes256Ctr,
            Kdf::Bcrypt { salt, rounds },
            random.next_u32(),
            passphrase.expose(),
        )?;
    }
    Ok(Secret::copy_of(&container.to_bytes()?))
}

/// The public half of a container.
pub(in crate::format) struct ContainerPublic {
    pub(in crate::format) key: PublicKey,
    /// The comment, which is in the encrypted part.
    pub(in crate::format) comment: Option<Comment>,
    pub(in crate::format) encrypted: bool,
}

/// Reads the public half, which is in clear even if the private half is encrypted.
///
/// A private half in clear is read too, and has to belong to the public one.
pub(in crate::format) fn read_public(bytes: &[u8]) -> Result<ContainerPublic, FormatError> {
    let fields = bytes.strip_prefix(MAGIC).ok_or(FormatError::OpensshMagic)?;
    let mut reader = WireReader::new(fields);
    let cipher = reader.string()?;
    let derivation = reader.string()?;
    reader.string()?;
    let encrypted = cipher != b"none";
    if encrypted != (derivation != b"none") {
        return Err(FormatError::OpensshCipher);
    }
    if reader.uint32()? != 1 {
        return Err(FormatError::SeveralKeys);
    }
    let key = blob::decode(reader.string()?)?;
    reader.string()?;
    if encrypted && reader.rest().len() <= MOST_TAG_BYTES {
        return Ok(ContainerPublic { key, comment: None, encrypted });
    }
    reader.finish()?;
    let container = ssh_key::PrivateKey::from_bytes(bytes)?;
    Ok(ContainerPublic {
        key,
        comment: Some(Comment::new(container.comment().as_bytes())?),
        encrypted,
    })
}

/// Reads the private half, which has to belong to the public one in clear; returns the comment,
/// and whether the container was encrypted.
pub(in crate::format) fn read_private(
    bytes: &[u8],
    passphrase: Option<&Secret>,
) -> Result<(PrivateKey, Comment, bool), FormatError> {
    // Its checks of the structure come before everything that takes long.
    let ContainerPublic { key: public, encrypted, .. } = read_public(bytes)?;
    let mut container = ssh_key::PrivateKey::from_bytes(bytes)?;
    if encrypted {
        let passphrase = passphrase.ok_or(FormatError::PassphraseNeeded)?;
        if let Kdf::Bcrypt { rounds, .. } = container.kdf()
            && *rounds > MOST_BCRYPT_ROUNDS
        {
            let limit = u64::from(MOST_BCRYPT_ROUNDS);
            return Err(FormatError::DerivationTooCostly { parameter: "bcrypt rounds", limit });
        }
        container =
            container.decrypt(passphrase.expose()).map_err(|_| FormatError::PassphraseWrong)?;
    }
    let key = match container.key_data() {
        KeypairData::Ed25519(pair) => {
            let seed = Zeroizing::new(pair.private.to_bytes());
            PrivateKey::Ed25519(Ed25519PrivateKey::from_seed(seed))
        }
        KeypairData::Rsa(pair) => {
            let (public, private) = (pair.public(), pair.private());
            let number = |number: &Mpint| {
                number
                    .as_positive_bytes()
                    .map(<[u8]>::to_vec)
                    .map(Zeroizing::new)
                    .unwrap_or_default()
            };
            PrivateKey::Rsa(crate::key::RsaPrivateKey::from_numbers(&RsaNumbers {
                modulus: &number(public.n()),
                public_exponent: &number(public.e()),
                private_exponent: &number(private.d()),
                prime1: &number(private.p()),
                prime2: &number(private.q()),
                exponents: None,
                coefficient: &number(private.iqmp()),
            })?)
        }
        _ => return Err(FormatError::TypeUnknown),
    };
    if key.public() != public {
        return Err(FormatError::HalvesDiffer);
    }
    Ok((key, Comment::new(container.comment().as_bytes())?, encrypted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;

    fn container(name: &str) -> Vec<u8> {
        vectors::read_pem(&format!("keys/{name}"))
    }

    /// Returns the fault of the container with the first `from` replaced by `to`.
    fn fault(from: &[u8], to: &[u8]) -> String {
        let bytes = container("ed25519.openssh");
        let start = bytes.windows(from.len()).position(|part| part == from);
        let (before, after) = bytes.split_at(start.unwrap());
        let changed = [before, to, &after[from.len()..]].concat();
        let fault = read_public(&changed).map(|read| read.key).unwrap_err();
        format!("{fault:?}")
    }

    #[test]
    fn both_halves_in_clear_have_to_belong_together() {
        let bytes = container("ed25519.openssh");
        let point = container("edge_lead91.openssh")[62..94].to_vec();
        assert!(fault(&bytes[62..94], &point).starts_with("Openssh {"));
        // The two check numbers at the start of the private half.
        assert!(fault(&bytes[98..106], &[1, 2, 3, 4, 5, 6, 7, 8]).starts_with("Openssh {"));
    }

    #[test]
    fn names_what_is_wrong() {
        for (from, to, error) in [
            (&b"openssh-key-v1"[..], &b"openssh-key-v2"[..], "OpensshMagic"),
            (b"\0\0\0\x04none\0\0\0\x04none", b"\0\0\0\x03aes\0\0\0\x04none", "OpensshCipher"),
            (b"\0\0\0\0\0\0\0\x01", b"\0\0\0\0\0\0\0\x02", "SeveralKeys"),
            (b"\0\0\0\0\0\0\0\x01", b"\xff\xff\xff\xff\0\0\0\x01", "WireTruncated"),
        ] {
            assert!(fault(from, to).starts_with(error), "{error}");
        }
        let longer = [&container("ed25519.openssh")[..], b"\0"].concat();
        assert!(matches!(read_public(&longer), Err(FormatError::WireTrailing { count: 1 })));
    }
}
