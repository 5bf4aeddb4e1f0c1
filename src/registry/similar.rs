//! Names that may be meant by one that is not registered.

use super::KeyName;

/// Returns the names of `known` that `wanted` may have been meant for, the likeliest first, at most
/// three: the same but for case or the ending of a key file, or by a slip of a few letters.
#[must_use]
pub fn similar_names<'a>(wanted: &KeyName, known: &'a [KeyName]) -> Vec<&'a KeyName> {
    let wanted = folded(wanted);
    let length = wanted.chars().count();
    // One letter, and another for every five, but never all of them.
    let most = (1 + length / 5).min(length.saturating_sub(1));
    let mut close: Vec<(usize, &KeyName)> = known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&wanted, &folded(name)), name))
        .filter(|(slips, _)| *slips <= most)
        .collect();
    close.sort_by_key(|(slips, _)| *slips);
    close.into_iter().map(|(_, name)| name).take(MAX_NAMES).collect()
}

const MAX_NAMES: usize = 3;

fn folded(name: &KeyName) -> String {
    let name = name.as_str().to_ascii_lowercase();
    [".pem", ".ppk", ".pub"]
        .into_iter()
        .find_map(|ending| name.strip_suffix(ending))
        .map_or(name.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_from_another_name() {
        let names = |list: &[&str]| list.iter().copied().map(KeyName::registered).collect();
        let known: Vec<KeyName> = names(&["web", "Staging", "web-1", "production", "ci-4f9c21"]);
        for (wanted, close) in [
            ("web.pem", &["web"][..]),
            ("WEB", &["web"]),
            ("wbe", &["web"]),
            ("w", &[]),
            ("staging", &["Staging"]),
            ("prodcution.ppk", &["production"]),
            ("database", &[]),
        ] {
            let wanted = KeyName::registered(wanted);
            let found: Vec<_> =
                similar_names(&wanted, &known).into_iter().map(KeyName::as_str).collect();
            assert_eq!(found, close, "{wanted}");
        }
    }
}
