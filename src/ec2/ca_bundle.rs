//! The certificate authorities that the user chooses to trust.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::settings::{CERTIFICATE_DIRECTORIES, CERTIFICATE_FILE};
use crate::file::{self, FileError};
use crate::registry::{Cause, RegistryError};

/// The few hundred authorities of a system are 250 KB.
const MAX_BYTES: usize = 16 << 20;

/// The certificate authorities that a client trusts.
#[derive(Clone, Debug)]
pub(super) struct Trusted {
    pub(super) context: TlsContext,
    /// The certificates of a bundle that the user names. A server may present one of them.
    pub(super) named: Vec<CertificateDer<'static>>,
}

/// Trusts only the authorities in a PEM file.
pub(super) fn from_file(path: &Path) -> Result<Trusted, RegistryError> {
    let unusable = |source| unusable(path, None, source);
    let pem = file::read_regular(path, MAX_BYTES).map_err(|source| unusable(source.into()))?;
    // The connector panics at an invalid certificate.
    let mut authorities = RootCertStore::empty();
    let mut named = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem.expose()) {
        let certificate = certificate.map_err(|_| unusable("it is not PEM".into()))?;
        named.push(certificate.clone());
        authorities.add(certificate).map_err(|source| unusable(source.into()))?;
    }
    if authorities.is_empty() {
        return Err(unusable("it contains no certificate".into()));
    }
    let store = TrustStore::empty().with_pem_certificate(pem.expose());
    let context = TlsContext::builder().with_trust_store(store).build();
    let context = context.map_err(|source| unusable(source.into()))?;
    Ok(Trusted { context, named })
}

/// Trusts only the certificates in the file and directories that replace the authorities of the
/// system. Returns `None` if neither is set. The SDK would open pipes and devices.
pub(super) fn from_variables(
    file: Option<&Path>,
    directories: &[PathBuf],
) -> Result<Option<Trusted>, RegistryError> {
    if file.is_none() && directories.is_empty() {
        return Ok(None);
    }
    let mut certificates = HashSet::new();
    if let Some(path) = file {
        let unusable = |source| unusable(path, Some(CERTIFICATE_FILE), source);
        let pem = file::read_regular(path, MAX_BYTES).map_err(|source| unusable(source.into()))?;
        certificates.extend(valid_certificates(pem.expose()));
        if certificates.is_empty() && directories.is_empty() {
            return Err(unusable("it contains no certificate".into()));
        }
    }
    for path in directories {
        match file::read_directory(path, MAX_BYTES) {
            Ok(files) => {
                certificates.extend(files.iter().flat_map(|pem| valid_certificates(pem.expose())));
            }
            // A list may contain directories that exist on other systems only.
            Err(FileError::MissingDirectory { .. }) if file.is_some() || directories.len() > 1 => {}
            Err(source) => {
                return Err(unusable(path, Some(CERTIFICATE_DIRECTORIES), source.into()));
            }
        }
    }
    let mut store = TrustStore::empty();
    for certificate in certificates {
        let text = STANDARD.encode(certificate);
        let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        store.add_pem_certificate(pem);
    }
    let context = TlsContext::builder().with_trust_store(store).build();
    let context = context.map_err(|source| RegistryError::Settings(source.into()))?;
    Ok(Some(Trusted { context, named: Vec::new() }))
}

/// Returns the valid certificates in a PEM file: the connector would panic at the others.
fn valid_certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    let certificates = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok);
    certificates.filter(|found| RootCertStore::empty().add(found.clone()).is_ok()).collect()
}

fn unusable(path: &Path, variable: Option<&'static str>, source: Cause) -> RegistryError {
    RegistryError::CertificateAuthorities { path: path.to_owned(), variable, source }
}
