//! What goes wrong on a server is an error, and never an answer with fewer rows.

use journey::inspect::ErrorKind;
use journey::model::Id;
use journey::session::warehouse::fill;
use journey::warehouse::{Address, Client, Failed, Layout, Warehouse};

use super::servers::{self, Servers};
use super::{Store, as_user, client, prepared};

#[test]
fn an_error_in_the_middle_of_an_answer_is_an_error() {
    let Some(servers) = Servers::start(1) else { return };
    let client = client(&servers.addresses("default")[0]);
    let rows = "SELECT number, toString(number) FROM system.numbers";
    let answer = client.ask(&format!("{rows} LIMIT 3000000 FORMAT RowBinary"), None).unwrap();
    assert!(answer.len() > 30_000_000);
    // Millions of rows are there before the one that cannot be made.
    let cut = format!("{rows} WHERE NOT ignore(intDiv(1, 3000000 - number)) LIMIT 4000000 FORMAT RowBinary");
    let Err(Failed::Refused { code, what }) = client.ask(&cut, None) else { panic!("a part of an answer") };
    assert_eq!(code, 153, "{what}");
}

#[test]
fn a_user_without_rights_gets_an_error_that_says_so() {
    let Some(servers) = Servers::start(1) else { return };
    let address = prepared(&servers, "closed", &Layout::default());
    let store = Store::demo();
    let reader = as_user(&address, servers::READER, servers::PASSWORD);
    let error = fill(&store.reader(), &reader, &mut |_, _| true).unwrap_err();
    assert!(error.what.contains("does not allow that"), "{error:?}");
    fill(&store.reader(), &client(&address), &mut |_, _| true).unwrap();
    let Err(error) = Warehouse::open(as_user(&address, servers::GUEST, servers::PASSWORD)) else {
        panic!("a user of another database")
    };
    assert_eq!(error.kind, ErrorKind::Store);
    assert!(error.what.contains("does not allow that"), "{error:?}");
}

#[test]
fn a_journey_that_meets_a_limit_is_an_error() {
    let Some(servers) = Servers::start(1) else { return };
    let address = prepared(&servers, "limits", &Layout::default());
    fill(&Store::demo().reader(), &client(&address), &mut |_, _| true).unwrap();
    let mut address = Address::read(&address).unwrap();
    // Servers count whole granules: those of the loads and of the files are 256 rows, those of the ids 1,024.
    address.limits.rows = 600;
    let warehouse = Warehouse::open(Client::new(&address, &|_| None).unwrap()).unwrap();
    let warehouse = journey::inspect::Inspector::new(warehouse);
    let error = warehouse.journey(&Id::new("sally@gmail.com")).unwrap_err();
    assert!(error.what.contains("met a limit") && format!("{error:?}").contains("[warehouse.limits]"), "{error:?}");
}

#[test]
fn a_query_that_someone_else_kills_is_an_error_and_not_an_answer_that_no_one_wants() {
    let Some(servers) = Servers::start(1) else { return };
    let client = client(&servers.addresses("default")[0]);
    let other = client.clone();
    let asked = std::thread::spawn(move || other.ask("SELECT count() FROM system.numbers", None));
    let kill = "KILL QUERY WHERE query LIKE 'SELECT count() FROM system.numbers%' SYNC";
    while !asked.is_finished() {
        client.run(kill).unwrap();
    }
    let failed = asked.join().unwrap().unwrap_err();
    assert!(matches!(failed, Failed::Refused { code: 394, .. }), "{failed:?}");
    let error = client.explain(failed);
    assert_eq!(error.kind, ErrorKind::Store);
    assert!(error.what.contains("ended the query"), "{error:?}");
}
