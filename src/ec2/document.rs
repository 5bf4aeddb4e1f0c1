//! Checks the syntax of documents in responses, where the SDK does not.
//!
//! The SDK stops reading XML at the end of the root element, closes every element at the end of its
//! parent, and never compares the names of tags.

use std::collections::HashSet;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The document ends before this part.
    Missing(String),
    Malformed(String),
    /// The SDK reads JSON recursively and would overflow the stack.
    TooDeep,
}

/// Checks the tags of an XML document and returns the name of the root element without its prefix.
///
/// In a response of EC2, only list items may be repeated. The SDK would use one of the others.
pub(super) fn root(document: &[u8], is_of_ec2: bool) -> Result<&[u8], Fault> {
    let mut root = None;
    let mut open: Vec<&[u8]> = Vec::new();
    // The names of the elements in each open element.
    let mut inside: Vec<HashSet<&[u8]>> = Vec::new();
    let mut rest = document;
    let malformed = |fault: String| Err(Fault::Malformed(fault));
    loop {
        let start = rest.iter().position(|byte| *byte == b'<').unwrap_or(rest.len());
        let (text, markup) = rest.split_at(start);
        if open.is_empty() && !text.trim_ascii().is_empty() {
            return malformed("there is text outside the root element".to_owned());
        }
        if markup.is_empty() {
            break;
        }
        let kind = Markup::of(markup);
        let missing = |end: String| {
            let root = root.map(|root: &[u8]| format!("</{}>", shown(root)));
            Fault::Missing(root.unwrap_or(end))
        };
        let name = name(markup);
        let end = kind.end(markup).ok_or_else(|| {
            missing(match kind {
                Markup::Start if !name.is_empty() => format!("</{}>", shown(name)),
                _ => "the root element".to_owned(),
            })
        })?;
        let (tag, after) = markup.split_at(end);
        match kind {
            Markup::Skipped => {}
            Markup::Text if open.is_empty() => {
                return malformed("there is text outside the root element".to_owned());
            }
            Markup::Declaration if root.is_some() => {
                return malformed("there is a declaration after the first tag".to_owned());
            }
            Markup::Text | Markup::Declaration => {}
            Markup::Start if name.is_empty() => return malformed("a tag has no name".to_owned()),
            Markup::Start if open.is_empty() && root.is_some() => {
                return malformed(format!("<{}> follows the root element", shown(name)));
            }
            Markup::Start => {
                root = root.or(Some(name));
                let local = without_prefix(name);
                let siblings = inside.last_mut().filter(|_| !LIST_ITEMS.contains(&local));
                let siblings = siblings.filter(|names| is_of_ec2 && names.len() < MAX_NAMES);
                let is_new = siblings.is_none_or(|names| names.insert(local));
                if !is_new {
                    return malformed(format!("<{}> is repeated", shown(name)));
                }
                if !tag.ends_with(b"/>") {
                    open.push(name);
                    inside.push(HashSet::new());
                }
                if open.len() > MAX_DEPTH {
                    return Err(Fault::TooDeep);
                }
            }
            Markup::End => match open.pop() {
                Some(opened) if opened == name => drop(inside.pop()),
                Some(opened) => {
                    let (name, opened) = (shown(name), shown(opened));
                    return malformed(format!("</{name}> closes <{opened}>"));
                }
                None => return malformed(format!("</{}> closes nothing", shown(name))),
            },
        }
        rest = after;
    }
    let root = root.ok_or_else(|| Fault::Missing("the root element".to_owned()))?;
    if !open.is_empty() {
        return Err(Fault::Missing(format!("</{}>", shown(root))));
    }
    Ok(without_prefix(root))
}

fn without_prefix(name: &[u8]) -> &[u8] {
    name.rsplit(|byte| *byte == b':').next().unwrap_or(name)
}

/// The elements of lists in responses of EC2 and STS.
const LIST_ITEMS: [&[u8]; 2] = [b"item", b"member"];

/// The kinds of markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Markup {
    /// A comment or a processing instruction.
    Skipped,
    /// A CDATA section.
    Text,
    /// `<!DOCTYPE …>`.
    Declaration,
    Start,
    End,
}

impl Markup {
    fn of(markup: &[u8]) -> Self {
        let is = |start: &[u8]| markup.starts_with(start);
        if is(b"<?") || is(b"<!--") {
            Self::Skipped
        } else if is(b"<![CDATA[") {
            Self::Text
        } else if is(b"<!") {
            Self::Declaration
        } else if is(b"</") {
            Self::End
        } else {
            Self::Start
        }
    }

