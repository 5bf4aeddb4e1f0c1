//! Composite numbers that pass many primality tests, as test input for ours.

use num_bigint::BigUint;

/// Arnault's number of 397 digits (J. Symbolic Computation 20, 1995, pages 151 to 161). It is a
/// Carmichael number p · (313 (p − 1) + 1) · (353 (p − 1) + 1) and a strong pseudoprime to every
/// prime base below 307.
pub(crate) fn arnault() -> BigUint {
    let p = "29674495668685510550154174642905332730771991799853043350995075531276838753171770199594238596428\
             121188033664754218345562493168782883";
    let before = p.parse::<BigUint>().unwrap() - 1_u8;
    (&before + 1_u8) * (&before * 313_u32 + 1_u8) * (&before * 353_u32 + 1_u8)
}

/// A number p (2p − 1) of 1024 bits with two prime factors: a strong pseudoprime to base 2 and to
/// three of sixteen bases.
pub(in crate::key) fn of_1024_bits() -> BigUint {
    from_hexadecimal(
        "f5651fd2ccd8582692f229167d747f0f4004a63ea7f5b3e58fb79959ce1fdfd936c4ad8924515f31e8cd5bd942\
          4e1a7c48c651e8e564a62762819bbf61d9bfc49a0b59a1fe786a07b471bb3e10d9818cf80ac33957cfef89e38d\
          515e98192ecc92d261676a1622bd42b1b195e8fd9df26f0d9cb665283303eea694b205ed86d5",
    )
}

/// Same construction as [`of_1024_bits`], with 1536 bits.
pub(in crate::key) fn of_1536_bits() -> BigUint {
    from_hexadecimal(
        "c210fdb7966f2da1b7d440b33c11d8f8a4af122f743f84d4722ead1bac027e8e217227b90c7e6ca538171eeb50\
          7d02cd00bbc625bc61027ae3bc059ba2dd50ac35ae790f433ac703688fde3c7326556fe115e07b4cf7ba7d5344\
          90dfd092717b4f389a94efe7489f2c5e33377d76090039c071fd0b8952f58476aa1bf66c8284d4a519b75365a5\
          7aa68caa449c3d944a2808052185966d208dbb6967e4eafb12b87b94986c8ab0ef7e6cf6034befe17b59d86218\
          41ed1a720c288e71efc90a3d",
    )
}

fn from_hexadecimal(digits: &str) -> BigUint {
    BigUint::parse_bytes(digits.as_bytes(), 16).unwrap()
}
