//! Status proofs: records, or their proven absence, all under one sealed header (SPEC section 11.4).

use crate::codec::{Canonical, CodecDefect, decode, invalid};
use crate::eco_file::{FileDefect, FileKind, unwrap, wrap};
use crate::header::Header;
use crate::limits::{RECORD_BYTES_MAX, STATUS_BYTES_MAX, STATUS_ITEMS_MAX};
use crate::name::Height;
use crate::seal::Seal;
use crate::slim::{NetworkHint, SlimHeader};
use crate::state::record::{RecordKey, value_hash};
use crate::state::slots::{Listed, Listing};
use crate::state::tree::{ProofDefect, StateProof};
use crate::trust::{TrustDefect, TrustRoot};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// One record, or its absence.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct StatusItem {
    /// The record's name.
    pub key: RecordKey,
    /// Its bytes; none where it is absent.
    pub record: Option<Vec<u8>>,
    /// State tree proof, as SPEC 6.3 encodes it.
    pub proof: Vec<u8>,
}

/// Up to 32 items under one header and seal, so that a verdict never mixes heads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusProof {
    /// The header.
    pub header: Header,
    /// Its seal.
    pub seal: Seal,
    /// Strictly ascending by name.
    pub items: Vec<StatusItem>,
}

/// A status proof that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatusDefect {
    /// Not a status proof file.
    #[error(transparent)]
    File(#[from] FileDefect),
    /// Of another network, by the hint in the file.
    #[error("the status proof is of another network than {expected}")]
    OtherNetwork {
        /// The trust root's.
        expected: crate::sign::NetworkId,
    },
    /// Header or seal do not hold under the trust root.
    #[error(transparent)]
    Trust(#[from] TrustDefect),
    /// A state tree proof does not hold.
    #[error("proof of {key:?}: {defect}")]
    Proof {
        /// Which item.
        key: RecordKey,
        /// What fails.
        defect: ProofDefect,
    },
    /// The record shown is not the one that the proof is for.
    #[error("the record shown for {key:?} is not the one in the state")]
    OtherRecord {
        /// Which item.
        key: RecordKey,
    },
}

#[derive(BorshSerialize, BorshDeserialize)]
struct Wire {
    network: NetworkHint,
    header: SlimHeader,
    seal: Seal,
    items: Vec<StatusItem>,
}

impl Canonical for Wire {
    const NAME: &'static str = "status proof";
    const BYTES_MAX: usize = STATUS_BYTES_MAX;
    fn check(&self) -> Result<(), CodecDefect> {
        if self.items.len() > STATUS_ITEMS_MAX || !self.items.windows(2).all(|w| matches!(w, [a, b] if a.key < b.key)) {
            return Err(invalid::<Self>("items must be at most 32, strictly ascending by name"));
        }
        if self.items.iter().any(|i| i.record.as_ref().is_some_and(|r| r.len() > RECORD_BYTES_MAX)) {
            return Err(invalid::<Self>("a record has at most 4096 bytes"));
        }
        self.seal.check()
    }
}

impl StatusProof {
    /// The bytes of the `.eco` file.
    #[must_use]
    pub fn to_file(&self) -> Vec<u8> {
        wrap(
            FileKind::StatusProof,
            &Wire {
                network: NetworkHint::of(&self.header.network),
                header: SlimHeader::of(&self.header),
                seal: self.seal.clone(),
                items: self.items.clone(),
            },
        )
    }

    /// Reads an `.eco` file under a trust root. Nothing is verified yet.
    ///
    /// # Errors
    /// Not a status proof, of another network, or of an unknown epoch.
    pub fn from_file(bytes: &[u8], trust: &TrustRoot) -> Result<Self, StatusDefect> {
        let wire: Wire = unwrap(FileKind::StatusProof, bytes)?;
        if wire.network != NetworkHint::of(&trust.network()) {
            return Err(StatusDefect::OtherNetwork { expected: trust.network() });
        }
        Ok(Self { header: wire.header.fill(trust)?, seal: wire.seal, items: wire.items })
    }

    /// Checks header, seal and every item.
    ///
    /// # Errors
    /// What does not hold.
    pub fn verify(&self, trust: &TrustRoot) -> Result<StatusView, StatusDefect> {
        trust.verify_sealed(&self.header, &self.seal)?;
        let mut records = BTreeMap::new();
        for StatusItem { key, record, proof } in &self.items {
            let defect = |defect| StatusDefect::Proof { key: *key, defect };
            let proven = StateProof::from_bytes(proof).and_then(|p| p.verify(&self.header.state_root, &key.state_key())).map_err(defect)?;
            if proven != record.as_ref().map(|bytes| value_hash(bytes)) {
                return Err(StatusDefect::OtherRecord { key: *key });
            }
            records.insert(*key, record.clone());
        }
        Ok(StatusView { header: self.header.clone(), records })
    }
}

/// What a verified status proof shows, at the time of its head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusView {
    /// The head that everything here was read under.
    pub header: Header,
    records: BTreeMap<RecordKey, Option<Vec<u8>>>,
}

