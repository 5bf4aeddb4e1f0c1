//! Runs the programs that read key files, and compares their results with the key.
//!
//! The name of a file describes its content: `private-` or `public-`, the format, `-encrypted` if
//! it is protected by [`PASSPHRASE`], and the key type. The programs in `tests/peers/` print a line
//! for each library and file with three fields separated by tabs. The fields are the library, the
//! file, and the numbers, as in `n=c4… e=010001 d=… p=… q=…` or `public=d7… seed=9d…`. After a
//! failure, the third field is `!` and the reason.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use crate::support::home::Home;
use crate::support::run::{Launch, Run};

pub(super) const PASSPHRASE: &str = "correct horse";

/// The programs that the package manager of the system installs, in any version.
pub(super) const SYSTEM: [&str; 3] = ["ssh-keygen", "openssl", "puttygen"];

/// The programs that `tests/run` installs in a pinned version.
pub(super) const PINNED: [&str; 7] =
    ["cryptography", "asyncssh", "paramiko", "pycryptodomex", "sshpk", "ssh-key", "picky"];

/// The numbers of a key by name, in hexadecimal. See [`comparable`].
type Numbers = BTreeMap<String, String>;

/// The known key that every file of its type must contain.
pub(super) struct Known {
    pub(super) key_type: &'static str,
    numbers: Numbers,
    /// The type and base64 data in OpenSSH's format.
    public_line: String,
}

impl Known {
    /// Reads the file `key_type` with OpenSSL. `public_line` is its public key in OpenSSH's format.
    pub(super) fn new(home: &Home, key_type: &'static str, public_line: &str) -> Self {
        let numbers = read_with_openssl(home, key_type).unwrap();
        let words: Vec<_> = public_line.split_whitespace().take(2).collect();
        Self { key_type, numbers, public_line: words.join(" ") }
    }

    /// Returns whether the numbers match the key and include all numbers in a file of this name.
    fn has(&self, file: &str, numbers: &Numbers) -> bool {
        let is_public = |name: &str| matches!(name, "n" | "e" | "public");
        let expected = self.numbers.iter();
        let expected = expected.filter(|(name, _)| file.starts_with("private-") || is_public(name));
        expected.eq(numbers)
    }
}

/// For each program and file, whether the program read the key.
#[derive(Default)]
pub(super) struct Readings {
    asked: BTreeSet<(String, String)>,
    read: BTreeSet<(String, String)>,
}

impl Readings {
    /// Runs every program on the files in the working directory of `home`.
    pub(super) fn take(home: &Home, keys: &[Known], files: &[String]) -> Self {
        home.write("pass", PASSPHRASE);
        home.write("none", "");
        home.write("askpass", format!("#!/bin/sh\necho '{PASSPHRASE}'\n"));
        home.shell("chmod 700 askpass; printf message > message").success();
        let mut readings = Self::default();
        for file in files {
            let key = keys.iter().find(|key| file.ends_with(key.key_type)).unwrap();
            home.write("signers", format!("me {}", key.public_line));
            let numbers = read_with_openssl(home, file);
            let openssl = numbers.is_some_and(|numbers| key.has(file, &numbers));
            readings.add("openssl", file, openssl);
            readings.add("ssh-keygen", file, read_with_ssh_keygen(home, file, key));
            readings.add("puttygen", file, read_with_puttygen(home, file, key));
        }
        for run in [read_with_python(home, files), read_with_node(home, files)] {
            readings.add_printed(&run, keys);
        }
        // These two programs are tested only with PuTTY's own format.
        let ppk = files.iter().filter(|file| file.contains("-ppk"));
        let launch = home.launch("read-ppk").args([PASSPHRASE]).args(ppk);
        readings.add_printed(&launch.run().success(), keys);
        readings
    }

    fn add(&mut self, program: &str, file: &str, read: bool) {
        let reading = (program.to_owned(), file.to_owned());
        if read {
            self.read.insert(reading.clone());
        }
        self.asked.insert(reading);
    }

    fn add_printed(&mut self, run: &Run, keys: &[Known]) {
        for line in run.text().lines() {
            let fields: Vec<_> = line.split('\t').collect();
            let [program, file, found] = fields[..] else { panic!("three fields: {line}") };
            assert!(PINNED.contains(&program), "{line}");
            let key = keys.iter().find(|key| file.ends_with(key.key_type)).unwrap();
            let read = key.has(file, &numbers_in_words(found));
            if !read {
                eprintln!("{line}");
            }
            self.add(program, file, read);
        }
    }

    /// Returns whether the program read the file, or `None` if it was not tested.
    pub(super) fn of(&self, program: &str, file: &str) -> Option<bool> {
        let reading = (program.to_owned(), file.to_owned());
        self.asked.contains(&reading).then(|| self.read.contains(&reading))
    }
}

/// Normalizes numbers: removes leading zeros and sorts the primes, which some programs swap.
fn comparable<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Numbers {
    let digits = |digits: &str| digits.trim_start_matches('0').to_owned();
    let mut numbers: Numbers =
        pairs.map(|(name, number)| (name.to_owned(), digits(number))).collect();
    if let (Some(p), Some(q)) = (numbers.remove("p"), numbers.remove("q")) {
        let smaller_first = (p.len(), &p) < (q.len(), &q);
        let (p, q) = if smaller_first { (p, q) } else { (q, p) };
        numbers.extend([("p".to_owned(), p), ("q".to_owned(), q)]);
    }
    numbers
}

