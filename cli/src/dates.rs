//! Dates and durations as people write them, times as RFC 3339 in UTC. The clock is read here only.

use eco_core::name::Timestamp;
use jiff::civil::{Date, time};
use jiff::tz::TimeZone;
use std::time::{SystemTime, UNIX_EPOCH};

/// This computer's clock.
#[expect(clippy::disallowed_methods, reason = "the command's one reading of the clock")]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// A day, or a moment: the reader decides which end of a day is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Day {
    /// A whole day in UTC: its first millisecond.
    Whole(Timestamp),
    /// A moment.
    Moment(Timestamp),
}

const DAY_MS: u64 = 24 * 3600 * 1000;

impl Day {
    /// The first millisecond.
    pub(crate) const fn start(self) -> Timestamp {
        match self {
            Self::Whole(moment) | Self::Moment(moment) => moment,
        }
    }

    /// The last millisecond: to judge as of that day.
    pub(crate) const fn end(self) -> Timestamp {
        match self {
            Self::Whole(start) => start.plus_ms(DAY_MS - 1),
            Self::Moment(moment) => moment,
        }
    }

    /// The first moment at which it may be that day: a whole day begins 14 hours before UTC somewhere on earth.
    pub(crate) const fn begins(self) -> Timestamp {
        match self {
            Self::Whole(start) => Timestamp(start.0.saturating_sub(14 * 3600 * 1000)),
            Self::Moment(moment) => moment,
        }
    }

    /// The first millisecond that is not part of it: an exclusive end of validity.
    pub(crate) const fn after(self) -> Timestamp {
        match self {
            Self::Whole(start) => start.plus_ms(DAY_MS),
            Self::Moment(moment) => moment,
        }
    }
}

/// Reads `2026-05-10` or an RFC 3339 time.
pub(crate) fn parse_day(text: &str) -> Result<Day, String> {
    let stamp = |at: jiff::Timestamp| u64::try_from(at.as_millisecond()).map(Timestamp).map_err(|_| "a date before 1970".to_string());
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return stamp(moment).map(Day::Moment);
    }
    let date: Date = text.parse().map_err(|_| "expected a date like 2026-05-10 or a time like 2026-05-10T08:15:00Z".to_string())?;
    let start = date.to_datetime(time(0, 0, 0, 0)).to_zoned(TimeZone::UTC).map_err(|e| e.to_string())?;
    stamp(start.timestamp()).map(Day::Whole)
}

/// Reads `90s`, `5m`, `24h`, `30d`.
pub(crate) fn parse_duration_ms(text: &str) -> Result<u64, String> {
    let expected = || "expected a number with s, m, h or d, like 5m or 30d".to_string();
    let unit = text.chars().last().ok_or_else(expected)?;
    let unit_ms: u64 = match unit {
        's' => 1000,
        'm' => 60 * 1000,
        'h' => 3600 * 1000,
        'd' => DAY_MS,
        _ => return Err(expected()),
    };
    let count: u64 = text.strip_suffix(unit).unwrap_or_default().parse().map_err(|_| expected())?;
    count.checked_mul(unit_ms).ok_or_else(expected)
}

/// A time for people and machines: RFC 3339, UTC.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    i64::try_from(at.0)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .map_or_else(|| format!("{at} ms"), |at| at.to_string())
}

/// A length of time in one unit or two, for people.
pub(crate) fn age(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A day read as its first moment would judge a document as it was before it was lodged.
    #[test]
    fn a_day_ends_late_and_a_moment_is_itself() {
        let day = parse_day("2026-05-10").unwrap();
        assert_eq!(rfc3339(day.after()), "2026-05-11T00:00:00Z");
        assert_eq!(day.after().0 - day.end().0, 1);
        assert_eq!(parse_day("2026-05-10T08:15:00Z").unwrap(), Day::Moment(Timestamp(1_778_400_900_000)));
        assert_eq!(rfc3339(Timestamp(1_778_400_900_000)), "2026-05-10T08:15:00Z");
        for bad in ["", "10.05.2026", "2026-02-30", "1969-01-01"] {
            assert!(parse_day(bad).is_err(), "{bad}");
        }
    }

    /// A unit misread would accept a status that is a month too old.
    #[test]
    fn durations_need_their_unit() {
        assert_eq!(parse_duration_ms("5m"), Ok(300_000));
        assert_eq!(parse_duration_ms("30d"), Ok(30 * DAY_MS));
        for bad in ["", "5", "m", "5M", "-1s", "1.5h", "99999999999999999999d", "5 m", "５m"] {
            assert!(parse_duration_ms(bad).is_err(), "{bad}");
        }
        assert_eq!(age(61_000), "1 min 1 s");
    }
}
