//! Whether certificates were revoked, by the CRLs and OCSP answers at hand.

use super::{Certificate, CertificatePath, Crl, OcspAnswer};

/// When and why a certificate was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// From when on it is not valid, Unix seconds.
    pub since: i64,
    /// CRLReason (RFC 5280 5.3.1), if the authority gave one.
    pub reason: Option<u8>,
}

impl Revocation {
    /// Whether what the key signed before holds all the same, for timestamp authorities (RFC 3161 section 4):
    /// unspecified, affiliationChanged, superseded and cessationOfOperation, and only if the reason is given.
    #[must_use]
    pub const fn spares_earlier(&self) -> bool {
        matches!(self.reason, Some(0 | 3 | 4 | 5))
    }
}

/// One certificate's status by one proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) revoked: Option<Revocation>,
    /// When it was made, Unix seconds.
    pub(super) made: i64,
    /// Last moment that it speaks for, Unix seconds.
    pub(super) until: i64,
}

/// One certificate's status by all proofs that hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateStatus<'a> {
    /// The earliest revocation that any proof names.
    pub revoked: Option<Revocation>,
    /// Until when the latest proof says that it was not revoked before, Unix seconds; `None` without a proof.
    pub known_until: Option<i64>,
    /// The proof that reaches furthest, DER.
    pub proof: Option<&'a [u8]>,
    /// Why other proofs about it were put aside.
    pub defects: Vec<String>,
}

/// CRLs and OCSP answers. Those that do not parse were left out, and say nothing.
#[derive(Debug, Clone, Default)]
pub struct Proofs<'a> {
    crls: Vec<Crl<'a>>,
    ocsps: Vec<OcspAnswer<'a>>,
}

impl<'a> Proofs<'a> {
    /// From DER; what does not parse is passed over.
    #[must_use]
    pub fn new(crls: &[&'a [u8]], ocsps: &[&'a [u8]]) -> Self {
        Self {
            crls: crls.iter().filter_map(|der| Crl::parse(der).ok()).collect(),
            ocsps: ocsps.iter().filter_map(|der| OcspAnswer::parse(der).ok()).collect(),
        }
    }

    /// The status of a certificate of this issuer.
    #[must_use]
    pub fn status(&self, certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> CertificateStatus<'a> {
        let mut status = self.by_crl(certificate, issuer);
        for answer in &self.ocsps {
            let no_check =
                |responder: &Certificate<'_>, time: i64| responder.has_ocsp_no_check() || self.by_crl(responder, issuer).is_good_at(time);
            match answer.statement(certificate, issuer, &no_check) {
                Ok(Some(statement)) => status.add(statement, answer.der, certificate),
                Ok(None) => {}
                Err(defect) => status.defects.push(format!("OCSP answer: {defect}")),
            }
        }
        status
    }

    fn by_crl(&self, certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> CertificateStatus<'a> {
        let mut status = CertificateStatus::default();
        for crl in &self.crls {
            match crl.statement(certificate, issuer) {
                Ok(Some(statement)) => status.add(statement, crl.der, certificate),
                Ok(None) => {}
                Err(defect) => status.defects.push(format!("CRL: {defect}")),
            }
        }
        status
    }

    /// Status of each certificate of a path below its anchor, signer's first.
    #[must_use]
    pub fn of_path(&self, path: &CertificatePath<'_>) -> Vec<CertificateStatus<'a>> {
        path.links().map(|(certificate, issuer)| self.status(certificate, issuer)).collect()
    }
}

impl<'a> CertificateStatus<'a> {
    fn add(&mut self, statement: Statement, proof: &'a [u8], certificate: &Certificate<'_>) {
        if let Some(new) = statement.revoked
            && self.revoked.is_none_or(|known| new.since < known.since)
        {
            self.revoked = Some(new);
        }
        // Authorities drop expired certificates from their lists: silence then says nothing.
        if statement.revoked.is_none() && statement.made > certificate.not_after {
            return;
        }
        let until = statement.until;
        if self.known_until.is_none_or(|known| until > known) {
            (self.known_until, self.proof) = (Some(until), Some(proof));
        }
    }

    /// Whether proofs reach to this time and none says that it was revoked by then.
    #[must_use]
    pub fn is_good_at(&self, time: i64) -> bool {
        self.known_until.is_some_and(|until| time <= until) && self.revoked.is_none_or(|revoked| time < revoked.since)
    }
}
