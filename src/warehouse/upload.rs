//! Rows on their way to one table, while the next ones are made.

use std::io::{self, Read};
use std::sync::mpsc::{self, Receiver, SyncSender};

use super::client::{Client, Failed};

/// Bytes from which on a block goes on its way.
pub(super) const BLOCK: usize = 1 << 20;

/// Blocks that wait to be sent, at most.
const WAITING: usize = 8;

/// A request that is being sent.
pub(super) struct Upload {
    blocks: SyncSender<Option<Vec<u8>>>,
    answer: Receiver<Result<(), Failed>>,
}

impl Upload {
    /// Begins to send rows for `table`.
    pub(super) fn begin(client: &Client, table: &'static str) -> Result<Self, Failed> {
        let (blocks, to_send) = mpsc::sync_channel(WAITING);
        let (sender, answer) = mpsc::channel();
        let client = client.clone();
        let send = move || {
            let mut rows = Rows { blocks: to_send, block: Vec::new(), at: 0, is_over: false };
            // The one who fills may be gone.
            let _ = sender.send(client.insert(table, &mut rows));
        };
        let thread = std::thread::Builder::new().name("warehouse-fill".into()).spawn(send);
        thread.map_err(|error| Failed::Silent(format!("no thread can be started: {error}")))?;
        Ok(Self { blocks, answer })
    }

    /// Hands a block over; `false` when none is taken any more, of which [`Ended::arrived`] tells the reason.
    pub(super) fn send(&self, block: Vec<u8>) -> bool {
        self.blocks.send(Some(block)).is_ok()
    }

    /// Says that this was all.
    pub(super) fn end(self) -> Ended {
        let is_whole = self.blocks.send(None).is_ok();
        Ended { is_whole, answer: self.answer }
    }
}

/// A request of which everything was handed over.
pub(super) struct Ended {
    is_whole: bool,
    answer: Receiver<Result<(), Failed>>,
}

impl Ended {
    /// Waits until it is stored.
    pub(super) fn arrived(self) -> Result<(), Failed> {
        match self.answer.recv() {
            Ok(Ok(())) if !self.is_whole => {
                Err(Failed::Silent("the server answered before all rows were sent".to_owned()))
            }
            Ok(answer) => answer,
            Err(_) => Err(Failed::Silent("the thread that sent rows ended without an answer".to_owned())),
        }
    }
}

/// The blocks as one body. Without its end it fails, so that a part never passes for the whole.
struct Rows {
    blocks: Receiver<Option<Vec<u8>>>,
    block: Vec<u8>,
    at: usize,
    is_over: bool,
}

impl Read for Rows {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while !self.is_over && self.at == self.block.len() {
            match self.blocks.recv() {
                Ok(Some(block)) => (self.block, self.at) = (block, 0),
                Ok(None) => {
                    self.is_over = true;
                    self.block = Vec::new();
                    self.at = 0;
                }
                Err(_) => return Err(io::Error::other("the fill was stopped")),
            }
        }
        let rest = self.block.get(self.at..).unwrap_or_default();
        let n = rest.len().min(to.len());
        if let (Some(to), Some(from)) = (to.get_mut(..n), rest.get(..n)) {
            to.copy_from_slice(from);
        }
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(sent: Vec<Option<Vec<u8>>>) -> io::Result<Vec<u8>> {
        let (sender, blocks) = mpsc::sync_channel(sent.len());
        for block in sent {
            sender.send(block).unwrap();
        }
        drop(sender);
        let mut body = Vec::new();
        Rows { blocks, block: Vec::new(), at: 0, is_over: false }.read_to_end(&mut body).map(|_| body)
    }

    #[test]
    fn blocks_are_one_body_and_one_without_its_end_fails() {
        assert_eq!(rows(vec![Some(vec![1, 2]), Some(vec![]), Some(vec![3]), None]).unwrap(), [1, 2, 3]);
        assert!(rows(vec![Some(vec![1, 2])]).is_err());
        assert!(rows(vec![None]).unwrap().is_empty());
    }
}
