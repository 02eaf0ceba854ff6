//! Reading and writing of bounded bytes: the primitives under every wire form of this crate.
//!
//! Integers are little endian, nothing is optional, every length is checked before anything is
//! allocated, and a reader must be empty at the end: one value has one encoding.

use bytes::Bytes;

/// Why bytes are not a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WireDefect {
    /// The bytes end too early.
    #[error("{what}: {needed} bytes needed, {left} left")]
    Truncated {
        /// What was being read.
        what: &'static str,
        /// How many bytes it takes.
        needed: usize,
        /// How many there are.
        left: usize,
    },
    /// Bytes follow the message.
    #[error("{left} bytes follow the message")]
    Trailing {
        /// How many.
        left: usize,
    },
    /// A tag that names nothing.
    #[error("{what}: unknown tag {found}")]
    Tag {
        /// What was being read.
        what: &'static str,
        /// The tag found.
        found: u8,
    },
    /// A length above its bound.
    #[error("{what}: at most {max}, found {found}")]
    TooLong {
        /// What was being read or written.
        what: &'static str,
        /// The bound.
        max: usize,
        /// The length found.
        found: usize,
    },
    /// A field that its own type refuses.
    #[error("{what} is malformed")]
    Malformed {
        /// What was being read.
        what: &'static str,
    },
    /// A vote extension where none is allowed: they are off.
    #[error("a vote extension, although they are disabled")]
    Extension,
}

/// Reads fields off the front of a message.
#[derive(Debug)]
pub(crate) struct Reader {
    bytes: Bytes,
}

impl Reader {
    /// Starts at the front of `bytes`.
    #[must_use]
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self { bytes }
    }

    /// The next `length` bytes, shared with the message and not copied.
    ///
    /// # Errors
    /// If there are fewer.
    pub(crate) fn take(&mut self, what: &'static str, length: usize) -> Result<Bytes, WireDefect> {
        if length > self.bytes.len() {
            return Err(WireDefect::Truncated { what, needed: length, left: self.bytes.len() });
        }
        Ok(self.bytes.split_to(length))
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// If there are fewer.
    pub(crate) fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], WireDefect> {
        let taken = self.take(what, N)?;
        taken.as_ref().try_into().map_err(|_| WireDefect::Malformed { what })
    }

    /// One byte.
    ///
    /// # Errors
    /// At the end of the message.
    pub(crate) fn u8(&mut self, what: &'static str) -> Result<u8, WireDefect> {
        self.array::<1>(what).map(|[byte]| byte)
    }

    /// A u16.
    ///
    /// # Errors
    /// If fewer than 2 bytes are left.
    pub(crate) fn u16(&mut self, what: &'static str) -> Result<u16, WireDefect> {
        self.array(what).map(u16::from_le_bytes)
    }

    /// A u32.
    ///
    /// # Errors
    /// If fewer than 4 bytes are left.
    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, WireDefect> {
        self.array(what).map(u32::from_le_bytes)
    }

    /// A u64.
    ///
    /// # Errors
    /// If fewer than 8 bytes are left.
    pub(crate) fn u64(&mut self, what: &'static str) -> Result<u64, WireDefect> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// Bytes with their length (u32) in front.
    ///
    /// # Errors
    /// If the length is above `max`, or there are fewer bytes.
    pub(crate) fn bytes(&mut self, what: &'static str, max: usize) -> Result<Bytes, WireDefect> {
        let length = self.u32(what)? as usize;
        if length > max {
            return Err(WireDefect::TooLong { what, max, found: length });
        }
        self.take(what, length)
    }

    /// A list with its count (u16) in front.
    ///
    /// # Errors
    /// If the count is above `max`, or an element is refused.
    pub(crate) fn list<T>(
        &mut self,
        what: &'static str,
        max: usize,
        mut element: impl FnMut(&mut Self) -> Result<T, WireDefect>,
    ) -> Result<Vec<T>, WireDefect> {
        let count = usize::from(self.u16(what)?);
        if count > max {
            return Err(WireDefect::TooLong { what, max, found: count });
        }
        (0..count).map(|_| element(self)).collect()
    }

    /// Ends the message.
    ///
    /// # Errors
    /// If bytes are left.
    pub(crate) fn end(self) -> Result<(), WireDefect> {
        match self.bytes.len() {
            0 => Ok(()),
            left => Err(WireDefect::Trailing { left }),
        }
    }
}

/// Writes fields to the end of a message.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// The message written so far.
    #[must_use]
    pub(crate) fn finish(self) -> Bytes {
        self.bytes.into()
    }

    /// Bytes whose length the reader knows.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// One byte.
    pub(crate) fn u8(&mut self, value: u8) -> &mut Self {
        self.raw(&[value])
    }

    /// A u32.
    pub(crate) fn u32(&mut self, value: u32) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    /// A u64.
    pub(crate) fn u64(&mut self, value: u64) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    /// Bytes with their length (u32) in front.
    ///
    /// # Errors
    /// If there are more than `max`.
    pub(crate) fn bytes(&mut self, what: &'static str, max: usize, bytes: &[u8]) -> Result<&mut Self, WireDefect> {
        let too_long = WireDefect::TooLong { what, max, found: bytes.len() };
        let length = u32::try_from(bytes.len()).map_err(|_| too_long.clone())?;
        if bytes.len() > max {
            return Err(too_long);
        }
        Ok(self.u32(length).raw(bytes))
    }

    /// A list with its count (u16) in front.
    ///
    /// # Errors
    /// If there are more than `max` elements, or one cannot be written.
    pub(crate) fn list<T>(
        &mut self,
        what: &'static str,
        max: usize,
        elements: &[T],
        mut element: impl FnMut(&mut Self, &T) -> Result<(), WireDefect>,
    ) -> Result<&mut Self, WireDefect> {
        let too_long = WireDefect::TooLong { what, max, found: elements.len() };
        let count = u16::try_from(elements.len()).map_err(|_| too_long.clone())?;
        if elements.len() > max {
            return Err(too_long);
        }
        self.raw(&count.to_le_bytes());
        for item in elements {
            element(self, item)?;
        }
        Ok(self)
    }
}
