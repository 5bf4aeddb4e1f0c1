//! Options, variables and defaults.

#![expect(
    clippy::disallowed_methods,
    reason = "expanded paths are compared with the real environment"
)]

use std::env;

use clap::Parser;

use super::super::commands::Cli;
use super::lookup::AwsVariables;
use super::table::{Effect, Known, TABLE};
use super::*;
use crate::key::{PrimeFilter, PrimeSearch};

fn resolve(words: &[&str], environment: &Environment) -> Result<Settings, SettingsError> {
    let words = ["keypair"].iter().chain(words).chain(&["describe"]);
    let arguments = Cli::try_parse_from(words).unwrap();
    Settings::resolve(&arguments.global, environment, false, false)
}

const HOME: &str = if cfg!(windows) { r"C:\Users\u" } else { "/home/u" };

fn variables(name: &'static str, value: &str) -> AwsVariables {
    AwsVariables([(name, value.to_owned())].into())
}

fn home() -> Environment {
    Environment { home: Some(HOME.into()), ..Environment::default() }
}

#[test]
fn default_registry_is_in_data_directory() {
    let file = |environment| {
        let settings = resolve(&[], &environment).unwrap();
        settings.registry.file().unwrap().to_owned()
    };
    let local = |path: PathBuf| path.join("keypair/registry.sqlite3");
    let default = local(Path::new(HOME).join(if cfg!(windows) {
        "AppData/Local"
    } else if cfg!(target_os = "macos") {
        "Library/Application Support"
    } else {
        ".local/share"
    }));
    assert_eq!(file(home()), default);
    let xdg = |value: &str| Environment { xdg_data_home: Some(value.into()), ..home() };
    let data = if cfg!(windows) { r"D:\data" } else { "/data" };
    assert_eq!(file(xdg(data)), local(data.into()));
    assert_eq!(file(xdg("data")), default);
    let of_machine = Environment { local_data: Some(r"D:\u".into()), ..home() };
    assert_eq!(file(of_machine), if cfg!(windows) { local(r"D:\u".into()) } else { default });
    let nowhere = resolve(&[], &Environment::default());
    assert!(matches!(nowhere, Err(SettingsError::NoHome)));
}

#[test]
fn runtime_directories_follow_the_platform() {
    let environment = Environment {
        temporary_folder: Some("given".into()),
        local_data: Some("local".into()),
        ..home()
    };
    let folders = environment.runtime_folders();
    let expected: Vec<PathBuf> = if cfg!(windows) {
        vec!["given".into(), "local/Temp".into()]
    } else if cfg!(target_os = "linux") {
        vec!["/dev/shm".into(), "given".into(), "/tmp".into()]
    } else {
        vec!["given".into(), "/tmp".into()]
    };
    assert_eq!(folders, expected);
}

#[test]
fn agent_socket_has_default_on_windows() {
    let given = Environment { agent_socket: Some("given".into()), ..home() };
    assert_eq!(given.agent_socket(), Some("given".into()));
    let usual = cfg!(windows).then(|| r"\\.\pipe\openssh-ssh-agent".into());
    assert_eq!(home().agent_socket(), usual);
}

#[test]
fn option_overrides_variable() {
    let environment = Environment {
        aws_variables: variables("AWS_DEFAULT_OUTPUT", "text"),
        registry_file: Some("from-variable".into()),
        registry: Some("ec2".into()),
        ..home()
    };
    let settings = resolve(&["--registry", "local"], &environment).unwrap();
    assert_eq!(settings.registry.file(), Some(Path::new("from-variable")));
    assert_eq!(settings.output, OutputFormat::Text);
    let words = ["--registry=local", "--registry-file=from-option", "--output=yaml"];
    let settings = resolve(&words, &environment).unwrap();
    assert_eq!(settings.registry.file(), Some(Path::new("from-option")));
    assert_eq!(settings.output, OutputFormat::Yaml);
    let ec2 = resolve(&["--region", "eu-west-1"], &environment);
    #[cfg(feature = "ec2")]
    assert!(matches!(
        ec2.unwrap().registry,
        RegistrySettings::Ec2(settings)
            if settings.region.as_ref().is_some_and(|region| region.value == "eu-west-1")
    ));
    #[cfg(not(feature = "ec2"))]
    assert!(matches!(ec2, Err(SettingsError::Ec2NotBuilt)));
}

