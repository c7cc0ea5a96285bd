//! Something made of the rows of each of many ids, on as many processors as there are.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::super::{Error, Sweep};
use crate::model::threads::join;

/// Ids that a thread takes at once, and between two questions whether to go on, at most; and at least, for which
/// another thread is worth its start.
const OFTEN: usize = 256;
const FEW: usize = 8;

/// Threads that read, at most: each opens the source anew.
const MOST_THREADS: usize = 4;

/// What `make` gives for each of `ids`, in their order; `None` where `go_on` ended it.
pub(super) fn of_each<I: Sync, T: Send>(
    reader: &dyn Sweep,
    ids: &[I],
    make: &(dyn Fn(&dyn Sweep, &I) -> Result<T, Error> + Sync),
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Option<Vec<T>>, Error> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    let parts: Vec<&[I]> = ids.chunks(ids.len().div_ceil(threads * 4).clamp(FEW, OFTEN)).collect();
    let threads = threads.min(parts.len());
    let mut helpers = Vec::new();
    while helpers.len() + 1 < threads {
        let Some(helper) = reader.another()? else { break };
        helpers.push(helper);
    }
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let made: Mutex<Vec<(usize, Vec<T>)>> = Mutex::default();
    let work = |reader: &dyn Sweep, go_on: &mut dyn FnMut() -> bool| {
        while !stop.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = parts.get(at) else { break };
            let wanted = go_on();
            let ids = if wanted { *part } else { &[] };
            let of_part: Result<Vec<T>, Error> = ids.iter().map(|id| make(reader, id)).collect();
            if !wanted || of_part.is_err() {
                // The others need not go on.
                stop.store(true, Ordering::Relaxed);
            }
            made.lock().unwrap_or_else(PoisonError::into_inner).push((at, of_part?));
        }
        Ok(())
    };
    let work = &work;
    thread::scope(|scope| {
        let helped: Vec<_> =
            helpers.into_iter().map(|helper| scope.spawn(move || work(&*helper, &mut || true))).collect();
        let own: Result<(), Error> = work(reader, go_on);
        helped.into_iter().map(join).fold(own, Result::and)
    })?;
    let mut made = made.into_inner().unwrap_or_else(PoisonError::into_inner);
    made.sort_unstable_by_key(|(at, _)| *at);
    let made: Vec<T> = made.into_iter().flat_map(|(_, of_part)| of_part).collect();
    Ok((made.len() == ids.len()).then_some(made))
}
