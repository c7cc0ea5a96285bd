//! Adding to a store.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{Added, Chunk, Error, FileId, FileInfo, ImportedFile, KnownChunk, Reader};

/// The one that adds to a store.
#[derive(Debug)]
pub struct Writer {
    db: Connection,
    path: PathBuf,
}

impl Writer {
    /// Opens the store at `path`, making it and its folder if they are not there.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let db = Connection::open(path).map_err(|source| Error::sqlite(path, source))?;
        Ok(Self { db, path: path.to_owned() })
    }

    /// A store that ends with the program.
    pub fn in_memory() -> Result<Self, Error> {
        Self::open(Path::new(":memory:"))
    }

    /// Announces a file; gives the number that its chunks name.
    pub fn begin_file(&mut self, info: &FileInfo) -> Result<FileId, Error> {
        let _ = info;
        Ok(0)
    }

    /// The chunks that the store has after the chunk with hash `prev`; 0 asks for first chunks.
    pub fn chunks_after(&self, prev: u64) -> Result<Vec<KnownChunk>, Error> {
        let _ = prev;
        Ok(Vec::new())
    }

    /// Adds a chunk whole, in one transaction.
    pub fn append(&mut self, chunk: Chunk) -> Result<Added, Error> {
        drop(chunk);
        Ok(Added::default())
    }

    /// Notes whether a file was read to its end.
    pub fn finish_file(&mut self, file: FileId, complete: bool) -> Result<(), Error> {
        let _ = (file, complete);
        Ok(())
    }

    /// What the store has of a file.
    pub fn file_totals(&self, file: FileId) -> Result<ImportedFile, Error> {
        Err(Error::Missing { path: self.path.clone(), what: format!("file {file}") })
    }

    /// Token of the project, from the first row that had one.
    pub fn project(&self) -> Result<Option<String>, Error> {
        Ok(None)
    }

    /// Keeps the token of the project, unless one is known.
    pub fn set_project(&mut self, token: &str) -> Result<(), Error> {
        let _ = token;
        Ok(())
    }

    /// Leaves the store tidy: statistics for the planner, and all of it in one file.
    pub fn finish(self) -> Result<(), Error> {
        Ok(())
    }

    /// The same store to read from: how one in memory is read.
    pub fn into_reader(self) -> Result<Reader, Error> {
        Reader::over(self.db, None)
    }
}
