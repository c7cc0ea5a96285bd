//! Properties of neighbouring rows, packed together.

use std::fmt;
use std::thread;

use zstd::bulk::Compressor;

use crate::store::{Error, number};

/// Properties of one block before it is packed, at most, unless one row has more: as much as zstd
/// looks at as a whole. Half of it packs to an eighth more; one row costs a tenth of a
/// millisecond.
const BLOCK_BYTES: usize = 128 * 1024;

/// The fastest level: a tenth of the size, for little of the time of an import.
const LEVEL: i32 = 1;

/// Packed properties of all rows of a segment.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Blocks {
    z: Vec<u8>,
    /// Of each block: number of rows, and where its bytes end.
    ends: Vec<(i64, usize)>,
}

impl Blocks {
    /// All of them, end to end.
    pub(in crate::store) fn bytes(&self) -> &[u8] {
        &self.z
    }

    /// Of each block: number of rows, and where its bytes end.
    pub(in crate::store) fn ends(&self) -> &[(i64, usize)] {
        &self.ends
    }
}

/// Packs properties; one for each thread, used again and again.
pub struct Packer {
    compressor: Compressor<'static>,
    /// Properties of the block, one a line.
    text: Vec<u8>,
    packed: Vec<u8>,
}

impl fmt::Debug for Packer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packer").finish_non_exhaustive()
    }
}

impl Packer {
    /// One that is ready.
    ///
    /// # Errors
    /// [`Error::Pack`] without memory for it.
    pub fn new() -> Result<Self, Error> {
        let compressor = Compressor::new(LEVEL).map_err(|source| Error::Pack { source })?;
        Ok(Self { compressor, text: Vec::with_capacity(BLOCK_BYTES), packed: Vec::new() })
    }

    /// The blocks of rows with these properties, each in pieces, one behind the other.
    pub(super) fn pack<'r>(&mut self, rows: impl Iterator<Item = [&'r [u8]; 4]>) -> Result<Blocks, Error> {
        let mut blocks = Blocks::default();
        let mut n = 0;
        self.text.clear();
        for properties in rows {
            let length: usize = properties.iter().map(|piece| piece.len()).sum();
            if n > 0 && self.text.len() + 1 + length > BLOCK_BYTES {
                self.block(n, &mut blocks)?;
                n = 0;
            }
            if n > 0 {
                self.text.push(b'\n');
            }
            let start = self.text.len();
            for piece in properties.iter().filter(|piece| !piece.is_empty()) {
                self.text.extend_from_slice(piece);
            }
            // JSON has line breaks only between values, where a space means the same.
            let added = self.text.get_mut(start..).unwrap_or_default();
            if memchr::memchr(b'\n', added).is_some() {
                for byte in added.iter_mut().filter(|byte| **byte == b'\n') {
                    *byte = b' ';
                }
            }
            n += 1;
        }
        if n > 0 {
            self.block(n, &mut blocks)?;
        }
        Ok(blocks)
    }

    fn block(&mut self, n: usize, blocks: &mut Blocks) -> Result<(), Error> {
        // A person who waits at a screen goes first. The system would let this thread go on for some
        // milliseconds, and a screen takes several turns.
        thread::yield_now();
        self.packed.resize(zstd::zstd_safe::compress_bound(self.text.len()), 0);
        let packed = self.compressor.compress_to_buffer(&self.text, self.packed.as_mut_slice());
        let length = packed.map_err(|source| Error::Pack { source })?;
        blocks.z.extend_from_slice(self.packed.get(..length).unwrap_or_default());
        blocks.ends.push((number::length(n), blocks.z.len()));
        self.text.clear();
        Ok(())
    }
}
