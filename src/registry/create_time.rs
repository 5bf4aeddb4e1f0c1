//! The time of a registration.

use std::fmt;
use std::time::SystemTime;

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

/// A time in milliseconds since 1970 in UTC, displayed in EC2's format:
/// `2026-05-27T21:51:16.000Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CreateTime(i64);

impl CreateTime {
    /// Creates a time from milliseconds since 1970 in UTC. Clamps it to the years −9999 to 9999,
    /// which are the only ones with a textual form.
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        match milliseconds {
            ..FIRST => Self(FIRST),
            FIRST..=LAST => Self(milliseconds),
            _ => Self(LAST),
        }
    }

    pub fn milliseconds(self) -> i64 {
        self.0
    }

    /// Returns the time without milliseconds. EC2 sends such times.
    #[must_use]
    pub fn whole_seconds(self) -> Self {
        Self(self.0.div_euclid(1000).saturating_mul(1000))
    }
}

/// Rounds down to the millisecond.
impl From<SystemTime> for CreateTime {
    fn from(moment: SystemTime) -> Self {
        let since_1970 = OffsetDateTime::from(moment) - OffsetDateTime::UNIX_EPOCH;
        Self::from_milliseconds(i64::try_from(since_1970.whole_milliseconds()).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for CreateTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = OffsetDateTime::UNIX_EPOCH.checked_add(Duration::milliseconds(self.0));
        let moment = moment.ok_or(fmt::Error)?;
        formatter.write_str(&moment.format(FORMAT).map_err(|_| fmt::Error)?)
    }
}

/// The beginning of the year −9999 and the end of the year 9999.
const FIRST: i64 = -377_705_116_800_000;
const LAST: i64 = 253_402_300_799_999;

const FORMAT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn create_time_displays_in_ec2_format() {
        let shown = |milliseconds| CreateTime::from_milliseconds(milliseconds).to_string();
        assert_eq!(shown(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(shown(1_653_688_276_007), "2022-05-27T21:51:16.007Z");
        assert_eq!(shown(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(shown(i64::MAX), "9999-12-31T23:59:59.999Z");
        assert_eq!(shown(LAST), shown(i64::MAX));
        assert_eq!(shown(i64::MIN), "-9999-01-01T00:00:00.000Z");
        let whole = CreateTime::from_milliseconds(-1).whole_seconds();
        assert_eq!(whole.to_string(), "1969-12-31T23:59:59.000Z");
        assert_eq!(shown(FIRST), shown(i64::MIN));
    }

    #[test]
    fn system_time_rounds_down_to_milliseconds() {
        let moment = SystemTime::UNIX_EPOCH + std::time::Duration::from_micros(1_500_999);
        assert_eq!(CreateTime::from(moment).milliseconds(), 1500);
    }
}
