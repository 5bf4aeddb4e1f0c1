//! The frame of the fuzz targets: what libFuzzer calls.
//!
//! What a target does to its bytes is in [`readers`], which the test suite of keypair includes too.

pub mod readers;
pub mod seeds;

pub use libfuzzer_sys;

/// Makes a program of libFuzzer's out of the reader of this name.
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
