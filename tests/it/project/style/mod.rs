//! Checks the wording of the project against `.github/STYLE.md`.
//!
//! The test reads doc comments, comments, string literals of `src/`, documentation and test names.
//! It knows only phrases that are always wrong here, so a sentence that passes can still be bad.

mod text;

use std::fs;
use std::path::Path;

use crate::support::home::files_below;
use text::Text;

/// Directories with wording, and single files in the root.
const ROOTS: &[&str] = &[".ci", ".github", "benches", "src", "tests"];
const FILES: &[&str] =
    &["CHANGELOG.md", "Cargo.toml", "README.md", "clippy.toml", "deny.toml", "rustfmt.toml"];

/// Wording that stays: the file, a part of the text, and the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// Files that quote rejected phrases.
const QUOTING: &[&str] = &[".github/STYLE.md", "tests/it/project/style/mod.rs"];

/// Words that must not begin a sentence.
const BEGINNINGS: &[&str] = &["what", "who", "whoever", "whose", "whom", "whether", "that"];

/// Phrases that must not occur. A final `*` matches any suffix.
const PHRASES: &[&str] = &[
    "whoever",
    "whom",
    "whose",
    "is none",
    "are none",
    "so many",
    "so much",
    "in the place of",
    "of our own",
    "of ours",
    "mend",
    "mends",
    "mended",
    "mending",
    "reckon*",
    "meanwhile",
    "afterwards",
    "beside",
    "behind the",
    "afresh",
    // British spelling.
    "behaviour*",
    "colour*",
    "neighbour*",
    "licence*",
    "normalis*",
    "optimis*",
    "recognis*",
    "serialis*",
    "synchronis*",
];

/// Maximum number of words in the name of a test.
const MAX_TEST_WORDS: usize = 8;

/// Returns a message for each rejected phrase in a text.
fn findings(text: &Text) -> Vec<String> {
    let words = text.words();
    let mut findings = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let rest = &words[at..];
        if word.begins_sentence && BEGINNINGS.contains(&word.text.as_str()) {
            findings.push(format!("{}: a sentence begins with `{}`", word.line, word.text));
        }
        for phrase in PHRASES {
            let parts: Vec<_> = phrase.split(' ').collect();
            let same = |(word, part): (&text::Word, &&str)| match part.strip_suffix('*') {
                Some(start) => word.text.starts_with(start),
                None => word.text == *part,
            };
            if rest.len() >= parts.len() && rest.iter().zip(&parts).all(same) {
                findings.push(format!("{}: `{phrase}`", word.line));
            }
        }
    }
    findings
}

/// Returns a message for each test with a long or unclear name.
fn test_names(source: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let mut lines = source.lines().enumerate();
    while let Some((_, line)) = lines.next() {
        if !matches!(line.trim(), "#[test]" | "#[tokio::test]") {
            continue;
        }
        let signature = lines.find(|(_, line)| line.trim_start().starts_with("fn "));
        let Some((number, signature)) = signature else { break };
        let name = signature.trim_start().trim_start_matches("fn ").split('(').next().unwrap();
        let words: Vec<_> = name.split('_').collect();
        if words.len() > MAX_TEST_WORDS {
            findings.push(format!("{}: {name} has more than eight words", number + 1));
        }
        if BEGINNINGS.contains(&words[0]) {
            findings.push(format!("{}: {name} begins with `{}`", number + 1, words[0]));
        }
    }
    findings
}

/// Checks one file. Returns messages of the form `file:line: phrase`.
fn check(file: &str, content: &str) -> Vec<String> {
    let is_exception = |text: &Text| {
        EXCEPTIONS.iter().any(|(path, part, _)| *path == file && text.joined().contains(part))
    };
    let is_rust = file.ends_with(".rs");
    let texts = match file {
        _ if is_rust => text::of_rust(content, file.starts_with("src/")),
        _ if file.ends_with(".md") => text::of_markdown(content),
        _ => text::of_script(content),
    };
    let mut findings: Vec<_> =
        texts.iter().filter(|text| !is_exception(text)).flat_map(findings).collect();
    if is_rust {
        findings.extend(test_names(content));
    }
    findings.into_iter().map(|finding| format!("{file}:{finding}")).collect()
}

