//! Reason codes: stable names, their class, and the sentence for a customs officer.
//!
//! The class decides what a code does to a verdict (SPEC section 11). Names never change meaning;
//! a new situation gets a new code.

/// What a code does to a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Trust: makes the document UNTRUSTWORTHY.
    Untrustworthy,
    /// Trust: something could not be established, UNVERIFIABLE.
    NotEstablished,
    /// Eligibility: NOT_ELIGIBLE.
    Excluded,
    /// Eligibility: UNDETERMINED.
    Deferred,
    /// Trust axis, counts for nothing.
    TrustNotice,
    /// Eligibility axis, counts for nothing.
    EligibilityNotice,
}

impl Class {
    /// Whether it counts for neither axis.
    #[must_use]
    pub const fn is_notice(self) -> bool {
        matches!(self, Self::TrustNotice | Self::EligibilityNotice)
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $class:ident, $sentence:literal;)*) => {
        /// A stable reason code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code { $(#[doc = $sentence] $name,)* }

        impl Code {
            /// Every code, in the order of SPEC.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable name, UPPER_SNAKE.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// What it does to a verdict, where no scheme says otherwise.
            #[must_use]
            pub const fn class(self) -> Class {
                match self { $(Self::$name => Class::$class),* }
            }

            /// The sentence for a person. `{}` parts are filled from a finding's detail.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence),* }
            }
        }
    };
}

