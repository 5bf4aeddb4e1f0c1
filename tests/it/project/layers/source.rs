//! The modules that a source file declares and the paths that it names. The file is read as tokens,
//! so comments, strings and macros need no special treatment.

use std::iter::Peekable;
use std::mem;

use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Delimiter, Group, Ident, LexError, Spacing, TokenStream, TokenTree};

/// The segments of a path. The first is `crate` for this crate, else the name of another crate.
pub(super) type Path = Vec<String>;

/// A path that a file names outside its tests.
#[derive(Clone, Debug)]
pub(super) struct Mention {
    /// The full path, after resolving `use`, `self` and `super`.
    pub(super) path: Path,
    /// In a `use`, the name that it introduces, or `*`.
    pub(super) name: Option<String>,
    /// True if the path is part of a `pub use` or uses a name from one.
    pub(super) reexport: bool,
    pub(super) line: usize,
    /// The enclosing module: an inline module or the file's own.
    scope: Path,
}

/// A source file without its tests.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) mentions: Vec<Mention>,
    /// The modules that it declares in other files, and whether they are tests.
    pub(super) modules: Vec<(String, bool)>,
    /// All its modules, inline ones included.
    children: Vec<Path>,
}

impl Source {
    /// Parses the source text of `module`.
    pub(super) fn read(module: &Path, text: &str) -> Result<Self, LexError> {
        let mut source = Self::default();
        source.scan(text.parse()?, module);
        let imports: Vec<_> = source.imports().cloned().collect();
        for mention in &mut source.mentions {
            write_out(mention, &imports, &source.children);
        }
        Ok(source)
    }

    /// Returns the `use` declarations.
    pub(super) fn imports(&self) -> impl Iterator<Item = &Mention> {
        self.mentions.iter().filter(|mention| mention.name.is_some())
    }

