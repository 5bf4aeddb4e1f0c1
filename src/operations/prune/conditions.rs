//! Which pairs are no longer of use.

use std::collections::HashSet;

use super::abandoned::Abandoned;
use crate::registry::{CreateTime, Expiry, KeyName, KeyPair, Lifetime, Pattern};

/// Which pairs are to go: those of which everything holds that is asked for here. If nothing is,
/// none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// That the moment is past which its tag says.
    pub expired: bool,
    /// That it was registered so long ago, or longer.
    pub older_than: Option<Lifetime>,
    /// That its name matches one of the patterns; none means any name.
    pub names: Vec<Pattern>,
    /// That nothing uses it, as far as the registry can see.
    pub unused: bool,
}

/// Why a pair is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was of use to a command of `exec` that is gone, and so is the process that would have removed
    /// it.
    Abandoned,
    /// Its time is past.
    Expired(Expiry),
    /// It was registered so long ago, or longer.
    OlderThan(Lifetime),
    /// Its name matches this.
    Named(Pattern),
    /// Nothing uses it.
    Unused,
}

/// What keeps a pair of which all else holds that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The tag that says when it expires says no time.
    Expiry,
    /// The registry does not say when it was registered.
    Age,
}

/// What the conditions say of a pair.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is to go.
    Due(Vec<Reason>),
    /// It stays, because of what is not known.
    Doubtful(Doubt),
    /// It stays.
    Stays,
}

/// The names under which pairs are used.
#[derive(Clone, Debug, Default)]
pub(super) struct UsedNames(HashSet<String>);

impl UsedNames {
    pub(super) fn insert(&mut self, names: &HashSet<KeyName>) {
        self.0.extend(names.iter().map(fold_case));
    }

    fn contains(&self, name: &KeyName) -> bool {
        self.0.contains(&fold_case(name))
    }
}

/// Whether names differ that differ in case alone is not known of EC2; here it is safe to say no.
fn fold_case(name: &KeyName) -> String {
    name.as_str().to_ascii_lowercase()
}

impl Conditions {
    /// Returns whether nothing is asked for but that a pair has expired.
    pub(super) fn is_expiry_alone(&self) -> bool {
        let Self { expired, older_than, names, unused } = self;
        *expired && older_than.is_none() && names.is_empty() && !unused
    }

