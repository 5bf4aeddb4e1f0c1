//! The sources of a profile that assumes no role.

use zeroize::Zeroizing;

use super::inputs::{PlanResult, PlanSettings, checked};
use super::source::{Keys, Source};
use super::{login, sso, web_identity};
use crate::profile::{ProfileFile, Setting};
use crate::registry::CredentialFault;

impl PlanSettings<'_> {
    /// Returns the source of a profile that assumes no role.
    pub(super) fn source_of_profile(
        &self,
        profile: &str,
        takes_environment: bool,
    ) -> PlanResult<Option<Source>> {
        if let Some(identity) = web_identity::of_profile(self, profile, takes_environment)? {
            return Ok(Some(Source::WebIdentity(identity)));
        }
        let Some(section) = self.section(profile) else { return Ok(None) };
        let name = || profile.to_owned();
        if let Some(sso) = sso::of_profile(self, profile, section)? {
            return Ok(Some(Source::Sso(sso)));
        }
        if let Some(keys) = self.keys(ProfileFile::Credentials, profile)? {
            return Ok(Some(Source::Keys { profile: name(), keys }));
        }
        if let Some(session) = section.get("login_session") {
            let token = login::token_file(self, session);
            return Ok(Some(Source::Login { profile: name(), token }));
        }
        if let Some(command) = section.get("credential_process") {
            let command = Zeroizing::new(command.to_owned());
            return Ok(Some(Source::Process { profile: name(), command }));
        }
        let keys = self.keys(ProfileFile::Config, profile)?;
        Ok(keys.map(|keys| Source::Keys { profile: name(), keys }))
    }

    /// Returns the keys of a profile in one of the files.
    fn keys(&self, file: ProfileFile, profile: &str) -> PlanResult<Option<Keys>> {
        let setting = |key: &str| self.profiles.setting_in(file, profile, key);
        let value = |key: &str| {
            let found = setting(key);
            let place = found.map(|setting| format!(" ({})", self.place(setting)));
            let name = format!("{key} in the profile {profile}{}", place.unwrap_or_default());
            checked(name, found.map(Setting::value))
        };
        let Some(id) = setting("aws_access_key_id") else { return Ok(None) };
        let partial = || CredentialFault::Partial {
            provider: match file {
                ProfileFile::Config => "config-file",
                ProfileFile::Credentials => "shared-credentials-file",
            },
            missing: "aws_secret_access_key",
            place: Some(self.place(id)),
        };
        // It may have several lines, and any characters: no request carries it.
        let secret = setting("aws_secret_access_key").ok_or_else(partial)?.value();
        let secret = Zeroizing::new(secret.to_owned());
        let token = match value("aws_security_token")? {
            None => value("aws_session_token")?,
            token => token,
        };
        let token = token.filter(|token| !token.is_empty());
        Ok(value("aws_access_key_id")?.map(|id| Keys { id, secret, token, expiry: None }))
    }
}
