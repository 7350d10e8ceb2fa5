//! Answers that nobody would send: never a panic, never a series that is not finite.

use std::sync::{Arc, Mutex, OnceLock};

use proptest::prelude::*;

use crate::server::{BEGIN, Reply, Server};

/// A server that answers with whatever is laid down.
fn server() -> &'static (Server, Arc<Mutex<Vec<u8>>>) {
    static SERVER: OnceLock<(Server, Arc<Mutex<Vec<u8>>>)> = OnceLock::new();
    SERVER.get_or_init(|| {
        let body: Arc<Mutex<Vec<u8>>> = Arc::default();
        let laid_down = Arc::clone(&body);
        (Server::new(move |_| Reply::json(laid_down.lock().unwrap().clone())), body)
    })
}

/// JSON that is nearly right.
fn answer() -> impl Strategy<Value = String> {
    let at = prop_oneof![
        (BEGIN - 100..BEGIN + 700).prop_map(|at| at.to_string()),
        any::<f64>().prop_map(|at| format!("{at:e}")),
        any::<i64>().prop_map(|at| at.to_string()),
    ];
    let value = prop_oneof![
        any::<f64>().prop_map(|value| format!("\"{value}\"")),
        Just("\"+Inf\"".to_owned()),
        Just("null".to_owned()),
        "[ -~]{0,6}".prop_map(|text| format!("{text:?}")),
    ];
    let sample = (at, value).prop_map(|(at, value)| format!("[{at},{value}]"));
    let labels = proptest::collection::btree_map("[a-z]{1,3}", any::<String>(), 0..3);
    let one = (labels, proptest::collection::vec(sample, 0..40)).prop_map(|(labels, samples)| {
        let labels = serde_json::to_string(&labels).unwrap();
        format!(r#"{{"metric":{labels},"values":[{}]}}"#, samples.join(","))
    });
    proptest::collection::vec(one, 0..3).prop_map(|series| {
        let result = series.join(",");
        format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{result}]}}}}"#)
    })
}

/// The answer, or one with some bytes changed, or any bytes at all.
fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => answer().prop_map(String::into_bytes),
        2 => (answer(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(text, at, byte)| {
            let mut bytes = text.into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes
        }),
        1 => (answer(), any::<prop::sample::Index>()).prop_map(|(text, at)| {
            text.as_bytes()[..at.index(text.len())].to_vec()
        }),
        1 => proptest::collection::vec(any::<u8>(), 0..200),
    ]
}

proptest! {
    #[test]
    fn any_answer_is_a_series_or_an_error(body in body()) {
        let (server, laid_down) = server();
        *laid_down.lock().unwrap() = body;
        let mut settings = server.settings("load");
        settings.min_coverage = 0.0;
        match server.read_as(settings) {
            Ok(read) => {
                prop_assert!(read.series.len() <= 10);
                prop_assert!(read.series.present().all(|load| load.is_finite() && load >= 0.0));
                prop_assert_eq!(read.series.end(), crate::server::now());
            }
            Err(error) => prop_assert!(error.to_string().len() < 20_000),
        }
    }
}
