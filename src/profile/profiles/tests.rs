use super::super::error::SyntaxFault;
use super::*;

fn config(text: &str) -> Result<Profiles, ProfileFileError> {
    let mut profiles = Profiles::default();
    profiles.add(ProfileFile::Config, Path::new("config"), text.as_bytes())?;
    Ok(profiles)
}

fn value(text: &str, name: &str, key: &str) -> Option<String> {
    config(text).unwrap().profile(name)?.get(key).map(str::to_owned)
}

#[test]
fn settings_are_read_as_python_does() {
    for (text, expected) in [
        ("[default]\nregion = x", "x"),
        ("[default]\nREGION=x\n", "x"),
        ("[default]\nregion: x = y", "x = y"),
        ("[default]\r\nregion\t=\tx \r\n", "x"),
        ("[default]\rregion=x", "x"),
        ("# a\n; b\n\n  [default] c\n  # d\n  region = x # e", "x # e"),
        ("[default]\nregion = x\n  y\n\n  # no\n  z\n\n", "x\ny\n\nz"),
        ("[DEFAULT]\nregion = x\n[default]\noutput = y", "x"),
        ("[DEFAULT]\nregion = x\n[default]\nregion = y", "y"),
        ("[default]\nregion =", ""),
        ("[profile default]\nregion = x", "x"),
        ("[default]\nregion = x\n[profile default]\nregion = y", "y"),
        ("[profile default]\nregion = x\n[default]\nregion = y", "y"),
        ("[default]\nregion = x\0y", "x\0y"),
    ] {
        assert_eq!(value(text, "default", "region").as_deref(), Some(expected), "{text:?}");
    }
}

#[test]
fn profile_name_is_last_word_of_header() {
    for (header, name) in [
        ("profile my", "my"),
        ("profile  \"my prof\"", "my prof"),
        ("profile 'a]b'", "a]b"),
        ("profile b\u{f6}b", "b\u{f6}b"),
        ("profiles x", "x"),
    ] {
        assert!(value(&format!("[{header}]\nregion = x"), name, "region").is_some(), "{header}");
    }
    for header in ["my", "profile", "profile a b", "profile \"a", "Profile a", " profile a"] {
        let profiles = config(&format!("[{header}]\nregion = x")).unwrap();
        assert_eq!(profiles.names().count(), 0, "{header}");
    }
}

#[test]
fn credentials_file_wins_over_config_file() {
    let mut profiles = config("[default]\nregion = x\naws_access_key_id = A").unwrap();
    let credentials = b"[default]\naws_access_key_id = B\n[profile c]\nregion = y";
    profiles.add(ProfileFile::Credentials, Path::new("credentials"), credentials).unwrap();
    let default = profiles.profile("default").unwrap();
    assert_eq!((default.get("region"), default.get("aws_access_key_id")), (Some("x"), Some("B")));
    assert_eq!(default.setting("aws_access_key_id").unwrap().line, 2);
    assert!(profiles.profile("profile c").is_some() && profiles.profile("c").is_none());
    let id = |file| profiles.setting_in(file, "default", "aws_access_key_id").map(Setting::value);
    assert_eq!((id(ProfileFile::Config), id(ProfileFile::Credentials)), (Some("A"), Some("B")));
    assert!(profiles.setting_in(ProfileFile::Credentials, "default", "region").is_none());
}

#[test]
fn nested_block_is_read() {
    let text = "[default]\ns3 =\n  a = 1\n\n  b=2=3\nregion = x\n[services s]\nec2 =\n  endpoint_url = u\n[sso-session o]\nsso_region = r";
    let profiles = config(text).unwrap();
    let default = profiles.profile("default").unwrap();
    let block = default.setting("s3").unwrap();
    assert_eq!(
        (block.nested("a"), block.nested("b"), block.nested("c")),
        (Some("1"), Some("2=3"), None)
    );
    assert_eq!(default.get("region"), Some("x"));
    assert_eq!(default.setting("region").unwrap().nested("x"), None);
    let services = profiles.services("s").unwrap();
    assert_eq!(services.setting("ec2").unwrap().nested("endpoint_url"), Some("u"));
    assert_eq!(profiles.sso_session("o").unwrap().get("sso_region"), Some("r"));
}

#[test]
fn invalid_file_is_refused_with_line() {
    for (text, line, fault) in [
        ("region = x", 1, SyntaxFault::NoSection),
        ("\u{feff}[default]", 1, SyntaxFault::ByteOrderMark),
        ("\n[default\nregion = x", 2, SyntaxFault::UnclosedSection),
        ("[a]\n[b\n", 2, SyntaxFault::UnclosedSection),
        ("[]\n", 1, SyntaxFault::UnclosedSection),
        ("[a]\nregion", 2, SyntaxFault::NoAssignment),
        ("[a]\n= x", 2, SyntaxFault::NoKey),
        ("[a]\n\n[a]", 3, SyntaxFault::DuplicateSection("a".to_owned())),
        ("[a]\nb=1\nB=2", 3, SyntaxFault::DuplicateKey("b".to_owned())),
        ("[a]\ns3 =\n  x", 2, SyntaxFault::InvalidBlock("s3".to_owned())),
    ] {
        let error = config(text).unwrap_err();
        let ProfileFileError::Syntax { line: found, fault: found_fault, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!((*found, found_fault), (line, &fault), "{text:?}");
    }
    let error = Ini::parse(ProfileFile::Config, b"[a]\nb = \xff").err().unwrap();
    assert_eq!(error, (2, SyntaxFault::NotUtf8));
}

#[test]
fn large_file_is_read_and_larger_one_refused() {
    let large: String =
        (0..50_000).map(|n| format!("[profile p{n}]\nregion = x\nb = c\n")).collect();
    assert_eq!(config(&large).unwrap().names().count(), 50_000);
    let many = format!("[a]\n{}", (0..250_000).map(|n| format!("k{n}=v\n")).collect::<String>());
    assert!(matches!(
        config(&many),
        Err(ProfileFileError::Syntax { fault: SyntaxFault::TooMany { .. }, .. })
    ));
}

#[test]
fn debug_output_omits_values() {
    let profiles = config("[default]\naws_secret_access_key = hunter2").unwrap();
    assert!(!format!("{profiles:?}").contains("hunter2"));
}
