//! Reading terms.

use super::*;

#[test]
fn a_text_without_a_term_is_a_text_and_one_with_a_term_is_a_query() {
    for text in ["", "sally", "sally or bob", "\"plan=pro\"", "https://shop.example/?plan=pro"] {
        assert_eq!(Terms::read(text), Ok(None), "{text}");
    }
    for text in ["plan=pro", "sally event:buy", "-(event:buy or user:4)", " email: sally "] {
        assert!(matches!(Terms::read(text), Ok(Some(_))), "{text}");
    }
    assert!(Terms::words("sally or bob").is_some() && Terms::words("sally bob").is_none());
}

#[test]
fn what_is_read_reads_the_same_from_the_text_that_it_gives() {
    for text in ["id:a \"two \"", " id:a\u{a0}", "\"b\" id:a  "] {
        let terms = Terms::read(text).unwrap().unwrap();
        assert_eq!(Terms::read(terms.text()), Ok(Some(terms)), "{text:?}");
    }
}
