//! The format of error messages.

use std::ffi::OsString;

use super::environment::Environment;
use crate::cli::options::ErrorFormatArg;

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
