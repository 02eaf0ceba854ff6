//! DER: a reader that keeps received bytes and refuses anything but DER lengths, and a writer.
//!
//! Only what CMS, X.509 and PKCS#8 need. Signed structures are never re-encoded: verification is over
//! the bytes that [`Tlv::whole`] gives.

/// Bytes that are not the DER expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("DER: {0}")]
pub struct Asn1Defect(pub(crate) String);

type Parsed<T> = Result<T, Asn1Defect>;

/// `INTEGER`
pub(crate) const INTEGER: u8 = 0x02;
/// `BIT STRING`
pub(crate) const BIT_STRING: u8 = 0x03;
/// `OCTET STRING`
pub(crate) const OCTET_STRING: u8 = 0x04;
/// `OBJECT IDENTIFIER`
pub(crate) const OID: u8 = 0x06;
/// `SEQUENCE`
pub(crate) const SEQUENCE: u8 = 0x30;
/// `SET`
pub(crate) const SET: u8 = 0x31;
/// `UTCTime`
pub(crate) const UTC_TIME: u8 = 0x17;
/// `GeneralizedTime`
pub(crate) const GENERALIZED_TIME: u8 = 0x18;

/// One element: tag, contents, and the whole as received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tlv<'a> {
    /// Identifier octet (low tag numbers only).
    pub(crate) tag: u8,
    /// Contents.
    pub(crate) value: &'a [u8],
    /// Identifier, length and contents.
    pub(crate) whole: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// The elements inside.
    #[must_use]
    pub(crate) const fn inside(&self) -> Reader<'a> {
        Reader { rest: self.value }
    }
}

/// Reads elements one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What has not been read.
    #[must_use]
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether all was read.
    #[must_use]
    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next element.
    pub(crate) fn read(&mut self) -> Parsed<Tlv<'a>> {
        let bytes = self.rest;
        let short = || Asn1Defect("an element is cut off".into());
        let (tag, first) = match bytes {
            [tag, first, ..] => (*tag, *first),
            _ => return Err(short()),
        };
        if tag & 0x1f == 0x1f {
            return Err(Asn1Defect("a tag number above 30".into()));
        }
        let (header, length) = if first < 0x80 {
            (2, usize::from(first))
        } else {
            let count = usize::from(first & 0x7f);
            if count == 0 || count > 4 {
                return Err(Asn1Defect("an indefinite or oversize length".into()));
            }
            let octets = bytes.get(2..2 + count).ok_or_else(short)?;
            let length = octets.iter().fold(0usize, |length, octet| length << 8 | usize::from(*octet));
            if length < 0x80 || octets.first() == Some(&0) {
                return Err(Asn1Defect("a length not in its shortest form".into()));
            }
            (2 + count, length)
        };
        let end = header.checked_add(length).ok_or_else(short)?;
        let (whole, rest) = bytes.split_at_checked(end).ok_or_else(short)?;
        self.rest = rest;
        Ok(Tlv { tag, value: whole.get(header..).unwrap_or_default(), whole })
    }

    /// The next element, which has this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Parsed<Tlv<'a>> {
        let element = self.read()?;
        if element.tag == tag { Ok(element) } else { Err(Asn1Defect(format!("expected tag {tag:#04x}, found {:#04x}", element.tag))) }
    }

    /// The next element if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Parsed<Option<Tlv<'a>>> {
        if self.rest.first() == Some(&tag) { self.read().map(Some) } else { Ok(None) }
    }

    /// All remaining elements.
    pub(crate) fn all(mut self) -> Parsed<Vec<Tlv<'a>>> {
        let mut elements = Vec::new();
        while !self.is_empty() {
            elements.push(self.read()?);
        }
        Ok(elements)
    }

    /// Nothing may follow.
    pub(crate) fn finish(&self) -> Parsed<()> {
        if self.is_empty() { Ok(()) } else { Err(Asn1Defect(format!("{} bytes too many", self.rest.len()))) }
    }
}

/// Reads one element that fills `bytes`.
pub(crate) fn only(bytes: &[u8], tag: u8) -> Parsed<Tlv<'_>> {
    let mut reader = Reader::new(bytes);
    let element = reader.expect(tag)?;
    reader.finish()?;
    Ok(element)
}

/// Whether elements are in DER order of a SET OF, each once.
#[must_use]
pub(crate) fn is_set_order(elements: &[Tlv<'_>]) -> bool {
    elements.windows(2).all(|pair| matches!(pair, [first, second] if first.whole < second.whole))
}

/// Contents of a BIT STRING without unused bits.
pub(crate) fn whole_bits(element: Tlv<'_>) -> Parsed<&[u8]> {
    match element.value.split_first() {
        Some((0, bits)) => Ok(bits),
        _ => Err(Asn1Defect("a bit string with unused bits".into())),
    }
}

/// One element from a tag and its contents.
#[must_use]
pub(crate) fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = value.len();
    if length < 0x80 {
        // Below 128, so it fits.
        out.push(length as u8);
    } else {
        let octets: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
        // A usize has at most eight octets.
        out.push(0x80 | octets.len() as u8);
        out.extend_from_slice(&octets);
    }
    out.extend_from_slice(value);
    out
}

/// One element from a tag and the elements inside.
#[must_use]
pub(crate) fn of(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    tlv(tag, &parts.concat())
}

/// `SEQUENCE` of elements.
#[must_use]
pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    of(SEQUENCE, parts)
}

/// `SET OF`, sorted as DER wants.
#[must_use]
pub(crate) fn set_of(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort_unstable();
    tlv(SET, &parts.concat())
}

/// `INTEGER` from unsigned big-endian bytes.
#[must_use]
pub(crate) fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let digits = bytes.get(start..).unwrap_or_default();
    let mut value = Vec::with_capacity(digits.len() + 1);
    if digits.first().is_none_or(|first| first & 0x80 != 0) {
        value.push(0);
    }
    value.extend_from_slice(digits);
    tlv(INTEGER, &value)
}

/// `BIT STRING` of whole octets.
#[must_use]
pub(crate) fn bit_string(bytes: &[u8]) -> Vec<u8> {
    tlv(BIT_STRING, &[&[0], bytes].concat())
}

/// `UTF8String`
#[must_use]
pub(crate) fn utf8(text: &str) -> Vec<u8> {
    tlv(0x0c, text.as_bytes())
}

/// `BOOLEAN TRUE`
pub(crate) const TRUE: &[u8] = &[0x01, 0x01, 0xff];
/// `NULL`
pub(crate) const NULL: &[u8] = &[0x05, 0x00];
