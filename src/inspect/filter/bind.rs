//! A query for the rows of one journey: with its lanes, and its first and last moment.

use std::ops::Range;

use super::decide::{self, Expr};
use super::{Error, Names};
use crate::identity::naming::letter;
use crate::inspect::query::{self, Query, Term, Times};
use crate::model::{Id, Millis};

/// What a query asks of the rows of a journey.
///
/// # Errors
/// It names a lane that the journey does not have.
pub(super) fn bind(query: &Query, names: &Names) -> Result<Expr, Error> {
    let mut places = query.places().iter();
    of_expr(query.expr(), names, &mut || places.next().cloned().unwrap_or_default())
}

fn of_expr(expr: &query::Expr, names: &Names, place: &mut dyn FnMut() -> Range<usize>) -> Result<Expr, Error> {
    let mut all = |list: &[query::Expr]| -> Result<Vec<Expr>, Error> {
        list.iter().map(|expr| of_expr(expr, names, place)).collect()
    };
    Ok(match expr {
        query::Expr::All(list) => Expr::All(all(list)?),
        query::Expr::Any(list) => Expr::Any(all(list)?),
        query::Expr::Not(inner) => Expr::Not(Box::new(of_expr(inner, names, place)?)),
        query::Expr::Group(inner) => of_expr(inner, names, place)?,
        query::Expr::Term(term) => of_term(term, names, place())?,
    })
}

fn of_term(term: &Term, names: &Names, place: Range<usize>) -> Result<Expr, Error> {
    match term {
        Term::Lane(label) => Ok(Expr::Lane(lane(label, names, place)?)),
        other => Ok(self::term(other, names.first, names.last)),
    }
}

/// What a term asks of a row, where what is looked at lasts from `first` to `last`.
pub(in crate::inspect) fn term(term: &Term, first: Millis, last: Millis) -> Expr {
    if let Some(times) = Times::of(term, first, last) {
        return Expr::Times(times);
    }
    match term {
        Term::Word(word) => Expr::Word(word.clone()),
        Term::Field(field, sought) => Expr::Field(*field, sought.clone()),
        Term::Phase(phase) => Expr::Phase(*phase),
        Term::Is(state) => Expr::Is(decide::states(state)),
        Term::Property(name, test) => Expr::Property(name.clone(), test.clone()),
        // Those of time are taken already, and outside of a journey there are no lanes.
        Term::Lane(_) | Term::After(_) | Term::Before(_) | Term::At(_) | Term::Between(..) => Expr::Any(Vec::new()),
    }
}

fn lane(label: &str, names: &Names, place: Range<usize>) -> Result<Vec<Id>, Error> {
    let lanes = &names.lanes;
    let at = (0..lanes.len()).find(|at| letter(*at).eq_ignore_ascii_case(label));
    at.and_then(|at| lanes.get(at)).cloned().ok_or_else(|| {
        let last = lanes.len().checked_sub(1).map(letter);
        let known = last.map_or("there are none".to_owned(), |last| format!("they go from A to {last}"));
        Error::new(format!("no lane is called {label}; {known}"), place)
    })
}
