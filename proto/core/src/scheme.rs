//! Schemes: which goods, which lane, and what it requires. Data, never constants (SPEC section 14).
//!
//! A member that a scheme does not state is not checked, and the verdict says so. The announcements behind
//! the lanes publish no lists: whoever runs a network decides what its schemes hold, and names the source.

mod hs;
pub mod product;
mod scope;

pub use hs::{Hs, HsCode, HsCoverage, HsEdition};
pub use scope::{Attribute, Goods, Missing, Ruling, Scope, ScopeRule};

use crate::codec::{Canonical, CodecDefect, ascending, invalid, read_text, refuse};
use crate::date::Date;
use crate::decimal::Decimal;
use crate::fingerprint::Fingerprint;
use crate::limits::RECORD_BYTES_MAX;
use crate::name::{NameDefect, Revision, Timestamp};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize, io};
use core::fmt;
use core::str::FromStr;

/// Defines an enumeration with explicit numbers and one name per value.
macro_rules! named {
    ($(#[$doc:meta])* $type:ident, $what:literal { $($(#[$each:meta])* $name:ident = $number:literal, $text:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, borsh::BorshSerialize, borsh::BorshDeserialize)]
        #[borsh(use_discriminant = true)]
        #[repr(u8)]
        pub enum $type { $($(#[$each])* $name = $number,)* }

        impl $type {
            /// Every value, by number.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name used in documents, schemes and output.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }

        impl core::str::FromStr for $type {
            type Err = crate::name::NameDefect;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let known = Self::ALL.iter().copied().find(|value| value.name() == text);
                known.ok_or_else(|| crate::name::NameDefect {
                    what: $what,
                    grammar: concat!("one of" $(, " ", $text)*),
                    found: text.chars().take(80).collect(),
                })
            }
        }
    };
}
pub(crate) use named;

const ID_MAX: usize = 40;
/// Bytes of each text in a scheme: URL, effect, category, names, paths.
pub const SCHEME_TEXT_BYTES_MAX: usize = 300;
/// Dated modes of a scheme.
pub const SCHEME_MODES_MAX: usize = 16;

/// A scheme's permanent name: `[a-z0-9]([a-z0-9-]*[a-z0-9])?`, at most 40 bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, BorshSerialize)]
pub struct SchemeId(String);

impl SchemeId {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SchemeId {
    type Err = NameDefect;
    fn from_str(text: &str) -> Result<Self, NameDefect> {
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
        let edges = text.bytes().next().is_some_and(plain) && text.bytes().last().is_some_and(plain);
        if text.len() > ID_MAX || !edges || !text.bytes().all(|c| plain(c) || c == b'-') {
            let grammar = "a-z 0-9 and inner -, at most 40 bytes";
            return Err(NameDefect { what: "scheme", grammar, found: text.chars().take(80).collect() });
        }
        Ok(Self(text.to_string()))
    }
}

impl fmt::Display for SchemeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl BorshDeserialize for SchemeId {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let text = read_text(reader, ID_MAX, "scheme name longer than 40 bytes")?;
        text.parse().map_err(|e: NameDefect| refuse(&e.to_string()))
    }
}

named! {
    /// What follows from a scheme's answer.
    Mode, "mode" {
        /// Shown apart; nothing follows.
        Observe = 1, "observe";
        /// A notice; nothing follows.
        Warn = 2, "warn";
        /// The effect follows.
        Enforce = 3, "enforce";
    }
}

named! {
    /// What an eligible consignment gets.
    EffectKind, "effect" {
        /// A customs lane.
        Lane = 1, "lane";
        /// A preference.
        Preference = 2, "preference";
        /// A notice.
        Notice = 3, "notice";
    }
}

named! {
    /// Which day a scheme looks at.
    ReferenceDate, "reference date" {
        /// Block time of the certificate's Anchor.
        Issue = 1, "issue";
        /// When the customs declaration was lodged, as the asker says.
        Lodging = 2, "lodging";
        /// When the goods arrived, as the asker says.
        Arrival = 3, "arrival";
    }
}

named! {
    /// What a footprint includes.
    Boundary, "boundary" {
        /// Up to the factory gate.
        CradleToGate = 1, "cradle-to-gate";
        /// The whole life.
        CradleToGrave = 2, "cradle-to-grave";
    }
}

named! {
    /// How sure a verification body is; the later is the stronger.
    Assurance, "level of assurance" {
        /// Limited.
        Limited = 1, "limited";
        /// Reasonable.
        Reasonable = 2, "reasonable";
    }
}

/// Where a scheme's content was published.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Source {
    /// Address of the publication.
    pub url: String,
    /// Date of the published list.
    pub list_date: Date,
    /// Fingerprint of the published file.
    pub fingerprint: Option<Fingerprint>,
}

/// A mode and when it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ModeFrom {
    /// From when, inclusive.
    pub from: Timestamp,
    /// Which mode.
    pub mode: Mode,
}

/// What an eligible consignment gets.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Effect {
    /// Its kind.
    pub kind: EffectKind,
    /// In words.
    pub text: String,
}

/// What a scheme demands of the passport, beyond the base profile.
#[derive(Debug, Clone, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct Requires {
    /// Whether every item needs a carbon passport.
    pub passport: bool,
    /// JSON paths that a passport must have, ascending: `credentialSubject.carbonFootprint.primaryDataShare`.
    pub required_fields: Vec<String>,
    /// Declared units that are accepted, ascending; empty = any.
    pub units: Vec<String>,
    /// The boundary that is demanded.
    pub boundary: Option<Boundary>,
    /// Standards, sector rules or characterisation factors that the passport must name, ascending.
    pub standards: Vec<String>,
    /// The least level of assurance.
    pub assurance: Option<Assurance>,
    /// Accreditation standards that are accepted, ascending; empty = any.
    pub accreditation_standards: Vec<String>,
    /// The least share of primary data, percent.
    pub primary_data_share_min: Option<Decimal>,
    /// The coarsest temporal resolution of activity data, seconds.
    pub resolution_s_max: Option<u32>,
    /// The longest reference period, days.
    pub period_days_max: Option<u32>,
    /// How old the end of the reference period may be at the reference date, days.
    pub data_age_days_max: Option<u32>,
    /// How old an emission factor may be at the reference date, years.
    pub factor_age_years_max: Option<u16>,
    /// Whether a grid factor must be of the place of production.
    pub grid_factor: bool,
    /// How far sums may be off, percent; 0.1 where none is stated.
    pub tolerance_percent: Option<Decimal>,
}

