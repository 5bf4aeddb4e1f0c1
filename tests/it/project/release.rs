//! The documentation of releases and the release scripts, as far as they need no build.

use std::fs;
use std::path::Path;

use crate::support::home::Home;

/// The documented version of Rust equals the tested one.
#[test]
fn rust_version_matches_in_all_files() {
    let read = |file: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"))
    };
    let manifest = read("Cargo.toml");
    let stated = manifest.lines().find_map(|line| line.strip_prefix("rust-version = "));
    let version = stated.unwrap().trim_matches('"');
    for file in ["benches", "tests/fuzz", "tests/peers/ppk"] {
        let line = format!("\nrust-version = \"{version}\"\n");
        assert!(read(&format!("{file}/Cargo.toml")).contains(&line), "{file}");
    }
    for file in ["ci", "dependencies", "release"] {
        let line = format!("\n  RUSTUP_TOOLCHAIN: \"{version}.0\"\n");
        assert!(read(&format!(".github/workflows/{file}.yml")).contains(&line), "{file}");
    }
    for file in ["README.md", ".github/CONTRIBUTING.md"] {
        assert!(read(file).contains(&format!("Rust {version}")), "{file}");
    }
}

#[test]
fn check_tag_requires_version_and_changelog_entry() {
    let home = Home::new();
    for script in ["check-tag", "notes"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::create_dir_all(home.path(".github/release")).unwrap();
        let script = Path::new(".github/release").join(script);
        fs::copy(root.join(&script), home.path(&script)).unwrap();
    }
    home.write("Cargo.toml", "[package]\nversion = \"1.2.3\"\n\n[dependencies]\nversion = \"9\"\n");
    let check = |tag: &str| home.shell(&format!(".github/release/check-tag {tag}"));
    let changelog = |text: &str| home.write("CHANGELOG.md", text);
    changelog("# Changelog\n\n## [Unreleased]\n\n- More.\n");
    assert!(check("v1.2.3").fails_with(1).stderr.contains("no heading"), "unreleased");
    changelog("## [Unreleased]\n\n## [1.2.3] - 2026-11-26\n\n## [1.2.2] - 2026-11-25\n\n- Old.\n");
    assert!(check("v1.2.3").fails_with(1).stderr.contains("says nothing"), "empty");
    changelog(
        "## [Unreleased]\n\n- New.\n\n## [1.2.3] - 2026-11-26\n\n### Added\n\n- It.\n\n## [1.2.2] - 2026-11-25\n",
    );
    check("v1.2.3").success();
    for tag in ["1.2.3", "v1.2", "v1.2.4", "v1.2.3-rc.1"] {
        assert!(check(tag).fails_with(1).stderr.contains("the tag is"), "{tag}");
    }
    let notes = home.shell(".github/release/notes").success();
    assert_eq!(notes.text().trim_end(), "### Added\n\n- It.");
}
