//! Exact decimals of documents: integers scaled by 10^-12, never floating point (SPEC section 14.1).
//!
//! Grammar: `-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,12})?`. A JSON number is never one.

use crate::codec::refuse;
use alloc::string::String;
use borsh::{BorshDeserialize, BorshSerialize, io};
use core::fmt;
use core::str::FromStr;

/// Digits behind the point.
const SCALE_DIGITS: usize = 12;
/// 10^12: the integer that stands for 1.
const ONE: i128 = 1_000_000_000_000;
/// The first integer that is too large: 10^18, scaled.
const BOUND: i128 = ONE * 1_000_000_000_000_000_000;

/// A decimal with at most 18 digits before and 12 behind the point.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize)]
pub struct Decimal(i128);

/// A text that is not a decimal of the grammar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a decimal is written -?(0|[1-9][0-9]{{0,17}})(.[0-9]{{1,12}})?, found {found:?}")]
pub struct DecimalDefect {
    /// What was given, cut to 80 characters.
    pub found: String,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// One hundred, the whole of a percentage.
    pub const HUNDRED: Self = Self(100 * ONE);

    /// One tenth.
    pub const TENTH: Self = Self(ONE / 10);

    /// A whole number.
    #[must_use]
    pub const fn whole(number: u32) -> Self {
        Self(number as i128 * ONE)
    }

    /// `units` times 10^-12; `None` outside the grammar.
    const fn scaled(units: i128) -> Option<Self> {
        if units <= -BOUND || units >= BOUND { None } else { Some(Self(units)) }
    }

    /// The sum; `None` if it has more than 18 digits before the point.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(Self::scaled)
    }

    /// The difference; `None` if it has more than 18 digits before the point.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).and_then(Self::scaled)
    }

    /// This divided by ten, `times` times; `None` if digits would be lost.
    #[must_use]
    pub fn checked_shift_down(self, times: u32) -> Option<Self> {
        let by = 10i128.checked_pow(times)?;
        if self.0.checked_rem(by)? == 0 { self.0.checked_div(by).map(Self) } else { None }
    }

    /// This times ten, `times` times; `None` if it has more than 18 digits before the point.
    #[must_use]
    pub fn checked_shift_up(self, times: u32) -> Option<Self> {
        self.0.checked_mul(10i128.checked_pow(times)?).and_then(Self::scaled)
    }

    /// The sum of many; `None` if it ever has more than 18 digits before the point.
    pub fn sum(items: impl IntoIterator<Item = Self>) -> Option<Self> {
        items.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// Whether this is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether this differs from `whole` by at most `percent` of `whole`, decided exactly.
    #[must_use]
    pub fn within(self, whole: Self, percent: Self) -> bool {
        // |self - whole| * 100 <= |whole| * percent; both sides carry the scale twice.
        product(self.0.abs_diff(whole.0), Self::HUNDRED.0.unsigned_abs())
            <= product(whole.0.unsigned_abs(), percent.0.max(0).unsigned_abs())
    }

    /// Whether this is at most `whole` plus `percent` of `whole`.
    #[must_use]
    pub fn at_most(self, whole: Self, percent: Self) -> bool {
        self <= whole || self.within(whole, percent)
    }
}

/// The exact product as high and low half: compares like the number.
const fn product(a: u128, b: u128) -> (u128, u128) {
    const HALF: u32 = 64;
    const LOW: u128 = u64::MAX as u128;
    let (a1, a0, b1, b0) = (a >> HALF, a & LOW, b >> HALF, b & LOW);
    let (low, mid1, mid2, high) = (a0 * b0, a1 * b0, a0 * b1, a1 * b1);
    // Each term fits: (2^64 - 1)^2 + 2 (2^64 - 1) < 2^128.
    let carry = (low >> HALF) + (mid1 & LOW) + (mid2 & LOW);
    (high + (mid1 >> HALF) + (mid2 >> HALF) + (carry >> HALF), (carry << HALF) | (low & LOW))
}

impl FromStr for Decimal {
    type Err = DecimalDefect;
    fn from_str(text: &str) -> Result<Self, DecimalDefect> {
        read(text).ok_or_else(|| DecimalDefect { found: text.chars().take(80).collect() })
    }
}

