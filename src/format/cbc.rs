//! Decrypts PEM and PKCS#8 files: block ciphers in CBC mode with PKCS#7 padding (RFC 5652 section
//! 6.3).

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt, KeyInit, KeyIvInit};
use des::TdesEde3;

use super::error::FormatError;
use crate::secret::Secret;

/// The ciphers that common programs have written in this century.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    /// Triple DES with three keys, which PuTTYgen still uses for PEM files.
    TripleDes,
}

impl Cipher {
    fn key_bytes(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
        }
    }

    fn block_bytes(self) -> usize {
        match self {
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
            Self::TripleDes => 8,
        }
    }
}

/// A cipher and its initialization vector.
#[derive(Debug)]
pub(super) struct Cbc<'a> {
    cipher: Cipher,
    initial_vector: &'a [u8],
}

impl<'a> Cbc<'a> {
    /// Fails unless the initialization vector is as long as the cipher's block.
    pub(super) fn new(cipher: Cipher, initial_vector: &'a [u8]) -> Result<Self, FormatError> {
        if initial_vector.len() != cipher.block_bytes() {
            return Err(FormatError::InitialVector);
        }
        Ok(Self { cipher, initial_vector })
    }

    pub(super) fn key_bytes(&self) -> usize {
        self.cipher.key_bytes()
    }

    /// Decrypts and removes the padding. Invalid padding means a wrong key.
    pub(super) fn decrypt(&self, encrypted: &[u8], key: &Secret) -> Result<Secret, FormatError> {
        if encrypted.is_empty() || !encrypted.len().is_multiple_of(self.cipher.block_bytes()) {
            return Err(FormatError::CipherBlocks);
        }
        let mut text = Secret::copy_of(encrypted);
        let length = match self.cipher {
            Cipher::Aes128 => self.decrypt_with::<Aes128>(&mut text, key),
            Cipher::Aes192 => self.decrypt_with::<Aes192>(&mut text, key),
            Cipher::Aes256 => self.decrypt_with::<Aes256>(&mut text, key),
            Cipher::TripleDes => self.decrypt_with::<TdesEde3>(&mut text, key),
        }?;
        text.truncate(length);
        Ok(text)
    }

    /// Decrypts in place and returns the length without padding.
    fn decrypt_with<C: BlockCipherDecrypt + KeyInit>(
        &self,
        text: &mut Secret,
        key: &Secret,
    ) -> Result<usize, FormatError> {
        let decryptor = cbc::Decryptor::<C>::new_from_slices(key.expose(), self.initial_vector)
            .map_err(|_| FormatError::InitialVector)?;
        let unpadded = decryptor.decrypt_padded::<Pkcs7>(text.expose_mut());
        unpadded.map(<[u8]>::len).map_err(|_| FormatError::PassphraseWrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values: `openssl enc -CIPHER -K … -iv …`, with the input `ssh`.
    #[test]
    fn decrypt_matches_openssl() {
        for (cipher, encrypted) in [
            (
                Cipher::Aes128,
                &b"\xcc\xc2\xd5\x4b\x71\xca\xdf\xac\xb3\x4f\x60\xee\x63\xc7\x4e\x3d"[..],
            ),
            (Cipher::Aes192, b"\x82\xaf\xbf\x1a\x36\xe7\xf2\x92\xa9\x0a\xa6\xfb\xd2\xeb\xdd\xe8"),
            (Cipher::Aes256, b"\x2e\x73\xe8\x76\x3e\xcc\xcb\xfe\xef\xd1\x66\x6f\xdf\x22\x2c\x77"),
            (Cipher::TripleDes, b"\x8e\x47\x0f\xdb\xb4\x7f\x9d\xf2"),
        ] {
            let initial_vector: Vec<u8> = (0..).take(cipher.block_bytes()).collect();
            let key: Vec<u8> = (100..).take(cipher.key_bytes()).collect();
            let cbc = Cbc::new(cipher, &initial_vector).unwrap();
            let text = cbc.decrypt(encrypted, &Secret::from(key)).unwrap();
            assert_eq!(text.expose(), b"ssh", "{cipher:?}");

            let wrong = Secret::zeroed(cipher.key_bytes());
            let fault = cbc.decrypt(encrypted, &wrong).unwrap_err();
            assert!(matches!(fault, FormatError::PassphraseWrong));
        }
    }

    #[test]
    fn partial_blocks_and_wrong_iv_length_fail() {
        for length in [0, 7, 8, 15, 17] {
            let fault = Cbc::new(Cipher::Aes256, &vec![0; length]).unwrap_err();
            assert!(matches!(fault, FormatError::InitialVector));
        }
        let cbc = Cbc::new(Cipher::TripleDes, &[0; 8]).unwrap();
        for length in [0, 7, 9] {
            let fault = cbc.decrypt(&vec![0; length], &Secret::zeroed(24)).unwrap_err();
            assert!(matches!(fault, FormatError::CipherBlocks));
        }
    }
}
