//! Which goods a scheme is for: the decision and the rule that made it.

use super::{Hs, HsCode, HsEdition, Scheme};
use crate::codec::{CodecDefect, ascending, invalid};
use crate::name::Country;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;

/// Something a passport states about its goods, `laserSource` = `CO2`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Attribute {
    /// Name of the passport's member.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Which goods. Lists are strictly ascending; an empty one is not checked.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Scope {
    /// Name of the category, for people.
    pub category: String,
    /// Edition of the prefixes below; given iff there are any.
    pub hs_edition: Option<HsEdition>,
    /// Prefixes of codes inside.
    pub include: Vec<HsCode>,
    /// Prefixes of codes outside. The longest prefix decides; of two equal ones, this.
    pub exclude: Vec<HsCode>,
    /// Product ids inside, canonical.
    pub products: Vec<String>,
    /// Countries of origin.
    pub origins: Vec<Country>,
    /// Importing countries.
    pub destinations: Vec<Country>,
    /// What the passport must state about the goods; one value per name.
    pub attributes: Vec<Attribute>,
}

impl Scope {
    pub(super) fn check(&self) -> Result<(), CodecDefect> {
        let rule = |holds: bool, rule: &'static str| if holds { Ok(()) } else { Err(invalid::<Scheme>(rule)) };
        rule(ascending(&self.include) && ascending(&self.exclude), "include and exclude must be strictly ascending")?;
        rule(
            ascending(&self.products) && ascending(&self.origins) && ascending(&self.destinations),
            "products, origins and destinations must be strictly ascending",
        )?;
        rule(
            self.attributes.windows(2).all(|w| matches!(w, [a, b] if a.name < b.name)),
            "attributes must be strictly ascending by name, one value each",
        )?;
        let prefixes = !self.include.is_empty() || !self.exclude.is_empty();
        rule(self.hs_edition.is_some() == prefixes, "hsEdition goes with include and exclude, and with them only")
    }
}

/// Goods to decide on; `None` = not known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Goods<'a> {
    /// Their commodity code.
    pub hs: Option<Hs>,
    /// Their product id, canonical.
    pub product: Option<&'a str>,
    /// Where they originate.
    pub origin: Option<Country>,
    /// Where they go.
    pub destination: Option<Country>,
    /// What their passport states; `None` = there is no passport at hand.
    pub attributes: Option<&'a [Attribute]>,
}

/// Whether goods are inside a scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// Inside, by this rule.
    In(ScopeRule),
    /// Outside, by this rule.
    Out(ScopeRule),
    /// Not decided: what is missing.
    Undetermined(ScopeRule),
}

impl Ruling {
    /// The name used in output: `in`, `out`, `undetermined`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::In(_) => "in",
            Self::Out(_) => "out",
            Self::Undetermined(_) => "undetermined",
        }
    }

    /// The rule that decided, or that could not.
    #[must_use]
    pub const fn rule(&self) -> &ScopeRule {
        match self {
            Self::In(rule) | Self::Out(rule) | Self::Undetermined(rule) => rule,
        }
    }
}

/// The rule of a scheme's scope that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScopeRule {
    /// The scheme has no list that would exclude these goods.
    NoLimit,
    /// This included prefix is the longest that fits.
    Included(HsCode),
    /// This excluded prefix is the longest that fits.
    Excluded(HsCode),
    /// No included prefix fits the code.
    NotIncluded(HsCode),
    /// The code ends before the prefix that would decide.
    TooCoarse {
        /// The goods' code.
        code: HsCode,
        /// The longer prefix.
        prefix: HsCode,
    },
    /// Code and scheme are of different editions.
    Edition {
        /// The goods'.
        code: Hs,
        /// The scheme's.
        scheme: HsEdition,
    },
    /// The product list does not hold this id.
    Product(String),
    /// Not one of the origins.
    Origin(Country),
    /// Not one of the destinations.
    Destination(Country),
    /// The passport states another value.
    Attribute {
        /// What the scheme wants.
        wanted: Attribute,
        /// What the passport states.
        found: String,
    },
    /// The passport states nothing.
    AttributeMissing(Attribute),
    /// The asker did not say this.
    NotKnown(Missing),
}

/// Something that must be known to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The commodity code.
    Hs,
    /// The product id.
    Product,
    /// The country of origin.
    Origin,
    /// The importing country.
    Destination,
}

impl Missing {
    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs => "the HS code",
            Self::Product => "the product id",
            Self::Origin => "the country of origin",
            Self::Destination => "the importing country",
        }
    }
}

impl fmt::Display for ScopeRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLimit => f.write_str("the scheme sets no limit on these goods"),
            Self::Included(prefix) => write!(f, "HS {prefix} is included"),
            Self::Excluded(prefix) => write!(f, "HS {prefix} is excluded"),
            Self::NotIncluded(code) => write!(f, "no included prefix fits HS {code}"),
            Self::TooCoarse { code, prefix } => write!(f, "HS {code} is shorter than the scheme's {prefix}"),
            Self::Edition { code, scheme } => write!(f, "HS {code} is not of the scheme's edition {}", scheme.name()),
            Self::Product(id) => write!(f, "the product list does not hold {id}"),
            Self::Origin(country) => write!(f, "origin {country} is not listed"),
            Self::Destination(country) => write!(f, "destination {country} is not listed"),
            Self::Attribute { wanted, found } => write!(f, "{} is {found}, not {}", wanted.name, wanted.value),
            Self::AttributeMissing(wanted) => write!(f, "{} is not stated; the scheme is for {}", wanted.name, wanted.value),
            Self::NotKnown(what) => write!(f, "{} is not known", what.name()),
        }
    }
}

