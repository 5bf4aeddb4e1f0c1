//! Manual pages, generated from the definition of the command line.

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

#[derive(Debug)]
pub struct Page {
    /// `None` is the program itself.
    pub command: Option<String>,
    /// The file name, such as `keypair-create.1`.
    pub file: String,
    /// The source for man(1).
    pub text: Vec<u8>,
}

/// Returns the page of the program and those of its commands.
///
/// # Errors
///
/// Never in practice: the pages are written to memory.
pub fn pages(program: Command) -> io::Result<Vec<Page>> {
    let mut program = program.disable_help_subcommand(true).subcommand_help_heading("COMMANDS");
    program.build();
    let shown = program.get_subcommands().filter(|command| !command.is_hide_set());
    let commands: Vec<_> = shown.cloned().collect();
    let mut pages = vec![page(None, program)?];
    for command in commands {
        pages.push(page(Some(command.get_name().to_owned()), command)?);
    }
    Ok(pages)
}

#[derive(Debug, thiserror::Error)]
#[error("unknown command `{command}`")]
pub struct UnknownPage {
    pub command: String,
}

/// Returns the page of a command, or of the program itself.
pub fn find(pages: Vec<Page>, command: Option<&str>) -> Result<Page, UnknownPage> {
    let found = pages.into_iter().find(|page| page.command.as_deref() == command);
    found.ok_or_else(|| UnknownPage { command: command.unwrap_or_default().to_owned() })
}

fn page(name: Option<String>, mut command: Command) -> io::Result<Page> {
    let usage = command.render_usage().to_string();
    let notes = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let has_commands = command.has_subcommands();
    let man = Man::new(command);
    let file = man.get_filename();
    // clap_mangen omits an empty date, and man would read the next argument as the date.
    let title = format!(
        ".TH {} 1 \"\" \"keypair {}\" \"keypair manual\"\n",
        file.trim_end_matches(".1"),
        env!("CARGO_PKG_VERSION")
    );
    let mut text = Vec::new();
    man.render_name_section(&mut text)?;
    synopsis(&usage).to_writer(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if has_commands {
        man.render_subcommands_section(&mut text)?;
    }
    after_help(&notes).to_writer(&mut text)?;
    if name.is_some() {
        let mut related = Roff::default();
        related.control("SH", ["SEE ALSO"]).text([bold("keypair"), roman("(1)")]);
        related.to_writer(&mut text)?;
    }
    let text = title + &ascii(&String::from_utf8_lossy(&text).replace(PREAMBLE, ""));
    Ok(Page { file, command: name, text: [PREAMBLE, &text].concat().into_bytes() })
}

/// The definition of an apostrophe, which clap_mangen writes before each section.
const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// Returns the usage as in help texts; clap_mangen would list all options.
fn synopsis(usage: &str) -> Roff {
    let usage = usage.trim().trim_start_matches("Usage: ");
    let is_name = |word: &&str| {
        word.chars().all(|character| character.is_ascii_lowercase() || character == '-')
    };
    let name: Vec<&str> = usage.split(' ').take_while(is_name).collect();
    let name = name.join(" ");
    let rest = usage.get(name.len()..).unwrap_or_default();
    let mut roff = Roff::default();
    roff.control("SH", ["SYNOPSIS"]).text([bold(name), roman(rest)]);
    roff
}

/// Replaces the characters outside of ASCII, which groff reads as Latin 1.
fn ascii(page: &str) -> String {
    let mut text = String::new();
    for character in page.chars() {
        match character {
            // groff has no glyph of that name.
            '…' => text.push_str("..."),
            '\0'..='\x7f' => text.push(character),
            _ => text.push_str(&format!("\\[u{:04X}]", u32::from(character))),
        }
    }
    text
}

/// Returns the sections for the text after the options in a help text. clap_mangen would format
/// examples as paragraphs.
fn after_help(text: &str) -> Roff {
    let mut roff = Roff::default();
    let (mut notes, mut titled) = (Vec::new(), Vec::new());
    for part in text.split("\n\n").filter(|part| !part.is_empty()) {
        let (first, rest) = part.split_once('\n').unwrap_or((part, ""));
        match first {
            "Exit status:" => titled.push(("EXIT STATUS", rest)),
            "Examples:" => titled.push(("EXAMPLES", rest)),
            _ => notes.push(part),
        }
    }
    if !notes.is_empty() {
        roff.control("SH", ["NOTES"]);
    }
    for (position, part) in notes.into_iter().enumerate() {
        if position > 0 {
            roff.control("PP", []);
        }
        paragraph(&mut roff, part);
    }
    for (title, part) in titled {
        roff.control("SH", [title]);
        paragraph(&mut roff, part);
    }
    roff
}

/// Adds a paragraph. Keeps the line breaks of indented lines.
fn paragraph(roff: &mut Roff, text: &str) {
    let mut is_indented = false;
    for line in text.lines() {
        if line.starts_with(' ') != is_indented {
            roff.control(if is_indented { "EE" } else { "EX" }, []);
            is_indented = !is_indented;
        }
        roff.text([roman(line)]);
    }
    if is_indented {
        roff.control("EE", []);
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::commands::Cli;

    #[test]
    fn visible_commands_have_pages() {
        let pages = pages(Cli::command()).unwrap();
        let files: Vec<_> = pages.iter().map(|page| page.file.as_str()).collect();
        for file in ["keypair.1", "keypair-create.1", "keypair-describe-key-pairs.1"] {
            assert!(files.contains(&file), "{file}");
        }
        assert!(!files.iter().any(|file| file.contains("complete.") || file.contains("help")));
    }

    #[test]
    fn text_after_help_becomes_sections() {
        let text = "Of these:\n  a   b\n\nExamples:\n  x  -y\n\nMore.";
        let mut page = Vec::new();
        after_help(text).to_writer(&mut page).unwrap();
        let expected = [
            ".SH NOTES\nOf these:\n.EX\n  a   b\n.EE\n.PP\nMore.\n",
            ".SH EXAMPLES\n.EX\n  x  \\-y\n.EE\n",
        ];
        assert_eq!(String::from_utf8(page).unwrap(), [PREAMBLE, &expected.concat()].concat());
    }

    #[test]
    fn pages_have_title_usage_and_only_ascii() {
        for page in pages(Cli::command()).unwrap() {
            let text = String::from_utf8(page.text).unwrap();
            let name = page.file.trim_end_matches(".1");
            let title = format!(".TH {name} 1 \"\" \"keypair ");
            assert!(text.starts_with(&[PREAMBLE, &title].concat()), "{text}");
            assert_eq!(text.matches(PREAMBLE).count(), 1, "{name}");
            assert!(text.is_ascii(), "{name}");
            let command = page.command.map(|command| format!(" {}", command.replace('-', "\\-")));
            let usage = format!(".SH SYNOPSIS\n\\fBkeypair{}\\fR ", command.unwrap_or_default());
            assert!(text.contains(&usage), "{text}");
        }
    }
}