codes! {
    PdfSignatureMissing = "PDF_SIGNATURE_MISSING", Untrustworthy, "This PDF is not signed";
    PdfSignatureInvalid = "PDF_SIGNATURE_INVALID", Untrustworthy, "A signature in this PDF does not verify";
    PdfModifiedAfterSigning = "PDF_MODIFIED_AFTER_SIGNING", Untrustworthy, "Changed after it was signed";
    PdfStructureAmbiguous = "PDF_STRUCTURE_AMBIGUOUS", Untrustworthy, "Can be read in two ways or has hidden bytes";
    PdfEncrypted = "PDF_ENCRYPTED", NotEstablished, "Encrypted, so not examined";
    InputLimitExceeded = "INPUT_LIMIT_EXCEEDED", NotEstablished, "The file exceeds the limits";
    AlgorithmUnsupported = "ALGORITHM_UNSUPPORTED", NotEstablished, "This version cannot check {method}";
    AlgorithmWeak = "ALGORITHM_WEAK", Untrustworthy, "Signed with a method no longer safe";
    SignerNotIssuer = "SIGNER_NOT_ISSUER", Untrustworthy, "The signer is not the issuer the document names";
    SignerCertInvalid = "SIGNER_CERT_INVALID", Untrustworthy, "The signer's certificate was not valid when signing";
    MetadataLinkMismatch = "METADATA_LINK_MISMATCH", Untrustworthy, "The data is not what was recorded with this document";
    SummaryMismatch = "SUMMARY_MISMATCH", Untrustworthy, "The printed fields are not those recorded";
    JsonNotStrict = "JSON_NOT_STRICT", Untrustworthy, "The data is ambiguous JSON";
    ContextNotPinned = "CONTEXT_NOT_PINNED", Untrustworthy, "The vocabulary's meaning is not fixed";
    ProfileVersionUnsupported = "PROFILE_VERSION_UNSUPPORTED", NotEstablished, "Of a version this software does not know";
    UnknownField = "UNKNOWN_FIELD", Untrustworthy, "{path} does not belong to the profile";
    FieldMissing = "FIELD_MISSING", Untrustworthy, "Required field {path} is missing";
    FieldInvalid = "FIELD_INVALID", Untrustworthy, "{path} has an invalid value";
    ProofMissing = "PROOF_MISSING", Untrustworthy, "The data is not signed by its issuer";
    ProofInvalid = "PROOF_INVALID", Untrustworthy, "The signature on the data does not verify";
    LogEntryMissing = "LOG_ENTRY_MISSING", Untrustworthy, "{issuer} had not recorded this at {time}";
    AbsenceNotProven = "ABSENCE_NOT_PROVEN", NotEstablished, "A node found nothing but gave no proof";
    SealedByRetiredKeys = "SEALED_BY_RETIRED_KEYS", NotEstablished, "Sealed by retired keys and not yet linked to the present log";
    StateContradictsLog = "STATE_CONTRADICTS_LOG", NotEstablished, "A node's state denies a sealed entry; evidence kept";
    LogProofInvalid = "LOG_PROOF_INVALID", NotEstablished, "The log proof is false and no other holds";
    FingerprintMismatch = "FINGERPRINT_MISMATCH", NotEstablished, "The log proof is of another document";
    KindMismatch = "KIND_MISMATCH", Untrustworthy, "Recorded as another kind of document";
    ReferenceConflict = "REFERENCE_CONFLICT", Untrustworthy, "Another document has this number";
    NetworkMismatch = "NETWORK_MISMATCH", NotEstablished, "The proof is from another network";
    TrustRootMissing = "TRUST_ROOT_MISSING", NotEstablished, "No trust root; run `eco doctor`";
    TrustRootTooOld = "TRUST_ROOT_TOO_OLD", NotEstablished, "The validators changed; update the trust root";
    ForkDetected = "FORK_DETECTED", NotEstablished, "{names} signed conflicting histories";
    NodeUnreachable = "NODE_UNREACHABLE", NotEstablished, "No node answered";
    NodeAnswerInvalid = "NODE_ANSWER_INVALID", NotEstablished, "A node's answer failed its proof";
    NodeLagging = "NODE_LAGGING", NotEstablished, "The node is behind; ask another";
    StatusStale = "STATUS_STALE", NotEstablished, "Last known status is {age} old";
    LocalClockWrong = "LOCAL_CLOCK_WRONG", NotEstablished, "This computer's clock is wrong";
    Revoked = "REVOKED", Untrustworthy, "Revoked on {time}: {reason}";
    Suspended = "SUSPENDED", Untrustworthy, "Suspended since {time}";
    Superseded = "SUPERSEDED", Untrustworthy, "Replaced by {number or id} on {time}";
    Expired = "EXPIRED", Untrustworthy, "Expired on {date}";
    NotYetValid = "NOT_YET_VALID", Untrustworthy, "Not valid before {date}";
    IssuerNotAdmitted = "ISSUER_NOT_ADMITTED", Untrustworthy, "The issuer was not an admitted {role}";
    IssuerSuspended = "ISSUER_SUSPENDED", Untrustworthy, "The issuer was suspended when it issued this";
    KeyRevoked = "KEY_REVOKED", Untrustworthy, "Signed with a key then revoked, and not reaffirmed";
    DocumentNotTrusted = "DOCUMENT_NOT_TRUSTED", Excluded, "The {document} itself is not trusted";
    SchemeNotApplicable = "SCHEME_NOT_APPLICABLE", Excluded, "Outside the scheme ({what})";
    SchemeUnknown = "SCHEME_UNKNOWN", Deferred, "No rules are known for this scheme";
    HsTooCoarse = "HS_TOO_COARSE", Deferred, "The certificate's HS code is too short to decide";
    HsEditionMismatch = "HS_EDITION_MISMATCH", Deferred, "The HS editions differ";
    RequiredFieldMissing = "REQUIRED_FIELD_MISSING", Excluded, "The scheme requires {path}";
    PassportMissing = "PASSPORT_MISSING", Excluded, "No carbon passport for item {n}";
    PassportFingerprintMismatch = "PASSPORT_FINGERPRINT_MISMATCH", Excluded, "Not the passport the certificate names";
    OriginLinkMismatch = "ORIGIN_LINK_MISMATCH", Excluded, "Certificate and passport name different goods ({what})";
    CfNotVerified = "CF_NOT_VERIFIED", Excluded, "The carbon value is an estimate";
    CfValueRange = "CF_VALUE_RANGE", Excluded, "The carbon value is not one number";
    CfScopeIncomplete = "CF_SCOPE_INCOMPLETE", Excluded, "Scope 1 or 2 is missing";
    CfSumMismatch = "CF_SUM_MISMATCH", Excluded, "The parts do not add up";
    CfUnitMismatch = "CF_UNIT_MISMATCH", Excluded, "Unit or boundary is not the one required";
    CfStandardMissing = "CF_STANDARD_MISSING", Excluded, "Not calculated by the required standard";
    CfPeriodInvalid = "CF_PERIOD_INVALID", Excluded, "The data period is invalid, too long or too old";
    CfDataInsufficient = "CF_DATA_INSUFFICIENT", Excluded, "Measured data is below the scheme's minimum";
    GridFactorMismatch = "GRID_FACTOR_MISMATCH", Excluded, "The grid factor is not of the place of production";
    CfDeprecated = "CF_DEPRECATED", Excluded, "The issuer declared this footprint obsolete";
    AttestationMissing = "ATTESTATION_MISSING", Excluded, "No verification body attested this passport";
    AttestationWithdrawn = "ATTESTATION_WITHDRAWN", Excluded, "Verification withdrawn on {time}";
    AttestationExpired = "ATTESTATION_EXPIRED", Excluded, "Verification expired on {date}";
    AssuranceTooLow = "ASSURANCE_TOO_LOW", Excluded, "The level of assurance is too low";
    AccreditationExpired = "ACCREDITATION_EXPIRED", Excluded, "The verifier's accreditation had ended";
    AccreditationNotRecognised = "ACCREDITATION_NOT_RECOGNISED", Excluded, "{country} does not recognise this verifier here";
    RecognitionNotChecked = "RECOGNITION_NOT_CHECKED", Deferred, "State the importing country";
    SubmittedAfterArrival = "SUBMITTED_AFTER_ARRIVAL", Excluded, "The passport was recorded after arrival";
    AttestedAfterArrival = "ATTESTED_AFTER_ARRIVAL", Excluded, "The passport was verified after arrival";
    ArrivalNotGiven = "ARRIVAL_NOT_GIVEN", Deferred, "State the arrival time";
    VerificationEntryMissing = "VERIFICATION_ENTRY_MISSING", Excluded, "The exporter's site has no verification entry";
    VerificationEntryBroken = "VERIFICATION_ENTRY_BROKEN", Excluded, "The site's verification entry fails ({what})";
    MalformedBlock = "MALFORMED_BLOCK", Excluded, "The page's JSON-LD is broken at byte {n}";
    AmbiguousBlock = "AMBIGUOUS_BLOCK", Excluded, "The page shows two passports for one product";
    PageContradictsPassport = "PAGE_CONTRADICTS_PASSPORT", Excluded, "Page and signed passport disagree ({what})";
    PageUnreachable = "PAGE_UNREACHABLE", Deferred, "The product page did not answer";
    CaptureRefused = "CAPTURE_REFUSED", Deferred, "The address was refused for safety";
    EntryRecordMismatch = "ENTRY_RECORD_MISMATCH", Excluded, "Customs entry and certificate differ in {field}";
    Specimen = "SPECIMEN", TrustNotice, "From a test network, without value outside it";
    PdfProfileViolation = "PDF_PROFILE_VIOLATION", TrustNotice, "Signature intact, but not PAdES";
    SignerPathNotEstablished = "SIGNER_PATH_NOT_ESTABLISHED", TrustNotice, "No certificate path; only the log names the signer";
    TimestampInvalid = "TIMESTAMP_INVALID", TrustNotice, "An invalid timestamp was ignored";
    MetadataMissing = "METADATA_MISSING", TrustNotice, "No machine-readable certificate data";
    PrintedTextNotCompared = "PRINTED_TEXT_NOT_COMPARED", TrustNotice, "Printed text was not compared with the data";
    StringNotNfc = "STRING_NOT_NFC", TrustNotice, "{path} is not in normal form";
    ReceiptDiscarded = "RECEIPT_DISCARDED", TrustNotice, "A wrong log proof was ignored; other evidence holds";
    OtherClaims = "OTHER_CLAIMS", TrustNotice, "{names} recorded the same bytes too";
    ActedByAgent = "ACTED_BY_AGENT", TrustNotice, "{agent} acted for {principal}";
    IssuerSuspendedSince = "ISSUER_SUSPENDED_SINCE", TrustNotice, "The issuer was suspended later, on {time}";
    ChangedSince = "CHANGED_SINCE", TrustNotice, "After the date asked: {status} on {time}";
    PassportSupersededSince = "PASSPORT_SUPERSEDED_SINCE", EligibilityNotice, "A newer passport was recorded on {time}";
    PassportNewerThanCertificate = "PASSPORT_NEWER_THAN_CERTIFICATE", EligibilityNotice, "The passport shown or named is newer than the certificate";
    ProducerNotCompared = "PRODUCER_NOT_COMPARED", EligibilityNotice, "Producer not named; linked by product code";
    OriginCountryDiffers = "ORIGIN_COUNTRY_DIFFERS", EligibilityNotice, "Countries of origin differ";
    CfFactorOutdated = "CF_FACTOR_OUTDATED", EligibilityNotice, "An emission factor is older than {n} years";
    DuplicatePresentation = "DUPLICATE_PRESENTATION", EligibilityNotice, "Already presented to {customs} on {time}";
    RetroactiveFlagMissing = "RETROACTIVE_FLAG_MISSING", EligibilityNotice, "Issued after departure without saying so";
    BackToBackOriginalMissing = "BACK_TO_BACK_ORIGINAL_MISSING", EligibilityNotice, "The original certificate is not in the log";
    MissingJsonld = "MISSING_JSONLD", EligibilityNotice, "The page has only microdata or RDFa";
    EntryFieldNotCompared = "ENTRY_FIELD_NOT_COMPARED", EligibilityNotice, "{field} was not compared with the entry";
}

impl core::fmt::Display for Code {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}
