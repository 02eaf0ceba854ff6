//! Calendar dates from Unix seconds and back: PDF dates, X.509 times. No clock.

/// A date and time of day, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// Year, 1970 to 9999.
    pub year: i64,
    /// Month, 1 to 12.
    pub month: i64,
    /// Day, 1 to 31.
    pub day: i64,
    /// Hour, 0 to 23.
    pub hour: i64,
    /// Minute, 0 to 59.
    pub minute: i64,
    /// Second, 0 to 59.
    pub second: i64,
}

/// Last second of the year 9999: the end of what dates here can say.
pub const MAX_UNIX_SECONDS: i64 = 253_402_300_799;

impl Civil {
    /// The date of a time in Unix seconds, held within 1970 to 9999.
    #[must_use]
    pub fn of_unix(seconds: i64) -> Self {
        let seconds = seconds.clamp(0, MAX_UNIX_SECONDS);
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Days to civil date, proleptic Gregorian, years beginning in March (H. Hinnant).
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let index = (5 * day_of_year + 2) / 153;
        let month = if index < 10 { index + 3 } else { index - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * index + 2) / 5 + 1,
            hour: rest / 3_600,
            minute: rest % 3_600 / 60,
            second: rest % 60,
        }
    }

    /// Unix seconds of this date; `None` if it is no date.
    #[must_use]
    pub fn unix(&self) -> Option<i64> {
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let index = (self.month + 9) % 12;
        let day_of_year = (153 * index + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * 146_097 + day_of_era - 719_468;
        let seconds = days * 86_400 + self.hour * 3_600 + self.minute * 60 + self.second;
        (0..=MAX_UNIX_SECONDS).contains(&seconds).then_some(seconds).filter(|seconds| Self::of_unix(*seconds) == *self)
    }

    /// `D:20260510081500Z`, a PDF date.
    #[must_use]
    pub fn pdf_date(&self) -> String {
        format!("D:{}Z", self.digits())
    }

    /// `2026-05-10 08:15 UTC`, for people.
    #[must_use]
    pub fn for_people(&self) -> String {
        let Self { year, month, day, hour, minute, .. } = self;
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
    }

    /// `20260510081500`
    #[must_use]
    pub fn digits(&self) -> String {
        let Self { year, month, day, hour, minute, second } = self;
        format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
    }

    /// From fourteen digits `YYYYMMDDhhmmss`.
    #[must_use]
    pub fn of_digits(digits: &[u8]) -> Option<Self> {
        if digits.len() != 14 || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let number = |from: usize, to: usize| -> Option<i64> { core::str::from_utf8(digits.get(from..to)?).ok()?.parse().ok() };
        let civil = Self {
            year: number(0, 4)?,
            month: number(4, 6)?,
            day: number(6, 8)?,
            hour: number(8, 10)?,
            minute: number(10, 12)?,
            second: number(12, 14)?,
        };
        civil.unix().map(|_| civil)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A wrong calendar would judge certificates at the wrong time.
    #[test]
    fn dates_go_both_ways() {
        for (seconds, digits) in [
            (0, "19700101000000"),
            (951_826_215, "20000229121015"),
            (1_778_400_900, "20260510081500"),
            (MAX_UNIX_SECONDS, "99991231235959"),
        ] {
            let civil = Civil::of_unix(seconds);
            assert_eq!(civil.digits(), digits);
            assert_eq!(civil.unix(), Some(seconds));
            assert_eq!(Civil::of_digits(digits.as_bytes()), Some(civil));
        }
        assert_eq!(Civil::of_digits(b"20260230000000"), None);
    }
}
