//! The modules of a crate and the imports between them.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Mention, Path, Source, joined, root};

/// The source files of a directory: relative paths such as `key/mod.rs`, and their text.
pub(super) type Files = BTreeMap<String, String>;

/// One file of a crate.
pub(super) struct Module {
    pub(super) file: String,
    pub(super) source: Source,
}

/// The modules of a crate, without test modules, by path from `crate`.
#[derive(Default)]
pub(super) struct Tree {
    pub(super) modules: BTreeMap<Path, Module>,
    /// All files that belong to the crate, including test modules.
    reached: BTreeSet<String>,
}

/// The module `from` imports from the module `to`.
pub(super) struct Arrow<'a> {
    pub(super) from: &'a Path,
    pub(super) to: &'a Path,
    pub(super) mention: &'a Mention,
}

impl Tree {
    /// Reads the crate with the root file `first`. Adds `main.rs` as a module if it is another
    /// file.
    pub(super) fn read(files: &Files, first: &str) -> Self {
        let mut tree = Self::default();
        tree.grow(files, root(), first, false);
        if files.contains_key("main.rs") && first != "main.rs" {
            let program = joined(&root(), [&"main".to_owned()]);
            tree.grow(files, program, "main.rs", false);
        }
        tree
    }

    fn grow(&mut self, files: &Files, path: Path, file: &str, for_tests: bool) {
        let text = &files[file];
        let source = Source::read(&path, text).unwrap_or_else(|error| panic!("{file}: {error}"));
        self.reached.insert(file.to_owned());
        for (name, test) in &source.modules {
            let child = joined(&path, [name]);
            let stem = child[1..].join("/");
            let file = [format!("{stem}.rs"), format!("{stem}/mod.rs")]
                .into_iter()
                .find(|file| files.contains_key(file))
                .unwrap_or_else(|| panic!("{file} declares {name}, and {stem}.rs is not there"));
            self.grow(files, child, &file, for_tests || *test);
        }
        if !for_tests {
            let file = file.to_owned();
            self.modules.insert(path, Module { file, source });
        }
    }

    /// Returns the files that no module declares, which are never compiled.
    pub(super) fn unreached(&self, files: &Files) -> Vec<String> {
        let unreached = files.keys().filter(|file| !self.reached.contains(*file));
        unreached.cloned().collect()
    }

    /// Returns all imports between modules. Skips those by which a `mod.rs` re-exports items of its
    /// children and uses the re-exported names.
    pub(super) fn arrows(&self) -> impl Iterator<Item = Arrow<'_>> {
        self.modules.iter().flat_map(move |(from, module)| {
            module.source.mentions.iter().filter_map(move |mention| {
                let to = self.home_of(&mention.path)?;
                let is_door = mention.reexport && to.starts_with(from);
                (to != from && !is_door).then_some(Arrow { from, to, mention })
            })
        })
    }

    /// Returns the module that defines the item at `path`, following re-exports.
    fn home_of(&self, path: &[String]) -> Option<&Path> {
        let (mut home, _) = self.modules.get_key_value(path.get(..1)?)?;
        for (at, name) in path.iter().enumerate().skip(1) {
            if let Some((child, _)) = self.modules.get_key_value(&joined(home, [name])) {
                home = child;
                continue;
            }
            let mut imports = self.modules[home].source.imports();
            let import = imports.find(|import| import.name.as_ref() == Some(name));
            return match import {
                Some(import) if import.path[0] == "crate" && import.path != path => {
                    self.home_of(&joined(&import.path, &path[at + 1..]))
                }
                _ => Some(home),
            };
        }
        Some(home)
    }

    /// Returns a description of every cycle, starting at its first module.
    pub(super) fn cycles(&self) -> Vec<String> {
        let mut needs: BTreeMap<&Path, BTreeMap<&Path, &Mention>> = BTreeMap::new();
        for arrow in self.arrows() {
            let needed = needs.entry(arrow.from).or_default();
            needed.entry(arrow.to).or_insert(arrow.mention);
        }
        let mut search =
            CycleSearch { tree: self, needs, done: BTreeSet::new(), cycles: Vec::new() };
        for module in self.modules.keys() {
            search.visit(module, &mut Vec::new());
        }
        search.cycles
    }

    /// Returns the file and line of a path, such as `key/rsa.rs:7`.
    pub(super) fn place(&self, module: &Path, mention: &Mention) -> String {
        format!("{}:{}", self.modules[module].file, mention.line)
    }
}

/// A depth-first search for cycles.
struct CycleSearch<'a> {
    tree: &'a Tree,
    needs: BTreeMap<&'a Path, BTreeMap<&'a Path, &'a Mention>>,
    done: BTreeSet<&'a Path>,
    cycles: Vec<String>,
}

impl<'a> CycleSearch<'a> {
    fn visit(&mut self, module: &'a Path, stack: &mut Vec<&'a Path>) {
        if let Some(start) = stack.iter().position(|earlier| *earlier == module) {
            let description = self.describe(&stack[start..]);
            self.cycles.push(description);
            return;
        }
        if self.done.contains(module) {
            return;
        }
        stack.push(module);
        let needed: Vec<_> =
            self.needs.get(module).into_iter().flatten().map(|(to, _)| *to).collect();
        for next in needed {
            self.visit(next, stack);
        }
        stack.pop();
        self.done.insert(module);
    }

    fn describe(&self, cycle: &[&'a Path]) -> String {
        let nexts = cycle.iter().cycle().skip(1);
        let arrows = cycle.iter().zip(nexts).map(|(from, to)| {
            let place = self.tree.place(from, self.needs[from][to]);
            format!("{} needs {} ({place})", from.join("::"), to.join("::"))
        });
        format!("a cycle: {}", arrows.collect::<Vec<_>>().join(", "))
    }
}
