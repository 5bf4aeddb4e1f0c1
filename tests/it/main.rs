//! The tests of the built program, beside the programs that it is compared with. `tests/run` installs
//! those; a test that misses one fails and says so. On Windows there are none, and `tests/windows` instead.

#![cfg(unix)]
#![allow(
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected fails on the spot, and owns its files"
)]

mod advice;
mod agent;
mod attack;
mod attackers;
mod completions;
#[cfg(feature = "ec2")]
mod contract;
mod convert;
mod create;
mod damage;
mod delete;
mod dependencies;
mod describe;
mod doctor;
#[cfg(feature = "ec2")]
mod ec2;
mod ensure;
mod exec;
#[cfg(target_os = "linux")]
mod faults;
#[cfg(feature = "ec2")]
mod fetch;
mod fingerprint;
mod floors;
mod forms;
#[path = "../fuzz/src/replay.rs"]
mod fuzz;
#[cfg(feature = "ec2")]
mod generate;
mod hostile;
mod import;
#[cfg(target_os = "linux")]
mod limits;
mod line_ends;
mod load;
mod login;
mod man;
mod mask;
mod moduli;
#[cfg(feature = "ec2")]
mod network;
mod parity;
mod passphrase;
mod peers;
mod private_file;
mod prune;
mod readers;
#[cfg(feature = "ec2")]
mod readme;
#[cfg(feature = "ec2")]
mod recipes;
mod redact;
mod registry;
mod release;
mod render_oracle;
#[cfg(feature = "ec2")]
mod responses;
mod series;
#[cfg(feature = "ec2")]
mod settings;
mod support;
#[cfg(feature = "ec2")]
mod trust;
mod upgrade;
mod usage;
