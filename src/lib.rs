//! Key pairs for SSH and EC2: made on the user's machine, registered, and converted between the
//! formats of OpenSSH, OpenSSL and PuTTY.
//!
//! The program `keypair` is [`cli::run`]. The modules below [`cli`] do not depend on it. This page is
//! the map of the source.
//!
//! # Floors
//!
//! A floor imports only lower floors. The test `layers` reads the sources and fails on an upward
//! import, on a cycle, and on a second owner.
//!
//! | floor | modules | contents |
//! |---|---|---|
//! | 8 | `main.rs`, this file | entry point |
//! | 7 | [`cli`] | command line → request; response → text; failure → exit status |
//! | 6 | [`operations`] | one operation per file: request → response |
//! | 5 | [`local`], `ec2`, [`regions`] | a registry in an SQLite file; EC2 as a registry; several registries as one |
//! | 4 | [`registry`], [`agent`], [`child`], `profile` | interface of all registries, in EC2's terms; ssh-agents; child processes; the AWS CLI's files |
//! | 3 | [`fingerprint`], [`mod@file`], [`relay`] | fingerprints; file access; TCP connections |
//! | 2 | [`mod@format`] | key formats: bytes only, no files and no terminal |
//! | 1 | [`key`] | keys and their generation |
//! | 0 | [`secret`], [`interrupt`] | bytes that are wiped; signals |
//!
//! # Owners
//!
//! Each of these has one owner: files [`mod@file`], sockets [`agent`], child processes [`child`], TCP [`relay`], SQL
//! [`local`], the AWS SDK `ec2`, the environment `cli/settings`, the standard streams `cli/terminal`,
//! exit codes and the wording of errors `cli/error`. `unsafe` is allowed in the vector filters of the
//! prime search, `key/prime/vector`, and in two modules of Windows calls,
//! `file/system/windows/calls.rs` and `interrupt/windows.rs`.
//!
//! # Guarantees
//!
//! - **A private key file appears complete**, durable and readable only by its owner. It replaces
//!   another file only on request: see [`mod@file`].
//! - **A pair is complete.** Wherever the process is stopped, a private key may lack its registration,
//!   but a registration never lacks its private key: see [`operations::create`]. A temporary pair
//!   carries an expiry tag instead: see [`operations::exec`].
//! - **Secrets are wiped.** Private numbers, seeds, passphrases and private files live in
//!   [`secret::Secret`] or another type that wipes itself and cannot be printed. The AWS SDK copies a
//!   private key for Parameter Store; the allocator of the program wipes its buffers. While `exec` runs its
//!   command, the process has the private key only in locked memory, or not at all.
//! - **Input is parsed.** A [`registry::KeyName`] is legal, and EC2 accepts every
//!   [`key::RsaPublicKey`]. Nothing below [`cli`] checks again.
//! - **Errors carry facts.** Each floor has its own enums of errors. `cli` words them.
//!
//! # One command
//!
//! ```text
//! words ─ cli::commands::create ─ cli::settings, cli::input ─ CreateRequest
//!                                                       │ operations::create
//!   key::PrivateKey::generate ─ format::write_private ─ file::Draft ─ Registry::register
//!                                                       │
//! text ─ cli::output ─ cli::commands::create ────────── Created
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
//! // For salts and initial vectors; keys come from the operating system.
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
mod profile;
mod regions;
mod registry;
mod relay;
pub mod secret;

#[cfg(test)]
mod vectors;