impl Requires {
    /// The demands that a scheme does not make, and that are therefore not checked.
    pub fn not_stated(&self) -> impl Iterator<Item = &'static str> {
        [
            (!self.passport, "passports"),
            (self.required_fields.is_empty(), "required fields"),
            (self.standards.is_empty(), "standards"),
            (self.units.is_empty(), "units"),
            (self.boundary.is_none(), "boundary"),
            (self.assurance.is_none(), "assurance"),
            (self.accreditation_standards.is_empty(), "accreditation standards"),
            (self.primary_data_share_min.is_none(), "primary data share"),
            (self.resolution_s_max.is_none(), "data resolution"),
            (self.period_days_max.is_none(), "length of the data period"),
            (self.data_age_days_max.is_none(), "age of the data"),
            (self.factor_age_years_max.is_none(), "age of emission factors"),
            (!self.grid_factor, "grid factors"),
        ]
        .into_iter()
        .filter_map(|(absent, name)| absent.then_some(name))
    }
}

/// What must be on the log before the goods arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BeforeArrival {
    /// The passport.
    pub passport: bool,
    /// Its attestation.
    pub attestation: bool,
    /// How long before, hours.
    pub hours: u32,
}

/// What a scheme demands of product pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PageRule {
    /// Whether the product page must show the passport.
    pub required: bool,
    /// Whether the exporter's site must have a verification entry.
    pub entry_required: bool,
    /// For how long an unreachable page does no harm, hours.
    pub outage_grace_hours: u32,
    /// How old a capture may be that stands in within the grace, hours.
    pub newest_capture_hours: u32,
}

