//! Journeys through a real terminal.
