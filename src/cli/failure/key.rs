//! What to say of a file that holds no key that is accepted.

use super::{ExitStatus, Failure, refusal};
use crate::cli::operation::Operation;
use crate::format::FormatError;

impl Failure {
    pub(super) fn of_key(origin: &str, error: &FormatError, operation: Operation) -> Self {
        let fault = format!("{origin}: {error}");
        let importing = operation == Operation::ImportKeyPair;
        let sentence = if importing {
            let message = format!("Key is not in valid OpenSSH public key format: {fault}");
            refusal("InvalidKey.Format", operation, &message)
        } else {
            fault
        };
        let failure = Self::new(ExitStatus::NotAccepted, sentence, error);
        match error {
            FormatError::Dsa | FormatError::Ecdsa | FormatError::SecurityKey => {
                failure.hint("EC2 accepts RSA and ED25519 keys")
            }
            FormatError::OpensshCertificate => {
                failure.hint("import the public key that was certified")
            }
            FormatError::Options => failure.hint("import the key alone, from `ssh-` on"),
            FormatError::Pkcs8Encrypted | FormatError::PemEncrypted if importing => {
                failure.hint("`keypair import NAME FILE` asks for the passphrase")
            }
            FormatError::SeveralKeys if importing => {
                failure.hint("import them one by one, each under its name")
            }
            FormatError::KeyDerivationCost { parameter, .. } => {
                let writer = if parameter.contains("bcrypt") {
                    "ssh-keygen -p -a 100 -f FILE"
                } else if parameter.contains("Argon2") {
                    "puttygen FILE -O private --reencrypt -o NEW"
                } else {
                    "openssl pkcs8 -topk8 -in FILE -out NEW"
                };
                failure.hint(format!("`{writer}` writes it again at a lower cost"))
            }
            FormatError::Pkcs8Scheme => {
                failure.hint("`openssl pkcs8 -topk8 -in FILE -out NEW` encrypts it in today's way")
            }
            _ => failure,
        }
    }
}
