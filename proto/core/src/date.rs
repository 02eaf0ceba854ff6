//! Calendar days as documents state them, and instants as people read them (SPEC section 14.2).
//!
//! A bare date is somewhere on earth: day D lasts from 10:00Z on D-1 to 12:00Z on D+1.

use crate::name::{NameDefect, Timestamp};
use alloc::string::String;
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;
use core::str::FromStr;

/// Milliseconds of an hour.
pub const HOUR_MS: u64 = 3600 * 1000;
/// Milliseconds of a day.
pub const DAY_MS: u64 = 24 * HOUR_MS;

/// A day of the Gregorian calendar from 1970-01-01 on, written `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Date(u32);

impl Date {
    /// The day on which an instant falls in UTC.
    #[must_use]
    pub fn of(time: Timestamp) -> Self {
        Self(u32::try_from(time.0 / DAY_MS).unwrap_or(u32::MAX))
    }

    /// Its first millisecond in UTC.
    #[must_use]
    pub const fn midnight(self) -> Timestamp {
        Timestamp(self.0 as u64 * DAY_MS)
    }

    /// When the day begins in the first time zone: 10:00Z of the day before.
    #[must_use]
    pub const fn begins(self) -> Timestamp {
        Timestamp(self.midnight().0.saturating_sub(14 * HOUR_MS))
    }

    /// When the day has ended in the last time zone: 12:00Z of the day after, exclusive.
    #[must_use]
    pub const fn ends(self) -> Timestamp {
        self.midnight().plus_ms(36 * HOUR_MS)
    }

    /// Days from `earlier` to this, 0 if `earlier` is later.
    #[must_use]
    pub const fn days_since(self, earlier: Self) -> u32 {
        self.0.saturating_sub(earlier.0)
    }

    /// The year.
    #[must_use]
    pub const fn year(self) -> u32 {
        self.civil().0
    }

    /// Year, month and day. After Howard Hinnant, `civil_from_days`: years start in March, so that the leap day is last.
    const fn civil(self) -> (u32, u32, u32) {
        let days = self.0 as u64 + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        // A u32 of days ends in the year 11,761,191.
        (year as u32, month as u32, day as u32)
    }

    /// The inverse of [`Self::civil`]; `None` for a day that does not exist.
    fn from_civil(year: u32, month: u32, day: u32) -> Option<Self> {
        let shifted_year = u64::from(if month <= 2 { year.checked_sub(1)? } else { year });
        let (era, year_of_era) = (shifted_year / 400, shifted_year % 400);
        let shifted_month = u64::from(if month > 2 { month.checked_sub(3)? } else { month.checked_add(9)? });
        let day_of_year = (153 * shifted_month + 2) / 5 + u64::from(day.checked_sub(1)?);
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let date = Self(u32::try_from((era * 146_097 + day_of_era).checked_sub(719_468)?).ok()?);
        (date.civil() == (year, month, day)).then_some(date)
    }
}

impl FromStr for Date {
    type Err = NameDefect;
    fn from_str(text: &str) -> Result<Self, NameDefect> {
        let number = |part: &str, digits: usize| {
            (part.len() == digits && part.bytes().all(|c| c.is_ascii_digit())).then(|| part.parse::<u32>().ok()).flatten()
        };
        let mut parts = text.splitn(3, '-');
        let (year, month, day) = (parts.next(), parts.next(), parts.next());
        let date = year
            .and_then(|y| number(y, 4))
            .zip(month.and_then(|m| number(m, 2)))
            .zip(day.and_then(|d| number(d, 2)))
            .and_then(|((y, m), d)| Self::from_civil(y, m, d));
        date.ok_or_else(|| NameDefect {
            what: "date",
            grammar: "YYYY-MM-DD, a day from 1970-01-01 on",
            found: text.chars().take(80).collect(),
        })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Date({self})")
    }
}

/// An instant as people read it: `2026-11-24 13:25:00Z`; milliseconds are cut.
#[must_use]
pub fn instant(time: Timestamp) -> String {
    let seconds = time.0 % DAY_MS / 1000;
    alloc::format!("{} {:02}:{:02}:{:02}Z", Date::of(time), seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn days_and_text_agree() {
        for (text, days) in [("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-11-24", 20_781), ("2100-03-01", 47_541)] {
            assert_eq!(text.parse::<Date>().unwrap(), Date(days), "{text}");
            assert_eq!(Date(days).to_string(), text);
        }
        for days in (0..80_000).step_by(7) {
            assert_eq!(Date(days).to_string().parse::<Date>().unwrap(), Date(days));
        }
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for bad in [
            "2026-02-29",
            "2100-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "2026-1-01",
            "26-01-01",
            "1969-12-31",
            "2026-01-01Z",
            "",
            "2026-01-0x",
        ] {
            assert!(bad.parse::<Date>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_day_lasts_fifty_hours_on_earth() {
        let day: Date = "2026-05-10".parse().unwrap();
        assert_eq!(instant(day.midnight()), "2026-05-10 00:00:00Z");
        assert_eq!(instant(day.begins()), "2026-05-09 10:00:00Z");
        assert_eq!(instant(day.ends()), "2026-05-11 12:00:00Z");
        assert_eq!(day.ends().since(day.begins()), 50 * HOUR_MS);
        assert_eq!(Date::of(Timestamp(20_781 * DAY_MS + 5)).year(), 2026);
    }
}
