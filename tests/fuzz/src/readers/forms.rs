//! The file formats of a key.

use keypair::format::{Comment, read_private, read_public, write_private, write_public};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::invariants::{PRIVATE_FORMATS, PUBLIC_FORMATS};

/// Longer numbers are slow to check and reveal nothing new.
const MAX_BITS: u32 = 1024;

/// Returns a file, and its key in every format if it contains one. Returns nothing for long keys.
pub fn forms(file: &[u8]) -> Vec<Vec<u8>> {
    let comment = Comment::new("a comment").unwrap();
    let mut files = vec![file.to_vec()];
    let Ok(public) = read_public(file) else { return files };
    if public.key.bits() > MAX_BITS {
        return Vec::new();
    }
    files.extend(
        PUBLIC_FORMATS
            .into_iter()
            .filter_map(|form| write_public(&public.key, form, &comment).ok()),
    );
    if let Ok(private) = read_private(file, None) {
        for format in PRIVATE_FORMATS {
            // Without a passphrase, the writer uses no random numbers.
            let mut random = StdRng::seed_from_u64(0);
            let file = write_private(&private.key, format, &comment, None, &mut random).unwrap();
            files.push(file.expose().to_vec());
        }
    }
    files
}
