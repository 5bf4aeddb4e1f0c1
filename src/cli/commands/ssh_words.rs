//! Words for ssh and its configuration.

use std::ffi::OsString;
use std::path::Path;

use crate::cli::error::Failure;

/// The options of ssh, and the remote command.
#[derive(Debug, PartialEq, Eq)]
pub struct SshWords {
    pub options: Vec<OsString>,
    pub command: Vec<OsString>,
}

impl SshWords {
    /// Splits the words at the first `--` that is not a value of an option. `is_pushed` is set if
    /// `connect` sends the key, and needs some options for that.
    pub fn split(
        words: Vec<OsString>,
        command: Vec<OsString>,
        is_pushed: bool,
    ) -> Result<Self, Failure> {
        let mut options = Vec::new();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            if word == "--" {
                return Ok(Self { options, command: words.chain(command).collect() });
            }
            let shown = word.to_string_lossy().into_owned();
            if let Some(letters) = shown.strip_prefix('-').filter(|letters| !letters.is_empty()) {
                if letters.starts_with('-') {
                    return Err(Failure::usage(format!("`{shown}` is not an option of ssh"))
                        .hint("pass the options of keypair before those of ssh"));
                }
                let value = match letters.find(|letter| WITH_VALUE.contains(letter)) {
                    Some(start) if start + 1 == letters.len() => {
                        let option = letters.get(start..).unwrap_or_default();
                        let value = words.next().ok_or_else(|| {
                            Failure::usage(format!("a value is required for `-{option}`"))
                        })?;
                        check(option, &value.to_string_lossy(), is_pushed)?;
                        Some(value)
                    }
                    Some(start) => {
                        let (_, option) = letters.split_at(start);
                        let (option, value) = option.split_at(1);
                        check(option, value, is_pushed)?;
                        None
                    }
                    None => None,
                };
                options.push(word);
                options.extend(value);
            } else {
                return Err(Failure::usage(format!("`{shown}` is not an option of ssh"))
                    .hint("put `--` before the command to run on the instance"));
            }
        }
        Ok(Self { options, command })
    }
}

/// The options of ssh that take a value, from its source.
const WITH_VALUE: &str = "BDEFIJLOPQRSWbceilmopw";

/// Refuses options that would have no effect, because ssh takes the first value of each.
fn check(option: &str, value: &str, is_pushed: bool) -> Result<(), Failure> {
    let name = value.trim_start().split(['=', ' ', '\t']).next().unwrap_or_default();
    let name = name.to_ascii_lowercase();
    let is_set = |names: &[&str]| option == "o" && names.contains(&name.as_str());
    if option == "l" || is_set(&["user"]) {
        return Err(Failure::usage("invalid option of ssh: `connect` sets the user itself")
            .hint("pass USER@INSTANCE to choose the user"));
    }
    if is_set(&["hostkeyalias", "hostname", "identitiesonly"])
        || is_pushed && (option == "J" || is_set(&["identityagent", "proxycommand", "proxyjump"]))
    {
        let shown = if option == "o" { format!("-o {name}") } else { format!("-{option}") };
        return Err(Failure::usage(format!("`connect` sets `{shown}` itself"))
            .hint("run ssh, with `connect --proxy` as its ProxyCommand, to set it"));
    }
    Ok(())
}

/// Returns a path as an argument of ssh's configuration.
pub(super) fn quoted_path(path: &Path) -> Result<String, Failure> {
    let text = path
        .to_str()
        .filter(|text| !text.contains(char::is_control) && !text.contains(['"', '\\', '$']));
    let text = text.ok_or_else(|| {
        Failure::usage(format!("cannot write {} in a configuration of ssh", path.display()))
            .hint("rename the file, so that its path has no `\"`, `\\` or `$`")
    })?;
    Ok(format!("\"{}\"", text.replace('%', "%%")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str, is_pushed: bool) -> Result<(String, String), String> {
        let words = line.split_whitespace().map(OsString::from).collect();
        let joined = |words: &[OsString]| {
            let words: Vec<_> = words.iter().map(|word| word.to_str().unwrap()).collect();
            words.join(" ")
        };
        SshWords::split(words, Vec::new(), is_pushed)
            .map(|words| (joined(&words.options), joined(&words.command)))
            .map_err(|failure| failure.sentence())
    }

    #[test]
    fn command_follows_first_separator() {
        for (line, options, command) in [
            ("", "", ""),
            ("-v", "-v", ""),
            ("-- ls -l", "", "ls -l"),
            ("-v -- -x -- y", "-v", "-x -- y"),
            ("-vL 1:h:2 -p22 -- ls", "-vL 1:h:2 -p22", "ls"),
            ("-o -- -- ls", "-o --", "ls"),
            ("-oStrictHostKeyChecking=no -tt", "-oStrictHostKeyChecking=no -tt", ""),
            ("-W host:22", "-W host:22", ""),
        ] {
            assert_eq!(split(line, true), Ok((options.into(), command.into())), "{line}");
        }
    }

    #[test]
    fn ineffective_words_are_refused() {
        for (line, said) in [
            ("ls", "`ls` is not an option of ssh"),
            ("-v ls", "`ls` is not an option of ssh"),
            ("-", "`-` is not an option of ssh"),
            ("-v --region x", "`--region` is not an option of ssh"),
            ("-vL", "a value is required for `-L`"),
            ("-l root", "`connect` sets the user itself"),
            ("-lroot", "`connect` sets the user itself"),
            ("-vo User=root", "`connect` sets the user itself"),
            ("-oUSER root", "`connect` sets the user itself"),
            ("-J host", "`connect` sets `-J` itself"),
            ("-o ProxyCommand=none", "`connect` sets `-o proxycommand` itself"),
            ("-oidentityagent=none", "`connect` sets `-o identityagent` itself"),
            ("-o HostName=x", "`connect` sets `-o hostname` itself"),
        ] {
            let error = split(line, true).unwrap_err();
            assert!(error.contains(said), "{line}: {error}");
        }
        assert!(split("-J host -o IdentityAgent=x", false).is_ok());
    }
}
