//! Commands that messages advise, which say which registry they are about.

use super::args::{AwsArguments, GlobalArguments};
use super::shell::quoted;

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
}
