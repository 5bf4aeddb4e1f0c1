//! The invariants of the readers for any input.

use std::error::Error;
use std::time::Duration;

use keypair::format::{
    Comment, DetectedFormat, FormatError, PpkVersion, PrivateFile, PrivateFormat, PublicFormat,
    der, read_private, read_public, write_private, write_public,
};
use keypair::key::{PrivateKey, PublicKey};
use keypair::secret::Secret;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rustix::time::{ClockId, clock_gettime};

pub const PRIVATE_FORMATS: [PrivateFormat; 5] = [
    PrivateFormat::Pem,
    PrivateFormat::Openssh,
    PrivateFormat::Pkcs8,
    PrivateFormat::Ppk(PpkVersion::V2),
    PrivateFormat::Ppk(PpkVersion::V3),
];
pub const PUBLIC_FORMATS: [PublicFormat; 5] = [
    PublicFormat::Openssh,
    PublicFormat::Rfc4716,
    PublicFormat::Spki,
    PublicFormat::Pkcs1,
    PublicFormat::Der,
];

const MAX_TIME: Duration = Duration::from_secs(1);
const MAX_ERROR_CHARACTERS: usize = 300;
/// Nine bytes in base64, or eight in hexadecimal.
const MIN_BASE64: usize = 12;
const MIN_HEXADECIMAL: usize = 16;

/// Reads a file as a public and as a private key. Returns whether it contains a key. Panics if the
/// results contradict each other or an error reveals the file.
pub fn hold(file: &[u8], passphrase: Option<&Secret>) -> bool {
    let public = in_time(|| read_public(file));
    let private = in_time(|| read_private(file, passphrase));
    for error in [public.as_ref().err(), private.as_ref().err()].into_iter().flatten() {
        tells_nothing(error, file);
    }
    if let Ok(public) = &public {
        is_written_and_read(&public.key);
        if !public.source.is_private() {
            assert!(matches!(private, Err(FormatError::NotPrivate)), "{private:?}");
        }
    }
    let Ok(private) = private else {
        return public.is_ok_and(|public| !public.source.is_private());
    };
    match public {
        Ok(public) => {
            assert!(private.key.public() == public.key, "the readers see different keys");
            assert_eq!(private.source, public.source);
            if !matches!(public.source, DetectedFormat::OpensshPrivate { encrypted: true }) {
                assert_eq!(private.comment, public.comment);
            }
        }
        Err(FormatError::PemEncrypted | FormatError::Pkcs8Encrypted) => {}
        Err(error) => panic!("a private key, and no public one: {error:?}"),
    }
    is_private_written_and_read(&private);
    true
}

/// Runs a reader. Panics if it uses more than one second of CPU time.
pub fn in_time<T>(read: impl Fn() -> T) -> T {
    let start = processor_time();
    let answer = read();
    let taken = processor_time() - start;
    assert!(taken < MAX_TIME, "a reader took {taken:?}");
    answer
}

/// Returns the CPU time of this thread.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

fn is_written_and_read(key: &PublicKey) {
    let comment = Comment::new("a comment").unwrap();
    for format in PUBLIC_FORMATS {
        match (write_public(key, format, &comment), key, format) {
            (Err(FormatError::Pkcs1NotRsa), PublicKey::Ed25519(_), PublicFormat::Pkcs1) => {}
            (file, ..) => {
                let read = read_public(&file.unwrap()).unwrap();
                assert!(read.key == *key, "{format:?}");
            }
        }
    }
}

fn is_private_written_and_read(file: &PrivateFile) {
    let numbers = |key: &PrivateKey| der::pkcs8_private(key).unwrap();
    let expected = numbers(&file.key);
    let comment = file.comment.clone().unwrap_or_default();
    // Nothing is drawn without a passphrase.
    let mut random = StdRng::seed_from_u64(0);
    for format in PRIVATE_FORMATS {
        let written = write_private(&file.key, format, &comment, None, &mut random).unwrap();
        let read = read_private(written.expose(), None).unwrap();
        assert!(numbers(&read.key).expose() == expected.expose(), "{format:?}");
        if read.source.to_string().contains("PuTTY") {
            assert_eq!(read.comment, file.comment, "{format:?}");
        }
    }
}

/// Checks that an error is short and contains nothing of the file.
fn tells_nothing(error: &FormatError, file: &[u8]) {
    let mut texts = vec![format!("{error:?}")];
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(error) = cause {
        texts.push(error.to_string());
        cause = error.source();
    }
    for text in texts {
        assert!(text.len() < MAX_ERROR_CHARACTERS, "an error of {} characters", text.len());
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
        for word in text.as_bytes().split(|byte| !is_base64(byte)) {
            let digits = word.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
            // The cost of a derivation in a file appears in decimal and has 64 bits.
            let decimal = word.len() <= 20 && word.iter().all(u8::is_ascii_digit);
            let digits = if decimal { 0 } else { digits };
            assert!(digits < MIN_HEXADECIMAL, "an error with {digits} hexadecimal digits");
            let told = word.len() >= MIN_BASE64
                && !is_name(word)
                && word.windows(MIN_BASE64).any(|part| contains(file, part));
            assert!(!told, "an error has {} characters of the file", word.len());
        }
        let numbers = text.split(", ").filter(|word| word.parse::<u8>().is_ok()).count();
        assert!(numbers < 8, "an error with a list of {numbers} bytes");
    }
}

/// Returns whether a word is a name from this program, such as `Ed25519Length`. If a fuzzer writes
/// such a name into a file, an error may contain the same name.
fn is_name(word: &[u8]) -> bool {
    let mut digits = word.chunk_by(|one, other| one.is_ascii_digit() == other.is_ascii_digit());
    let runs = digits.by_ref().filter(|run| run.iter().all(u8::is_ascii_digit)).count();
    let capitals = word.windows(2).any(|pair| pair.iter().all(u8::is_ascii_uppercase));
    runs < 2 && !capitals && word.iter().all(u8::is_ascii_alphanumeric)
}

fn contains(file: &[u8], part: &[u8]) -> bool {
    file.windows(part.len()).any(|window| window == part)
}