    /// Returns what they say of a pair; `abandoned` are pairs of commands that are gone.
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
                _ => return Verdict::Stays,
            }
        }
        if let Some(span) = older_than {
            match pair.created {
                Some(created) if created <= span.before(now) => {
                    reasons.push(Reason::OlderThan(*span));
                }
                Some(_) => return Verdict::Stays,
                None => doubt = Some(Doubt::Age),
            }
        }
        if *unused {
            if used.contains(&pair.name) {
                return Verdict::Stays;
            }
            reasons.push(Reason::Unused);
        }
        if !names.is_empty() {
            match names.iter().find(|pattern| pattern.matches(pair.name.as_str())) {
                Some(pattern) => reasons.push(Reason::Named(pattern.clone())),
                None => return Verdict::Stays,
            }
        }
        match doubt {
            Some(doubt) => Verdict::Doubtful(doubt),
            None if reasons.is_empty() => Verdict::Stays,
            None => Verdict::Due(reasons),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{KeyPairId, Tag, Tags};

    /// A day after all that is registered here.
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
        }
    }

    fn span(text: &str) -> Lifetime {
        Lifetime::parse(text).unwrap()
    }

    fn evaluate(conditions: &Conditions, pair: &KeyPair) -> Verdict {
        let mut used = UsedNames::default();
        used.insert(&HashSet::from([KeyName::registered("Used")]));
        conditions.evaluate(pair, NOW, &used, &Abandoned::default())
    }

    const PAST: Option<&str> = Some("2020-01-01T00:00:00Z");

    #[test]
    fn nothing_asked_for_is_nothing_found() {
        assert_eq!(evaluate(&Conditions::default(), &pair("a", PAST)), Verdict::Stays);
    }

    #[test]
    fn a_pair_expires_at_its_time_and_not_before() {
        let expired = Conditions { expired: true, ..Conditions::default() };
        for (time, is_due) in [
            ("2020-01-01T00:00:00Z", true),
            // Now: 2026-11-18T11:06:40Z.
            ("2026-11-18T11:06:40Z", true),
            ("2026-11-18T12:06:40+01:00", true),
            ("2026-11-18T11:06:41Z", false),
            ("9999-12-31T23:59:59Z", false),
        ] {
            let verdict = evaluate(&expired, &pair("a", Some(time)));
            assert_eq!(matches!(verdict, Verdict::Due(_)), is_due, "{time}: {verdict:?}");
            assert!(is_due || verdict == Verdict::Stays, "{time}: {verdict:?}");
        }
        assert_eq!(evaluate(&expired, &pair("a", None)), Verdict::Stays);
        for text in ["", "soon", "2020-01-01", "1577836800"] {
            let verdict = evaluate(&expired, &pair("a", Some(text)));
            assert_eq!(verdict, Verdict::Doubtful(Doubt::Expiry), "{text}");
        }
    }

    #[test]
    fn age_counts_from_the_registration() {
        let older = |text| Conditions { older_than: Some(span(text)), ..Conditions::default() };
        let due = Verdict::Due(vec![Reason::OlderThan(span("1d"))]);
        assert_eq!(evaluate(&older("1d"), &pair("a", None)), due);
        assert_eq!(evaluate(&older("86401s"), &pair("a", None)), Verdict::Stays);
        // The tag of a pair that is not asked for says nothing.
        assert_eq!(evaluate(&older("1d"), &pair("a", Some("soon"))), due);
        let undated = KeyPair { created: None, ..pair("a", None) };
        assert_eq!(evaluate(&older("1s"), &undated), Verdict::Doubtful(Doubt::Age));
    }

    /// A clock that was put back: nothing is older than it was, and nothing expires sooner.
    #[test]
    fn before_its_registration_a_pair_is_not_old_and_has_not_expired() {
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
                assert_eq!(verdict, Verdict::Stays, "{now:?} {conditions:?}");
            }
        }
    }

    #[test]
    fn one_of_the_names_is_enough() {
        let names = vec![Pattern::new("ci-*"), Pattern::new("tmp-?")];
        let named = Conditions { names: names.clone(), ..Conditions::default() };
        let due = |name: &str, pattern: &Pattern| {
            let reason = Reason::Named(pattern.clone());
            assert_eq!(evaluate(&named, &pair(name, None)), Verdict::Due(vec![reason]), "{name}");
        };
        due("ci-7", &names[0]);
        due("tmp-7", &names[1]);
        assert_eq!(evaluate(&named, &pair("tmp-77", None)), Verdict::Stays);
    }

    #[test]
    fn what_is_used_stays_however_it_is_written() {
        let unused = Conditions { unused: true, ..Conditions::default() };
        assert_eq!(evaluate(&unused, &pair("a", None)), Verdict::Due(vec![Reason::Unused]));
        assert_eq!(evaluate(&unused, &pair("Used", None)), Verdict::Stays);
        assert_eq!(evaluate(&unused, &pair("uSED", None)), Verdict::Stays);
    }

    #[test]
    fn all_that_is_asked_for_must_hold() {
        let all = Conditions {
            expired: true,
            older_than: Some(span("1h")),
            names: vec![Pattern::new("*")],
            unused: true,
        };
        let Verdict::Due(reasons) = evaluate(&all, &pair("a", PAST)) else { panic!() };
        assert_eq!(reasons.len(), 4);
        assert_eq!(evaluate(&all, &pair("used", PAST)), Verdict::Stays);
        assert_eq!(evaluate(&all, &pair("a", None)), Verdict::Stays);
        let other = Conditions { names: vec![Pattern::new("b")], ..all.clone() };
        assert_eq!(evaluate(&other, &pair("a", PAST)), Verdict::Stays);
        // What stays anyway is no doubt.
        assert_eq!(evaluate(&other, &pair("a", Some("soon"))), Verdict::Stays);
        let younger = Conditions { older_than: Some(span("2d")), ..all };
        assert_eq!(evaluate(&younger, &pair("a", Some("soon"))), Verdict::Stays);
    }
}
