//! The single sign-on session of a profile.

use sha1::{Digest, Sha1};

use super::inputs::{PlanResult, PlanSettings};
use super::source::Sso;
use crate::profile::Section;
use crate::registry::CredentialFault;

/// Returns the role of a profile. Without an account and a role name, the profile has none.
pub(super) fn of_profile(
    settings: &PlanSettings<'_>,
    profile: &str,
    section: &Section,
) -> PlanResult<Option<Sso>> {
    let [role_name, account_id] = ["sso_role_name", "sso_account_id"];
    let Some(first) = section.setting(role_name).or_else(|| section.setting(account_id)) else {
        return Ok(None);
    };
    let mut place = settings.place(first);
    let session = section.setting("sso_session");
    let of_session = match session {
        None => None,
        Some(name) => {
            place = settings.place(name);
            let session = name.value().to_owned();
            let found = settings.profiles.sso_session(&session);
            let missing = || CredentialFault::NoSsoSession { session, place: place.clone() };
            Some(found.ok_or_else(missing)?)
        }
    };
    for (key, setting) in of_session.iter().flat_map(|section| section.settings()) {
        if let Some(other) = section.get(key).filter(|value| *value != setting.value()) {
            return Err(CredentialFault::InconsistentSso {
                key: key.to_owned(),
                in_profile: other.to_owned(),
                in_session: setting.value().to_owned(),
                place: settings.place(setting),
            });
        }
    }
    let get = |key: &str| {
        // The token belongs to the session: its URL and region must be in the section.
        let is_of_session = of_session.is_some() && SESSION_KEYS.contains(&key);
        let in_profile = section.get(key).filter(|_| !is_of_session);
        of_session.and_then(|section| section.get(key)).or(in_profile).map(str::to_owned)
    };
    let [start_url, region] = SESSION_KEYS;
    match (get(role_name), get(account_id), get(start_url), get(region)) {
        (Some(role), Some(account), Some(url), Some(region)) => {
            let session = session.map(|name| name.value().to_owned());
            let key = session.as_ref().unwrap_or(&url);
            let token = settings.home.map(|home| {
                home.join(".aws/sso/cache").join(sha1(key.as_bytes())).with_extension("json")
            });
            Ok(Some(Sso {
                profile: profile.to_owned(),
                token,
                session,
                account_id: account,
                role_name: role,
                start_url: url,
                region,
            }))
        }
        _ => {
            let keys = [role_name, account_id, start_url, region].into_iter();
            let missing = keys.filter(|key| get(key).is_none()).collect();
            Err(CredentialFault::PartialSso { profile: profile.to_owned(), missing, place })
        }
    }
}

/// Returns the SHA-1 digest in hexadecimal, as in the names of cached files.
pub(super) fn sha1(bytes: &[u8]) -> String {
    Sha1::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

const SESSION_KEYS: [&str; 2] = ["sso_start_url", "sso_region"];
