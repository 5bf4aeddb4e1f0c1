//! Commands that messages advise, which say which registry they are about.

use std::path::Path;

use super::args::{AwsArguments, GlobalArguments};
use super::render::visible;

/// The options by which the user has named a registry.
#[derive(Debug, Default)]
pub struct Advice {
    options: String,
}

impl Advice {
    /// Takes the options from a command line, whose command may be what says that EC2 is meant.
    pub fn of(arguments: &GlobalArguments, implies_ec2: bool) -> Self {
        let GlobalArguments { registry, registry_file, aws, .. } = arguments;
        let AwsArguments { region, profile, endpoint_url, .. } = aws;
        let implied = implies_ec2.then_some("ec2");
        let registry_file = registry_file.as_ref().map(|path| path.display().to_string());
        let options = [
            ("--registry", registry.as_deref().or(implied)),
            ("--registry-file", registry_file.as_deref()),
            ("--region", region.as_deref()),
            ("--profile", profile.as_deref()),
            ("--endpoint-url", endpoint_url.as_deref()),
        ];
        let given = options.into_iter().filter_map(|(option, value)| Some((option, value?)));
        Self {
            options: given.map(|(option, value)| format!(" {option} {}", quoted(value))).collect(),
        }
    }

    /// Returns an advice with these options in its commands, which stand between backticks.
    pub fn applied_to(&self, advice: &str) -> String {
        let parts = advice.split('`').enumerate().map(|(number, part)| {
            let is_command = number % 2 == 1 && part.starts_with("keypair ");
            if is_command { format!("{part}{}", self.options) } else { part.to_owned() }
        });
        parts.collect::<Vec<_>>().join("`")
    }
}

/// Returns a word as a shell takes it; one with characters that do not show, as bash, ksh and zsh take it.
pub fn quoted(word: &str) -> String {
    quoted_bytes(word.as_bytes())
}

/// Returns a path as a shell takes it, and as no command takes it for an option.
pub fn quoted_path(path: &Path) -> String {
    let path = path.as_os_str().as_encoded_bytes();
    if path.starts_with(b"-") { quoted_bytes(&[b"./", path].concat()) } else { quoted_bytes(path) }
}

fn quoted_bytes(word: &[u8]) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./:@%+=,".contains(byte);
    match str::from_utf8(word) {
        Ok(word) if !word.is_empty() && word.bytes().all(|byte| is_plain(&byte)) => word.to_owned(),
        Ok(word) if *visible(word) == *word => format!("'{}'", word.replace('\'', "'\\''")),
        _ => {
            let byte = |byte: &u8| match byte {
                b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
                b' '..=b'~' => char::from(*byte).to_string(),
                _ => format!("\\x{byte:02x}"),
            };
            format!("$'{}'", word.iter().map(byte).collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_get_the_options_and_the_rest_stays() {
        let advice = Advice { options: " --registry ec2".into() };
        assert_eq!(
            advice.applied_to("`keypair describe` shows all; `--force` replaces"),
            "`keypair describe --registry ec2` shows all; `--force` replaces"
        );
        assert_eq!(advice.applied_to("there is `keypair`"), "there is `keypair`");
        assert_eq!(Advice::default().applied_to("`keypair describe` x"), "`keypair describe` x");
    }

    #[test]
    fn a_word_is_one_word() {
        assert_eq!(quoted("eu-west-1"), "eu-west-1");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted_path(Path::new("-a b")), "'./-a b'");
        assert_eq!(quoted_path(Path::new("a/-b")), "a/-b");
        assert_eq!(quoted("é"), "'é'");
        assert_eq!(quoted("a\u{1b}[2J\n'\\\u{202e}"), r"$'a\x1b[2J\x0a\'\\\xe2\x80\xae'");
    }
}
