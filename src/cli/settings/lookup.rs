//! Looks settings up: in the environment, and then in the selected profile.

use std::collections::BTreeMap;

use super::table::{Effect, Kind, Known, TABLE};
use crate::profile::{Given, Origin, ProfilePaths, SelectedProfile, Setting, number};

/// The variables of the [`TABLE`] that are set. Their debug output omits the values.
#[derive(Clone, Default)]
pub struct AwsVariables(pub BTreeMap<&'static str, String>);

impl AwsVariables {
    /// Returns the first of these variables that is set. It may be empty.
    pub fn first(&self, names: &[&'static str]) -> Option<Given<String>> {
        let found = |name: &&'static str| Some((*name, self.0.get(name)?));
        let (name, value) = names.iter().find_map(found)?;
        Some(Given::new(value.clone(), Origin::Variable(name)))
    }
}

impl std::fmt::Debug for AwsVariables {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// A value that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSetting {
    /// The option, the variable, or the key with its place.
    pub origin: Origin,
    /// The complete value, which may contain a password.
    pub value: String,
    pub expected: &'static str,
}

/// The variables and the selected profile.
#[derive(Clone, Copy)]
pub struct Lookup<'a> {
    pub variables: &'a AwsVariables,
    pub profile: &'a SelectedProfile,
    pub paths: &'a ProfilePaths,
}

impl Lookup<'_> {
    /// Returns the setting with this variable or key.
    fn known(name: &str) -> Option<&'static Known> {
        TABLE.iter().find(|known| known.variables.contains(&name) || known.keys.contains(&name))
    }

    /// Returns the value of a setting by its variable or key. An empty variable counts as set, as in
    /// version 2.
    pub fn text(&self, name: &str) -> Option<Given<String>> {
        let known = Self::known(name)?;
        self.of_known(known)
    }

    fn of_known(&self, known: &Known) -> Option<Given<String>> {
        let variable = self.variables.first(known.variables);
        variable.or_else(|| known.keys.iter().find_map(|key| self.key(key)))
    }

    /// Returns the value of a key of the profile.
    pub fn key(&self, key: &str) -> Option<Given<String>> {
        let setting = self.profile.section()?.setting(key)?;
        let section = format!("the profile {}", self.profile.name());
        Some(Given::new(setting.value().to_owned(), self.origin(key, section, setting)))
    }

    /// Returns the place of a key.
    pub fn origin(&self, key: &str, section: String, setting: &Setting) -> Origin {
        let path = self.paths.of(setting.file).map(|path| path.path.clone());
        let path = path.unwrap_or_default();
        Origin::Key { key: key.to_owned(), section, path, line: setting.line }
    }

    /// Returns a setting that is on or off. As in version 2, every value except `true` means off.
    pub fn boolean(&self, name: &str) -> Option<Given<bool>> {
        self.text(name).map(|given| given.map(|value| value.eq_ignore_ascii_case("true")))
    }

    /// Returns a word or number as it is checked by [`Lookup::invalid`].
    pub fn valid(&self, name: &str) -> Option<Given<String>> {
        let known = Self::known(name)?;
        let given = self.of_known(known)?;
        let value = valid(known.kind, &given.value).ok()?;
        Some(given.map(|_| value))
    }

    /// Returns the invalid values.
    pub fn invalid(&self) -> impl Iterator<Item = InvalidSetting> {
        TABLE.iter().filter_map(|known| {
            let Given { value, origin } = self.of_known(known)?;
            let expected = valid(known.kind, &value).err()?;
            Some(InvalidSetting { origin, value, expected })
        })
    }

    /// Returns warnings of settings that are unsupported or misleading.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for known in TABLE {
            let given = self.variables.first(known.variables).into_iter();
            let given = given.chain(known.keys.iter().filter_map(|key| self.key(key)));
            for Given { value, origin } in given {
                if known.effect == Effect::Warned && !is_harmless(&origin, &value) {
                    warnings.push(format!("{origin} is not supported"));
                }
            }
            if let (Kind::Boolean, Some(Given { value, origin })) =
                (known.kind, self.of_known(known))
                && !["true", "false", ""].iter().any(|word| value.eq_ignore_ascii_case(word))
            {
                warnings.push(format!(
                    "invalid value for {origin}: expected true or false; the AWS CLI takes it for \
                     false"
                ));
            }
        }
        if let Some(Given { value, origin }) = self.key("duration_seconds")
            && self.key("role_arn").is_some()
            && number(&value).is_none()
        {
            warnings.push(format!(
                "invalid value for {origin}: expected a number of seconds; the AWS CLI ignores it"
            ));
        }
        if let Some(Given { value, origin }) = self.key("aws_secret_access_key")
            && value.contains('\n')
        {
            warnings.push(format!("{origin} has several lines: an indented line continues it"));
        }
        if let Some(Given { value, origin }) = self.text("sdk_ua_app_id")
            && !value.bytes().all(|byte| byte.is_ascii_alphanumeric() || APP_ID.contains(&byte))
        {
            warnings.push(format!("invalid value for {origin}: it is not sent"));
        }
        if let Some(Given { value, origin }) = self.variables.first(&["AWS_EXECUTION_ENV"])
            && value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t')
        {
            warnings.push(format!("invalid value for {origin}: it is not sent"));
        }
        warnings
    }
}

