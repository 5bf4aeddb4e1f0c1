//! Small crates that break each rule, and some that only seem to.

use super::breaches;
use super::tree::{Files, Tree};

/// Builds a crate from these files and a lib.rs that declares `modules`.
fn crate_of(modules: &[&str], files: &[(&str, &str)]) -> Files {
    let declarations = modules.iter().map(|module| format!("pub mod {module};\n"));
    let library = ("lib.rs".to_owned(), declarations.collect());
    let files = files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned()));
    files.chain([library]).collect()
}

#[track_caller]
fn assert_breaches(files: &Files, expected: &[&str]) {
    assert_eq!(breaches(files), expected);
}

/// Asserts the findings for a file of the top-level module `key`, which may import only `secret`.
#[track_caller]
fn assert_key(text: &str, expected: &[&str]) {
    let files = [("key.rs", text), ("secret.rs", ""), ("format.rs", ""), ("file.rs", "")];
    let modules = ["secret", "key", "format", "file"];
    assert_breaches(&crate_of(&modules, &files), expected);
}

#[test]
fn import_from_lower_layer_is_allowed() {
    assert_key("use crate::secret::Secret; fn f() -> super::secret::Secret {}", &[]);
}

#[test]
fn upward_import_in_any_syntax_is_reported() {
    let found = ["key.rs:2: crate::format::pem is not in a lower layer"];
    for text in [
        "use crate::format::pem;",
        "use super::format::pem as p;",
        "use crate::{secret::Secret, format::{pem}};",
        "pub(crate) use crate::format::pem::{self};",
        "fn f() { crate::format::pem() }",
        "fn f() { println!(\"{}\", crate::format::pem) }",
        "mod inner { use super::super::format::pem; }",
        "#[serde(with = crate::format::pem)] struct S;",
        "#[cfg(not(test))] use crate::format::pem;",
    ] {
        assert_key(&format!("\n{text}"), &found);
    }
    let aliased = "use crate::format as f;\nfn f() { f::pem() }";
    let found = [
        "key.rs:1: crate::format is not in a lower layer",
        "key.rs:2: crate::format::pem is not in a lower layer",
    ];
    assert_key(aliased, &found);
}

#[test]
fn comments_strings_tests_and_other_crates_are_ignored() {
    assert_key(
        r##"//! [`crate::format`]
        /* use crate::format; */
        use ::format::x;
        const TEXT: &str = "use crate::format;";
        const RAW: &[u8] = br#"crate::format"#;
        fn f<'a>(x: &'a str) -> char { 'c' }
        pub(in crate::format) struct S;
        #[cfg(test)]
        use crate::format::{pem, der};
        #[cfg(all(test, unix))]
        #[allow(x)]
        mod tests { use crate::format; }
        "##,
        &[],
    );
}

#[test]
fn import_within_same_layer_is_reported() {
    let files = [("local.rs", "use crate::ec2::Client;"), ("ec2.rs", "")];
    let found = ["local.rs:1: crate::ec2::Client is not in a lower layer"];
    assert_breaches(&crate_of(&["local", "ec2"], &files), &found);
}

#[test]
fn module_without_layer_is_reported() {
    let files = crate_of(&["helpers"], &[("helpers.rs", "")]);
    assert_breaches(&files, &["crate::helpers belongs to no layer"]);
}

#[test]
fn crate_root_is_between_main_and_modules() {
    let files = [
        ("main.rs", "fn main() { keypair::run(keypair::cli::args()) }"),
        ("cli.rs", "use crate::VERSION;"),
    ];
    let found = ["cli.rs:1: crate::VERSION is not in a lower layer"];
    assert_breaches(&crate_of(&["cli"], &files), &found);
}

#[test]
fn cycle_between_files_is_reported() {
    let files = [
        ("key/mod.rs", "mod a; mod b; mod c;"),
        ("key/a.rs", "use super::b::B;"),
        ("key/b.rs", "use crate::key::c;"),
        ("key/c.rs", "\nfn f() { super::a::f() }"),
    ];
    let found = ["a cycle: crate::key::a needs crate::key::b (key/a.rs:1), \
                  crate::key::b needs crate::key::c (key/b.rs:1), \
                  crate::key::c needs crate::key::a (key/c.rs:2)"];
    assert_breaches(&crate_of(&["key"], &files), &found);
}

