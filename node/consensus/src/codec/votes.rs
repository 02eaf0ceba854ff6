//! Wire form of votes, proposals, certificates and proposed values.

use eco_core::checkpoint::ProposedHead;
use eco_core::header::BlockId;
use eco_core::log::LogHash;
use malachite::app::consensus::LivenessMsg;
use malachite::app::types::core::{
    ExtendedCommitCertificate, ExtendedCommitSignature, NilOrVal, PolkaCertificate, PolkaSignature, Round, RoundCertificate,
    RoundCertificateType, RoundSignature, SignedMessage, Validity, VoteType,
};
use malachite::app::types::{ProposedValue, SignedConsensusMsg};

use super::Wire;
use crate::context::{Address, Head, Height, Notary, Proposal, Vote};
use crate::limits::VALIDATORS_MAX;
use crate::scheme::VoteSignature;
use crate::wire::{Reader, WireDefect, Writer};

/// Fields one after the other; a list comes last, with its name and the most it may hold.
macro_rules! fields {
    ($type:ty { $($field:ident),+ $(; $list:ident: $what:literal, $max:expr)? }) => {
        impl Wire for $type {
            fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
                $(self.$field.put(out)?;)+
                $(out.list($what, $max, &self.$list, |out, item| item.put(out))?;)?
                Ok(())
            }

            fn take(from: &mut Reader) -> Result<Self, WireDefect> {
                Ok(Self { $($field: Wire::take(from)?,)+ $($list: from.list($what, $max, Wire::take)?)? })
            }
        }
    };
}

/// A byte for the kind, and what it holds, if anything.
macro_rules! kinds {
    ($type:ty, $what:literal { $($tag:literal => $kind:ident $(($content:ident))?),+ }) => {
        impl Wire for $type {
            fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
                match self {
                    $(Self::$kind $(($content))? => {
                        out.u8($tag);
                        $($content.put(out)?;)?
                    })+
                }
                Ok(())
            }

            fn take(from: &mut Reader) -> Result<Self, WireDefect> {
                match from.u8($what)? {
                    $($tag => {
                        $(let $content = Wire::take(from)?;)?
                        Ok(Self::$kind $(($content))?)
                    })+
                    found => Err(WireDefect::Tag { what: $what, found }),
                }
            }
        }
    };
}

/// Bytes of one length in a wrapper.
macro_rules! wrapped {
    ($type:ident, $what:literal) => {
        impl Wire for $type {
            fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
                out.raw(&self.0);
                Ok(())
            }

            fn take(from: &mut Reader) -> Result<Self, WireDefect> {
                from.array($what).map(Self)
            }
        }
    };
}

wrapped!(Address, "address");
wrapped!(VoteSignature, "signature");

impl Wire for Height {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        out.u64(self.0);
        Ok(())
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        from.u64("height").map(Self)
    }
}

/// Nil is 0 and four zero bytes, so that every round takes five bytes.
impl Wire for Round {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        match self {
            Self::Nil => out.u8(0).u32(0),
            Self::Some(round) => out.u8(1).u32(*round),
        };
        Ok(())
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        match (from.u8("round")?, from.u32("round")?) {
            (0, 0) => Ok(Self::Nil),
            (0, _) => Err(WireDefect::Malformed { what: "nil round" }),
            (1, round) => Ok(Self::Some(round)),
            (found, _) => Err(WireDefect::Tag { what: "round", found }),
        }
    }
}

impl Wire for Head {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        out.raw(self.0.block.as_bytes()).u64(self.0.tree_size).raw(self.0.log_root.as_bytes());
        Ok(())
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        Ok(Self(ProposedHead {
            block: BlockId(from.array("block id")?),
            tree_size: from.u64("tree size")?,
            log_root: LogHash(from.array("log root")?),
        }))
    }
}

kinds!(NilOrVal<Head>, "nil or head" { 0 => Nil, 1 => Val(value) });
kinds!(VoteType, "vote kind" { 0 => Prevote, 1 => Precommit });
kinds!(RoundCertificateType, "round certificate" { 0 => Skip, 1 => Precommit });
kinds!(Validity, "validity" { 0 => Invalid, 1 => Valid });

fields!(Vote { kind, height, round, value, address });
fields!(Proposal { height, round, value, pol_round, address });
fields!(ProposedValue<Notary> { height, round, valid_round, proposer, value, validity });

fields!(PolkaSignature<Notary> { address, signature });
fields!(RoundSignature<Notary> { vote_type, value_id, address, signature });
fields!(PolkaCertificate<Notary> { height, round, value_id; polka_signatures: "polka signatures", VALIDATORS_MAX });
// A skip certificate may hold a prevote and a precommit of one validator.
fields!(RoundCertificate<Notary> { height, round, cert_type; round_signatures: "round signatures", 2 * VALIDATORS_MAX });
fields!(ExtendedCommitCertificate<Notary> { height, round, value_id; commit_signatures: "commit signatures", VALIDATORS_MAX });

kinds!(SignedConsensusMsg<Notary>, "consensus message" { 0 => Vote(vote), 1 => Proposal(proposal) });
kinds!(LivenessMsg<Notary>, "liveness message" { 0 => Vote(vote), 1 => PolkaCertificate(certificate), 2 => SkipRoundCertificate(certificate) });

impl<T: Wire> Wire for SignedMessage<Notary, T> {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        self.message.put(out)?;
        self.signature.put(out)
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        Ok(Self::new(T::take(from)?, Wire::take(from)?))
    }
}

/// Without extension: those are off.
impl Wire for ExtendedCommitSignature<Notary> {
    fn put(&self, out: &mut Writer) -> Result<(), WireDefect> {
        if self.extension.is_some() {
            return Err(WireDefect::Extension);
        }
        self.address.put(out)?;
        self.signature.put(out)
    }

    fn take(from: &mut Reader) -> Result<Self, WireDefect> {
        Ok(Self::new(Wire::take(from)?, Wire::take(from)?, None))
    }
}
