//! What the interface works on, under the names that it has here, and what it makes of a look at a hit.

mod about;

pub use self::about::{Milestone, Preview, User};
pub use crate::inspect::{Error as Failure, ErrorKind as FailureKind};
pub use crate::session::{
    Answer, Hits, LISTED, Question, Recent, Redacted, Saved, Session as Backend, Sight, StartPage,
};
