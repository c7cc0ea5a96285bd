//! Tests of the library and the binary, in one target: each target links SQLite again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

mod alike;
mod browser;
mod captures;
mod cases;
mod census;
mod checklist;
mod citations;
mod cli;
mod clients;
mod compare;
mod demo;
mod dependencies;
mod engine;
mod export;
mod faults;
mod findings;
mod formats;
mod ingest;
mod known;
mod layers;
mod marks;
mod orders;
mod play;
mod player;
mod redact;
mod register;
mod report;
mod rules;
mod scenarios;
mod screens;
mod sheet;
mod sources;
mod store;
mod support;
mod terms;
