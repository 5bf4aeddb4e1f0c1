//! Checks the module layers of `src/` by reading the source.
//!
//! Each top-level module belongs to a layer and may import only from lower layers. Within a
//! top-level module, any acyclic order is allowed. The nodes of the graph are files. An import
//! points to the file that defines the item, not to a file that re-exports it. A `mod.rs` may
//! re-export items of its children and use those names, while the children use types that the
//! `mod.rs` defines. Any other import from a child makes a cycle with children that import the
//! `mod.rs`.
//!
//! Some items have a single owner, for example the file system and the environment. Unit tests in
//! `src/` are exempt from both rules.

mod made_up;
mod source;
mod tree;

use std::fs;
use std::path::Path as FilePath;

use crate::support::home::files_below;
use source::Path;
use tree::{Files, Tree};

/// The top-level modules, lowest layer first. `crate` stands for the items of lib.rs, which main.rs
/// may use.
const LAYERS: &[&[&str]] = &[
    &["interrupt", "secret"],
    &["key"],
    &["format"],
    &["fingerprint", "file", "relay"],
    &["agent", "child", "profile", "registry"],
    &["local", "ec2", "regions"],
    &["operations"],
    &["cli"],
    &["crate"],
    &["main"],
];

/// Items that only the listed modules may use: paths, where a final `*` matches any suffix, and a
/// keyword.
const OWNERS: &[(&str, &[&str])] = &[
    ("aws_*", &["ec2"]),
    ("region", &["agent"]),
    ("rsa", &["agent", "key::decryption"]),
    ("rusqlite", &["local"]),
    ("rustix::fs", &["file"]),
    ("rustix::net", &["agent"]),
    ("rustix::stdio", &["cli::terminal"]),
    ("std::env", &["cli::settings"]),
    ("std::fs", &["file"]),
    ("std::io::stderr", &["cli::terminal"]),
    ("std::io::stdin", &["cli::terminal"]),
    ("std::io::stdout", &["cli::terminal"]),
    ("std::net::TcpListener", &[]),
    ("std::net::TcpStream", &["relay"]),
    ("std::os::unix::fs", &["file"]),
    ("std::os::windows::fs", &["file"]),
    ("std::process::Command", &["child"]),
    ("std::os::unix::net", &["agent"]),
    ("std::process::ExitCode", &["cli::error", "main"]),
    ("std::process::exit", &[]),
    ("tokio", &["ec2"]),
    ("unsafe", &["file::system::windows::calls", "interrupt::windows", "key::prime::vector"]),
    ("winapi_util", &["cli::terminal", "file"]),
    ("windows_sys", &["file::system::windows", "interrupt::windows"]),
];

/// Returns a message for each violation.
fn breaches(files: &Files) -> Vec<String> {
    let tree = Tree::read(files, "lib.rs");
    let mut breaches = upward_arrows(&tree);
    breaches.extend(tree.cycles());
    breaches.extend(foreign_uses(&tree));
    breaches.extend(tree.unreached(files).iter().map(|file| format!("{file} is in no module")));
    breaches
}

fn upward_arrows(tree: &Tree) -> Vec<String> {
    let unlisted = tree.modules.keys().filter(|module| layer(module).is_none());
    let unlisted = unlisted.map(|module| format!("{} belongs to no layer", module.join("::")));
    let upward = tree.arrows().filter_map(|arrow| {
        let inside = top(arrow.from) == top(arrow.to);
        let down = layer(arrow.to)? < layer(arrow.from)?;
        let place = tree.place(arrow.from, arrow.mention);
        let path = arrow.mention.path.join("::");
        (!inside && !down).then(|| format!("{place}: {path} is not in a lower layer"))
    });
    unlisted.chain(upward).collect()
}

fn foreign_uses(tree: &Tree) -> Vec<String> {
    let mut breaches = Vec::new();
    for (module, file) in &tree.modules {
        for mention in &file.source.mentions {
            let globbed = mention.name.as_deref() == Some("*");
            let place = tree.place(module, mention);
            if globbed && mention.path[0] == "crate" && mention.reexport {
                breaches.push(format!("{place}: a re-export must list its items"));
            }
            for (thing, owners) in OWNERS {
                let owned = owners.iter().any(|owner| is_within(module, owner));
                if !owned && names(&mention.path, globbed, thing) {
                    let path = mention.path.join("::");
                    breaches.push(format!("{place}: {path} belongs to {owners:?}"));
                }
            }
        }
    }
    breaches
}

/// Returns whether a path names `thing`, an item in it, or a glob import of its parent.
fn names(path: &Path, globbed: bool, thing: &str) -> bool {
    let same = |(name, wanted): (&String, &str)| match wanted.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == wanted,
    };
    let length = thing.split("::").count();
    (path.len() >= length || globbed) && path.iter().zip(thing.split("::")).all(same)
}

fn is_within(module: &Path, owner: &str) -> bool {
    let owner: Vec<_> = owner.split("::").collect();
    module.len() > owner.len() && module[1..].iter().zip(&owner).all(|(name, part)| name == part)
}

fn top(module: &Path) -> &str {
    module.get(1).unwrap_or(&module[0])
}

fn layer(module: &Path) -> Option<usize> {
    LAYERS.iter().position(|names| names.contains(&top(module)))
}

/// Reads the Rust files below a directory of the project.
fn rust_files(folder: &str) -> Files {
    let folder = FilePath::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    files_below(&folder)
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        .map(|file| {
            let text = fs::read_to_string(folder.join(&file)).unwrap();
            (file.to_str().unwrap().to_owned(), text)
        })
        .collect()
}

#[test]
fn source_respects_layers() {
    let breaches = breaches(&rust_files("src"));
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn every_test_file_is_declared() {
    let mut files = rust_files("tests/it");
    // The module `fuzz` has its files below tests/fuzz.
    for (file, text) in rust_files("tests/fuzz/src") {
        if file == "replay.rs" {
            files.insert("fuzz.rs".to_owned(), text);
        } else if file.starts_with("readers/") {
            files.insert(format!("fuzz/{file}"), text);
        }
    }
    assert_eq!(Tree::read(&files, "main.rs").unreached(&files), [""; 0]);
}
