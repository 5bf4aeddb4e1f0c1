//! Variables in paths, as Python's os.path.expandvars finds them, which the AWS CLI asks. What is not set
//! stays as it is.

use std::ffi::OsString;

/// Replaces `$NAME` and `${NAME}`, as on Unix.
pub(super) fn of_unix(text: &str, variable: impl Fn(&str) -> Option<OsString>) -> OsString {
    let mut expanded = OsString::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push(before);
        let (name, behind) = name(after, |character| character == '_');
        match variable(name).filter(|_| !name.is_empty()) {
            Some(value) => {
                expanded.push(value);
                rest = behind;
            }
            None => {
                expanded.push("$");
                rest = after;
            }
        }
    }
    expanded.push(rest);
    expanded
}

/// Replaces `$NAME`, `${NAME}` and `%NAME%`, but not between two `'`, as on Windows. `$$` and `%%` are one.
pub(super) fn of_windows(text: &str, variable: impl Fn(&str) -> Option<OsString>) -> OsString {
    let mut expanded = OsString::new();
    let mut rest = text;
    while let Some(start) = rest.find(['\'', '$', '%']) {
        let (before, found) = rest.split_at(start);
        expanded.push(before);
        let (mark, after) = found.split_at(1);
        let (name, behind) = match mark {
            "'" => {
                let end = after.find('\'').map_or(found.len(), |end| end + 2);
                let (quoted, behind) = found.split_at(end);
                expanded.push(quoted);
                rest = behind;
                continue;
            }
            _ if after.starts_with(mark) => ("", after.split_at(1).1),
            "%" => after.split_once('%').unwrap_or(("", after)),
            _ => name(after, |character| matches!(character, '_' | '-')),
        };
        rest = behind;
        match variable(name).filter(|_| !name.is_empty()) {
            Some(value) => expanded.push(value),
            None if name.is_empty() => expanded.push(mark),
            None => expanded.push(found.strip_suffix(behind).unwrap_or(found)),
        }
    }
    expanded.push(rest);
    expanded
}

/// Splits a text that follows a `$` behind the name that it begins with.
fn name(text: &str, is_in_name: impl Fn(char) -> bool) -> (&str, &str) {
    let braced = text.strip_prefix('{').and_then(|text| text.split_once('}'));
    let braced = braced.filter(|(name, _)| !name.is_empty());
    let is_end = |character: char| !(character.is_ascii_alphanumeric() || is_in_name(character));
    braced.unwrap_or_else(|| text.split_at(text.find(is_end).unwrap_or(text.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str) -> Option<OsString> {
        match name {
            "A" => Some("1".into()),
            "LONG_NAME" => Some(r"C:\x y".into()),
            "with-dash" => Some("2".into()),
            _ => None,
        }
    }

    #[test]
    fn unix_has_dollars() {
        for (text, expected) in [
            ("", ""),
            ("a/$A/b", "a/1/b"),
            ("$A$A.${A}b$", "11.1b$"),
            ("$B/${B}/${A", "$B/${B}/${A"),
            ("$$A %A% '$A'", "$1 %A% '1'"),
        ] {
            assert_eq!(of_unix(text, variable), expected, "{text}");
        }
    }

    /// What Python 3.13 makes of them with its module ntpath.
    #[test]
    fn windows_has_percents_too() {
        for (text, expected) in [
            ("", ""),
            (r"a\%A%\b", r"a\1\b"),
            ("%LONG_NAME%/${LONG_NAME}/$LONG_NAME", r"C:\x y/C:\x y/C:\x y"),
            ("$with-dash ${with-dash} %with-dash%", "2 2 2"),
            ("$A$A.${A}b$", "11.1b$"),
            ("%%A%% $$A 5%", "%A% $A 5%"),
            ("%B%/$B/${B}/${A", "%B%/$B/${B}/${A"),
            ("%B%A%", "%B%A%"),
            ("'$A %A%' $A", "'$A %A%' 1"),
            ("'$A", "'$A"),
            ("${}x $-A %%%A%", "${}x $-A %1"),
            ("é%A%é", "é1é"),
        ] {
            assert_eq!(of_windows(text, variable), expected, "{text}");
        }
    }
}
