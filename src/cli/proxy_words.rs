//! The first words of a ProxyCommand that runs this program.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::options::{AwsArgs, GlobalArgs};
use super::settings;
use super::shell::ProxyWord;

/// Returns `keypair connect --proxy` with the options for EC2 of this process. The ProxyCommand
/// inherits the environment.
pub fn proxy_words(context: &Context) -> Vec<ProxyWord> {
    let program = settings::program().unwrap_or_else(|| PathBuf::from("keypair"));
    let mut words: Vec<OsString> = vec![program.into(), "connect".into(), "--proxy".into()];
    let GlobalArgs { debug, quiet, aws, .. } = &context.global;
    let AwsArgs {
        regions,
        profiles,
        endpoint_url,
        ca_bundle,
        cli_connect_timeout,
        cli_read_timeout,
        ..
    } = aws;
    let text = |text: &Option<String>| text.as_ref().map(OsString::from);
    // The command has refused several.
    let one = |list: &[String]| list.first().map(OsString::from);
    let bundle = ca_bundle.as_deref().map(|path| absolute(path).into_os_string());
    for (option, value) in [
        ("--region", one(regions)),
        ("--profile", one(profiles)),
        ("--endpoint-url", text(endpoint_url)),
        ("--ca-bundle", bundle),
        ("--cli-connect-timeout", text(cli_connect_timeout)),
        ("--cli-read-timeout", text(cli_read_timeout)),
    ] {
        if let Some(value) = value {
            let mut word = OsString::from(option);
            word.push("=");
            word.push(value);
            words.push(word);
        }
    }
    words.extend(debug.then(|| "--debug".into()));
    words.extend(quiet.then(|| "--quiet".into()));
    words.into_iter().map(ProxyWord::Plain).collect()
}

/// Returns a path that is valid in every working directory.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
