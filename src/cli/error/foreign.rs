//! Remedies for formats that are not read.

use super::Hint;
use crate::cli::shell::ShellCommand;
use crate::format::ForeignFormat;

/// Returns the commands that convert a file, or other advice.
pub(super) fn remedy(format: ForeignFormat) -> Hint {
    let openssl = || ShellCommand::new("openssl");
    let command = match format {
        ForeignFormat::Dropbear => {
            ShellCommand::new("dropbearconvert").syntax("dropbear openssh FILE NEW")
        }
        ForeignFormat::Jks => {
            let keytool = ShellCommand::new("keytool").syntax(
                "-importkeystore -srckeystore FILE -destkeystore P12 -deststoretype PKCS12",
            );
            let convert = openssl().syntax("pkcs12 -in P12 -nocerts -out NEW");
            return Hint::run(keytool).text(", then ").command(convert);
        }
        ForeignFormat::Jwk => ShellCommand::new("node").word("-e").word(JWK_TO_PKCS8),
        ForeignFormat::MsBlob => openssl().syntax("rsa -inform MSBLOB -in FILE -out NEW"),
        ForeignFormat::OpenPgp => {
            let import = ShellCommand::new("gpg").syntax("--import FILE");
            let export = ShellCommand::new("gpg").word("--export-ssh-key").word("ID!");
            let hint = Hint::run(import).text(", then ").command(export);
            return hint.text(" with the ID of an RSA or ED25519 key, for the public key");
        }
        ForeignFormat::Pkcs12 => openssl().syntax("pkcs12 -in FILE -nocerts -out NEW"),
        ForeignFormat::Pvk => {
            openssl().syntax("rsa -inform PVK -in FILE -out NEW -provider legacy -provider default")
        }
        ForeignFormat::SshCom => {
            ShellCommand::new("puttygen").syntax("FILE -O private-openssh-new -o NEW")
        }
        ForeignFormat::Pkcs7 => return "pass the key file: this one contains certificates".into(),
        ForeignFormat::Ssh1 => return "create a new key: SSH-2 accepts no SSH-1 keys".into(),
    };
    Hint::run(command).text(" to convert it")
}

/// Writes the file with mode 0600. OpenSSL does not read JWK.
const JWK_TO_PKCS8: &str = "f=require(\"fs\");f.writeFileSync(\"NEW\",require(\"crypto\")\
                            .createPrivateKey({key:JSON.parse(f.readFileSync(\"FILE\")),format:\"jwk\"})\
                            .export({type:\"pkcs8\",format:\"pem\"}),{mode:0o600})";