impl Scheme {
    /// Whether goods are inside: any rule that excludes them wins, then any that cannot be decided.
    #[must_use]
    pub fn ruling(&self, goods: &Goods<'_>) -> Ruling {
        let scope = &self.scope;
        let rulings = [
            listed(&scope.destinations, goods.destination, Missing::Destination, ScopeRule::Destination),
            listed(&scope.origins, goods.origin, Missing::Origin, ScopeRule::Origin),
            products(scope, goods),
            hs(scope, goods),
        ];
        let mut all: Vec<Ruling> = rulings.into_iter().flatten().chain(attributes(scope, goods)).collect();
        let rank = |ruling: &Ruling| match ruling {
            Ruling::Out(_) => 0u8,
            Ruling::Undetermined(_) => 1,
            Ruling::In(_) => 2,
        };
        all.sort_by_key(rank);
        all.into_iter().next().unwrap_or(Ruling::In(ScopeRule::NoLimit))
    }
}

fn listed(list: &[Country], found: Option<Country>, missing: Missing, rule: fn(Country) -> ScopeRule) -> Option<Ruling> {
    match found {
        _ if list.is_empty() => None,
        None => Some(Ruling::Undetermined(ScopeRule::NotKnown(missing))),
        Some(country) if list.contains(&country) => None,
        Some(country) => Some(Ruling::Out(rule(country))),
    }
}

fn products(scope: &Scope, goods: &Goods<'_>) -> Option<Ruling> {
    match goods.product {
        _ if scope.products.is_empty() => None,
        None => Some(Ruling::Undetermined(ScopeRule::NotKnown(Missing::Product))),
        Some(id) if scope.products.iter().any(|p| super::product::same(p, id)) => None,
        Some(id) => Some(Ruling::Out(ScopeRule::Product(id.to_string()))),
    }
}

fn attributes<'s>(scope: &'s Scope, goods: &Goods<'s>) -> impl Iterator<Item = Ruling> {
    let stated = goods.attributes;
    scope.attributes.iter().filter_map(move |wanted| {
        let found = stated.and_then(|all| all.iter().find(|a| a.name == wanted.name));
        match found {
            None => Some(Ruling::Undetermined(ScopeRule::AttributeMissing(wanted.clone()))),
            Some(found) if found.value == wanted.value => None,
            Some(found) => Some(Ruling::Out(ScopeRule::Attribute { wanted: wanted.clone(), found: found.value.clone() })),
        }
    })
}

/// The longest prefix decides, an excluded one wins ties; a longer prefix that would decide otherwise makes it undetermined.
fn hs(scope: &Scope, goods: &Goods<'_>) -> Option<Ruling> {
    let edition = scope.hs_edition?;
    let Some(hs) = goods.hs else { return Some(Ruling::Undetermined(ScopeRule::NotKnown(Missing::Hs))) };
    if hs.edition != edition {
        return Some(Ruling::Undetermined(ScopeRule::Edition { code: hs, scheme: edition }));
    }
    let longest = |list: &[HsCode]| list.iter().filter(|p| p.covers(&hs.code)).max_by_key(|p| p.digits()).copied();
    let finer = |list: &[HsCode], against: &[HsCode]| {
        list.iter().find(|p| p.digits() > hs.code.digits() && hs.code.covers(p) && !against.contains(p)).copied()
    };
    let (included, excluded) = (longest(&scope.include), longest(&scope.exclude));
    let (ruling, overruled_by) = match (included, excluded) {
        (Some(i), Some(e)) if e.digits() >= i.digits() => (Ruling::Out(ScopeRule::Excluded(e)), finer(&scope.include, &scope.exclude)),
        (Some(i), _) => (Ruling::In(ScopeRule::Included(i)), finer(&scope.exclude, &[])),
        (None, Some(e)) => (Ruling::Out(ScopeRule::Excluded(e)), finer(&scope.include, &scope.exclude)),
        (None, None) if scope.include.is_empty() => (Ruling::In(ScopeRule::NoLimit), finer(&scope.exclude, &[])),
        (None, None) => (Ruling::Out(ScopeRule::NotIncluded(hs.code)), finer(&scope.include, &scope.exclude)),
    };
    Some(overruled_by.map_or(ruling, |prefix| Ruling::Undetermined(ScopeRule::TooCoarse { code: hs.code, prefix })))
}

impl Scope {
    /// The members that this scope does not state, and that are therefore not checked.
    pub fn not_stated(&self) -> impl Iterator<Item = &'static str> {
        [
            (self.hs_edition.is_none(), "HS codes"),
            (self.products.is_empty(), "products"),
            (self.origins.is_empty(), "origins"),
            (self.destinations.is_empty(), "destinations"),
            (self.attributes.is_empty(), "attributes"),
        ]
        .into_iter()
        .filter_map(|(absent, name)| absent.then_some(name))
    }
}
