//! Limits on the key derivation cost that a file may choose.

use super::made::*;
use super::refusal;

/// Excessive costs must be rejected before the derivation starts, like meaningless parameters.
#[test]
fn excessive_or_invalid_costs_fail_at_once() {
    let pbkdf2 = |rounds: &[u8], more: &[u8]| {
        let fields = sequence(&[&octets(b"saltsalt"), rounds, more]);
        pkcs8(&algorithm(PBKDF2, &fields))
    };
    let scrypt = |cost: u128, block: u128, lanes: u128, more: &[u8]| {
        let [cost, block, lanes] = [cost, block, lanes].map(number);
        let fields = sequence(&[&octets(b"saltsalt"), &cost, &block, &lanes, more]);
        pkcs8(&algorithm(SCRYPT, &fields))
    };
    let long_salt = |identifier, numbers: &[u128]| {
        let numbers = numbers.iter().map(|&value| number(value)).collect::<Vec<_>>().concat();
        pkcs8(&algorithm(identifier, &sequence(&[&octets(&[1; 1025]), &numbers])))
    };
    let openssh = |rounds| Container::encrypted("aes256-ctr", bcrypt(&[1; 16], rounds)).file();
    for (file, fault) in [
        (pbkdf2(&number(0), b""), "KeyDerivationValue { parameter: \"number of PBKDF2 rounds\" }"),
        (
            pbkdf2(&number(2_000_001), b""),
            "KeyDerivationCost { parameter: \"PBKDF2 rounds\", found: 2000001, max",
        ),
        (pbkdf2(&number(u32::MAX.into()), b""), "KeyDerivationCost"),
        (pbkdf2(&number(u64::MAX.into()), b""), "KeyDerivationCost"),
        (pbkdf2(&number(u128::MAX), b""), "Der {"),
        (pbkdf2(b"\x02\x01\xff", b""), "Der {"),
        (pbkdf2(b"\x02\x00", b""), "Der {"),
        (pbkdf2(&number(1000), &number(16)), "KeyDerivationValue { parameter: \"key length\" }"),
        (pbkdf2(&number(1000), &number(u64::MAX.into())), "KeyDerivationValue"),
        (pbkdf2(&number(1000), &algorithm(b"\x2a\x03", b"\x05\0")), "KeyDerivationUnknown"),
        (scrypt(0, 8, 1, b""), "KeyDerivationValue { parameter: \"scrypt cost\" }"),
        (scrypt(1, 8, 1, b""), "KeyDerivationValue"),
        (scrypt(3, 8, 1, b""), "KeyDerivationValue"),
        (scrypt(16384, 0, 1, b""), "KeyDerivationValue"),
        (scrypt(16384, 8, 0, b""), "KeyDerivationValue"),
        (
            scrypt(1 << 17, 8, 1, b""),
            "KeyDerivationCost { parameter: \"MiB of scrypt memory\", found: 128, max: 64 }",
        ),
        (scrypt(1 << 63, 8, 1, b""), "KeyDerivationCost"),
        (scrypt(2, 1 << 62, 1, b""), "KeyDerivationCost"),
        (scrypt(2, 1, 1 << 63, b""), "KeyDerivationCost"),
        (scrypt(1 << 16, 1, 33, b""), "KeyDerivationCost { parameter: \"scrypt steps\""),
        (scrypt(2, 1 << 19, 2, b""), "KeyDerivationCost"),
        (scrypt(16384, 8, 1, &number(31)), "KeyDerivationValue { parameter: \"key length\" }"),
        (scrypt(2, 1025, 1, b""), "KeyDerivationCost { parameter: \"scrypt blocks\""),
        (
            long_salt(PBKDF2, &[1]),
            "KeyDerivationCost { parameter: \"bytes of salt\", found: 1025, max",
        ),
        (long_salt(SCRYPT, &[2, 1, 1]), "KeyDerivationCost { parameter: \"bytes of salt\""),
        (
            Container::encrypted("aes256-ctr", bcrypt(&[1; 1025], 1)).file(),
            "KeyDerivationCost { parameter: \"bytes of salt\"",
        ),
        (openssh(0), "KeyDerivationValue { parameter: \"number of bcrypt rounds\" }"),
        (
            openssh(1001),
            "KeyDerivationCost { parameter: \"bcrypt rounds\", found: 1001, max: 1000 }",
        ),
        (openssh(u32::MAX), "KeyDerivationCost"),
        (
            ppk("Argon2-Memory", "65537"),
            "KeyDerivationCost { parameter: \"KiB of Argon2 memory\", found: 65537, max: 65536 }",
        ),
        (ppk("Argon2-Memory", "4294967295"), "KeyDerivationCost"),
        (ppk("Argon2-Memory", "4294967296"), "PpkValue { header: \"Argon2-Memory\" }"),
        (ppk("Argon2-Memory", "-1"), "PpkValue"),
        (ppk("Argon2-Memory", "0"), "Argon2 { source: MemoryTooLittle }"),
        (ppk("Argon2-Memory", "7"), "Argon2"),
        (ppk("Argon2-Passes", "0"), "Argon2 { source: TimeTooSmall }"),
        (
            ppk("Argon2-Passes", "100000"),
            "KeyDerivationCost { parameter: \"KiB of Argon2 memory in all passes\"",
        ),
        (ppk("Argon2-Passes", "4294967295"), "KeyDerivationCost"),
        (ppk("Argon2-Parallelism", "0"), "Argon2 { source: ThreadsTooFew }"),
        (
            ppk("Argon2-Parallelism", "65"),
            "KeyDerivationCost { parameter: \"Argon2 lanes\", found: 65, max: 64 }",
        ),
        (
            ppk("Argon2-Salt", &"00".repeat(1025)),
            "KeyDerivationCost { parameter: \"bytes of salt\"",
        ),
        (ppk("Argon2-Parallelism", "4294967295"), "KeyDerivationCost"),
        (ppk("Argon2-Salt", ""), "Argon2 { source: SaltTooShort }"),
        (ppk("Argon2-Salt", "abc"), "PpkValue { header: \"Argon2-Salt\" }"),
        (ppk("Argon2-Salt", "0x"), "PpkValue"),
        (ppk("Key-Derivation", "Argon2"), "PpkValue { header: \"Key-Derivation\" }"),
    ] {
        refusal(&file, fault);
    }
}

/// Costs within the limits are computed. The files are made up, so the passphrase is always wrong.
#[test]
fn minimum_costs_are_computed() {
    let pbkdf2 = sequence(&[&octets(b""), &number(1)]);
    let scrypt = sequence(&[&octets(b""), &number(2), &number(1), &number(1)]);
    for file in [
        pkcs8(&algorithm(PBKDF2, &pbkdf2)),
        pkcs8(&algorithm(SCRYPT, &scrypt)),
        Container::encrypted("aes256-ctr", bcrypt(&[1], 1)).file(),
        ppk("Argon2-Passes", "1"),
        ppk("Argon2-Memory", "8"),
        ppk("Argon2-Parallelism", "4"),
    ] {
        refusal(&file, "PassphraseWrong");
    }
}
