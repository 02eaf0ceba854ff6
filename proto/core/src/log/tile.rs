//! How C2SP `tlog-tiles` cuts a log into tiles and entry bundles, and what their paths look like.
//!
//! ```text
//! tile/<L>/<N>[.p/<W>]         256 nodes of level 8 L, from number 256 N on, or W of them
//! tile/entries/<N>[.p/<W>]     256 entries from number 256 N on, or W of them
//! N = 1234067: x001/x234/067
//! ```

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

use super::NodeId;

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u16 = 256;

/// Levels of the tree in one tile.
const TILE_HEIGHT: u8 = 8;

/// Highest level of a tile. The specification has paths up to 63, but fewer than 2^64 leaves fill no tile above 7.
pub const TILE_LEVEL_MAX: u8 = 7;

/// A tile of hashes: `width` nodes beside one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    level: u8,
    index: u64,
    width: u16,
}

/// A bundle of entries: `width` log entries after one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bundle {
    index: u64,
    width: u16,
}

/// All tiles of a log of `size` leaves: per level the full ones, then the partial one if there is one.
pub fn tiles(size: u64) -> impl Iterator<Item = Tile> {
    (0..=TILE_LEVEL_MAX).flat_map(move |level| {
        let nodes = size >> (TILE_HEIGHT * level);
        (0..nodes.div_ceil(u64::from(TILE_WIDTH))).filter_map(move |index| Some(Tile { level, index, width: width_of(index, nodes)? }))
    })
}

/// All entry bundles of a log of `size` leaves.
pub fn bundles(size: u64) -> impl Iterator<Item = Bundle> {
    (0..size.div_ceil(u64::from(TILE_WIDTH))).filter_map(move |index| Some(Bundle { index, width: width_of(index, size)? }))
}

/// How many of `count` items lie in tile `index`; none if it is empty.
fn width_of(index: u64, count: u64) -> Option<u16> {
    let start = index.checked_mul(u64::from(TILE_WIDTH))?;
    match count.saturating_sub(start) {
        0 => None,
        left => u16::try_from(left.min(u64::from(TILE_WIDTH))).ok(),
    }
}

/// Whether `width` items from tile `index` on are at most `limit`, the number of items any log can have.
fn fits(index: u64, width: u16, limit: u64) -> bool {
    let end = index.checked_mul(u64::from(TILE_WIDTH)).and_then(|start| start.checked_add(width.into()));
    (1..=TILE_WIDTH).contains(&width) && end.is_some_and(|end| end <= limit)
}

impl Tile {
    /// The tile `index` of a level as it is in a log of `size` leaves; none if it is empty there.
    #[must_use]
    pub fn of_log(level: u8, index: u64, size: u64) -> Option<Self> {
        if level > TILE_LEVEL_MAX {
            return None;
        }
        Some(Self { level, index, width: width_of(index, size >> (TILE_HEIGHT * level))? })
    }

    /// Level of the tile; its nodes have level 8 times this.
    #[must_use]
    pub const fn level(&self) -> u8 {
        self.level
    }

    /// Number within its level.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Number of hashes, 1 to 256.
    #[must_use]
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// Whether a log of `size` leaves has this tile, full or partial.
    #[must_use]
    pub fn is_in(&self, size: u64) -> bool {
        Self::of_log(self.level, self.index, size).is_some_and(|whole| self.width <= whole.width)
    }

    /// The nodes whose hashes the tile holds, in order.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        let (level, start) = (self.level * TILE_HEIGHT, self.index * u64::from(TILE_WIDTH));
        (start..start + u64::from(self.width)).map(move |index| NodeId { level, index })
    }
}

impl Bundle {
    /// The bundle `index` as it is in a log of `size` leaves; none if it is empty there.
    #[must_use]
    pub fn of_log(index: u64, size: u64) -> Option<Self> {
        Some(Self { index, width: width_of(index, size)? })
    }

    /// Number of the bundle.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Number of entries, 1 to 256.
    #[must_use]
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// Whether a log of `size` leaves has this bundle, full or partial.
    #[must_use]
    pub fn is_in(&self, size: u64) -> bool {
        Self::of_log(self.index, size).is_some_and(|whole| self.width <= whole.width)
    }

    /// Numbers of its entries in the log.
    #[must_use]
    pub fn entries(&self) -> core::ops::Range<u64> {
        let start = self.index * u64::from(TILE_WIDTH);
        start..start + u64::from(self.width)
    }
}

/// What a path below a log's prefix names. `Display` and `FromStr` are the path, such as `tile/0/x001/x234/067.p/112`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TilePath {
    /// A tile of hashes.
    Hashes(Tile),
    /// A bundle of entries.
    Entries(Bundle),
}

/// A path that names no tile and no bundle, or not in the one way to write it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected tile/<level or \"entries\">/<number as x001/234>[.p/<width 1 to 255>], found {found:?}")]
pub struct TilePathDefect {
    /// What was given, cut to 80 characters.
    pub found: String,
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, width) = match self {
            Self::Hashes(tile) => {
                write!(f, "tile/{}/", tile.level)?;
                (tile.index, tile.width)
            }
            Self::Entries(bundle) => {
                f.write_str("tile/entries/")?;
                (bundle.index, bundle.width)
            }
        };
        f.write_str(&number_path(index))?;
        if width == TILE_WIDTH { Ok(()) } else { write!(f, ".p/{width}") }
    }
}

/// 1234067 as `x001/x234/067`.
fn number_path(index: u64) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path.insert_str(0, &format!("x{:03}/", rest % 1000));
        rest /= 1000;
    }
    path
}

impl FromStr for TilePath {
    type Err = TilePathDefect;

    fn from_str(text: &str) -> Result<Self, TilePathDefect> {
        // What is not written in the one way does not come back the same.
        read(text).filter(|path| path.to_string() == text).ok_or_else(|| TilePathDefect { found: text.chars().take(80).collect() })
    }
}

/// Reads a path leniently: sums its elements, minds bounds, but not how it is written.
fn read(text: &str) -> Option<TilePath> {
    let (kind, rest) = text.strip_prefix("tile/")?.split_once('/')?;
    let (number, width) = match rest.split_once(".p/") {
        Some((number, width)) => (number, width.parse().ok().filter(|width| *width < TILE_WIDTH)?),
        None => (rest, TILE_WIDTH),
    };
    let index = number.split('/').try_fold(0u64, |sum, element| {
        let digits: u64 = element.strip_prefix('x').unwrap_or(element).parse().ok()?;
        sum.checked_mul(1000)?.checked_add(digits)
    })?;
    if kind == "entries" {
        return fits(index, width, u64::MAX).then_some(TilePath::Entries(Bundle { index, width }));
    }
    let level: u8 = kind.parse().ok().filter(|level| *level <= TILE_LEVEL_MAX)?;
    fits(index, width, u64::MAX >> (TILE_HEIGHT * level)).then_some(TilePath::Hashes(Tile { level, index, width }))
}
