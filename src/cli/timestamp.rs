//! Times in responses, as version 2 of the AWS CLI prints them.

use clap::ValueEnum;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

use super::output::Value;
use crate::registry::CreateTime;

/// The value of the profile key `cli_timestamp_format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TimestampFormat {
    /// As Python's `isoformat` in UTC: `2026-05-27T21:51:16+00:00`.
    #[default]
    Iso8601,
    /// As the service sends it.
    Wire,
}

impl TimestampFormat {
    /// Returns a time of EC2, which sends three digits of the second:
    /// `2026-05-27T21:51:16.000Z`.
    pub fn create_time(self, time: CreateTime) -> Value {
        let moment = Duration::milliseconds(time.milliseconds());
        let text = match self {
            Self::Iso8601 => iso8601(moment),
            Self::Wire => None,
        };
        text.unwrap_or_else(|| time.to_string()).into()
    }

    /// Returns a time of Systems Manager, which sends seconds since 1970.
    pub fn seconds(self, seconds: f64) -> Value {
        let text = match self {
            Self::Iso8601 => Duration::checked_seconds_f64(seconds).and_then(iso8601),
            Self::Wire => None,
        };
        text.map_or_else(|| seconds.into(), Value::from)
    }
}

/// Returns a time since 1970, with microseconds if they are not zero.
fn iso8601(since_1970: Duration) -> Option<String> {
    let half = Duration::nanoseconds(500);
    let moment = OffsetDateTime::UNIX_EPOCH.checked_add(since_1970.checked_add(half)?)?;
    let format = if moment.microsecond() == 0 { SECONDS } else { MICROSECONDS };
    moment.format(format).ok()
}

const SECONDS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]+00:00");

const MICROSECONDS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]+00:00");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn create_time_follows_the_setting() {
        for (milliseconds, iso8601, wire) in [
            (0, "1970-01-01T00:00:00+00:00", "1970-01-01T00:00:00.000Z"),
            (1_653_688_276_000, "2022-05-27T21:51:16+00:00", "2022-05-27T21:51:16.000Z"),
            (1_653_688_276_007, "2022-05-27T21:51:16.007000+00:00", "2022-05-27T21:51:16.007Z"),
            (-1, "1969-12-31T23:59:59.999000+00:00", "1969-12-31T23:59:59.999Z"),
            (i64::MAX, "9999-12-31T23:59:59.999000+00:00", "9999-12-31T23:59:59.999Z"),
            (i64::MIN, "-9999-01-01T00:00:00+00:00", "-9999-01-01T00:00:00.000Z"),
        ] {
            let time = CreateTime::from_milliseconds(milliseconds);
            assert!(TimestampFormat::Iso8601.create_time(time) == iso8601.into(), "{iso8601}");
            assert!(TimestampFormat::Wire.create_time(time) == wire.into(), "{wire}");
        }
    }

    #[test]
    fn seconds_follow_the_setting() {
        for (seconds, iso8601) in [
            (1_530_018_761.888, "2018-06-26T13:12:41.888000+00:00"),
            (1_795_982_425.6, "2026-11-29T20:00:25.600000+00:00"),
            (1_795_982_425.123_456, "2026-11-29T20:00:25.123456+00:00"),
            (1_795_982_425.0, "2026-11-29T20:00:25+00:00"),
        ] {
            assert!(TimestampFormat::Iso8601.seconds(seconds) == iso8601.into(), "{iso8601}");
            assert!(TimestampFormat::Wire.seconds(seconds) == seconds.into(), "{iso8601}");
        }
        for seconds in [1e300, -1e300] {
            assert!(TimestampFormat::Iso8601.seconds(seconds) == seconds.into(), "{seconds}");
        }
    }
}
