//! Escaping of foreign names, tags, comments and paths on a terminal.

use crate::support::home::Home;

/// Clears the screen, sets the title, moves the cursor with a C1 control, and reverses text.
const EVIL: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{8}\u{7f}";
const WIDE: &str = "\u{9b}2J\u{202e}\u{2066}\u{200f}\u{2028}\u{e0041}";

/// Fails if the terminal received anything but text, tabs and line breaks.
#[track_caller]
fn assert_escaped(output: &[u8]) {
    let text = String::from_utf8(output.to_vec()).unwrap().replace("\r\n", "\n");
    let wild = |character: char| {
        (character.is_control() && !matches!(character, '\n' | '\t'))
            || WIDE.contains(character) && !character.is_ascii()
    };
    assert!(!text.contains(wild), "{text:?}");
}

/// Fails in addition if the escaped text is missing.
#[track_caller]
fn assert_shown(output: &[u8]) {
    assert_escaped(output);
    let text = String::from_utf8_lossy(output);
    assert!(text.contains("owned"), "{text}");
}

fn home() -> Home {
    let mut home = Home::new();
    home.set("NO_COLOR", "1");
    home.set("EVIL", EVIL);
    home.set("WIDE", WIDE);
    home.shell(
        "ssh-keygen -q -t ed25519 -N '' -C '' -f key
         keypair import \"a$EVIL\" key.pub --tag \"return=$(printf 'a\\rb')\" --tag \"key$EVIL$WIDE=value$WIDE$EVIL\"",
    )
    .success();
    home
}

#[test]
fn names_and_tags_are_escaped_on_terminal() {
    let home = home();
    for words in [
        "describe",
        "describe-key-pairs --include-public-key",
        "describe \"a$EVIL\" --include-public-key",
        "verify key",
        "prune --name 'a*'",
        "describe --query 'KeyPairs[].Tags[].Value'",
        "describe --query 'KeyPairs[].{a:KeyName}'",
    ] {
        for output in ["json", "jsonl", "text", "table", "yaml"] {
            let script = format!("keypair {words} --output {output}");
            let run = home.launch("sh").args(["-c", &script]).on_terminal().finish();
            assert_shown(&run.stdout);
        }
    }
    // Other programs receive the unchanged text.
    let query = "--query 'KeyPairs[].[KeyName, Tags[1].Value]' --output text";
    let run = home.shell(&format!("keypair describe {query}")).success();
    assert_eq!(run.text(), format!("a{EVIL}\tvalue{WIDE}{EVIL}\n"));
}

/// Other programs can write rows that this program would reject.
#[test]
fn foreign_registry_rows_are_escaped_on_terminal() {
    let home = home();
    let change = "import os, sqlite3, sys
connection = sqlite3.connect(os.environ['XDG_DATA_HOME'] + '/keypair/registry.sqlite3')
evil = os.environ['EVIL'] + os.environ['WIDE']
connection.execute('UPDATE key_pair SET ' + sys.argv[1] + ' = ? || ' + sys.argv[1], [evil])
connection.commit()";
    for column in ["key_pair_id", "fingerprint", "public_key", "key_name"] {
        home.launch("python").args(["-c", change, column]).run().success();
        for output in ["json", "text", "table", "yaml"] {
            let script = format!("keypair describe --include-public-key --output {output}");
            let run = home.launch("sh").args(["-c", &script]).on_terminal().finish();
            assert_shown(&run.stdout);
        }
    }
}

#[test]
fn messages_are_escaped_on_terminal() {
    let home = home();
    home.shell("cp key \"$EVIL$WIDE\"; mkdir \"folder$EVIL$WIDE\"; chmod 777 \"folder$EVIL$WIDE\"")
        .success();
    home.shell("echo \"$(cat key.pub) $EVIL$WIDE\" > commented.pub").success();
    for words in [
        "fingerprint \"none$EVIL$WIDE\"",
        "fingerprint \"$EVIL$WIDE\" --output text",
        "fingerprint commented.pub --output text",
        "fingerprint commented.pub --output table",
        "convert key --out \"$EVIL$WIDE\"",
        "convert key --format \"$EVIL$WIDE\"",
        "create \"a$EVIL\"",
        "create \"a$EVIL\" --out x --type ed25519",
        "create \"$EVIL$WIDE\" --out x --type ed25519",
        "create x --tag \"aws:$EVIL$WIDE=\"",
        "describe \"none$EVIL\"",
        "describe --filters \"Name=$EVIL$WIDE,Values=x\"",
        "describe --query \"$EVIL$WIDE\"",
        "describe --registry-file \"key/$EVIL$WIDE\"",
        "describe --registry-file \"folder$EVIL$WIDE/registry\" --debug",
        "describe --registry \"$EVIL$WIDE\"",
        "\"$EVIL$WIDE\"",
        "create --\"$EVIL$WIDE\"",
        "exec -- \"./none$EVIL$WIDE\"",
        "convert key --passphrase-file \"none$EVIL$WIDE\" --out x",
        "import x \"none$EVIL$WIDE\"",
        "delete \"none$EVIL\"",
        "delete \"a$EVIL\" --dry-run",
        "--debug verify \"none$EVIL$WIDE\"",
    ] {
        let script = format!("keypair {words}");
        let run = home.launch("sh").args(["-c", &script]).on_terminal().finish();
        assert_escaped(&run.stdout);
    }
}

/// The passphrase prompt contains the file name.
#[test]
fn passphrase_prompt_is_escaped_on_terminal() {
    let home = home();
    home.shell("ssh-keygen -q -t ed25519 -N secret -f locked; mv locked \"locked$EVIL$WIDE\"")
        .success();
    let script = "keypair convert \"locked$EVIL$WIDE\" --out plain --no-passphrase";
    let mut terminal = home.launch("sh").args(["-c", script]).on_terminal();
    terminal.expect("Passphrase for locked");
    terminal.type_hidden_line("secret");
    assert_shown(&terminal.finish().success().stdout);
}
