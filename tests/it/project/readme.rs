//! Runs every `console` block of the README, in order and in one home, and compares the output.
//! moto stands in for AWS, as the README says.
//!
//! Ids, times, fingerprints and key material differ between runs and are masked on both sides.

use crate::support::mask::masked;
use crate::support::moto::Account;

/// A command of the README with its expected stdout and stderr.
pub(crate) struct Example {
    pub(crate) command: String,
    pub(crate) output: String,
}

#[test]
fn readme_examples_print_documented_output() {
    let readme = include_str!("../../../README.md");
    let examples = examples(readme);
    assert!(examples.len() >= 12, "only {} examples were found", examples.len());
    let account = Account::new();
    let home = account.home();
    for Example { command, output } in examples {
        let run = home.shell(&format!("exec 2>&1\n{command}"));
        assert_eq!(masked(run.text()), masked(&output), "$ {command}");
    }
}

/// Returns the commands in the `console` blocks of a document.
pub(crate) fn examples(readme: &str) -> Vec<Example> {
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
