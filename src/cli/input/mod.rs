//! Reads the inputs that arguments name: files, stdin, and files in the AWS CLI's `file://` form.

mod error;
pub mod passphrase;
pub mod shape;
mod shorthand;
pub mod tags;
mod yaml;

use std::path::{Path, PathBuf};

use serde_json::Value;

pub use self::error::RequestError;
use crate::cli::options::{FormatArg, TypeArg};
use crate::cli::settings::Environment;
use crate::cli::terminal::Terminal;
use crate::file;
use crate::format::{self, Comment, PpkVersion, PrivateFormat};
use crate::key::{KeySpecification, RsaBits};
use crate::operations::Destination;
use crate::secret::Secret;

pub fn contents(path: &Path, terminal: Terminal) -> Result<Secret, RequestError> {
    if is_standard_stream(path) {
        terminal.read_input(format::MAX_BYTES).map_err(RequestError::Input)
    } else {
        Ok(file::read(path, format::MAX_BYTES)?)
    }
}

/// Reads the structures in an option's values, from files where the AWS CLI does.
pub fn structures(
    option: &'static str,
    values: &[String],
    environment: &Environment,
) -> Result<Vec<Value>, RequestError> {
    let values = values.iter().map(|value| match file_in(value, environment) {
        Some(path) => {
            let contents = file::read(&path, MAX_STRUCTURE_BYTES)?;
            let text = String::from_utf8(contents.expose().to_vec());
            text.map_err(|_| RequestError::TextFile { path })
        }
        None => Ok(value.clone()),
    });
    let values: Vec<String> = values.collect::<Result<_, _>>()?;
    shorthand::parse(&values).map_err(|source| RequestError::Shorthand { option, source })
}

/// Reads the value of `--cli-input-json`.
pub fn json(value: &str, environment: &Environment) -> Result<Value, RequestError> {
    let option = "cli-input-json";
    let text = text(option, value, environment)?;
    serde_json::from_str(&text).map_err(|source| RequestError::CliInput {
        option,
        syntax: "JSON",
        source: source.into(),
    })
}

/// Reads the value of `--cli-input-yaml`.
pub fn yaml(value: &str, environment: &Environment) -> Result<Value, RequestError> {
    let option = "cli-input-yaml";
    let text = text(option, value, environment)?;
    yaml::parse(&text).map_err(|source| RequestError::CliInput {
        option,
        syntax: "YAML",
        source: source.into(),
    })
}

/// Returns a text, or the contents of the file that it names.
fn text(
    option: &'static str,
    value: &str,
    environment: &Environment,
) -> Result<String, RequestError> {
    let Some(path) = file_in(value, environment) else { return Ok(value.to_owned()) };
    let contents = file::read(&path, MAX_STRUCTURE_BYTES)
        .map_err(|source| RequestError::ParameterFile { option, source })?;
    let text = String::from_utf8(contents.expose().to_vec());
    text.map_err(|_| RequestError::TextFile { path })
}

/// Returns the path in a `file://` or `fileb://` value
/// (<https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-file.html>).
pub fn file_in(value: &str, environment: &Environment) -> Option<PathBuf> {
    let path = value.strip_prefix("fileb://").or_else(|| value.strip_prefix("file://"))?;
    Some(environment.expand(path))
}

/// Returns the name of an input for messages.
pub fn origin(path: &Path) -> String {
    if is_standard_stream(path) { "stdin".into() } else { path.display().to_string() }
}

/// Returns the destination of a private key, from the value of `--out`.
pub fn destination(out: Option<PathBuf>) -> Destination {
    match out {
        Some(path) if is_standard_output(&path) => Destination::Response,
        Some(path) => Destination::File(path),
        None => Destination::NamedFile,
    }
}

/// Returns true if an output path is standard output, which is also a file on some systems.
pub fn is_standard_output(path: &Path) -> bool {
    let names = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
    names.iter().any(|name| path.as_os_str() == *name)
}

/// Rejects a command line that names stdin more than once.
pub fn check_stdin<'a>(
    paths: impl IntoIterator<Item = Option<&'a PathBuf>>,
) -> Result<(), RequestError> {
    let names = paths.into_iter().flatten().filter(|path| is_standard_stream(path));
    if names.count() > 1 { Err(RequestError::InputTwice) } else { Ok(()) }
}

pub fn is_standard_stream(path: &Path) -> bool {
    path.as_os_str() == "-"
}

pub fn specification(
    key_type: TypeArg,
    bits: Option<u32>,
) -> Result<KeySpecification, RequestError> {
    match (key_type, bits) {
        (TypeArg::Ed25519, None) => Ok(KeySpecification::Ed25519),
        (TypeArg::Ed25519, Some(_)) => Err(RequestError::BitsOfEd25519),
        (TypeArg::Rsa, bits) => Ok(KeySpecification::Rsa(match bits {
            None | Some(2048) => RsaBits::Bits2048,
            Some(3072) => RsaBits::Bits3072,
            Some(4096) => RsaBits::Bits4096,
            Some(bits) => return Err(RequestError::BitsUnknown { bits }),
        })),
    }
}

pub fn private_format(
    format: FormatArg,
    ppk_version: Option<u32>,
) -> Result<PrivateFormat, RequestError> {
    Ok(match (format, ppk_version) {
        (FormatArg::Ppk, None | Some(3)) => PrivateFormat::Ppk(PpkVersion::V3),
        (FormatArg::Ppk, Some(2)) => PrivateFormat::Ppk(PpkVersion::V2),
        (FormatArg::Ppk, Some(version)) => {
            return Err(RequestError::PpkVersionUnknown { version });
        }
        (_, Some(_)) => return Err(RequestError::PpkVersionOfOther),
        (FormatArg::Openssh, None) => PrivateFormat::Openssh,
        (FormatArg::Pem, None) => PrivateFormat::Pem,
        (FormatArg::Pkcs8, None) => PrivateFormat::Pkcs8,
    })
}

pub fn comment(text: Option<String>) -> Result<Option<Comment>, RequestError> {
    let comment = text.map(|text| Comment::new(text.into_bytes()));
    comment.transpose().map_err(RequestError::Comment)
}

/// Maximum size of a file of structures: larger than 50 tags or 200 filter values.
const MAX_STRUCTURE_BYTES: usize = 1 << 20;