fn numbers_in_words(words: &str) -> Numbers {
    comparable(words.split(' ').filter_map(|word| word.split_once('=')))
}

fn read_with_openssl(home: &Home, file: &str) -> Option<Numbers> {
    let public = file.starts_with("public-").then_some("-pubin");
    let arguments = ["pkey", "-text", "-noout", "-in", file, "-passin"];
    let password = format!("pass:{PASSPHRASE}");
    let run = home.launch("openssl").args(arguments).args([&password]).args(public).run();
    (run.code == Some(0)).then(|| numbers_in_text(run.text()))
}

/// Parses the output of `openssl pkey -text`: a name and a colon, then indented lines of digits.
fn numbers_in_text(text: &str) -> Numbers {
    let mut numbers = Numbers::new();
    let mut name = "";
    for line in text.lines() {
        if line.starts_with(' ') {
            let digits = line.trim().replace(':', "");
            numbers.entry(name.to_owned()).or_default().push_str(&digits);
        } else if let Some((title, value)) = line.split_once(':') {
            name = match title {
                "modulus" | "Modulus" => "n",
                "publicExponent" | "Exponent" => "e",
                "privateExponent" => "d",
                "prime1" => "p",
                "prime2" => "q",
                "pub" => "public",
                "priv" => "seed",
                _ => "",
            };
            // A small number is on the same line: `65537 (0x10001)`.
            if let Some((_, digits)) = value.split_once("(0x") {
                numbers.insert(name.to_owned(), digits.trim_end_matches(')').to_owned());
            }
        }
    }
    numbers.remove("");
    comparable(numbers.iter().map(|(name, digits)| (name.as_str(), digits.as_str())))
}

/// Returns whether `script` succeeds and prints the line of the key.
fn prints(home: &Home, key: &Known, script: &str) -> bool {
    let run = home.shell(&format!("set -e\n{script}"));
    let words: Vec<_> = run.stdout.split(u8::is_ascii_whitespace).take(2).collect();
    run.code == Some(0) && words.join(&b' ') == key.public_line.as_bytes()
}

/// Signs with a private key file, verifies with the known key, and prints the public key. A
/// signature depends on the seed of an ED25519 key, unlike the public key.
fn signing(file: &str) -> String {
    format!(
        "export SSH_ASKPASS=./askpass SSH_ASKPASS_REQUIRE=force
         rm -f message.sig
         ssh-keygen -q -Y sign -f {file} -n test message
         ssh-keygen -q -Y verify -f signers -I me -n test -s message.sig < message > verdict
         ssh-keygen -y -f {file} -P '{PASSPHRASE}'"
    )
}

fn read_with_ssh_keygen(home: &Home, file: &str, key: &Known) -> bool {
    if file.starts_with("private-") {
        // For other formats than OpenSSH's, it signs if the public key is in a separate file. Next
        // to a public key file it would read that one instead.
        home.write(&format!("{file}.pub"), &key.public_line);
        return prints(home, key, &signing(file));
    }
    // It detects a public key line, but needs an option for other formats.
    let line = format!("ssh-keygen -e -f {file} > exported; ssh-keygen -i -f exported");
    prints(home, key, &line)
        || ["RFC4716", "PKCS8", "PEM"]
            .iter()
            .any(|format| prints(home, key, &format!("ssh-keygen -i -m {format} -f {file}")))
}

fn read_with_puttygen(home: &Home, file: &str, key: &Known) -> bool {
    if file.starts_with("public-") {
        return prints(home, key, &format!("puttygen {file} -O public-openssh"));
    }
    home.write("opened.pub", &key.public_line);
    let open = format!(
        "rm -f opened
         puttygen {file} --old-passphrase pass --new-passphrase none --reencrypt \
             -O private-openssh-new -o opened"
    );
    prints(home, key, &format!("{open}\n{}", signing("opened")))
}

fn program_in_peers(home: &Home, interpreter: &str, script: &str, files: &[String]) -> Launch {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(script);
    let launch = home.launch(interpreter).args([script.as_os_str(), PASSPHRASE.as_ref()]);
    // Each program reads about thirty files and derives keys in JavaScript or Python.
    launch.args(files).limit(Duration::from_secs(180))
}

fn read_with_python(home: &Home, files: &[String]) -> Run {
    program_in_peers(home, "python", "read_keys.py", files).run().success()
}

fn read_with_node(home: &Home, files: &[String]) -> Run {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers/npm/node_modules");
    let launch = program_in_peers(home, "node", "read_keys.js", files);
    launch.env("NODE_PATH", modules).run().success()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_key_and_partial_key_do_not_match() {
        let numbers = numbers_in_words("n=00c4 e=010001 d=0a p=05 q=07");
        let known = Known { key_type: "rsa", numbers, public_line: String::new() };
        for (words, private, public) in [
            ("n=c4 e=10001 d=a p=7 q=5", true, false),
            ("n=c4 e=10001 d=b p=7 q=5", false, false),
            ("n=c5 e=10001 d=a p=7 q=5", false, false),
            ("n=c4 e=10001", false, true),
            ("n=c4 e=3", false, false),
            ("! not a key = file", false, false),
        ] {
            let numbers = numbers_in_words(words);
            assert_eq!(known.has("private-pkcs1-rsa", &numbers), private, "{words}");
            assert_eq!(known.has("public-pkcs1-rsa", &numbers), public, "{words}");
        }
    }
}