#[test]
fn paths_expand_like_the_aws_cli() {
    let expand = |text: &str| home().expand(text).to_str().unwrap().to_owned();
    assert_eq!(expand("~/k.pub"), format!("{HOME}/k.pub"));
    assert_eq!(expand("~other/k"), "~other/k");
    let with_backslash = if cfg!(windows) { format!(r"{HOME}\k") } else { r"~\k".to_owned() };
    assert_eq!(expand(r"~\k"), with_backslash);
    let path = env::var("PATH").unwrap();
    assert_eq!(expand("a/$PATH/b"), format!("a/{path}/b"));
    assert_eq!(expand("${PATH}b$"), format!("{path}b$"));
    assert_eq!(expand("$NOT_SET_ANYWHERE/${x"), "$NOT_SET_ANYWHERE/${x");
    assert_eq!(expand("%PATH%"), "%PATH%");
}

#[test]
fn prime_filter_must_exist_on_cpu() {
    let search = |name: &str| {
        let environment = Environment { prime_filter: Some(name.into()), ..home() };
        environment.prime_search()
    };
    assert_eq!(home().prime_search().unwrap(), PrimeSearch::default());
    let portable = PrimeSearch::default().with_filter(PrimeFilter::Portable);
    assert_eq!(search("portable").unwrap(), portable);
    let error = search("Portable").unwrap_err();
    assert_eq!(error.available.last(), Some(&"portable"));
}

#[test]
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "the test writes the file")]
fn profile_selects_output_and_timestamps() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    let with = |text: &str, words: &[&str]| {
        std::fs::write(&config, text).unwrap();
        resolve(words, &Environment { config_file: Some(config.clone().into()), ..home() })
    };
    let text = "[default]\noutput = text # usual\ncli_timestamp_format = wire\n";
    let settings = with(text, &[]).unwrap();
    assert_eq!((settings.output, settings.timestamps), (OutputFormat::Text, TimestampFormat::Wire));
    assert!(settings.wants_data && settings.warnings.is_empty(), "{:?}", settings.warnings);
    assert_eq!(with(text, &["--output=yaml"]).unwrap().output, OutputFormat::Yaml);
    // The local registry needs no profile.
    for text in ["[default", "[default]\noutput = xml", "[default]\ncli_timestamp_format = x"] {
        let settings = with(text, &[]).unwrap();
        assert_eq!(settings.output, OutputFormat::Json, "{text}");
        assert_eq!(settings.warnings.len(), 1, "{text}: {:?}", settings.warnings);
    }
    let missing = with("", &["--profile", "nope"]).unwrap();
    assert!(missing.warnings.iter().any(|warning| warning.contains("(nope)")));
    if cfg!(feature = "ec2") {
        for text in ["[default]\noutput = xml", "[default]\ncli_timestamp_format = x"] {
            assert!(with(text, &["--registry=ec2"]).is_err(), "{text}");
        }
    }
}

#[test]
fn invalid_values_are_reported() {
    let unknown = resolve(&["--registry", "gcp"], &home());
    assert!(
        matches!(unknown, Err(SettingsError::UnknownRegistry { registry }) if registry == "gcp")
    );
    for output in ["xml", "", "JSON"] {
        let aws_variables = variables("AWS_DEFAULT_OUTPUT", output);
        let unknown = resolve(&[], &Environment { aws_variables, ..home() });
        assert!(matches!(unknown, Err(SettingsError::UnknownOutput(_))), "{output}");
    }
}

#[test]
fn documentation_has_all_settings() {
    let names = |names: &[&str]| {
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    let row = |known: &Known| {
        let checked = match known.effect {
            Effect::Checked => "an invalid value is refused; otherwise ",
            Effect::Known | Effect::Warned => "",
        };
        let (variables, keys) = (names(known.variables), names(known.keys));
        format!("| {variables} | {keys} | {checked}{} |\n", known.does)
    };
    let rows: String = TABLE.iter().map(row).collect();
    let page = include_str!("../../../docs/settings.md");
    let (_, table) = page.split_once("|---|---|---|\n").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    assert_eq!(format!("{table}\n"), rows);
}
