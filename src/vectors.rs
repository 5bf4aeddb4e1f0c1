//! The test vectors of `tests/vectors/`.

use std::path::Path;

/// Returns the bytes of a file, such as `keys/pass`.
#[expect(clippy::disallowed_methods, reason = "tests read their vectors")]
pub(crate) fn read(name: &str) -> Vec<u8> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    std::fs::read(directory.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Returns the DER contents of a PEM file.
pub(crate) fn read_pem(name: &str) -> Vec<u8> {
    pem::parse(read(name)).unwrap().into_contents()
}

/// Returns the name and the expected verdict of each file in a directory.
pub(crate) fn verdicts(directory: &str) -> Vec<(String, String)> {
    let table = String::from_utf8(read(&format!("{directory}/VERDICTS.tsv"))).unwrap();
    let rows = table.lines().map(|row| row.split_once('\t').unwrap());
    rows.map(|(name, verdict)| (name.to_owned(), verdict.to_owned())).collect()
}
