//! PEM files (RFC 7468) and traditional PEM encryption (RFC 1421).

mod block;
mod encryption;

pub(super) use block::{
    ENCRYPTED_PRIVATE_KEY, OPENSSH_PRIVATE_KEY, PRIVATE_KEY, PUBLIC_KEY, PemBlock, PemType,
    RSA_PRIVATE_KEY, RSA_PUBLIC_KEY, is_pem, read, write,
};
pub(super) use encryption::decrypt;