fn read(text: &str) -> Option<Decimal> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) if (1..=SCALE_DIGITS).contains(&fraction.len()) => (whole, fraction),
        Some(_) => return None,
        None => (digits, ""),
    };
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    if !(1..=18).contains(&whole.len()) || leading_zero {
        return None;
    }
    let padding = core::iter::repeat_n(b'0', SCALE_DIGITS.checked_sub(fraction.len())?);
    let mut units: i128 = 0;
    for digit in whole.bytes().chain(fraction.bytes()).chain(padding) {
        // At most 30 digits: far below 2^127.
        units = units.checked_mul(10)?.checked_add(i128::from(digit.is_ascii_digit().then_some(digit & 0x0f)?))?;
    }
    Some(Decimal(if negative { units.checked_neg()? } else { units }))
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (units, one) = (self.0.unsigned_abs(), ONE.unsigned_abs());
        if self.0 < 0 {
            f.write_str("-")?;
        }
        write!(f, "{}", units / one)?;
        let fraction = units % one;
        if fraction == 0 {
            return Ok(());
        }
        let digits = alloc::format!("{fraction:012}");
        write!(f, ".{}", digits.trim_end_matches('0'))
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decimal({self})")
    }
}

impl BorshDeserialize for Decimal {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        Self::scaled(i128::deserialize_reader(reader)?).ok_or_else(|| refuse("decimal with more than 18 digits before the point"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn the_grammar_is_exact() {
        for good in ["0", "-0", "1", "407.4", "-12.000000000001", "999999999999999999.999999999999", "0.1"] {
            assert!(good.parse::<Decimal>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "-",
            "+1",
            "01",
            "00",
            ".5",
            "5.",
            "1e3",
            "1,000",
            "12-15",
            "~12",
            "<15",
            "12 ± 1",
            "TBD",
            "约12",
            " 1",
            "1 ",
            "１",
            "NaN",
            "1.2.3",
            "--1",
            "1000000000000000000",
            "0.1234567890123",
            "0x1",
            "1_0",
            "٣",
        ] {
            assert!(bad.parse::<Decimal>().is_err(), "{bad}");
        }
        assert_eq!(dec("-0"), Decimal::ZERO);
        assert_eq!(dec("407.40").to_string(), "407.4");
        assert_eq!(dec("-0.000000000001").to_string(), "-0.000000000001");
    }

    #[test]
    fn sums_are_exact_where_floats_are_not() {
        assert_eq!(Decimal::sum([dec("0.1"), dec("0.2")]), Some(dec("0.3")));
        assert_eq!(Decimal::sum([dec("3.1"), dec("62.4"), dec("341.9")]), Some(dec("407.4")));
        assert_eq!(dec("999999999999999999").checked_add(dec("1")), None, "a sum outside the grammar is no sum");
    }

    #[test]
    fn tolerance_is_decided_at_the_edge() {
        // 0.1 % of 407.4 is 0.4074.
        assert!(dec("407.8074").within(dec("407.4"), dec("0.1")));
        assert!(!dec("407.807400000001").within(dec("407.4"), dec("0.1")));
        assert!(dec("406.9926").within(dec("407.4"), dec("0.1")));
        assert!(!dec("406.992599999999").within(dec("407.4"), dec("0.1")));
        assert!(dec("0").within(dec("0"), dec("0")) && !dec("0.000000000001").within(dec("0"), dec("100")));
        let large = dec("999999999999999999.999999999999");
        assert!(large.within(large, dec("0")) && !dec("-999999999999999999").within(large, dec("100")));
        assert!(dec("5").at_most(dec("407.4"), Decimal::ZERO));
    }

    #[test]
    fn products_do_not_wrap() {
        assert_eq!(product(u128::MAX, u128::MAX), (u128::MAX - 1, 1));
        assert_eq!(product(u128::MAX, 2), (1, u128::MAX - 1));
        assert_eq!(product(1 << 64, 1 << 64), (1, 0));
    }

    #[test]
    fn units_convert_exactly_or_not_at_all() {
        assert_eq!(dec("1.5").checked_shift_up(3), Some(dec("1500")));
        assert_eq!(dec("1500").checked_shift_down(3), Some(dec("1.5")));
        assert_eq!(dec("0.000000000001").checked_shift_down(1), None);
    }
}