/// Returns the files with wording, with their content.
fn project_files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let below = ROOTS.iter().flat_map(|directory| {
        let files = files_below(&root.join(directory));
        files.into_iter().map(move |file| format!("{directory}/{}", file.display()))
    });
    let single =
        FILES.iter().map(|file| (*file).to_owned()).filter(|file| root.join(file).exists());
    below
        .chain(single)
        .filter(|file| !QUOTING.contains(&file.as_str()))
        .filter_map(|file| {
            // Some test vectors are binary.
            let content = fs::read_to_string(root.join(&file)).ok()?;
            let extension = Path::new(&file).extension().and_then(|extension| extension.to_str());
            let has_wording = match extension {
                Some("rs" | "md" | "py" | "toml" | "yml") => true,
                _ => content.starts_with("#!"),
            };
            has_wording.then_some((file, content))
        })
        .collect()
}

#[test]
fn wording_of_project_follows_style_guide() {
    let files = project_files();
    assert!(files.len() > 300, "found only {} files", files.len());
    let findings: Vec<_> = files.iter().flat_map(|(file, content)| check(file, content)).collect();
    assert!(findings.is_empty(), "see .github/STYLE.md:\n{}", findings.join("\n"));
}

#[test]
fn every_exception_is_needed() {
    let files = project_files();
    for (file, part, reason) in EXCEPTIONS {
        let (_, content) = files.iter().find(|(path, _)| path == file).expect(file);
        assert!(content.contains(part), "{file}: remove the exception `{part}` ({reason})");
    }
}

#[test]
fn planted_phrases_are_reported_with_line() {
    let docstring = "def f():\n    \"\"\"Times it.\n    Whose\"\"\"\n";
    for (file, content, expected) in [
        ("src/a.rs", "//! Fine.\n//! What is read.\n", "2: a sentence begins with `what`"),
        ("src/a.rs", "/// Reads it. A file, whoever\n/// wrote it.\n", "1: `whoever`"),
        ("src/a.rs", "\n// There are so\n// many.\n", "2: `so many`"),
        ("src/a.rs", "#[error(\"{0} is none of them\")]\nE,", "1: `is none`"),
        ("src/a.rs", "\n/// A file.\nfn f() { g(\"a \\\n  mended file\") }", "4: `mended`"),
        ("src/a.rs", "const A: &str = r#\"it is \"beside\" a file\"#;", "1: `beside`"),
        ("src/a.rs", "const A: char = '\"'; // It is meanwhile.\n", "1: `meanwhile`"),
        ("README.md", "# Title\n\nIt is.\nThat is.\n", "4: a sentence begins with `that`"),
        ("README.md", "| a | In the place of b |\n", "1: `in the place of`"),
        ("README.md", "- A file\n- Who reads\n", "2: a sentence begins with `who`"),
        ("benches/a.py", "#!/usr/bin/python\n# The colours of it\n", "2: `colour*`"),
        ("benches/a.py", docstring, "3: `whose`"),
    ] {
        let expected = format!("{file}:{expected}");
        let found = check(file, content);
        assert!(found.contains(&expected), "{content}: {found:?}, not {expected}");
    }
}

#[test]
fn code_and_foreign_strings_are_ignored() {
    for (file, content) in [
        ("src/a.rs", "/// The `whose` of a file.\n/// ```\n/// meanwhile\n/// ```\n"),
        ("src/a.rs", "const A: &[u8] = b\"one whose bytes\";"),
        ("src/a.rs", "fn whose<'a>(beside: &'a str) { meanwhile('\\'') }"),
        ("tests/a.rs", "const A: &str = \"one whose text\";"),
        ("README.md", "```\nWho reads\n```\nA file.\n"),
        ("benches/a.py", "whose = 1\n"),
    ] {
        assert_eq!(check(file, content), [""; 0], "{content}");
    }
}

#[test]
fn planted_test_names_are_reported() {
    let tests = "#[test]\nfn what_is_read() {}\n#[test]\n#[ignore]\nfn a_b_c_d_e_f_g_h_i() {}\n";
    let found = check("tests/a.rs", tests);
    let expected = [
        "tests/a.rs:2: what_is_read begins with `what`",
        "tests/a.rs:5: a_b_c_d_e_f_g_h_i has more than eight words",
    ];
    assert_eq!(found, expected);
}
