//! Lists that a node can prove complete: a counter record and numbered slots (SPEC section 10).

use crate::codec::{Canonical, CodecDefect, encode, invalid};
use crate::document::DocumentId;
use crate::limits::{LIST_INLINE_MAX, RECORD_BYTES_MAX};
use crate::name::OrgId;
use crate::recognition::RecognitionScope;
use crate::scheme::SchemeId;
use crate::state::record::{Claim, PresentationName, RecordKey};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// Something that lists are made of; in a slot it stands alone.
pub trait Listed: Canonical {
    /// The name of the list's counter record.
    const LIST: &'static str;
}

/// A list in log order: the count proves it complete.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Listing<T> {
    /// How many items there are.
    pub count: u32,
    /// The first four; later ones have slots of their own, numbered over all items from 0.
    pub first: Vec<T>,
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self { count: 0, first: Vec::new() }
    }
}

impl<T: Listed> Canonical for Listing<T> {
    const NAME: &'static str = T::LIST;
    const BYTES_MAX: usize = RECORD_BYTES_MAX;
    fn check(&self) -> Result<(), CodecDefect> {
        if self.first.len() == (self.count as usize).min(LIST_INLINE_MAX) {
            Ok(())
        } else {
            Err(invalid::<Self>("the record holds the first four items, or all if there are fewer"))
        }
    }
}

impl<T> Listing<T> {
    /// Appends an item; gives its slot, if it has one.
    pub(crate) fn push(&mut self, counter: &RecordKey, item: T) -> Option<(RecordKey, Vec<u8>)>
    where
        T: BorshSerialize,
    {
        let number = self.count;
        self.count = number.saturating_add(1);
        if self.first.len() < LIST_INLINE_MAX {
            self.first.push(item);
            return None;
        }
        counter.slot(number).map(|slot| (slot, encode(&item)))
    }

    /// Numbers of the items that have slots: 4 up to the count.
    pub fn slots(&self) -> core::ops::Range<u32> {
        u32::try_from(LIST_INLINE_MAX).unwrap_or(u32::MAX)..self.count
    }
}

impl RecordKey {
    /// The name of a numbered slot of the list that this record counts; none for records that count no list.
    #[must_use]
    pub const fn slot(&self, number: u32) -> Option<Self> {
        Some(match *self {
            Self::Claims(fingerprint) => Self::ClaimSlot(fingerprint, number),
            Self::Attestations(document) => Self::AttestationSlot(document, number),
            Self::Presentations(document) => Self::PresentationSlot(document, number),
            Self::Recognised(scope) => Self::RecognisedSlot(scope, number),
            Self::Recognisers(body) => Self::RecogniserSlot(body, number),
            Self::Products(author, product) => Self::ProductSlot(author, product, number),
            Self::Schemes => Self::SchemeSlot(number),
            _ => return None,
        })
    }
}

/// The records of a whole list; none for an empty one.
pub(crate) fn rows<T: Listed + Clone>(counter: RecordKey, items: impl Iterator<Item = T>) -> Vec<(RecordKey, Vec<u8>)> {
    let mut list = Listing::default();
    let mut rows = Vec::new();
    for item in items {
        rows.extend(list.push(&counter, item));
    }
    if list.count > 0 {
        rows.push((counter, encode(&list)));
    }
    rows
}

/// Lists of plain names.
macro_rules! listed {
    ($type:ty, $name:literal, $list:literal, $bytes:literal) => {
        impl Canonical for $type {
            const NAME: &'static str = $name;
            const BYTES_MAX: usize = $bytes;
        }
        impl Listed for $type {
            const LIST: &'static str = $list;
        }
    };
}

listed!(OrgId, "organisation name", "list of organisations", 36);
listed!(DocumentId, "document id", "list of documents", 32);
listed!(SchemeId, "scheme id", "list of schemes", 44);
listed!(RecognitionScope, "recognition scope", "list of recognition scopes", 37);

impl Listed for Claim {
    const LIST: &'static str = "claims record";
}
impl Listed for PresentationName {
    const LIST: &'static str = "list of presentations";
}
