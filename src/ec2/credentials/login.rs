//! The token that `aws login` caches. Only the AWS CLI refreshes it.

use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::error::{LoadResult, MAX_TOKEN, Malformed};
use super::inputs::PlanSettings;
use super::{json, time};
use crate::file::{self, FileError};

/// Returns the file with the token of a session.
pub(super) fn token_file(settings: &PlanSettings<'_>, session: &str) -> PathBuf {
    let folder = match settings.variables.get("AWS_LOGIN_CACHE_DIRECTORY") {
        Some(folder) => settings.expanded(folder),
        None => settings.expanded("~/.aws/login/cache"),
    };
    let digest = Sha256::digest(session.as_bytes());
    let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    folder.join(name).with_extension("json")
}

/// Reads the credentials from the cached token.
pub(super) fn read(path: &Path) -> LoadResult {
    let text = match file::read_regular(path, MAX_TOKEN) {
        Ok(text) => text,
        Err(FileError::Io { .. }) => return Err("there is no cached token".into()),
        Err(error) => return Err(error.into()),
    };
    let document: Value = serde_json::from_slice(text.expose())
        .map_err(|_| Malformed("the cached token is not JSON"))?;
    let token = document.get("accessToken").and_then(Value::as_object);
    let token = token.ok_or(Malformed("the cached token lacks accessToken"))?;
    let text = |name: &str| token.get(name).and_then(Value::as_str);
    match (
        text("accessKeyId"),
        text("secretAccessKey"),
        text("sessionToken"),
        text("expiresAt").and_then(time::parse),
    ) {
        (Some(id), Some(secret), Some(token), Some(expiry)) => {
            Ok(json::checked(id, secret, Some(token), Some(expiry))?)
        }
        _ => Err(Malformed("the cached token lacks credentials or their expiry").into()),
    }
}
