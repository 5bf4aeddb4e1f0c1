//! Key pairs for SSH and EC2: made on the user's machine, registered, found, and written in the
//! formats of OpenSSH, OpenSSL and PuTTY.
//!
//! The program `keypair` is [`cli::run`]; everything below [`cli`] can be used without it. This
//! page is the map.
//!
//! # Floors
//!
//! A floor imports lower floors only. A test reads the sources and fails on an arrow that points
//! up, on a cycle, and on a second owner of what has one.
//!
//! | floor | modules | what it knows |
//! |---|---|---|
//! | 8 | `main.rs`, this file | the door |
//! | 7 | [`cli`] | words of the command line → typed request; typed response → text; failure → exit status |
//! | 6 | [`operations`] | one operation a file: typed request → typed response |
//! | 5 | [`local`], `ec2` | a registry in an SQLite file; EC2 as a registry |
//! | 4 | [`registry`], [`agent`] | what every registry does, in EC2's terms; the agents of SSH |
//! | 3 | [`fingerprint`], [`mod@file`], [`child`] | what names a key; the only code that opens files; and that starts programs |
//! | 2 | [`mod@format`] | how a key is written: bytes, no files and no terminal |
//! | 1 | [`key`] | what a key is, and its birth |
//! | 0 | [`secret`], [`interrupt`] | bytes that forget; signals that wait |
//!
//! # Owners
//!
//! Files belong to [`mod@file`], sockets to [`agent`], programs to [`child`], SQL to [`local`], the AWS SDK to `ec2`, the environment to `cli/settings`, the standard
//! streams to `cli/terminal`, sentences and exit codes to `cli/error`, `unsafe` to the vector
//! filters of the prime search, `key/prime/vector`, and to what is asked of Windows about the rights to
//! files and about interruptions, `file/system/windows/calls.rs` and `interrupt/windows.rs`.
//!
//! # What is promised
//!
//! - **A private key file is born complete**, durable and readable by its owner alone, and never
//!   takes another file's place unless told to: see [`mod@file`].
//! - **A pair is whole.** There may be a private key without a registration, never a registration
//!   without its private key, wherever the process is stopped: see [`operations::create`]. A pair that is to
//!   live as long as a command is tagged with its end instead: see [`operations::exec`].
//! - **Secrets forget.** Private numbers, seeds, passphrases and private files live in
//!   [`secret::Secret`] or another type that wipes itself, and cannot be printed. While the command of `exec`
//!   runs, the process has its private key in locked memory or not at all.
//! - **What is typed is parsed.** A [`registry::KeyName`] is legal, a [`key::RsaPublicKey`] is one
//!   that EC2 would accept; nothing below [`cli`] checks twice.
//! - **Errors carry facts.** Each floor has an enum of what can go wrong; only `cli/error`
//!   makes sentences of it.
//!
//! # One command
//!
//! ```text
//! words ─ cli::commands::create ─ cli::settings, cli::input ─ CreateRequest
//!                                                       │ operations::create
//!   key::PrivateKey::generate ─ format::write_private ─ file::Draft ─ Registry::register
//!                                                       │
//! text ─ cli::render ─ cli::commands::create ────────── Created
//! ```
//!
//! # Without the program
//!
//! ```
//! use chacha20::ChaCha20Rng;
//! use keypair::fingerprint;
//! use keypair::format::{Comment, PpkVersion, PrivateFormat, read_private, write_private};
//! use keypair::key::{KeySpecification, PrimeSearch, PrivateKey};
//! use rand::SeedableRng;
//! use rand::rngs::SysRng;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let key = PrivateKey::generate(KeySpecification::Ed25519, PrimeSearch::default())?;
//! let format = PrivateFormat::Ppk(PpkVersion::V3);
//! // Salts and initial vectors come from this one; keys come from the operating system.
//! let mut random = ChaCha20Rng::try_from_rng(&mut SysRng)?;
//! let file = write_private(&key, format, &Comment::new("web")?, None, &mut random)?;
//! let read = read_private(file.expose(), None)?;
//! assert_eq!(fingerprint::ec2_created(&read.key)?, fingerprint::ec2_created(&key)?);
//! # Ok(())
//! # }
//! ```

#![cfg_attr(
    not(feature = "ec2"),
    expect(
        dead_code,
        unused_imports,
        reason = "EC2 needs them; a build with EC2 reports what is unused"
    )
)]

pub mod agent;
mod child;
pub mod cli;
#[cfg(feature = "ec2")]
mod ec2;
mod file;
pub mod fingerprint;
pub mod format;
mod interrupt;
pub mod key;
mod local;
mod operations;
mod registry;
pub mod secret;

#[cfg(test)]
mod vectors;
