//! What a saved verdict of version 3 and 4 keeps beside the document: its data, its passports, the lists, and all that was
//! asked (SPEC 11.8). With it the verdict is judged again whole, also where the document is not at hand.

use super::saved::codes;
use super::{SavedScheme, SavedVerdict, Trust, Verdict};
use crate::codec::{Canonical, CodecDefect, invalid};
use crate::commitment::DeclarationKey;
use crate::name::{Country, OrgId, Timestamp};
use crate::scheme::{Scheme, SchemeId};
use alloc::string::String;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// The scheme that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum SavedAsked {
    /// None.
    Nothing = 0,
    /// One of the log, by its name: its record is among the lists.
    Named(SchemeId) = 1,
    /// The asker's own rules.
    Rules(alloc::boxed::Box<Scheme>) = 2,
}

/// A passport that was judged together with the certificate.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SavedPassport {
    /// Its file's name, for people.
    pub name: String,
    /// The passport itself.
    pub data: Vec<u8>,
    /// Its receipts at hand then.
    pub receipts: Vec<Vec<u8>>,
    /// The word that was given.
    pub trust: String,
    /// Names of its reason codes, in order.
    pub codes: Vec<String>,
}

/// Everything that was judged together, beside the document.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SavedConsignment {
    /// What the document says as data: a JSON document itself, or what is attached to a PDF; `None` where it has none.
    pub data: Option<Vec<u8>>,
    /// Whether the document is a passport, judged without a certificate.
    pub is_passport: bool,
    /// Importing country, as the asker said.
    pub country: Option<Country>,
    /// When the customs declaration was lodged.
    pub lodging: Option<Timestamp>,
    /// When the goods arrive.
    pub arrival: Option<Timestamp>,
    /// The scheme.
    pub asked: SavedAsked,
    /// The customs entry record: names and texts of its members.
    pub entry: Vec<(String, String)>,
    /// Passports beside the document.
    pub passports: Vec<SavedPassport>,
    /// The answer for the scheme, or for the entry alone.
    pub scheme: Option<SavedScheme>,
    /// The asker's own customs office and declaration: behind all else, in version 4 only.
    #[borsh(skip)]
    pub own: Option<(OrgId, DeclarationKey)>,
}

impl SavedConsignment {
    /// Names of all codes in it.
    pub(super) fn codes(&self) -> impl Iterator<Item = &String> {
        self.passports.iter().flat_map(|passport| &passport.codes).chain(self.scheme.iter().flat_map(|scheme| &scheme.codes))
    }

    /// What the encoding alone does not refuse.
    pub(super) fn check(&self) -> Result<(), CodecDefect> {
        if !self.passports.iter().all(|passport| Trust::named(&passport.trust).is_some()) {
            return Err(invalid::<SavedVerdict>("its verdict on a passport is none of TRUSTED, UNTRUSTWORTHY, UNVERIFIABLE"));
        }
        if self.is_passport && self.data.is_none() {
            return Err(invalid::<SavedVerdict>("a passport without its data"));
        }
        if let SavedAsked::Rules(scheme) = &self.asked { scheme.check() } else { Ok(()) }
    }
}

impl SavedPassport {
    /// Whether another verdict on the passport says the same: the word and the codes.
    #[must_use]
    pub fn says_the_same(&self, verdict: &Verdict) -> bool {
        self.trust == verdict.trust.name() && self.codes == codes(verdict)
    }
}