/// Views that are not of one head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the records are read under two heads, of heights {first} and {second}")]
pub struct TwoHeads {
    /// Height of the one.
    pub first: Height,
    /// Height of the other.
    pub second: Height,
}

/// What a status proof says about one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown<T> {
    /// The proof has no item about it.
    NotCovered,
    /// Proven absent.
    Absent,
    /// Proven present.
    Present(T),
}

impl<T> Shown<T> {
    /// The record, if it is proven present.
    pub fn present(self) -> Option<T> {
        match self {
            Self::Present(record) => Some(record),
            Self::NotCovered | Self::Absent => None,
        }
    }
}

impl StatusView {
    /// What is shown about a record.
    ///
    /// # Errors
    /// A record that is in the state, but in a form that this version does not know.
    pub fn show<T: Canonical>(&self, key: &RecordKey) -> Result<Shown<T>, String> {
        match self.records.get(key) {
            None => Ok(Shown::NotCovered),
            Some(None) => Ok(Shown::Absent),
            Some(Some(bytes)) => decode(bytes).map(Shown::Present).map_err(|defect| alloc::format!("{key:?}: {defect}")),
        }
    }

    /// A whole list, proven complete by its counter record and all its slots; proven empty by the counter's absence.
    /// `NotCovered` if counter or a slot is not among the items.
    ///
    /// # Errors
    /// A record in a form that this version does not know, or a slot that is absent although the counter counts it.
    pub fn list<T: Listed>(&self, counter: &RecordKey) -> Result<Shown<Vec<T>>, String> {
        let list: Listing<T> = match self.show(counter)? {
            Shown::NotCovered => return Ok(Shown::NotCovered),
            Shown::Absent => return Ok(Shown::Absent),
            Shown::Present(list) => list,
        };
        let slots = list.slots();
        let mut items = list.first;
        for number in slots {
            let Some(slot) = counter.slot(number) else { return Ok(Shown::NotCovered) };
            match self.show(&slot)? {
                Shown::NotCovered => return Ok(Shown::NotCovered),
                Shown::Absent => return Err(alloc::format!("{slot:?} is absent, {counter:?} counts {}", list.count)),
                Shown::Present(item) => items.push(item),
            }
        }
        Ok(Shown::Present(items))
    }

    /// Joins views of one head: a long list comes in several proofs.
    ///
    /// # Errors
    /// The views are of two heads; nothing may be concluded from a mixture.
    pub fn join(mut self, other: Self) -> Result<Self, TwoHeads> {
        if self.header != other.header {
            return Err(TwoHeads { first: self.header.height, second: other.header.height });
        }
        self.records.extend(other.records);
        Ok(self)
    }

    /// Whether a record, or its absence, is shown.
    #[must_use]
    pub fn covers(&self, key: &RecordKey) -> bool {
        self.records.contains_key(key)
    }

    /// Names of the records covered.
    pub fn keys(&self) -> impl Iterator<Item = &RecordKey> {
        self.records.keys()
    }
}