/// A policy scheme. Lists are strictly ascending; an empty list or an absent member is not checked.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Scheme {
    /// Format version, 1.
    pub version: u8,
    /// Its permanent name.
    pub id: SchemeId,
    /// Grows with every change; 1 at first.
    pub revision: Revision,
    /// Where its content was published.
    pub source: Source,
    /// Modes, ascending by their beginning; before the first the scheme does not apply.
    pub modes: Vec<ModeFrom>,
    /// What an eligible consignment gets.
    pub effect: Effect,
    /// Which goods.
    pub scope: Scope,
    /// Which day it looks at.
    pub reference_date: ReferenceDate,
    /// What it demands of passports.
    pub requires: Requires,
    /// What must be on the log before arrival.
    pub before_arrival: Option<BeforeArrival>,
    /// How old a status may be, milliseconds; the asker's policy may be stricter.
    pub status_age_ms_max: Option<u64>,
    /// What it demands of product pages.
    pub page: Option<PageRule>,
}

impl Scheme {
    /// The mode in force at a time; `None` before the first.
    #[must_use]
    pub fn mode_at(&self, time: Timestamp) -> Option<Mode> {
        self.modes.iter().rev().find(|m| m.from <= time).map(|m| m.mode)
    }

    /// Every text of the scheme, with the rule it must keep.
    fn texts(&self) -> impl Iterator<Item = &String> {
        let requires = &self.requires;
        [&self.source.url, &self.effect.text, &self.scope.category]
            .into_iter()
            .chain(&requires.required_fields)
            .chain(&requires.units)
            .chain(&requires.standards)
            .chain(&requires.accreditation_standards)
            .chain(&self.scope.products)
            .chain(self.scope.attributes.iter().flat_map(|a| [&a.name, &a.value]))
    }
}

impl Canonical for Scheme {
    const NAME: &'static str = "scheme";
    const BYTES_MAX: usize = RECORD_BYTES_MAX;

    fn check(&self) -> Result<(), CodecDefect> {
        let rule = |holds: bool, rule: &'static str| if holds { Ok(()) } else { Err(invalid::<Self>(rule)) };
        rule(self.version == 1, "version is not 1")?;
        rule(self.revision.0 > 0, "revision 0 would mean a scheme that does not exist")?;
        let plain = |text: &String| (1..=SCHEME_TEXT_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control);
        rule(self.texts().all(plain), "a text is empty, longer than 300 bytes, or has control characters")?;
        rule((1..=SCHEME_MODES_MAX).contains(&self.modes.len()), "modes: a scheme has 1 to 16")?;
        rule(self.modes.windows(2).all(|w| matches!(w, [a, b] if a.from < b.from)), "modes are not strictly ascending by date")?;
        self.scope.check()?;
        let requires = &self.requires;
        rule(
            [&requires.required_fields, &requires.units, &requires.standards, &requires.accreditation_standards]
                .into_iter()
                .all(|l| ascending(l)),
            "requiredFields, units, standards and accreditationStandards must be strictly ascending",
        )?;
        let percent = |p: Option<Decimal>| p.is_none_or(|p| !p.is_negative() && p <= Decimal::HUNDRED);
        rule(percent(requires.primary_data_share_min), "minPrimaryDataShare is not in 0..=100")?;
        rule(percent(requires.tolerance_percent), "tolerancePercent is not in 0..=100")?;
        rule(![requires.resolution_s_max, requires.period_days_max].contains(&Some(0)), "maxResolution and maxPeriod must not be 0")?;
        rule(self.before_arrival.is_none_or(|b| b.passport || b.attestation), "beforeArrival demands neither passport nor attestation")?;
        rule(self.page.is_none_or(|p| p.required || p.entry_required), "page demands neither page nor verification entry")?;
        // Without a passport there is nothing that these members could be checked on.
        rule(
            requires.passport || self.before_arrival.is_none() && requires.required_fields.is_empty(),
            "requiredFields and beforeArrival need requires.passport",
        )
    }
}
