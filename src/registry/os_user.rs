//! Users of instances.

use std::fmt;

/// A user name on an instance, as SendSSHPublicKey takes it. It is safe in shells and in the
/// configuration of OpenSSH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OsUser(String);

impl OsUser {
    /// The maximum length of the API.
    const MAX_BYTES: usize = 32;

    /// Checks the pattern of the API, without `$` at the start, which no system accepts.
    pub fn new(text: &str) -> Result<Self, InvalidOsUser> {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"@._-$".contains(&byte);
        let starts_well =
            text.starts_with(|first: char| first.is_ascii_alphanumeric()) || text.starts_with('_');
        let is_user = starts_well && text.len() <= Self::MAX_BYTES && text.bytes().all(is_part);
        if is_user { Ok(Self(text.to_owned())) } else { Err(InvalidOsUser(text.to_owned())) }
    }

    /// Returns the user of Amazon Linux, and of many other images.
    pub fn ec2_user() -> Self {
        Self("ec2-user".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OsUser {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid user `{0}`: expected 1 to 32 letters, digits and `@ . _ - $`, the first of them a \
     letter, a digit or `_`"
)]
pub struct InvalidOsUser(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_has_the_characters_of_the_api() {
        for user in ["ec2-user", "_x", "a", "j.doe@corp", "m$", &"u".repeat(32)] {
            assert_eq!(OsUser::new(user).unwrap().as_str(), user);
        }
        for text in
            ["", "-l", "-oProxyCommand=x", "a b", "a\n", "$x", "@x", "a'b", "é", &"u".repeat(33)]
        {
            assert_eq!(OsUser::new(text), Err(InvalidOsUser(text.to_owned())));
        }
    }
}
