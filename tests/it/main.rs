//! Tests of the library and the binary, in one target: each target links SQLite again.

mod captures;
mod cases;
mod cli;
mod engine;
mod formats;
mod ingest;
mod layers;
mod scenarios;
mod screens;
mod store;
mod support;