    /// Returns the length of the markup, or `None` if its end is missing.
    fn end(self, markup: &[u8]) -> Option<usize> {
        let (opening, closing): (&[u8], &[u8]) = match self {
            Self::Skipped if markup.starts_with(b"<?") => (b"<?", b"?>"),
            Self::Skipped => (b"<!--", b"-->"),
            Self::Text => (b"<![CDATA[", b"]]>"),
            Self::Declaration | Self::End => (b"<", b">"),
            Self::Start => return end_of_start(markup),
        };
        let end = position(markup.get(opening.len()..)?, closing)?;
        Some(opening.len() + end + closing.len())
    }
}

/// Returns the length of a start tag. The value of an attribute may contain `>`.
fn end_of_start(tag: &[u8]) -> Option<usize> {
    let mut quote = None;
    let end = tag.iter().position(|byte| match (quote, byte) {
        (None, b'>') => true,
        (None, b'"' | b'\'') => {
            quote = Some(*byte);
            false
        }
        (Some(opening), _) => {
            if opening == *byte {
                quote = None;
            }
            false
        }
        (None, _) => false,
    })?;
    Some(end + 1)
}

fn name(tag: &[u8]) -> &[u8] {
    let inside = tag.strip_prefix(b"</").or_else(|| tag.strip_prefix(b"<")).unwrap_or_default();
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
    inside.split(is_end).next().unwrap_or_default()
}

/// Returns the beginning of a name, for a message.
pub(super) fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).chars().take(MAX_NAME).collect()
}

pub(super) fn position(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|found| found == part)
}

/// Checks that the braces and brackets of a JSON document are balanced and end the document.
pub(super) fn check_json(document: &[u8]) -> Result<(), Fault> {
    let (mut depth, mut is_string, mut is_escaped) = (0_usize, false, false);
    let mut bytes = document.iter();
    for byte in bytes.by_ref() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_string => is_escaped = true,
            b'"' => is_string = !is_string,
            _ if is_string => {}
            b'{' | b'[' if depth == MAX_DEPTH => return Err(Fault::TooDeep),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            _ => {}
        }
    }
    match bytes.next() {
        _ if depth > 0 => Err(Fault::Missing("the closing brace".to_owned())),
        None => Ok(()),
        Some(_) => Err(Fault::Malformed("there is text after the closing brace".to_owned())),
    }
}

/// EC2's responses have fewer than twenty levels.
const MAX_DEPTH: usize = 256;
const MAX_NAME: usize = 80;
/// The number of different names in an element. EC2's have fewer than a hundred.
const MAX_NAMES: usize = 1 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_named_without_its_prefix() {
        for (document, name) in [
            ("<a/>", "a"),
            (
                "<?xml version='1.0'?>\n<!-- b --><!DOCTYPE a>\n<x:a y='>/>'>t</x:a> <!-- c --><?d?>\n",
                "a",
            ),
            ("<a><b c=\"'>\"/><![CDATA[</a>]]><b></b ></a >", "a"),
        ] {
            assert_eq!(root(document.as_bytes(), false), Ok(name.as_bytes()), "{document}");
        }
    }

    #[test]
    fn text_outside_the_root_is_malformed() {
        for document in [
            "<a/>b",
            "<a/><a/>",
            "<a></a><a></a>",
            "<a></a>b</a>",
            "<a></a><![CDATA[b]]>",
            "<a/><!DOCTYPE a>",
            "<a><!DOCTYPE a></a>",
            "<!-- --> b <a/>",
            "<a><b></a></b>",
            "<a></b>",
            "</a>",
            "<>",
        ] {
            assert!(
                matches!(root(document.as_bytes(), false), Err(Fault::Malformed(_))),
                "{document}"
            );
        }
        let deep = "<a>".repeat(MAX_DEPTH + 1);
        assert_eq!(root(deep.as_bytes(), false), Err(Fault::TooDeep));
    }

    #[test]
    fn deeply_nested_json_is_too_deep() {
        let document = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check_json(document(MAX_DEPTH).as_bytes()), Ok(()));
        let flat = format!("[{}]", "[],".repeat(MAX_DEPTH));
        assert_eq!(check_json(flat.as_bytes()), Ok(()));
        for deep in [document(MAX_DEPTH + 1), "[".repeat(1 << 20)] {
            assert_eq!(check_json(deep.as_bytes()), Err(Fault::TooDeep));
        }
    }
}
