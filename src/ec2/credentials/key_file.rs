//! The files of older tools with keys: that of `AWS_CREDENTIAL_FILE`, and those of boto.

use std::path::{Path, PathBuf};

use super::inputs::{PlanResult, PlanSettings, checked};
use super::source::Keys;
use crate::file::{self, FileError};
use crate::profile::{ProfilePath, ProfilePaths, Profiles};
use crate::registry::{CredentialFault, Place};

/// Returns the first file with keys.
pub(super) fn find(settings: &PlanSettings<'_>) -> PlanResult<Option<(PathBuf, Keys)>> {
    if let Some(path) = settings.variables.get("AWS_CREDENTIAL_FILE") {
        let path = settings.expanded(path);
        if let Some(keys) = of_ec2_tools(&path)? {
            return Ok(Some((path, keys)));
        }
    }
    let named = settings.variables.get("BOTO_CONFIG").map(|path| settings.expanded(path));
    let paths = match named {
        Some(path) => vec![path],
        None => {
            let in_home = settings.home.map(|home| home.join(".boto"));
            [PathBuf::from("/etc/boto.cfg")].into_iter().chain(in_home).collect()
        }
    };
    for path in paths {
        if let Some(keys) = of_boto(&path)? {
            return Ok(Some((path, keys)));
        }
    }
    Ok(None)
}

/// Reads lines such as `AWSAccessKeyId=AKIA…`.
fn of_ec2_tools(path: &Path) -> PlanResult<Option<Keys>> {
    let text =
        file::read_regular(path, MAX_BYTES).map_err(|error| CredentialFault::UnreadableFile {
            name: "AWS_CREDENTIAL_FILE".to_owned(),
            reason: match error {
                FileError::Io { .. } => {
                    format!("The specified config file ({}) could not be found.", path.display())
                }
                error => error.to_string(),
            },
        })?;
    let text = str::from_utf8(text.expose()).unwrap_or_default();
    let pairs =
        (1..).zip(text.lines()).filter_map(|(line, text)| Some((line, text.split_once('=')?)));
    let pairs: Vec<_> =
        pairs.map(|(line, (key, value))| (line, key.trim(), value.trim())).collect();
    let find = |wanted: &str| pairs.iter().rev().find(|(_, key, _)| *key == wanted);
    let Some((line, ..)) = find("AWSAccessKeyId") else { return Ok(None) };
    let value = |key: &str| {
        checked(format!("{key} in {}", path.display()), find(key).map(|(_, _, value)| *value))
    };
    let partial = || CredentialFault::Partial {
        provider: "ec2-credentials-file",
        missing: "AWSSecretKey",
        place: Some(Place { path: path.to_owned(), line: *line }),
    };
    let secret = value("AWSSecretKey")?.ok_or_else(partial)?;
    Ok(value("AWSAccessKeyId")?.map(|id| Keys { id, secret, token: None, expiry: None }))
}

fn of_boto(path: &Path) -> PlanResult<Option<Keys>> {
    let file = ProfilePath { path: path.to_owned(), is_named: false };
    let profiles = Profiles::read(&ProfilePaths { config: None, credentials: Some(file) });
    if let Some(fault) = profiles.faults.first() {
        let (name, reason) = (path.display().to_string(), fault.to_string());
        return Err(CredentialFault::UnreadableFile { name, reason });
    }
    let Some(section) = profiles.profile("Credentials") else { return Ok(None) };
    let Some(id) = section.setting("aws_access_key_id") else { return Ok(None) };
    let value = |key: &str| checked(format!("{key} in {}", path.display()), section.get(key));
    let partial = || CredentialFault::Partial {
        provider: "boto-config",
        missing: "aws_secret_access_key",
        place: Some(Place { path: path.to_owned(), line: id.line }),
    };
    let secret = value("aws_secret_access_key")?.ok_or_else(partial)?;
    Ok(value("aws_access_key_id")?.map(|id| Keys { id, secret, token: None, expiry: None }))
}

const MAX_BYTES: usize = 1 << 20;
