//! What goes wrong on a server is an error, and never an answer with fewer rows.

use journey::inspect::ErrorKind;
use journey::model::Id;
use journey::session::warehouse::fill;
use journey::warehouse::{Address, Client, Failed, Layout, OwnTable, Warehouse};

use super::servers::{self, Servers};
use super::{Store, as_user, client, open_own, own_mapping, prepared};

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
    assert!(
        error.what.contains("met a limit") && format!("{error:?}").contains("seconds, rows and bytes of [warehouse]"),
        "{error:?}"
    );
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

#[test]
fn what_cannot_be_reached_says_what_happened_and_what_to_do() {
    let Some(servers) = Servers::start(1) else { return };
    let address = &servers.addresses("default")[0];
    let failed = |client: Client| client.ask("SELECT 1", None).map_err(|failed| client.explain(failed)).unwrap_err();
    let hint = |error: journey::inspect::Error| format!("{}: {}", error.what, error.hints.join("; "));
    let plain = address.replace("clickhouse://", "clickhouses://");
    let error = hint(failed(client(&plain)));
    assert!(error.contains("does not answer") && error.contains("does not speak TLS"), "{error}");
    let secure = servers.secure_address("default").replace("clickhouses://", "clickhouse://");
    let error = hint(failed(client(&secure)));
    assert!(error.contains("answer") && error.contains("8443 with clickhouses://"), "{error}");
    let error = hint(failed(client("clickhouse://127.0.0.1:1/default")));
    assert!(error.contains("no server listens there"), "{error}");
    let error = hint(failed(client(&address.replace("/default", "/nowhere"))));
    assert!(error.contains("has no such database") && error.contains("SHOW DATABASES"), "{error}");
    let error = hint(failed(as_user(address, servers::READER, "wrong")));
    assert!(error.contains("refuses the user") && error.contains("JOURNEY_WAREHOUSE_PASSWORD"), "{error}");
    let own = |own: OwnTable| {
        let address = Address { own: Some(Box::new(own)), ..Address::read(address).unwrap() };
        hint(journey::session::warehouse::open(&address).map(drop).unwrap_err())
    };
    let error = own(own_mapping());
    assert!(error.contains("has no such table") && error.contains("[warehouse.events]"), "{error}");
    client(address)
        .run("CREATE TABLE own (n UInt64, distinct_id String, time DateTime, event String, properties String, arrived Int64) ENGINE = Memory")
        .unwrap();
    open_own(address, own_mapping());
    for id in ["no_such", "noSuch(distinct_id)", "distinct_id +", "distinct_id + 1"] {
        let error = own(OwnTable { id: id.to_owned(), ..own_mapping() });
        assert!(
            error.contains("cannot evaluate an expression") && error.contains("[warehouse.events]"),
            "{id}: {error}"
        );
    }
}
