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
use self::shape::Structures;
use crate::cli::options::{FormatArg, KeySearchArgs, TypeArg};
use crate::cli::settings::Environment;
use crate::cli::terminal::Terminal;
use crate::file;
use crate::format::{self, Comment, PpkVersion, PrivateFormat};
use crate::key::{KeySpecification, RsaBits};
use crate::operations::{Destination, KeySearch};
use crate::secret::Secret;

pub fn contents(path: &Path, terminal: Terminal) -> Result<Secret, RequestError> {
    if is_standard_stream(path) {
        terminal.read_input(format::MAX_BYTES).map_err(RequestError::Input)
    } else {
        Ok(file::read(path, format::MAX_BYTES)?)
    }
}

/// Reads the structures in an option's values. Each value is JSON or shorthand, or names a file of
/// either. The AWS CLI refuses a mixture.
pub fn structures(
    option: &'static str,
    shape: Structures,
    values: &[String],
    environment: &Environment,
) -> Result<Vec<Value>, RequestError> {
    let read_file = |value: &str| shorthand_file(option, value, environment);
    let mut parsed = Vec::with_capacity(values.len());
    for value in values {
        let value = text(option, value, environment)?;
        if !value.trim_start().starts_with(['[', '{']) {
            let mut structure = shorthand::parse(option, &value, &read_file)?;
            shape::complete(&mut structure, shape.1);
            parsed.push(structure);
            continue;
        }
        match serde_json::from_str(&value).map_err(|error| not_json(option, error))? {
            Value::Array(list) => parsed.extend(list),
            structure => parsed.push(structure),
        }
    }
    shape::check_list(shape, &parsed).map_err(|message| RequestError::Shape { message })?;
    Ok(parsed)
}

/// Reads the texts in an option's values. A single value may be a JSON list, or name a file.
pub fn texts(
    option: &'static str,
    values: Vec<String>,
    environment: &Environment,
) -> Result<Vec<String>, RequestError> {
    let [value] = &values[..] else { return Ok(values) };
    let value = text(option, value, environment)?;
    match value.trim_start().starts_with('[') {
        true => serde_json::from_str(&value).map_err(|error| not_json(option, error)),
        false => Ok(vec![value]),
    }
}

fn not_json(option: &'static str, error: serde_json::Error) -> RequestError {
    RequestError::Json { option, source: error.into() }
}

/// Reads the value of `--cli-input-json`.
pub fn json(value: &str, environment: &Environment) -> Result<Value, RequestError> {
    let text = text_or_bytes("--cli-input-json", value, environment)?;
    serde_json::from_str(&text).map_err(|source| RequestError::CliInput {
        option: "cli-input-json",
        syntax: "JSON",
        source: source.into(),
    })
}

/// Reads the value of `--cli-input-yaml`.
pub fn yaml(value: &str, environment: &Environment) -> Result<Value, RequestError> {
    let text = text_or_bytes("--cli-input-yaml", value, environment)?;
    yaml::parse(&text).map_err(|source| RequestError::CliInput {
        option: "cli-input-yaml",
        syntax: "YAML",
        source: source.into(),
    })
}

/// Returns a text, or the contents of the text file that it names. For `fileb://`, the AWS CLI has
/// bytes, which no such value can be.
pub fn text(
    option: &'static str,
    value: &str,
    environment: &Environment,
) -> Result<String, RequestError> {
    match value.starts_with("fileb://") {
        true => Err(RequestError::Bytes { option }),
        false => text_or_bytes(option, value, environment),
    }
}

/// Returns a text, or the contents of the file that it names.
fn text_or_bytes(
    option: &'static str,
    value: &str,
    environment: &Environment,
) -> Result<String, RequestError> {
    let Some(path) = file_in(value, environment) else { return Ok(value.to_owned()) };
    let contents = file::read(&path, MAX_STRUCTURE_BYTES)
        .map_err(|source| RequestError::ParameterFile { option, source })?;
    text_of(path, &contents)
}

/// Returns the contents of the file that a value of `KEY@=VALUE` names.
fn shorthand_file(
    option: &'static str,
    value: &str,
    environment: &Environment,
) -> Result<Option<String>, RequestError> {
    let Some(path) = file_in(value, environment) else { return Ok(None) };
    let contents = file::read(&path, MAX_STRUCTURE_BYTES)?;
    if value.starts_with("fileb://") {
        return Err(RequestError::Bytes { option });
    }
    text_of(path, &contents).map(Some)
}

/// Decodes a text file. Each line ends with a line feed then, as Python has it.
fn text_of(path: PathBuf, contents: &Secret) -> Result<String, RequestError> {
    let text = str::from_utf8(contents.expose()).map_err(|_| RequestError::TextFile { path })?;
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// Returns the path in a `file://` or `fileb://` value
/// (<https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-file.html>).
pub fn file_in(value: &str, environment: &Environment) -> Option<PathBuf> {
    let path = value.strip_prefix("fileb://").or_else(|| value.strip_prefix("file://"))?;
    Some(environment.expand(path))
}

/// Returns the paths to search for the private key of an instance.
pub fn key_search(KeySearchArgs { keys }: KeySearchArgs, environment: &Environment) -> KeySearch {
    match keys.is_empty() {
        false => KeySearch { paths: keys, is_named: true },
        true => {
            let here = PathBuf::from(".");
            let folder = environment.ssh_folder().filter(|folder| !file::is_same(&here, folder));
            KeySearch {
                paths: [Some(here), folder].into_iter().flatten().collect(),
                is_named: false,
            }
        }
    }
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
