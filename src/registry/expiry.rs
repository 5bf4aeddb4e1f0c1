//! The lifetime of a pair, and the tag that records its end.

use std::fmt;

use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

use super::{CreateTime, Tag, Tags};

/// The end of a pair's lifetime, in whole seconds of UTC: `2026-11-26T12:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expiry(OffsetDateTime);

impl Expiry {
    /// The key of the expiry tag.
    pub const TAG: &'static str = "keypair:expires-at";

    /// Returns the end of a lifetime that begins now, rounded up to a full second.
    pub fn after(now: CreateTime, lifetime: Lifetime) -> Self {
        let end = i128::from(now.milliseconds()) + i128::from(lifetime.seconds()) * 1000 + 999;
        let end = OffsetDateTime::from_unix_timestamp_nanos(end / 1000 * 1_000_000_000);
        Self(end.unwrap_or(LAST))
    }

    /// Parses a future time in RFC 3339 format: `2026-11-26T12:00:00Z`, or with an offset.
    pub fn at(text: &str, now: CreateTime) -> Result<Self, ExpiryError> {
        let expiry = Self::parse(text).ok_or(ExpiryError::NotATime)?;
        if expiry.is_past(now) {
            return Err(ExpiryError::Past);
        }
        if expiry > Self::after(now, Lifetime(Lifetime::MAX_SECONDS)) {
            return Err(ExpiryError::TooFar);
        }
        Ok(expiry)
    }

    /// Returns the expiry in the tags of a pair, or `None` if the tag is missing, invalid or
    /// repeated.
    pub fn of(tags: &Tags) -> Option<Self> {
        let mut found = tags.as_slice().iter().filter(|tag| tag.key() == Self::TAG);
        let tag = found.next()?;
        found.next().map_or_else(|| Self::of_tag(tag), |_| None)
    }

    /// Returns the expiry in this tag, or `None` if its value is invalid.
    pub fn of_tag(tag: &Tag) -> Option<Self> {
        Self::parse(tag.value())
    }

    /// Returns whether the pair has expired.
    pub fn is_past(self, now: CreateTime) -> bool {
        self.0.unix_timestamp_nanos() <= i128::from(now.milliseconds()) * 1_000_000
    }

    /// Returns the expiry in seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// Returns the remaining time in whole seconds, at least one.
    pub fn remaining(self, now: CreateTime) -> Lifetime {
        let seconds = self.0.unix_timestamp().saturating_sub(now.milliseconds() / 1000);
        Lifetime(seconds.clamp(1, Lifetime::MAX_SECONDS))
    }

    pub fn tag(self) -> Tag {
        Tag::registered(Self::TAG, self.to_string())
    }

    fn parse(text: &str) -> Option<Self> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        let moment = moment.checked_to_utc()?.to_offset(time::UtcOffset::UTC);
        moment.replace_nanosecond(0).ok().map(Self)
    }
}

impl fmt::Display for Expiry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.format(FORMAT).map_err(|_| fmt::Error)?)
    }
}

const FORMAT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// Later than any expiry that [`Lifetime`] allows.
const LAST: OffsetDateTime = time::macros::datetime!(9999-12-31 23:59:59 UTC);

/// A duration as users write it: `90s`, `30m`, `8h`, `7d`, `2w`, or a sequence such as `1h30m`.
/// It has whole seconds, at least one, and at most ten years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lifetime(i64);

impl Lifetime {
    /// Ten years of 366 days.
    pub const MAX_SECONDS: i64 = 10 * 366 * 24 * 3600;

    /// Reads a span of time.
    ///
    /// # Errors
    ///
    /// [`ExpiryError::NotADuration`], [`ExpiryError::Zero`] and [`ExpiryError::TooFar`].
    pub fn parse(text: &str) -> Result<Self, ExpiryError> {
        let mut seconds = 0_i64;
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|character: char| !character.is_ascii_digit());
            let (digits, after) = rest.split_at(end.ok_or(ExpiryError::NotADuration)?);
            if digits.is_empty() {
                return Err(ExpiryError::NotADuration);
            }
            let mut characters = after.chars();
            let unit = match characters.next() {
                Some('s') => 1,
                Some('m') => 60,
                Some('h') => 3600,
                Some('d') => 24 * 3600,
                Some('w') => 7 * 24 * 3600,
                _ => return Err(ExpiryError::NotADuration),
            };
            let count: i64 = digits.parse().map_err(|_| ExpiryError::TooFar)?;
            let part = count.checked_mul(unit).ok_or(ExpiryError::TooFar)?;
            seconds = seconds.checked_add(part).ok_or(ExpiryError::TooFar)?;
            rest = characters.as_str();
        }
        match seconds {
            0 if text.is_empty() => Err(ExpiryError::NotADuration),
            0 => Err(ExpiryError::Zero),
            seconds if seconds > Self::MAX_SECONDS => Err(ExpiryError::TooFar),
            seconds => Ok(Self(seconds)),
        }
    }

    pub fn seconds(self) -> i64 {
        self.0
    }

    /// Returns the time that lies this duration before `now`.
    pub fn before(self, now: CreateTime) -> CreateTime {
        CreateTime::from_milliseconds(now.milliseconds().saturating_sub(self.0 * 1000))
    }
}

