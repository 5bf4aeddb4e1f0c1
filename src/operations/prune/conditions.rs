//! The conditions for pairs to prune.

use std::collections::HashSet;

use super::abandoned::Abandoned;
use crate::registry::{CreateTime, Expiry, KeyName, KeyPair, Lifetime, Location, Pattern};

/// A pair is due if it satisfies all conditions. Without conditions, no pair is due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// The pair has expired according to its tag.
    pub expired: bool,
    /// The pair has at least this age.
    pub older_than: Option<Lifetime>,
    /// The name matches one of the patterns. An empty list matches any name.
    pub names: Vec<Pattern>,
    /// The registry finds no use of the pair.
    pub unused: bool,
}

/// The reason to prune a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The `exec` process and its command have exited without deleting the pair.
    Abandoned,
    Expired(Expiry),
    OlderThan(Lifetime),
    Named(Pattern),
    Unused,
}

/// The reason to keep a pair that otherwise matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The expiry tag is invalid.
    Expiry,
    /// The registry does not return the creation time.
    Age,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Due(Vec<Reason>),
    Doubtful(Doubt),
    Kept,
}

/// The names of the pairs in use.
#[derive(Clone, Debug, Default)]
pub(super) struct UsedNames(HashSet<(Option<Location>, String)>);

impl UsedNames {
    pub(super) fn insert(&mut self, location: Option<&Location>, names: &HashSet<KeyName>) {
        self.0.extend(names.iter().map(|name| (location.cloned(), fold_case(name))));
    }

    fn contains(&self, pair: &KeyPair) -> bool {
        self.0.contains(&(pair.location.clone(), fold_case(&pair.name)))
    }
}

/// EC2 does not document whether names are case-sensitive. Ignoring the case is safe here.
fn fold_case(name: &KeyName) -> String {
    name.as_str().to_ascii_lowercase()
}

impl Conditions {
    /// Returns whether the expiry is the only condition.
    pub(super) fn is_expiry_alone(&self) -> bool {
        let Self { expired, older_than, names, unused } = self;
        *expired && older_than.is_none() && names.is_empty() && !unused
    }

