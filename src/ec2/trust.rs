//! The certificate authorities that a server's certificate may come from, where the user names them.

use std::path::Path;

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::file;
use crate::registry::{Cause, RegistryError};

/// A few hundred authorities, as systems come with them, are 250 KB.
const MOST_BYTES: usize = 16 << 20;

/// Returns the trust in the authorities of a PEM file, and in no others.
pub(super) fn only(path: &Path) -> Result<TlsContext, RegistryError> {
    let unusable =
        |source: Cause| RegistryError::CertificateAuthorities { path: path.to_owned(), source };
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