/// Displays the duration in the largest unit that divides it.
impl fmt::Display for Lifetime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = Duration::seconds(self.0);
        let whole = |unit: Duration| self.0 % unit.whole_seconds() == 0;
        let (count, unit) = if whole(Duration::DAY) {
            (span.whole_days(), "d")
        } else if whole(Duration::HOUR) {
            (span.whole_hours(), "h")
        } else if whole(Duration::MINUTE) {
            (span.whole_minutes(), "m")
        } else {
            (span.whole_seconds(), "s")
        };
        write!(formatter, "{count}{unit}")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpiryError {
    #[error("invalid time; expected for example 2026-11-26T12:00:00Z")]
    NotATime,
    #[error("invalid duration; expected for example 90s, 30m, 8h, 7d or 1h30m")]
    NotADuration,
    #[error("this time is in the past")]
    Past,
    /// Probably a typing error.
    #[error("this is more than ten years away")]
    TooFar,
    #[error("the duration is zero")]
    Zero,
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Lifetime = Lifetime(3600);
    const NOW: CreateTime = CreateTime::from_milliseconds(1_795_000_000_500);

    #[test]
    fn lifetime_parses_numbers_with_units() {
        let seconds = |text| Lifetime::parse(text).map(Lifetime::seconds);
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("1h30m"), Ok(5400));
        assert_eq!(seconds("2w1d"), Ok(15 * 86400));
        assert_eq!(seconds("0s1m"), Ok(60));
        for text in ["", "1", "h", "1h30", "-1h", "1.5h", " 1h", "1y", "1H", "+1h", "1h ", "１h"] {
            assert_eq!(seconds(text), Err(ExpiryError::NotADuration), "{text}");
        }
        assert_eq!(seconds("0h"), Err(ExpiryError::Zero));
        for text in ["3661d", "99999999999999999999h", "9223372036854775807w"] {
            assert_eq!(seconds(text), Err(ExpiryError::TooFar), "{text}");
        }
        assert_eq!(seconds("3660d"), Ok(Lifetime::MAX_SECONDS));
        for text in ["90s", "30m", "8h", "7d"] {
            assert_eq!(Lifetime::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn expiry_must_be_future_rfc_3339_time() {
        let at = |text| Expiry::at(text, NOW).map(|expiry| expiry.to_string());
        assert_eq!(at("2026-11-26T12:00:00Z").unwrap(), "2026-11-26T12:00:00Z");
        assert_eq!(at("2026-11-26T12:00:00.9+02:00").unwrap(), "2026-11-26T10:00:00Z");
        for text in ["", "tomorrow", "2026-11-26", "2026-13-26T12:00:00Z", "2026-11-26T12:00:00"] {
            assert_eq!(at(text), Err(ExpiryError::NotATime), "{text}");
        }
        assert_eq!(at("2026-11-17T12:26:40Z"), Err(ExpiryError::Past));
        assert_eq!(at("9999-12-31T23:59:59Z"), Err(ExpiryError::TooFar));
        assert_eq!(at("9999-12-31T23:59:59-23:59"), Err(ExpiryError::NotATime));
    }

    #[test]
    fn expiry_rounds_up_to_full_second() {
        let expiry = Expiry::after(NOW, HOUR);
        assert_eq!(expiry.to_string(), "2026-11-18T12:06:41Z");
        assert!(!expiry.is_past(CreateTime::from_milliseconds(NOW.milliseconds() + 3_600_499)));
        assert!(expiry.is_past(CreateTime::from_milliseconds(NOW.milliseconds() + 3_600_500)));
        assert_eq!(expiry.remaining(NOW), Lifetime(3601));
        assert_eq!(expiry.remaining(CreateTime::from_milliseconds(i64::MAX)), Lifetime(1));
        assert_eq!(Expiry::after(CreateTime::from_milliseconds(i64::MAX), HOUR).0, LAST);
    }

    #[test]
    fn expiry_tag_round_trips() {
        let expiry = Expiry::after(NOW, HOUR);
        let tags = Tags::new(vec![Tag::new("team", "ops").unwrap(), expiry.tag()]).unwrap();
        assert_eq!(Expiry::of(&tags), Some(expiry));
        assert_eq!(Expiry::of(&Tags::default()), None);
        let other = Tags::new(vec![Tag::new(Expiry::TAG, "soon").unwrap()]).unwrap();
        assert_eq!(Expiry::of(&other), None);
        let repeated = Tags::registered(vec![expiry.tag(), expiry.tag()]);
        assert_eq!(Expiry::of(&repeated), None);
    }
}
