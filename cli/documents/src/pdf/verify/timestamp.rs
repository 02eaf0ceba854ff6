//! A document timestamp: over this file, signed by whom it names. Whether that is an authority is asked later.

use crate::pdf::cms;
use crate::pdf::timestamp::{TimestampDefect, Token};
use eco_core::verdict::Code;

/// What a token that holds says.
pub(crate) struct Stamped {
    /// genTime, Unix seconds.
    pub(crate) time: i64,
    /// Method of its signature.
    pub(crate) method: String,
    /// The timestamp authority's name.
    pub(crate) authority: Option<String>,
}

/// `contents` as in the dictionary, with padding. Other bytes than those it was made over are a changed
/// document; a token that is merely unusable is only an invalid timestamp.
pub(crate) fn check_document(contents: &[u8], parts: &[&[u8]]) -> Result<Stamped, (Code, String)> {
    let invalid = |defect: TimestampDefect| (Code::TimestampInvalid, defect.to_string());
    let der = cms::strip_padding(contents).map_err(|defect| (Code::PdfSignatureInvalid, defect.to_string()))?;
    let token = Token::parse(der).map_err(invalid)?;
    if !token.is_over(parts) {
        return Err((Code::PdfSignatureInvalid, TimestampDefect::OtherBytes.to_string()));
    }
    let (certificate, method) = token.check_signature().map_err(invalid)?;
    Ok(Stamped { time: token.time, method, authority: certificate.subject_name() })
}
