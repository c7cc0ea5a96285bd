//! `journey` reads analytics events and aliases, and tells whose they are and why.
//!
//! # The map
//! Everything flows one way: **bytes → rows → store → facts → journey → screen or report**.
//!
//! | module | what it does | may name |
//! |---|---|---|
//! | [`model`] | ids, rows, verbs, times, safe text | nothing of ours |
//! | [`identity`] | the pure engine: facts → journey | `model` |
//! | [`formats`] | bytes → rows and rejects | `model` |
//! | [`output`] | files that a command writes: never over the store, an input, or what is there | nothing of ours |
//! | [`store`] | rows ↔ SQLite; the only module that names rusqlite | `model`, `output` |
//! | [`sim`] | scenario files → what SDKs would send | `model`, `formats` |
//! | [`pull`] | answers of a vendor's API → bytes; with `warehouse` and `listen` the only modules that name ureq | nothing of ours |
//! | [`ingest`] | files → store, with progress, resumable | `model`, `formats`, `store` |
//! | [`listen`] | what SDKs send, live → store; the only module that names hyper and tokio | `model`, `formats`, `store`, `ingest` |
//! | [`inspect`] | the use cases: search, journey, overview, over anything that holds rows | `model`, `identity` |
//! | [`report`] | a journey as text or JSON | `model`, `identity` |
//! | [`play`] | a scenario moment by moment: SDKs, server, reasons | `model`, `identity`, `formats`, `sim`, `inspect`, `report` |
//! | [`config`] | which store, which zone, from where | nothing of ours |
//! | [`warehouse`] | the same facts from a ClickHouse server; the only module that speaks its SQL | `model`, `inspect` |
//! | [`session`] | what is open: a store file, a warehouse, the demo, rows in memory, and all that is asked of it | `model`, `identity`, `formats`, `output`, `store`, `sim`, `ingest`, `inspect`, `config`, `warehouse` |
//! | [`tui`] | the terminal interface; the only module that names ratatui and crossterm | all above |
//! | [`cli`] | the command line; with `main` the only place that prints | all above |
//!
//! A test (`tests/it/layers.rs`) holds the table to be true.
//!
//! # The words
//! *root*, *alias call*, *merged*, *split*, *orphan*, *refused*, *identify point*, *reset*: one
//! word for one thing, here, in SQL, in JSON and on screen. README has the list.

pub mod cli;
pub mod config;
pub mod formats;
pub mod identity;
pub mod ingest;
pub mod inspect;
pub mod listen;
pub mod model;
pub mod output;
pub mod play;
pub mod pull;
pub mod report;
pub mod session;
pub mod sim;
pub mod store;
pub mod tui;
pub mod warehouse;