    pub(super) fn evaluate(
        &self,
        pair: &KeyPair,
        now: CreateTime,
        used: &UsedNames,
        abandoned: &Abandoned,
    ) -> Verdict {
        let Self { expired, older_than, names, unused } = self;
        let (mut reasons, mut doubt) = (Vec::new(), None);
        if *expired {
            let is_tagged = pair.tags.as_slice().iter().any(|tag| tag.key() == Expiry::TAG);
            match Expiry::of(&pair.tags) {
                Some(expiry) if expiry.is_past(now) => reasons.push(Reason::Expired(expiry)),
                _ if abandoned.contains(pair) => reasons.push(Reason::Abandoned),
                None if is_tagged => doubt = Some(Doubt::Expiry),
                _ => return Verdict::Kept,
            }
        }
        if let Some(span) = older_than {
            match pair.created {
                Some(created) if created <= span.before(now) => {
                    reasons.push(Reason::OlderThan(*span));
                }
                Some(_) => return Verdict::Kept,
                None => doubt = Some(Doubt::Age),
            }
        }
        if *unused {
            if used.contains(pair) {
                return Verdict::Kept;
            }
            reasons.push(Reason::Unused);
        }
        if !names.is_empty() {
            match names.iter().find(|pattern| pattern.matches(pair.name.as_str())) {
                Some(pattern) => reasons.push(Reason::Named(pattern.clone())),
                None => return Verdict::Kept,
            }
        }
        match doubt {
            Some(doubt) => Verdict::Doubtful(doubt),
            None if reasons.is_empty() => Verdict::Kept,
            None => Verdict::Due(reasons),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{KeyPairId, Tag, Tags};

    /// One day after the creation of the test pairs.
    const NOW: CreateTime = CreateTime::from_milliseconds(1_795_000_000_000);
    const YESTERDAY: CreateTime = CreateTime::from_milliseconds(1_795_000_000_000 - 86_400_000);

    fn pair(name: &str, expires_at: Option<&str>) -> KeyPair {
        let tag = expires_at.map(|time| Tag::registered(Expiry::TAG, time));
        KeyPair {
            id: KeyPairId::new("key-1"),
            name: KeyName::registered(name),
            key_type: None,
            fingerprint: String::new(),
            public_key: None,
            created: Some(YESTERDAY),
            tags: Tags::registered(tag.into_iter().collect()),
            location: None,
        }
    }

    fn span(text: &str) -> Lifetime {
        Lifetime::parse(text).unwrap()
    }

    fn evaluate(conditions: &Conditions, pair: &KeyPair) -> Verdict {
        let mut used = UsedNames::default();
        used.insert(None, &HashSet::from([KeyName::registered("Used")]));
        conditions.evaluate(pair, NOW, &used, &Abandoned::default())
    }

    const PAST: Option<&str> = Some("2020-01-01T00:00:00Z");

    #[test]
    fn pair_without_conditions_is_kept() {
        assert_eq!(evaluate(&Conditions::default(), &pair("a", PAST)), Verdict::Kept);
    }

    #[test]
    fn pair_is_due_from_its_expiry() {
        let expired = Conditions { expired: true, ..Conditions::default() };
        for (time, is_due) in [
            ("2020-01-01T00:00:00Z", true),
            // `NOW` is 2026-11-18T11:06:40Z.
            ("2026-11-18T11:06:40Z", true),
            ("2026-11-18T12:06:40+01:00", true),
            ("2026-11-18T11:06:41Z", false),
            ("9999-12-31T23:59:59Z", false),
        ] {
            let verdict = evaluate(&expired, &pair("a", Some(time)));
            assert_eq!(matches!(verdict, Verdict::Due(_)), is_due, "{time}: {verdict:?}");
            assert!(is_due || verdict == Verdict::Kept, "{time}: {verdict:?}");
        }
        assert_eq!(evaluate(&expired, &pair("a", None)), Verdict::Kept);
        for text in ["", "soon", "2020-01-01", "1577836800"] {
            let verdict = evaluate(&expired, &pair("a", Some(text)));
            assert_eq!(verdict, Verdict::Doubtful(Doubt::Expiry), "{text}");
        }
    }

    #[test]
    fn age_counts_from_creation_time() {
        let older = |text| Conditions { older_than: Some(span(text)), ..Conditions::default() };
        let due = Verdict::Due(vec![Reason::OlderThan(span("1d"))]);
        assert_eq!(evaluate(&older("1d"), &pair("a", None)), due);
        assert_eq!(evaluate(&older("86401s"), &pair("a", None)), Verdict::Kept);
        // The expiry tag does not matter without the condition.
        assert_eq!(evaluate(&older("1d"), &pair("a", Some("soon"))), due);
        let undated = KeyPair { created: None, ..pair("a", None) };
        assert_eq!(evaluate(&older("1s"), &undated), Verdict::Doubtful(Doubt::Age));
    }

    #[test]
    fn clock_before_creation_time_keeps_pair() {
        let asked = [
            Conditions { expired: true, ..Conditions::default() },
            Conditions { older_than: Some(span("1s")), ..Conditions::default() },
        ];
        for now in [YESTERDAY.milliseconds() - 1, 0, -1, i64::MIN] {
            let now = CreateTime::from_milliseconds(now);
            for conditions in &asked {
                let verdict = conditions.evaluate(
                    &pair("a", Some("2026-11-18T11:06:40Z")),
                    now,
                    &UsedNames::default(),
                    &Abandoned::default(),
                );
                assert_eq!(verdict, Verdict::Kept, "{now:?} {conditions:?}");
            }
        }
    }

    #[test]
    fn names_are_combined_with_or() {
        let names = vec![Pattern::new("ci-*"), Pattern::new("tmp-?")];
        let named = Conditions { names: names.clone(), ..Conditions::default() };
        let due = |name: &str, pattern: &Pattern| {
            let reason = Reason::Named(pattern.clone());
            assert_eq!(evaluate(&named, &pair(name, None)), Verdict::Due(vec![reason]), "{name}");
        };
        due("ci-7", &names[0]);
        due("tmp-7", &names[1]);
        assert_eq!(evaluate(&named, &pair("tmp-77", None)), Verdict::Kept);
    }

    #[test]
    fn used_pair_is_kept_ignoring_case() {
        let unused = Conditions { unused: true, ..Conditions::default() };
        assert_eq!(evaluate(&unused, &pair("a", None)), Verdict::Due(vec![Reason::Unused]));
        assert_eq!(evaluate(&unused, &pair("Used", None)), Verdict::Kept);
        assert_eq!(evaluate(&unused, &pair("uSED", None)), Verdict::Kept);
    }

    #[test]
    fn conditions_are_combined_with_and() {
        let all = Conditions {
            expired: true,
            older_than: Some(span("1h")),
            names: vec![Pattern::new("*")],
            unused: true,
        };
        let Verdict::Due(reasons) = evaluate(&all, &pair("a", PAST)) else { panic!() };
        assert_eq!(reasons.len(), 4);
        assert_eq!(evaluate(&all, &pair("used", PAST)), Verdict::Kept);
        assert_eq!(evaluate(&all, &pair("a", None)), Verdict::Kept);
        let other = Conditions { names: vec![Pattern::new("b")], ..all.clone() };
        assert_eq!(evaluate(&other, &pair("a", PAST)), Verdict::Kept);
        // Another condition decides before the doubt.
        assert_eq!(evaluate(&other, &pair("a", Some("soon"))), Verdict::Kept);
        let younger = Conditions { older_than: Some(span("2d")), ..all };
        assert_eq!(evaluate(&younger, &pair("a", Some("soon"))), Verdict::Kept);
    }
}