    fn scan(&mut self, tokens: TokenStream, scope: &Path) {
        let mut tokens = Tokens(tokens.into_iter().peekable());
        let mut public = false;
        while let Some(token) = tokens.0.next() {
            let reexport = mem::take(&mut public);
            match token {
                TokenTree::Group(group) => self.scan(group.stream(), scope),
                TokenTree::Ident(word) => match word.to_string().as_str() {
                    "pub" => {
                        public = true;
                        // `pub(in crate::a)` names a module but imports nothing.
                        tokens.take_group(Delimiter::Parenthesis);
                    }
                    // `impl A + use<'a>` imports nothing either.
                    "use" if !tokens.next_is('<') => {
                        self.scan_use(&mut tokens, &Path::new(), scope, reexport);
                    }
                    "mod" => self.scan_module(&mut tokens, scope),
                    _ => self.scan_path(&mut tokens, Path::new(), &word, scope),
                },
                TokenTree::Punct(mark) if mark.as_char() == '#' => {
                    match tokens.take_group(Delimiter::Bracket) {
                        Some(attribute) if is_for_tests(&attribute) => {
                            let module = tokens.skip_item();
                            self.modules.extend(module.map(|name| (name, true)));
                        }
                        Some(attribute) => self.scan(attribute.stream(), scope),
                        None => {}
                    }
                }
                // A path that begins with `::` belongs to another crate.
                TokenTree::Punct(mark) if mark.as_char() == ':' => {
                    if mark.spacing() == Spacing::Joint {
                        tokens.0.next();
                        if let Some(word) = tokens.take_word() {
                            self.scan_path(&mut tokens, vec![String::new()], &word, scope);
                        }
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    /// Reads the rest of a path after `word`. A single name is ignored, except `unsafe`.
    fn scan_path(&mut self, tokens: &mut Tokens, mut path: Path, word: &Ident, scope: &Path) {
        path.push(word.to_string());
        while tokens.take_colons() {
            let Some(word) = tokens.take_word() else {
                break;
            };
            path.push(word.to_string());
        }
        if path.len() > 1 || word == "unsafe" {
            self.mentions.push(Mention {
                path,
                name: None,
                reexport: false,
                line: word.span().start().line,
                scope: scope.clone(),
            });
        }
    }

    /// Reads the rest of a `use`, or a group in one. `prefix` is the path before the group.
    fn scan_use(&mut self, tokens: &mut Tokens, prefix: &Path, scope: &Path, reexport: bool) {
        let mut import =
            Mention { path: prefix.clone(), name: None, reexport, line: 0, scope: scope.clone() };
        while let Some(token) = tokens.0.next() {
            import.line = token.span().start().line;
            match token {
                TokenTree::Ident(word) if word == "as" => {
                    import.name = tokens.take_word().map(|word| word.to_string());
                }
                TokenTree::Ident(word) => {
                    // `a::{self}` is `a`.
                    if word != "self" || import.path.is_empty() {
                        import.path.push(word.to_string());
                    }
                    import.name = import.path.last().cloned();
                }
                TokenTree::Group(braces) => {
                    let mut inner = Tokens(braces.stream().into_iter().peekable());
                    self.scan_use(&mut inner, &import.path, scope, reexport);
                    import.name = None;
                }
                TokenTree::Punct(mark) => match mark.as_char() {
                    ':' if import.path.is_empty() => import.path.push(String::new()),
                    '*' => import.name = Some("*".to_owned()),
                    ',' => {
                        self.mentions.extend(import.name.is_some().then(|| import.clone()));
                        import.path.clone_from(prefix);
                        import.name = None;
                    }
                    ';' => break,
                    _ => {}
                },
                TokenTree::Literal(_) => {}
            }
        }
        self.mentions.extend(import.name.is_some().then_some(import));
    }

    fn scan_module(&mut self, tokens: &mut Tokens, scope: &Path) {
        let Some(name) = tokens.take_word().map(|word| word.to_string()) else {
            return;
        };
        let child = joined(scope, [&name]);
        self.children.push(child.clone());
        match tokens.take_group(Delimiter::Brace) {
            Some(body) => self.scan(body.stream(), &child),
            None => self.modules.push((name, false)),
        }
    }
}

/// Resolves a path to its full form, using the imports and modules of its file.
fn write_out(mention: &mut Mention, imports: &[Mention], children: &[Path]) {
    let (first, rest) = mention.path.split_first().expect("a path has a name");
    let child = joined(&mention.scope, [first]);
    match first.as_str() {
        "crate" => {}
        // main.rs names the library this way.
        env!("CARGO_PKG_NAME") => mention.path = joined(&root(), rest),
        "self" => mention.path = joined(&mention.scope, rest),
        "super" => {
            let ups = mention.path.iter().take_while(|name| *name == "super").count();
            let (up, rest) = mention.path.split_at(ups);
            let base = mention.scope.len().saturating_sub(up.len()).max(1);
            mention.path = joined(&mention.scope[..base], rest);
        }
        "" => mention.path = rest.to_vec(),
        _ if children.contains(&child) => mention.path = joined(&child, rest),
        _ if mention.name.is_some() => {}
        name => {
            let mut known = imports.iter();
            if let Some(import) = known.find(|import| import.name.as_deref() == Some(name)) {
                let mut import = import.clone();
                write_out(&mut import, &[], children);
                mention.path = joined(&import.path, rest);
                mention.reexport = import.reexport;
            }
        }
    }
}

/// Returns the path of the crate root.
pub(super) fn root() -> Path {
    vec!["crate".to_owned()]
}

/// Returns `path` followed by `names`.
pub(super) fn joined<'a>(path: &[String], names: impl IntoIterator<Item = &'a String>) -> Path {
    let mut whole = path.to_vec();
    whole.extend(names.into_iter().cloned());
    whole
}

/// Returns whether an attribute restricts its item to test builds.
fn is_for_tests(attribute: &Group) -> bool {
    let text = attribute.stream().to_string();
    let mut words = text.split(|character: char| !character.is_alphanumeric() && character != '_');
    let is_condition = words.next() == Some("cfg");
    let words: Vec<_> = words.collect();
    is_condition && words.contains(&"test") && !words.contains(&"not")
}

/// The remaining tokens.
struct Tokens(Peekable<IntoIter>);

impl Tokens {
    fn next_is(&mut self, mark: char) -> bool {
        matches!(self.0.peek(), Some(TokenTree::Punct(next)) if next.as_char() == mark)
    }

    fn take_colons(&mut self) -> bool {
        let is_next = matches!(self.0.peek(), Some(TokenTree::Punct(mark))
            if mark.as_char() == ':' && mark.spacing() == Spacing::Joint);
        if is_next {
            self.0.nth(1);
        }
        is_next
    }

    fn take_group(&mut self, delimiter: Delimiter) -> Option<Group> {
        let token = self.0.next_if(
            |token| matches!(token, TokenTree::Group(group) if group.delimiter() == delimiter),
        );
        match token {
            Some(TokenTree::Group(group)) => Some(group),
            _ => None,
        }
    }

    fn take_word(&mut self) -> Option<Ident> {
        match self.0.next_if(|token| matches!(token, TokenTree::Ident(_))) {
            Some(TokenTree::Ident(word)) => Some(word),
            _ => None,
        }
    }

    /// Skips an item. Returns its name if it is a module in another file.
    fn skip_item(&mut self) -> Option<String> {
        let mut module = None;
        while let Some(token) = self.0.next() {
            match token {
                TokenTree::Ident(word) if word == "mod" => module = self.take_word(),
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return None,
                TokenTree::Punct(mark) if mark.as_char() == ';' => break,
                _ => {}
            }
        }
        module.map(|name| name.to_string())
    }
}
