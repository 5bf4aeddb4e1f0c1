//! The format of error messages.

use std::ffi::OsString;

use super::environment::Environment;
use crate::cli::options::ErrorFormatArg;
use crate::profile::SelectedProfile;

/// Returns the format of error messages. The option takes precedence over the variable.
///
/// # Errors
///
/// Returns an unknown value of the variable. The AWS CLI ignores it.
pub fn error_format(
    option: Option<ErrorFormatArg>,
    environment: &Environment,
) -> Result<ErrorFormatArg, String> {
    match (option, &environment.error_format) {
        (Some(option), _) => Ok(option),
        (None, Some(variable)) => {
            let name = variable.to_string_lossy();
            clap::ValueEnum::from_str(&name, true).map_err(|_| name.into_owned())
        }
        (None, None) => Ok(ErrorFormatArg::default()),
    }
}

/// Returns the format in the profile, if neither the option nor the variable is set.
///
/// # Errors
///
/// Returns an unknown value. The AWS CLI ignores it.
pub fn error_format_of_profile(
    option: Option<ErrorFormatArg>,
    environment: &Environment,
    profile: &SelectedProfile,
) -> Result<Option<ErrorFormatArg>, String> {
    if option.is_some() || environment.error_format.is_some() {
        return Ok(None);
    }
    let value = profile.section().and_then(|section| section.get("cli_error_format"));
    let format = |value: &str| clap::ValueEnum::from_str(value, true).map_err(|_| value.to_owned());
    value.map(format).transpose()
}

/// Returns the format of error messages for an invalid command line.
pub fn error_format_of(words: &[OsString]) -> ErrorFormatArg {
    let mut words = words.iter().filter_map(|word| word.to_str());
    let mut option = None;
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--cli-error-format") {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        let format = value.and_then(|value| clap::ValueEnum::from_str(value, false).ok());
        option = format.or(option);
    }
    error_format(option, &Environment::read()).unwrap_or_default()
}
