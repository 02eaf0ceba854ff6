//! Values of arguments that have names of their own.

use eco_core::document::{DocumentKind, DocumentStatus, ReasonCode};
use eco_core::recognition::{AccreditationStandard, RecognitionScope};
use eco_core::registry::Purpose;
use eco_core::statement::PresentationState;

/// Reads `NAME=VALUE`.
pub(super) fn parse_pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Reads what a log key signs.
pub(super) fn parse_purpose(text: &str) -> Result<Purpose, String> {
    let names = || Purpose::ALL.iter().map(|p| p.name()).collect::<Vec<_>>().join(", ");
    Purpose::ALL.iter().copied().find(|p| p.name() == text).ok_or_else(|| format!("expected one of: {}", names()))
}

/// Reads a kind of document.
pub(super) fn parse_kind(text: &str) -> Result<DocumentKind, String> {
    [DocumentKind::Certificate, DocumentKind::Declaration, DocumentKind::Passport, DocumentKind::Other]
        .into_iter()
        .find(|k| k.name() == text)
        .ok_or_else(|| "expected one of: certificate, declaration, passport, other".to_string())
}

/// Reads a reason, by name or number.
pub(super) fn parse_reason(text: &str) -> Result<ReasonCode, String> {
    let named = ReasonCode::NAMED.iter().find(|(_, name)| *name == text).map(|(code, _)| ReasonCode(*code));
    let numbered = || text.parse().ok().map(ReasonCode);
    let names = || ReasonCode::NAMED.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ");
    named.or_else(numbered).ok_or_else(|| format!("expected a number or one of: {}", names()))
}

/// Reads a status that an issuer can give.
pub(super) fn parse_status(text: &str) -> Result<DocumentStatus, String> {
    [DocumentStatus::Revoked, DocumentStatus::Suspended, DocumentStatus::Active]
        .into_iter()
        .find(|status| status.name() == text)
        .ok_or_else(|| "expected one of: revoked, suspended, active".to_string())
}

/// Reads an accreditation standard, in any spelling of it.
pub(super) fn parse_standard(text: &str) -> Result<AccreditationStandard, String> {
    AccreditationStandard::normalise(text).map_err(|e| e.to_string())
}

/// Reads for whom a recognition speaks: a country, or an accreditation body.
pub(super) fn parse_scope(text: &str) -> Result<RecognitionScope, String> {
    let country = text.parse().map(RecognitionScope::Country);
    country
        .or_else(|_| text.parse().map(RecognitionScope::Accreditation))
        .map_err(|_| "expected a country in two upper-case letters, or the slug of an accreditation body".to_string())
}

/// Reads where a customs declaration stands.
pub(super) fn parse_state(text: &str) -> Result<PresentationState, String> {
    let names = || PresentationState::ALL.iter().map(|s| s.name()).collect::<Vec<_>>().join(", ");
    PresentationState::ALL.iter().copied().find(|state| state.name() == text).ok_or_else(|| format!("expected one of: {}", names()))
}
