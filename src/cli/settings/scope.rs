//! The regions and profiles that a command uses.

use super::SettingsError;
use crate::cli::options::AwsArgs;
use crate::profile::Profiles;

/// The values of `--region` and `--profile`, each without repetitions.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub regions: Vec<String>,
    pub profiles: Vec<String>,
}

impl Scope {
    /// Splits the options at their commas. The name of an existing profile may contain one.
    pub fn of(arguments: &AwsArgs, profiles: &Profiles) -> Result<Self, SettingsError> {
        let is_name = |name: &str| profiles.profile(name).is_some();
        Ok(Self {
            regions: list("--region", &arguments.regions, |_| false)?,
            profiles: list("--profile", &arguments.profiles, is_name)?,
        })
    }

    /// Returns whether there are several regions or profiles.
    pub fn is_several(&self) -> bool {
        self.regions.len() > 1 || self.profiles.len() > 1
    }
}

fn list(
    option: &'static str,
    values: &[String],
    is_whole: impl Fn(&str) -> bool,
) -> Result<Vec<String>, SettingsError> {
    // The AWS CLI accepts an empty value.
    if let [value] = values
        && (value.is_empty() || is_whole(value))
    {
        return Ok(vec![value.clone()]);
    }
    let mut list: Vec<String> = Vec::new();
    for value in values {
        let parts: Vec<_> =
            if is_whole(value) { vec![&**value] } else { value.split(',').collect() };
        for part in parts {
            if part.is_empty() {
                return Err(SettingsError::EmptyElement { option, value: value.clone() });
            }
            if !list.iter().any(|known| known == part) {
                list.push(part.to_owned());
            }
        }
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_split_without_repetitions() {
        let split = |values: &[&str]| {
            let values: Vec<_> = values.iter().map(|&value| value.to_owned()).collect();
            list("--region", &values, |name| name == "a,b").ok().map(|list| list.join(" "))
        };
        for (values, expected) in [
            (&[][..], Some("")),
            (&["a"], Some("a")),
            (&[""], Some("")),
            (&["b,c", "c", "d"], Some("b c d")),
            (&["a,b"], Some("a,b")),
            (&["a,b", "c,d"], Some("a,b c d")),
            (&[",a"], None),
            (&["a,"], None),
            (&["a", ""], None),
        ] {
            assert_eq!(split(values).as_deref(), expected, "{values:?}");
        }
    }
}
