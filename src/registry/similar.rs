//! Suggestions for a name that is not registered.

use super::KeyName;

/// Returns at most three names of `known` that resemble `wanted`, the best match first. Case and
/// the extension of a key file are ignored; a few letters may differ.
pub fn similar_names<'a>(wanted: &KeyName, known: &'a [KeyName]) -> Vec<&'a KeyName> {
    let wanted = folded(wanted);
    let length = wanted.chars().count();
    // One letter, and another one for every five letters, but never all of them.
    let max_distance = (1 + length / 5).min(length.saturating_sub(1));
    let mut similar: Vec<(usize, &KeyName)> = known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&wanted, &folded(name)), name))
        .filter(|(distance, _)| *distance <= max_distance)
        .collect();
    similar.sort_by_key(|(distance, _)| *distance);
    similar.into_iter().map(|(_, name)| name).take(MAX_NAMES).collect()
}

const MAX_NAMES: usize = 3;

fn folded(name: &KeyName) -> String {
    let name = name.as_str().to_ascii_lowercase();
    [".pem", ".ppk", ".pub"]
        .into_iter()
        .find_map(|extension| name.strip_suffix(extension))
        .map_or(name.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_names_differ_by_few_letters() {
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
