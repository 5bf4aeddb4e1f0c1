//! The times in caches and variables.

use std::time::SystemTime;

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;

/// Parses a time in one of the forms of the AWS CLI and other tools: those of RFC 3339, with `UTC`
/// or an offset without a colon, with a space between date and time, or without seconds.
pub(super) fn parse(text: &str) -> Option<SystemTime> {
    let text = text.trim();
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let (time, zone) = time.split_at(time.find(|character| !is_of_time(character))?);
    let zone = match zone.trim() {
        "Z" | "z" | "UTC" | "GMT" => "Z".to_owned(),
        offset => {
            let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
            let (hours, minutes) = digits.split_at_checked(2)?;
            let minutes = if minutes.is_empty() { "00" } else { minutes };
            format!("{}{hours}:{minutes}", offset.get(..1)?)
        }
    };
    let seconds = if time.matches(':').count() == 1 { ":00" } else { "" };
    let time = format!("{date}T{time}{seconds}{zone}");
    OffsetDateTime::parse(&time, &Rfc3339).ok().map(SystemTime::from)
}

fn is_of_time(character: char) -> bool {
    character.is_ascii_digit() || matches!(character, ':' | '.')
}

/// Formats a time as the AWS CLI does in its caches.
pub(super) fn format(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time).replace_nanosecond(0);
    time.ok().and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn time_is_parsed_in_all_forms() {
        let expected = SystemTime::UNIX_EPOCH + Duration::from_secs(1_893_456_000);
        for text in [
            "2030-01-01T00:00:00Z",
            "2030-01-01T00:00:00UTC",
            "2030-01-01 00:00:00 UTC",
            "2030-01-01T01:00:00+01:00",
            "2030-01-01T01:00:00+0100",
            "2029-12-31T23:00:00-01",
            "2030-01-01T00:00:00.000Z",
            " 2030-01-01T00:00Z ",
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
        for text in ["", "soon", "2030-01-01", "2030-01-01T00:00:00", "2030-01-01T00:00:00X"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(format(expected + Duration::from_millis(5)), "2030-01-01T00:00:00Z");
    }
}
