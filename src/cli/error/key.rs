//! Failures of key files.

use std::error::Error;

use super::foreign::remedy;
use super::{ExitStatus, Failure, Hint, Operation};
use crate::cli::shell::ShellCommand;
use crate::format::{CostError, FormatError};
use crate::key::KeyError;
use crate::operations::OperationError;

impl Failure {
    /// Returns the failure of an import, worded as EC2 words it if the key is not accepted.
    pub fn of_import(error: &OperationError) -> Self {
        let failure = match error {
            OperationError::NotAKey { origin, source } => Self::of_key(origin, source, true),
            error => error.into(),
        };
        failure.during(Operation::ImportKeyPair)
    }

    pub(super) fn of_key(origin: &str, error: &FormatError, importing: bool) -> Self {
        let fault = format!("{origin}: {error}");
        let failure = if importing {
            let message = format!("Key is not in valid OpenSSH public key format: {fault}");
            Self::refused(ExitStatus::NotAccepted, "InvalidKey.Format", message, error)
        } else {
            Self::new(ExitStatus::NotAccepted, fault, error)
        };
        match error {
            FormatError::Dsa
            | FormatError::Ecdsa
            | FormatError::PostQuantum
            | FormatError::AlgorithmUnsupported { .. } => {
                failure.hint("EC2 accepts RSA and ED25519 keys")
            }
            FormatError::SecurityKey => failure.hint(
                "EC2 cannot register it, but cloud-init can install it: list its public key line under \
                 `ssh_authorized_keys` in the user data",
            ),
            FormatError::Foreign(format) => failure.hint(remedy(*format)),
            FormatError::InvisibleCharacter { .. } => {
                failure.hint("delete the character, or copy the key again as plain text")
            }
            FormatError::X509Certificate => {
                let openssl = ShellCommand::new("openssl").syntax("x509 -in FILE -noout -pubkey");
                failure.hint(Hint::run(openssl).text(" for its public key"))
            }
            FormatError::PemCipher { name } => {
                let is_legacy = !["ARIA", "CAMELLIA", "SM4"].iter().any(|it| name.starts_with(it));
                failure.hint(Hint::run(openssl(is_legacy)).text(" to encrypt it with AES"))
            }
            FormatError::OpensshCertificate => {
                failure.hint("import the certified public key")
            }
            FormatError::Options => failure.hint("import only the key, from `ssh-` on"),
            FormatError::Pkcs8Encrypted | FormatError::PemEncrypted if importing => {
                let import = ShellCommand::keypair("import").word("NAME").word("FILE");
                failure.hint(Hint::run(import).text(", which asks for the passphrase"))
            }
            FormatError::SeveralKeys if importing => {
                failure.hint("import them one by one, each with its own name")
            }
            FormatError::KeyDerivationCost { parameter, .. } => {
                let writer = if parameter.contains("bcrypt") {
                    ShellCommand::new("ssh-keygen").syntax("-p -a 100 -f FILE")
                } else if parameter.contains("Argon2") {
                    ShellCommand::new("puttygen").syntax("FILE -O private --reencrypt -o NEW")
                } else {
                    openssl(false)
                };
                failure.hint(Hint::run(writer).text(" to encrypt it again at a lower cost"))
            }
            FormatError::Pkcs8Scheme { is_triple_des } => {
                failure.hint(Hint::run(openssl(!is_triple_des)).text(" to encrypt it with PBES2"))
            }
            FormatError::Key(KeyError::RsaPrimesMissing) => {
                let convert = ShellCommand::keypair("convert").syntax("FILE --public openssh");
                failure.hint(Hint::run(convert).text(" to write the public half"))
            }
            FormatError::PrimesMissingInEncrypted => {
                let openssl = ShellCommand::new("openssl").syntax("pkey -in FILE -pubout -out NEW");
                failure.hint(Hint::run(openssl).text(" for its public half"))
            }
            FormatError::PassphraseWrong => failure.hint(
                "pass the right one with `--passphrase-file PATH`, or unset KEYPAIR_PASSPHRASE if it belongs \
                 to another key",
            ),
            _ => failure,
        }
    }

    /// Rejects a key derivation cost.
    pub(super) fn of_cost(cost: CostError, error: &dyn Error) -> Self {
        let option = match cost {
            CostError::Memory { .. } | CostError::MemoryFixed { .. } => "--kdf-memory",
            CostError::Rounds { .. } => "--kdf-rounds",
            CostError::Fixed => "--kdf-rounds or --kdf-memory",
        };
        let failure =
            Self::new(ExitStatus::Usage, format!("invalid value for {option}: {cost}"), error);
        match cost {
            CostError::Fixed => failure.hint("pass `--ppk-version 3` to use Argon2"),
            CostError::MemoryFixed { .. } => failure.hint("pass `--format ppk` to use Argon2"),
            CostError::Memory { .. } | CostError::Rounds { .. } => failure,
        }
    }
}

/// Returns the command that encrypts a PKCS#8 file again. OpenSSL 3 reads DES, RC2 and RC4 only with
/// its legacy provider.
fn openssl(needs_legacy: bool) -> ShellCommand {
    let command = ShellCommand::new("openssl").syntax("pkcs8 -topk8 -in FILE -out NEW");
    if needs_legacy { command.syntax("-provider legacy -provider default") } else { command }
}