#[test]
fn cycle_through_reexports_is_reported() {
    let files = [
        ("key/mod.rs", "mod a; mod b; pub use a::A; pub use self::b::B as Bee;"),
        ("key/a.rs", "use super::Bee;"),
        ("key/b.rs", "use crate::key::A;"),
    ];
    let found = ["a cycle: crate::key::a needs crate::key::b (key/a.rs:1), \
                  crate::key::b needs crate::key::a (key/b.rs:1)"];
    assert_breaches(&crate_of(&["key"], &files), &found);
}

#[test]
fn child_may_import_types_of_its_mod() {
    let door = "mod a; pub use a::A; pub struct Error; enum Any { A(A) } fn f() { A::new() }";
    let files = [("key/mod.rs", door), ("key/a.rs", "use super::Error;")];
    assert_breaches(&crate_of(&["key"], &files), &[]);
}

#[test]
fn mod_importing_its_importer_is_a_cycle() {
    let found = ["a cycle: crate::key needs crate::key::a (key/mod.rs:1), \
                  crate::key::a needs crate::key (key/a.rs:1)"];
    for door in ["mod a; use a::A;", "mod a; fn f() { a::f() }", "mod a; use self::a as b;"] {
        let files = [("key/mod.rs", door), ("key/a.rs", "use super::Error;")];
        assert_breaches(&crate_of(&["key"], &files), &found);
    }
}

#[test]
fn glob_reexport_is_reported() {
    let files = [("key/mod.rs", "mod a; pub use a::*;"), ("key/a.rs", "")];
    let found = ["key/mod.rs:1: a re-export must list its items"];
    assert_breaches(&crate_of(&["key"], &files), &found);
}

#[test]
fn use_outside_owner_is_reported() {
    for (text, path, owners) in [
        ("use std::fs;", "std::fs", "[\"file\"]"),
        ("use std::{io::Read, fs::{File}};", "std::fs::File", "[\"file\"]"),
        ("fn f() { std::fs::read(p) }", "std::fs::read", "[\"file\"]"),
        ("use std::io; fn f() { io::stdin() }", "std::io::stdin", "[\"cli::terminal\"]"),
        ("use std::io::*;", "std::io", "[\"cli::terminal\"]"),
        (
            "fn f() { unsafe { g() } }",
            "unsafe",
            "[\"file::system::windows::calls\", \"interrupt::windows\", \"key::prime::vector\"]",
        ),
        ("use aws_sdk_ec2::Client;", "aws_sdk_ec2::Client", "[\"ec2\"]"),
        ("fn f(c: &rusqlite::Connection) {}", "rusqlite::Connection", "[\"local\"]"),
    ] {
        let found = format!("key.rs:1: {path} belongs to {owners}");
        let times = if text.ends_with("*;") { 3 } else { 1 };
        assert_key(text, &vec![found.as_str(); times]);
    }
}

#[test]
fn owner_and_its_children_may_use_items() {
    let files = [
        ("key/mod.rs", "mod prime;"),
        ("key/prime/mod.rs", "mod vector;"),
        ("key/prime/vector/mod.rs", "mod lanes;"),
        ("key/prime/vector/lanes.rs", "unsafe fn f() {}"),
        ("file.rs", "use std::{env::consts, fs};"),
        ("main.rs", "use std::process::ExitCode;"),
    ];
    let found = ["file.rs:1: std::env::consts belongs to [\"cli::settings\"]"];
    assert_breaches(&crate_of(&["key", "file"], &files), &found);
}

#[test]
fn undeclared_file_is_reported() {
    let files = [
        ("key.rs", "#[cfg(test)]\nmod tests;"),
        ("key/tests.rs", "use crate::cli; mod more;"),
        ("key/tests/more.rs", ""),
        ("key/old.rs", ""),
    ];
    let files = crate_of(&["key"], &files);
    assert_eq!(Tree::read(&files, "lib.rs").unreached(&files), ["key/old.rs"]);
    assert_breaches(&files, &["key/old.rs is in no module"]);
}
