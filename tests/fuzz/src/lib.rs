//! The entry point of the fuzz targets for libFuzzer.
//!
//! [`readers`] processes the bytes. The test suite of keypair includes that module too.

pub mod readers;
pub mod seeds;

pub use libfuzzer_sys;

/// Defines a libFuzzer target for the reader with this name.
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        $crate::libfuzzer_sys::fuzz_target!(
            init: $crate::seeds::write_if_asked($name),
            |bytes: &[u8]| {
                $crate::readers::read($name, bytes);
            }
        );
    };
}
