//! When a signature is proven to have existed, and whether its certificate was good then (SPEC 12).

use super::judge::Case;
use super::{Candidate, Code, SignerPath};
use crate::limits::TIMESTAMP_AHEAD_MS_MAX;
use crate::name::Timestamp;
use alloc::format;

impl Case<'_> {
    /// The certificate's validity, path and revocation, at the proven time of the signature.
    pub(super) fn certificate_valid(&mut self, candidate: &Candidate, anchored: Option<Timestamp>) {
        let at = self.proven_time(candidate, anchored);
        if let Some((from, until)) = candidate.signer_valid
            && (at < from || at > until)
        {
            self.reason(
                Code::SignerCertInvalid,
                format!("the signer's certificate is valid from {from} to {until} ms, the proven time is {at} ms"),
            );
        }
        if let Some(path) = &candidate.standing.path {
            self.path_valid(path, at);
        }
    }

    /// The earliest of a timestamp on the signature, a document timestamp over it, and the block that recorded
    /// it; without any, now. A timestamp made after recording is none that recording waited for: put aside.
    fn proven_time(&mut self, candidate: &Candidate, anchored: Option<Timestamp>) -> Timestamp {
        let standing = &candidate.standing;
        let timestamped = standing.timestamped.filter(|time| {
            let Some(anchored) = anchored.filter(|anchored| time.since(*anchored) > TIMESTAMP_AHEAD_MS_MAX) else { return true };
            self.reason(
                Code::TimestampInvalid,
                format!("the signature's timestamp says {time} ms, but it was recorded at {anchored} ms already"),
            );
            false
        });
        [timestamped, standing.archived, anchored].into_iter().flatten().min().unwrap_or(self.question.now)
    }

    fn path_valid(&mut self, path: &SignerPath, at: Timestamp) {
        let SignerPath { anchor, valid: (from, until), revoked, status_until } = path;
        if let Some(revoked) = revoked.filter(|revoked| *revoked <= at) {
            self.reason(
                Code::SignerCertInvalid,
                format!("the signer's certificate is revoked since {revoked} ms, the proven time is {at} ms"),
            );
            return;
        }
        if at < *from || at > *until {
            self.reason(
                Code::SignerPathNotEstablished,
                format!("the certificates from the signer to {anchor} hold from {from} to {until} ms, the proven time is {at} ms"),
            );
            return;
        }
        self.check(format!("the signer's certificate leads to the trust anchor {anchor}"));
        if status_until.is_none_or(|until| until < at) {
            self.gap(format!("whether the signer's certificate was revoked by {at} ms: no CRL or OCSP answer at hand reaches that time"));
        }
    }
}
