//! The certificate authorities that a server's certificate may come from, where the user names them.

use std::path::{Path, PathBuf};

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::settings::{CERTIFICATE_FILE, CERTIFICATE_FOLDERS};
use crate::file::{self, FileError};
use crate::registry::{Cause, RegistryError};

/// A few hundred authorities, as systems come with them, are 250 KB.
const MOST_BYTES: usize = 16 << 20;

/// Returns the trust in the authorities of a PEM file, and in no others.
pub(super) fn only(path: &Path) -> Result<TlsContext, RegistryError> {
    let unusable = |source| unusable(path, None, source);
    let pem = file::read_regular(path, MOST_BYTES).map_err(|source| unusable(source.into()))?;
    // The connector panics at what it cannot read.
    let mut authorities = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.expose()) {
        let certificate = certificate.map_err(|_| unusable("it is not PEM".into()))?;
        authorities.add(certificate).map_err(|source| unusable(source.into()))?;
    }
    if authorities.is_empty() {
        return Err(unusable("there is no certificate in it".into()));
    }
    let trusted = TrustStore::empty().with_pem_certificate(pem.expose());
    let context = TlsContext::builder().with_trust_store(trusted).build();
    context.map_err(|source| unusable(source.into()))
}

/// Checks the file and the folders that take the place of the authorities of the system. The SDK opens whatever
/// has their names, and reads it to its end.
pub(super) fn check_system(file: Option<&Path>, folders: &[PathBuf]) -> Result<(), RegistryError> {
    if let Some(path) = file {
        let unusable = |source| unusable(path, Some(CERTIFICATE_FILE), source);
        let pem = file::read_regular(path, MOST_BYTES).map_err(|source| unusable(source.into()))?;
        // The SDK passes over certificates that it does not understand.
        let certificates = CertificateDer::pem_slice_iter(pem.expose()).filter_map(Result::ok);
        let (valid, _) = RootCertStore::empty().add_parsable_certificates(certificates);
        if valid == 0 && folders.is_empty() {
            return Err(unusable("there is no certificate in it".into()));
        }
    }
    for path in folders {
        match file::check_directory(path, MOST_BYTES) {
            // A list can name folders that only other systems have.
            Err(FileError::MissingDirectory { .. }) if file.is_some() || folders.len() > 1 => {}
            checked => checked
                .map_err(|source| unusable(path, Some(CERTIFICATE_FOLDERS), source.into()))?,
        }
    }
    Ok(())
}

fn unusable(path: &Path, variable: Option<&'static str>, source: Cause) -> RegistryError {
    RegistryError::CertificateAuthorities { path: path.to_owned(), variable, source }
}
