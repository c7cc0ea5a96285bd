//! What the store has of a stream, and what others add meanwhile.

use super::{Parts, Place, Run, Seen, UTC};
use crate::formats::infer::clock_of;
use crate::formats::{Clock, Layout, Sniffed, Zone};
use crate::ingest::chunker::Same;
use crate::ingest::making::{self, Carried};
use crate::ingest::reading::Stream;
use crate::ingest::{Error, Flow};
use crate::store::{self, KnownChunk};

impl Run<'_, '_, '_> {
    /// Notes what of the store a stream is compared with.
    pub(super) fn see(&mut self) -> Result<(), Error> {
        let last = self.writer.last_chunk()?;
        if self.seen.others || last != self.seen.now {
            self.firsts.add_of_others(self.writer.chunks_after_since(0, self.firsts_until)?);
        }
        self.firsts_until = last;
        self.seen = Seen { then: last, now: last, others: false, overtaken: false, ..self.seen };
        Ok(())
    }

    /// Whether another import has added what the stream may go on with behind `prev` since it was
    /// compared with the store: a part of what comes next, or more of it. Asked under the lock.
    pub(super) fn is_overtaken(&mut self, prev: u64) -> Result<bool, Error> {
        let last = self.writer.last_chunk()?;
        self.seen.others |= last != self.seen.now;
        self.seen.overtaken = self.seen.others
            && self.seen.can_return
            && !self.writer.chunks_after_since(prev, self.seen.then)?.is_empty();
        self.holds = self.seen.overtaken;
        Ok(self.seen.overtaken)
    }

    /// Notes that a chunk was added.
    pub(super) fn note_added(&mut self) -> Result<(), Error> {
        self.seen.now = self.writer.last_chunk()?;
        if !self.seen.others {
            self.firsts_until = self.seen.now;
        }
        Ok(())
    }

    /// Passes over the chunks that the store has.
    pub(super) fn skip_known(
        &mut self,
        stream: &mut Stream,
        sniffed: &Sniffed,
        parts: &mut Parts,
    ) -> Result<Place, Error> {
        let mut place = Place::start(sniffed);
        loop {
            if self.tell(&stream.position()) == Flow::Stop {
                self.report.cancelled = true;
                return Ok(place);
            }
            let candidates = if place.prev == 0 {
                self.first_chunks(stream, parts.chunker.layout())?
            } else {
                self.writer.chunks_after(place.prev)?
            };
            let mut next: Option<KnownChunk> = None;
            // A chunk that the file goes on with elsewhere: this is another file with the same start.
            let mut other_way = false;
            for known in candidates {
                match parts.chunker.compare(stream, place.prev, &known) {
                    Same::Yes if next.as_ref().is_none_or(|best| best.bytes < known.bytes) => {
                        next = Some(known);
                    }
                    Same::Yes | Same::UpToItsCutEnd => {}
                    Same::No => other_way |= Some(known.file) == place.file,
                }
            }
            let Some(known) = next else {
                if other_way {
                    place.file = None;
                    place.is_forked = true;
                }
                return Ok(place);
            };
            if parts.carried.wants_zone() {
                let piece = parts.chunker.known_piece(stream, place.prev, &known);
                parts.carried.infer(&parts.maker.decode(&piece));
            }
            parts.chunker.pass_over(stream, place.prev, &known);
            parts.carried.pass_over(&known);
            place.prev = known.hash;
            place.file = Some(known.file);
            place.bytes += known.bytes;
            place.known += known.bytes;
        }
    }

    /// The chunks of the store that the stream may begin with.
    fn first_chunks(&mut self, stream: &mut Stream, layout: Layout) -> Result<Vec<KnownChunk>, Error> {
        if !self.firsts.is_there() {
            self.firsts.begin(self.writer.chunks_after(0)?);
        }
        stream.fill(self.firsts.longest().saturating_add(1));
        Ok(self.firsts.candidates(stream.content(), layout).unwrap_or_default())
    }

    /// Takes the zone that a known part was read in, where none was asked for, and says so where
    /// another one was.
    pub(super) fn settle_zone(
        &mut self,
        carried: &mut Carried,
        sniffed: &Sniffed,
        file: Option<store::FileId>,
        name: &str,
    ) -> Result<(), Error> {
        let Some(file) = file else { return Ok(()) };
        let (before, _) = self.writer.file_state(file)?;
        if sniffed.clock() == Clock::Utc {
            if before == UTC {
                return Ok(());
            }
            carried.note_clock();
        }
        if self.options.zone == Zone::Infer {
            if let Some(given) = before.strip_suffix(making::GIVEN)
                && let Ok(zone) = Zone::parse(given.trim())
            {
                carried.give_zone(zone);
            }
        } else if clock_of(&before) != self.options.zone.name() {
            self.report.warnings.push(format!(
                "{name} was imported before with its times in {before}; the rows stored then keep that. To read them \
                 in {}, import into a new store",
                self.options.zone.name()
            ));
        }
        Ok(())
    }
}
