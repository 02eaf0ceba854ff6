//! The `<...>` of `/Contents`: room for a signature, filled with its octets and zeros.

use super::raw::Span;
use super::text::hex;

/// What does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLittle {
    /// Octets to hold.
    pub(super) needed: usize,
    /// Octets there is room for.
    pub(super) reserved: usize,
}

/// Fills the token at `gap`, brackets included, with these octets and zeros. The file keeps its length.
pub(super) fn fill(bytes: &mut [u8], gap: Span, octets: &[u8]) -> Result<(), TooLittle> {
    let place = bytes.get_mut(gap.start.saturating_add(1)..gap.end.saturating_sub(1)).unwrap_or_default();
    let (digits, reserved) = (hex(octets), place.len() / 2);
    let (head, padding) = place.split_at_mut_checked(digits.len()).ok_or(TooLittle { needed: octets.len(), reserved })?;
    head.copy_from_slice(digits.as_bytes());
    padding.fill(b'0');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_padded_and_what_does_not_leaves_the_file_alone() {
        let (mut bytes, gap) = (*b"a<ffff>b", Span { start: 1, end: 7 });
        assert_eq!(fill(&mut bytes, gap, &[0xab]), Ok(()));
        assert_eq!(&bytes, b"a<AB00>b");
        assert_eq!(fill(&mut bytes, gap, &[1, 2, 3]), Err(TooLittle { needed: 3, reserved: 2 }));
        assert_eq!(&bytes, b"a<AB00>b");
        assert_eq!(fill(&mut bytes, Span { start: 7, end: 99 }, &[1]), Err(TooLittle { needed: 1, reserved: 0 }));
    }
}
