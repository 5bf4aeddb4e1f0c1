//! The AWS CLI's cache of roles, `~/.aws/cli/cache`.
//!
//! Version 2 keeps the credentials of roles there, under a digest of the parameters. With the same
//! files, a code of an MFA device that was typed for one program serves the other one too.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use serde_json::{Value, json};

use super::error::MAX_TOKEN;
use super::source::Sso;
use super::sso::sha1;
use super::{json, time};
use crate::file::{self, Access, Draft, Existing, FileError, Target};

/// The file with the credentials of a role. `None` without a home directory.
#[derive(Debug)]
pub(super) struct CacheFile(Option<PathBuf>);

impl CacheFile {
    /// Returns the file of a role with these parameters of STS, sorted by their names.
    pub(super) fn of_role(home: Option<&Path>, parameters: &[(&str, Option<Value>)]) -> Self {
        let given = parameters.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        let members = given.map(|(name, value)| format!("\"{name}\": {}", ascii(value)));
        let key = format!("{{{}}}", members.collect::<Vec<_>>().join(", "));
        Self::of_key(home, &key)
    }

    /// Returns the file of a role of IAM Identity Center.
    pub(super) fn of_sso(home: Option<&Path>, sso: &Sso) -> Self {
        let (name, value) = match &sso.session {
            Some(session) => ("sessionName", session),
            None => ("startUrl", &sso.start_url),
        };
        let [account, role, value] =
            [&sso.account_id, &sso.role_name, value].map(|text| ascii(&json!(text)));
        let key = format!("{{\"accountId\":{account},\"roleName\":{role},\"{name}\":{value}}}");
        Self::of_key(home, &key)
    }

    fn of_key(home: Option<&Path>, key: &str) -> Self {
        let folder = home.map(|home| home.join(".aws/cli/cache"));
        Self(folder.map(|folder| folder.join(sha1(key.as_bytes())).with_extension("json")))
    }

    /// Returns the credentials, unless they expire soon. A file that cannot be read is as good as
    /// none.
    pub(super) fn read(&self) -> Option<Credentials> {
        let text = file::read_regular(self.0.as_deref()?, MAX_TOKEN).ok()?;
        let document: Value = serde_json::from_slice(text.expose()).ok()?;
        let credentials = json::credentials(document.get("Credentials")?, "SessionToken").ok()?;
        let is_fresh = |expiry| expiry > SystemTime::now() + MIN_REST;
        credentials.expiry().is_some_and(is_fresh).then_some(credentials)
    }

    /// Writes the credentials. Failure means another request, or another code, next time.
    pub(super) fn write(&self, credentials: &Credentials, provider: Option<&str>) {
        let (Some(path), Some(expiry)) = (&self.0, credentials.expiry()) else { return };
        let mut document = json!({
            "Credentials": {
                "AccessKeyId": credentials.access_key_id(),
                "SecretAccessKey": credentials.secret_access_key(),
                "SessionToken": credentials.session_token(),
                "Expiration": time::format(expiry),
            }
        });
        if let (Some(provider), Some(members)) = (provider, document.as_object_mut()) {
            members.insert("ProviderType".to_owned(), provider.into());
        }
        replace(path, &document).ok();
    }
}

/// Writes a document that only its owner can read and write: the AWS CLI writes it again.
pub(super) fn replace(path: &Path, document: &Value) -> Result<(), FileError> {
    if let Some(folder) = path.parent() {
        file::create_private_directory(folder)?;
    }
    let target = Target::new(path, Existing::Replace)?;
    let text = document.to_string();
    // Older credentials are of no use to anybody.
    drop(Draft::write(&target, Access::Owner, text.as_bytes())?.publish()?.keep());
    #[cfg(unix)]
    file::restrict_to_owner(path)?;
    Ok(())
}

/// Formats a value as Python's `json.dumps`: characters that are not ASCII are escaped.
fn ascii(value: &Value) -> String {
    let mut text = String::new();
    for character in value.to_string().chars() {
        if matches!(character, ' '..='~') {
            text.push(character);
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}

/// Version 2 renews credentials that expire within this time.
const MIN_REST: Duration = Duration::from_secs(15 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    fn name(file: &CacheFile) -> String {
        file.0.as_ref().unwrap().file_stem().unwrap().to_string_lossy().into_owned()
    }

    /// The names are those of AWS CLI 2.36.7.
    #[test]
    fn cache_has_names_of_aws_cli() {
        let home = Some(Path::new("/home/u"));
        let arn = json!("arn:aws:iam::1:role/R");
        let file =
            CacheFile::of_role(home, &[("ExternalId", None), ("RoleArn", Some(arn.clone()))]);
        assert_eq!(name(&file), "53f12569783cc263874b5eb7397b60eb8c32dd1c");
        let file = CacheFile::of_role(
            home,
            &[
                ("DurationSeconds", Some(json!(3600))),
                ("ExternalId", Some(json!("\u{e9}\u{1f511}\"/"))),
                ("RoleArn", Some(arn)),
                ("RoleSessionName", Some(json!("s"))),
                ("SerialNumber", Some(json!("arn:aws:iam::1:mfa/u"))),
            ],
        );
        assert_eq!(name(&file), "2a30960b6279940f5d2fddf7a57ed4058d65a9f6");
    }
}
