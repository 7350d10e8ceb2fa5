//! Whatever stands on standard input, the command reads it or refuses it; it never panics.

use proptest::prelude::*;

use crate::command::piped;

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        read(bytes);
    }

    #[test]
    fn any_table_is_read_or_refused(rows in prop::collection::vec(row(), 0..40)) {
        read(format!("timestamp,load\n{}", rows.join("\n")).into_bytes());
    }

    #[test]
    fn a_damaged_history_is_read_or_refused(damage in prop::collection::vec(damage(), 1..8)) {
        let mut bytes = healthy();
        for (place, byte) in damage {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        read(bytes);
    }
}

#[test]
fn a_table_that_ends_with_an_opening_quote_is_refused_with_its_line() {
    for row in ["2026-01-01T00:00,0", "A\",0", ";\",0"] {
        let text = format!("timestamp,load\n{row}\n2026-01-01T00:01,\"");
        let ran = piped(&["data", "describe", "-"], text.as_bytes());
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(ran.stderr.contains("line 3"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    }
}

fn read(bytes: Vec<u8>) {
    let ran = piped(&["data", "describe", "-", "-o", "json"], &bytes);
    assert!([0, 1, 2, 3].contains(&ran.code), "exit {}: {}", ran.code, ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    assert_eq!(ran.code == 0, !ran.stdout.is_empty(), "an answer or an error: {}", ran.stderr);
}

/// A row with what people and programs write into such cells.
fn row() -> impl Strategy<Value = String> {
    let time = prop_oneof![
        "2026-0[1-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,9})?)?(Z|[+-]0[0-9]:[03]0)?",
        "-?[0-9]{1,19}",
        "\\PC{0,20}",
    ];
    let load = prop_oneof![
        "-?[0-9]{1,9}(\\.[0-9]{1,9})?([eE]-?[0-9]{1,3})?",
        prop::sample::select(vec!["", "NaN", "inf", "-inf", "null", "1,5", "\"", "0x10", "∞"])
            .prop_map(str::to_owned),
    ];
    (time, load).prop_map(|(time, load)| format!("{time},{load}"))
}

fn damage() -> impl Strategy<Value = (prop::sample::Index, u8)> {
    (any::<prop::sample::Index>(), any::<u8>())
}

fn healthy() -> Vec<u8> {
    let rows = (0..60).map(|minute| format!("2026-01-05T00:{minute:02}:00Z,{}\n", 100 + minute));
    format!("timestamp,load\n{}", rows.collect::<String>()).into_bytes()
}
