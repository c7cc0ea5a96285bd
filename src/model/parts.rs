//! Which ids calls and links join: they are judged together, and stored together in a warehouse.

/// A forest of ids by their numbers; the smallest number of a tree is its root.
#[derive(Clone, Debug)]
pub struct Parts(Vec<u32>);

impl Parts {
    /// Each id alone.
    pub fn new(ids: usize) -> Self {
        Self((0..ids).map(|id| u32::try_from(id).unwrap_or(u32::MAX)).collect())
    }

    fn next(&self, at: u32) -> u32 {
        self.0.get(at as usize).copied().unwrap_or(at)
    }

    /// The id that stands for all that are joined with `id`.
    pub fn of(&mut self, id: u32) -> u32 {
        let mut at = id;
        loop {
            let next = self.next(at);
            if next == at {
                return at;
            }
            let skip = self.next(next);
            if let Some(way) = self.0.get_mut(at as usize) {
                *way = skip;
            }
            at = skip;
        }
    }

    /// Joins two ids, and with them all that are joined with either.
    pub fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.of(one), self.of(other));
        if let Some(way) = self.0.get_mut(one.max(other) as usize) {
            *way = one.min(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_joined_has_one_root() {
        let mut parts = Parts::new(6);
        parts.join(4, 2);
        parts.join(5, 4);
        assert_eq!((0..6).map(|id| parts.of(id)).collect::<Vec<_>>(), [0, 1, 2, 3, 2, 2]);
    }
}