/// The other characters that a user agent can carry.
const APP_ID: &[u8] = b"!#$%&'*+-.^_`|~";

/// Returns whether a value that is not supported changes nothing.
fn is_harmless(origin: &Origin, value: &str) -> bool {
    let is = |words: &[&str]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
    match origin {
        Origin::Variable("AWS_CLI_FILE_ENCODING" | "AWS_CLI_OUTPUT_ENCODING") => {
            is(&["utf-8", "utf8"])
        }
        Origin::Variable("AWS_CSM_ENABLED" | "AWS_CLI_AUTO_PROMPT") => {
            !is(&["true", "on", "on-partial"])
        }
        Origin::Key { key, .. } if key == "csm_enabled" || key == "cli_auto_prompt" => {
            !is(&["true", "on", "on-partial"])
        }
        _ => value.is_empty(),
    }
}

/// Returns a value without an inline comment if only that makes it valid, or the expected values.
fn valid(kind: Kind, value: &str) -> Result<String, &'static str> {
    let is_valid = |value: &str| match kind {
        Kind::Boolean | Kind::Text => true,
        Kind::Choice(words) => words.contains(&value),
        Kind::AnyCase(words) => words.iter().any(|word| word.eq_ignore_ascii_case(value)),
        Kind::Number(min, max) => number(value).is_some_and(|found| (min..=max).contains(&found)),
    };
    let mut candidates = [value, uncommented(value)].into_iter();
    candidates.find(|value| is_valid(value)).map(str::to_owned).ok_or(match kind {
        Kind::Boolean | Kind::Text => "",
        Kind::Number(1, _) => "a number greater than or equal to 1",
        Kind::Number(0, _) => "a number from 0 to 1048576",
        Kind::Number(..) => "a number",
        Kind::Choice(words) | Kind::AnyCase(words) => match words {
            ["standard", ..] => "standard or adaptive",
            ["preferred", ..] => "preferred, disabled or required",
            ["when_supported", ..] => "when_supported or when_required",
            ["base64", ..] => "base64 or raw-in-base64-out",
            ["ipv4", ..] => "ipv4 or ipv6",
            _ => "another value",
        },
    })
}

/// Returns a value without an inline comment. Version 2 keeps it.
pub fn uncommented(value: &str) -> &str {
    let starts = [" #", " ;", "\t#", "\t;"].iter().filter_map(|start| value.find(start));
    match starts.min().and_then(|start| value.get(..start)) {
        Some(value) => value.trim_end(),
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_is_checked_by_kind() {
        let retry = Kind::Choice(&["standard", "adaptive"]);
        for (kind, value, is_valid) in [
            (retry, "adaptive", true),
            (retry, "standard # usual", true),
            (retry, "Standard", false),
            (retry, "", false),
            (Kind::AnyCase(&["ipv4", "ipv6"]), "IPv6", true),
            (Kind::Number(1, i64::MAX), " +2 ", true),
            (Kind::Number(1, i64::MAX), "99999999999999999999", true),
            (Kind::Number(1, i64::MAX), "0", false),
            (Kind::Number(1, i64::MAX), "1.5", false),
            (Kind::Boolean, "maybe", true),
        ] {
            assert_eq!(valid(kind, value).is_ok(), is_valid, "{kind:?} {value}");
        }
    }

    #[test]
    fn inline_comment_needs_space() {
        for (value, expected) in
            [("a # b", "a"), ("a\t;b", "a"), ("a#b", "a#b"), ("a ; b # c", "a"), ("", "")]
        {
            assert_eq!(uncommented(value), expected);
        }
    }

    #[test]
    fn settings_are_listed_once() {
        let mut names: Vec<_> =
            TABLE.iter().flat_map(|known| known.variables.iter().chain(known.keys)).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
