//! A certificate was presented to a customs, and what became of the declaration (SPEC 8.9).

use crate::codec::{Canonical, CodecDefect, invalid};
use crate::commitment::DeclarationKey;
use crate::document::DocumentId;
use crate::limits::SIGNED_ENTRY_BYTES_MAX;
use crate::name::Revision;
use borsh::{BorshDeserialize, BorshSerialize};

/// Where a declaration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum PresentationState {
    /// Received with the certificate.
    Lodged = 1,
    /// Under examination, before or after release.
    Referred = 2,
    /// The goods were released.
    Released = 3,
    /// The claim was refused, for ever.
    Refused = 4,
    /// Taken back by the declarant, or lodged in error, for ever.
    Withdrawn = 5,
}

impl PresentationState {
    /// Every state.
    pub const ALL: &'static [Self] = &[Self::Lodged, Self::Referred, Self::Released, Self::Refused, Self::Withdrawn];

    /// The name used in schema and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lodged => "lodged",
            Self::Referred => "referred",
            Self::Released => "released",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Refused | Self::Withdrawn)
    }

    /// Whether a declaration that stands at `before` (`None`: not yet lodged) can come to this.
    #[must_use]
    pub const fn may_follow(self, before: Option<Self>) -> bool {
        match before {
            None => matches!(self, Self::Lodged),
            Some(Self::Lodged) => !matches!(self, Self::Lodged),
            Some(Self::Referred) => matches!(self, Self::Released | Self::Refused | Self::Withdrawn),
            // Verification after release may still end in a refusal.
            Some(Self::Released) => matches!(self, Self::Referred | Self::Refused),
            Some(Self::Refused | Self::Withdrawn) => false,
        }
    }
}

/// The author, a customs, was shown a certificate or declaration of origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Present {
    /// The certificate.
    pub document: DocumentId,
    /// With which customs declaration; only the author can tell.
    pub declaration: DeclarationKey,
    /// The revision of the author's presentation record of both; 0 = there is none yet.
    pub base: Revision,
    /// Where it stands now.
    pub state: PresentationState,
}

impl Canonical for Present {
    const NAME: &'static str = "Present";
    const BYTES_MAX: usize = SIGNED_ENTRY_BYTES_MAX;
    fn check(&self) -> Result<(), CodecDefect> {
        if (self.base.0 == 0) == (self.state == PresentationState::Lodged) {
            Ok(())
        } else {
            Err(invalid::<Self>("lodged is the first state, at base revision 0, and the first state only"))
        }
    }
}
