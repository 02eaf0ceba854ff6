//! Rules of certificate metadata that look at more than one member.

use super::OriginalProof;
use crate::json::Node;
use crate::product::ProductId;
use crate::profile::{Check, Envelope, Fields, years_after};
use eco_core::date::Date;
use eco_core::number::CertificateNumber;
use eco_core::verdict::Code;

/// A member that is there exactly where its condition holds; `None` where the condition could not be read.
pub(super) fn iff<'n>(check: &mut Check<'_>, f: &mut Fields<'n>, name: &str, holds: Option<bool>, when: &str) -> Option<&'n Node> {
    let node = f.may(name);
    match (holds, node) {
        (Some(true), None) => check.missing(Code::FieldMissing, f.owner, name, format!("required {when}")),
        (Some(false), Some(node)) => check.invalid(node, format!("only {when}"), format!("remove {name:?}")),
        _ => {}
    }
    node
}

/// A replacement has a new number, a certified true copy that of its original.
pub(super) fn originals(
    check: &mut Check<'_>,
    number: Option<&CertificateNumber>,
    replaces: Option<&(&Node, OriginalProof)>,
    true_copy_of: Option<&(&Node, OriginalProof)>,
) {
    let Some(number) = number else { return };
    let same = |original: &OriginalProof| CertificateNumber::normalise(&original.number).is_ok_and(|n| n == *number);
    if let Some((node, original)) = replaces.filter(|(_, original)| same(original)) {
        let found = format!("the number {} of the replaced one", original.number);
        check.flaw_found(Code::FieldInvalid, node, "a replacement has a new number", found, "give this certificate a new number");
    }
    if let Some((node, original)) = true_copy_of.filter(|(_, original)| !same(original)) {
        let found = format!("{} as the original's number, {number} as its own", original.number);
        check.flaw_found(Code::FieldInvalid, node, "a true copy has the number of its original", found, "write the original's number");
    }
}

/// Proofs of origin under RCEP are valid for one year at most (Art. 3.16.6).
pub(super) fn validity(check: &mut Check<'_>, envelope: &Envelope<'_>, agreement: Option<&str>, issue_date: Option<Date>) {
    let (Some("RCEP"), Some(until), Some(node), Some(issued)) = (agreement, envelope.valid_until, envelope.valid_until_at, issue_date)
    else {
        return;
    };
    let latest = years_after(issued, 1).ends();
    if until > latest {
        check.invalid(node, format!("at most one year after the issue date {issued} (RCEP Art. 3.16.6)"), "shorten the validity");
    }
}

/// Items are numbered 1 to n, each number once.
pub(super) fn numbering(check: &mut Check<'_>, list: &[Node]) {
    let mut seen = vec![false; list.len()];
    for element in list {
        let Some(node) = element.get("itemNumber") else { continue };
        let Some(number) = node.as_text().and_then(|t| t.parse::<usize>().ok()) else { continue };
        match number.checked_sub(1).and_then(|at| seen.get_mut(at)) {
            Some(seen) if !*seen => *seen = true,
            _ => check.invalid(node, format!("1 to {}, each number once", list.len()), "number the items 1, 2, 3 .."),
        }
    }
}

/// A product id in its canonical spelling.
pub(crate) fn product_id(check: &mut Check<'_>, node: &Node) -> Option<ProductId> {
    let rule = "a canonical product id: https://id.gs1.org/01/<GTIN>, https://id.gs1.org/8013/<GMN> or urn:eco:model:<organisation>:<code>";
    match ProductId::normalise(check.text(node)?) {
        Ok(id) if node.as_text() == Some(id.to_string().as_str()) => Some(id),
        Ok(id) => {
            check.invalid(node, rule, format!("write \"{id}\""));
            None
        }
        Err(defect) => {
            check.flaw_found(Code::FieldInvalid, node, rule, format!("{}: {defect}", node.shown()), "check the code against the product");
            None
        }
    }
}
