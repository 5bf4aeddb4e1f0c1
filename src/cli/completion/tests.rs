use std::ffi::OsString;

use clap::CommandFactory;

use super::*;
use crate::cli::commands::Cli;

/// Returns the completions of the last word, without descriptions.
fn offered(line: &[&str]) -> Vec<String> {
    let (word, before) = line.split_last().unwrap();
    let words: Vec<OsString> =
        std::iter::once(format!("={word}").into()).chain(before.iter().map(Into::into)).collect();
    let answer = complete(Cli::command(), Shell::Zsh, &words, &Environment::default()).to_string();
    let lines = answer.lines().map(|line| line.split('\t').next().unwrap().to_owned());
    let lines: Vec<String> = lines.collect();
    match &lines[..] {
        [kind, words @ ..] if kind == "words" => words.to_vec(),
        _ => lines,
    }
}

#[test]
fn commands_and_options_complete() {
    assert_eq!(offered(&["desc"]), ["describe", "describe-key-pairs"]);
    assert_eq!(offered(&["help", "ver"]), ["verify"]);
    assert_eq!(offered(&["--quiet", "ver"]), ["verify"]);
    assert_eq!(offered(&["--region", "x", "ver"]), ["verify"]);
    assert_eq!(offered(&["describe", "--key-p"]), ["--key-pair-ids"]);
    assert_eq!(offered(&["--regi"]), ["--registry", "--registry-file", "--region"]);
    assert_eq!(offered(&["complet"]), ["completions"]);
    assert_eq!(offered(&["frob", ""]), [""; 0]);
    // A used option is offered again only if it can be repeated.
    assert_eq!(offered(&["create", "--bits", "2048", "--b"]), [""; 0]);
    assert_eq!(offered(&["create", "--tag", "a=b", "--ta"]), ["--tag", "--tag-specifications"]);
    assert!(offered(&["prune", ""]).contains(&"--expired".to_owned()));
    assert!(!offered(&["describe", "--"]).contains(&"--no-paginate".to_owned()));
}

#[test]
fn values_complete() {
    assert_eq!(offered(&["create", "--type", ""]), ["rsa", "ed25519"]);
    assert_eq!(offered(&["create", "--type=e"]), ["--type=ed25519"]);
    assert_eq!(offered(&["create", "--key-format", "p"]), ["pem", "ppk", "pkcs8"]);
    assert_eq!(offered(&["create", "--format=p", "--bits", "4"]), ["4096"]);
    assert_eq!(offered(&["create-key-pair", "--key-t", "r"]), ["rsa"]);
    assert_eq!(offered(&["create", "--key-t", "r"]), [""; 0]);
    assert_eq!(offered(&["describe", "--output", "j"]), ["json", "jsonl"]);
    assert_eq!(offered(&["--registry", ""]), ["local", "ec2"]);
    assert_eq!(offered(&["completions", "p"]), ["powershell"]);
    assert_eq!(offered(&["man", "he"]), [""; 0]);
    assert_eq!(offered(&["man", "create-"]), ["create-key-pair", "create-tags"]);
    // The name of a new pair cannot be predicted. An option without a value completes to nothing.
    assert_eq!(offered(&["create", "a"]), [""; 0]);
    assert_eq!(offered(&["describe", "--quiet="]), [""; 0]);
}

#[test]
fn shell_completes_paths_and_programs() {
    for line in [
        &["convert", ""][..],
        &["fingerprint", "a", "b"],
        &["create", "--out", ""],
        &["create", "--public-out=x"],
        &["import", "web", ""],
        &["--registry-file", "x"],
        &["convert", "--", "-"],
        &["exec", "--", "ssh", ""],
        &["exec", "--", "ssh", "-i", "--x"],
    ] {
        assert_eq!(offered(line), ["files"], "{line:?}");
    }
    assert_eq!(offered(&["man", "--out-folder", ""]), ["folders"]);
    assert_eq!(offered(&["exec", "--ttl", "1h", "--", "s"]), ["programs"]);
    assert_eq!(offered(&["exec", "s"]), ["programs"]);
}

#[test]
fn control_characters_are_not_offered() {
    let candidates = ["a\x1b[2J", "a\tb", "a\nb", "ab"].map(Candidate::plain).to_vec();
    let expected = Completions::Words(vec![Candidate::plain("--key-names=ab")]);
    assert_eq!(candidate::beginning_with(candidates, "--key-names=", "a"), expected);
}

#[test]
fn invalid_line_has_no_completions() {
    for words in [&[][..], &["=\u{fffd}"], &["", ""], &["=", "=", "-", "--="]] {
        let words: Vec<OsString> = words.iter().map(Into::into).collect();
        for shell in [Shell::Bash, Shell::Fish] {
            assert!(
                complete(Cli::command(), shell, &words, &Environment::default())
                    .to_string()
                    .contains('\n')
            );
        }
    }
}
