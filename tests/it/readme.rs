//! The README shows what really happens: every `console` block in it is run here, all of them in
//! one world and in their order, and must print what it shows.
//!
//! Ids, times, fingerprints and key material differ from run to run and are masked on both sides.

use crate::support::home::Home;

/// A command of the README and what it is shown to print, on stdout and stderr together.
struct Example {
    command: String,
    output: String,
}

#[test]
fn every_example_prints_what_it_shows() {
    let readme = include_str!("../../README.md");
    let examples = examples(readme);
    assert!(examples.len() >= 12, "only {} examples were found", examples.len());
    let home = Home::new();
    for Example { command, output } in examples {
        let run = home.shell(&format!("exec 2>&1\n{command}"));
        assert_eq!(masked(run.text()), masked(&output), "$ {command}");
    }
}

fn examples(readme: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside {
            match (line.strip_prefix("$ "), examples.last_mut()) {
                (Some(command), _) => {
                    examples.push(Example { command: command.into(), output: String::new() });
                }
                (None, Some(example)) if example.command.ends_with('\\') => {
                    example.command.push('\n');
                    example.command.push_str(line);
                }
                (None, Some(example)) => {
                    example.output.push_str(line);
                    example.output.push('\n');
                }
                (None, None) => panic!("output before any command: {line}"),
            }
        }
    }
    examples
}

/// Puts `#` in the place of every word that is different in every run.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    for piece in text.split_inclusive(|character: char| !is_word(character)) {
        let word = piece.trim_end_matches(|character: char| !is_word(character));
        masked.push_str(if is_random(word) { "#" } else { word });
        masked.push_str(&piece[word.len()..]);
    }
    masked
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-:+/=_".contains(character)
}

fn is_random(word: &str) -> bool {
    let hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = word.strip_prefix("key-").is_some_and(|id| id.len() == 17 && hexadecimal(id));
    let colons = word.len() >= 47 && hexadecimal(&word.replace(':', ""));
    let base64 = word.len() >= 43;
    let time = word.len() >= 16 && word.starts_with("20") && word.contains('T');
    let words: Vec<&str> = word.split('-').collect();
    let name = matches!(words[..], [_, _, number] if number.len() == 6 && hexadecimal(number));
    // What is left of the milliseconds of a time.
    let milliseconds = word.len() == 4 && word.ends_with('Z');
    id || colons || base64 || time || name || milliseconds
}

#[test]
fn the_mask_leaves_the_rest_as_it_is() {
    let text =
        "\"KeyPairId\": \"key-0123456789abcdef0\",\n\"PrivateKeyFile\": \"amber-otter-4f9c21.ppk\"";
    assert_eq!(masked(text), "\"KeyPairId\": \"#\",\n\"PrivateKeyFile\": \"#.ppk\"");
    assert_eq!(masked("2026-11-23T23:46:26.001Z"), "#.#");
    for text in ["key-pair", "--key-name", "/ec2/keypair/", "a-b-c", "2048", "my-key-pair.pem"] {
        assert_eq!(masked(text), text);
    }
}
