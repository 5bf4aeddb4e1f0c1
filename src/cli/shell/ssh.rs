//! Commands that ssh runs in the user's shell.

use std::ffi::OsString;

use super::quote::quoted;

/// A word of a ProxyCommand.
#[derive(Clone, Debug)]
pub enum ProxyWord {
    /// A word that ssh and the shell must take literally.
    Plain(OsString),
    /// A token that ssh expands, such as `%h`.
    Token(&'static str),
}

/// Returns the value of ssh's option ProxyCommand. ssh expands `%` first, and then passes the line to
/// the user's shell.
pub fn proxy_command(words: &[ProxyWord]) -> String {
    let word = |word: &ProxyWord| match word {
        ProxyWord::Plain(word) => quoted(word).replace('%', "%%"),
        ProxyWord::Token(token) => (*token).to_owned(),
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn proxy_command_survives_tokens_and_shell() {
        let words = [
            ProxyWord::Plain("/opt/my tools/keypair".into()),
            ProxyWord::Plain("50%h $(id)\n;".into()),
            ProxyWord::Token("%h"),
        ];
        let expected =
            r#"'/opt/my tools/keypair' "$(printf '50\045h\040\044\050id\051\012\073')" %h"#;
        assert_eq!(proxy_command(&words), expected);
        assert_eq!(proxy_command(&[ProxyWord::Plain("100%".into())]), "'100%%'");
    }
}
