//! What becomes of answers: windows, gaps, repeats, values that are none, and series that are too many.

use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use forescale_core::Frequency;
use forescale_prometheus::PrometheusError;

use crate::server::{BEGIN, Reply, Request, Server, matrix, now, series};

/// The points that a range query asks for, in milliseconds.
fn points(request: &Request) -> Vec<i64> {
    let at = |key: &str| (request.form[key].parse::<f64>().unwrap() * 1e3).round() as i64;
    let step = request.form["step"].parse::<usize>().unwrap() * 1_000;
    (at("start")..=at("end")).step_by(step).collect()
}

/// Every point of a range query with `value` of its step, and no sample where that is none.
pub fn evaluated(request: &Request, value: impl Fn(i64) -> Option<String>) -> Reply {
    let samples: Vec<_> = points(request)
        .into_iter()
        .filter_map(|at| Some(format!("[{}.{:03},\"{}\"]", at / 1_000, at % 1_000, value(at)?)))
        .collect();
    matrix(&format!(r#"{{"metric":{{}},"values":[{}]}}"#, samples.join(",")))
}

#[test]
fn a_bare_gauge_is_read_as_it_was_scraped() {
    let server = Server::new(|_| {
        // Every 30 seconds for 10 minutes, without the third and fourth minute.
        let samples: Vec<_> = (0..20)
            .filter(|i| !(4..8).contains(i))
            .map(|i| (BEGIN + 30 * i, if i % 2 == 0 { "1" } else { "3" }))
            .collect();
        series(&samples)
    });
    let read = server.read("load").unwrap();
    assert_eq!(read.series.len(), 10);
    assert_eq!(read.series.gaps(), 2);
    assert!(read.series.values()[2].is_nan() && read.series.values()[3].is_nan());
    assert!(read.series.present().all(|load| load == 2.0));
    assert_eq!((read.notes.gaps, read.notes.samples), (2, 16));
    assert_eq!(read.labels, "load{}");
    let [asked] = &server.asked()[..] else { panic!("one request is enough") };
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/api/v1/query"));
    assert_eq!(asked.form["query"], "load[600s]");
    assert_eq!(asked.form["time"], format!("{}.999", BEGIN + 599));
}

#[test]
fn an_expression_is_split_below_the_limit_of_points() {
    let server = Server::new(|request| evaluated(request, |_| Some("7".into())));
    let mut settings = server.settings("sum(rate(hits_total[5m]))");
    settings.range = TimeDelta::days(14);
    let read = server.read_as(settings).unwrap();
    assert_eq!((read.series.len(), read.series.gaps()), (20_160, 0));
    let asked: Vec<_> = server.asked().iter().map(points).collect();
    assert_eq!(asked.len(), 2, "two weeks of minutes take two windows");
    assert!(asked.iter().all(|points| points.len() <= 11_000));
    assert_eq!(asked[1][0] - asked[0].last().unwrap(), 60_000, "nothing between them is lost");
    let form = &server.asked()[0].form;
    assert!(form["start"].ends_with(".999"), "a point sees the whole step before it: {form:?}");
}

#[test]
fn points_that_repeat_an_old_sample_are_gaps() {
    // Samples at every minute, but none in minutes 3 to 9: the server repeats the last one for five minutes.
    let last = |at: i64| {
        let minute = (at - BEGIN * 1_000).div_euclid(60_000);
        let sampled = BEGIN + 60 * if (3..10).contains(&minute) { 2 } else { minute };
        (at - sampled * 1_000 <= 300_000).then_some(sampled)
    };
    let server = Server::new(move |request| match request.form["query"].as_str() {
        "sum(load)" => evaluated(request, |at| last(at).map(|_| "5".into())),
        "max(timestamp(load))" => evaluated(request, |at| last(at).map(|at| at.to_string())),
        "max(timestamp(load offset 1m))" => {
            evaluated(request, |at| last(at - 60_000).map(|at| at.to_string()))
        }
        "sum(load offset 1m)" => evaluated(request, |at| last(at - 60_000).map(|_| "5".into())),
        other => panic!("{other}"),
    });
    let mut settings = server.settings("sum(load)");
    settings.min_coverage = 0.0;
    let read = server.read_as(settings.clone()).unwrap();
    assert_eq!((read.series.len(), read.series.gaps()), (10, 7));
    assert_eq!(read.notes.repeated, 4, "the points within the lookback of five minutes");
    settings.query = "sum(load offset 1m)".into();
    let read = server.read_as(settings).unwrap();
    assert_eq!(read.series.gaps(), 6, "an offset only moves the gap");
}

#[test]
fn no_series_is_an_error_and_never_zero() {
    let error = Server::new(|_| matrix("")).read("load").unwrap_err();
    let PrometheusError::NoSeries { query, .. } = &error else { panic!("{error}") };
    assert_eq!(query, "load");
}

#[test]
fn several_series_are_listed_and_refused() {
    let one = |job: &str| format!(r#"{{"metric":{{"job":"{job}"}},"values":[[{BEGIN},"1"]]}}"#);
    let server = Server::new(move |_| matrix(&format!("{},{}", one("a"), one("b"))));
    let error = server.read("load").unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with(r#"has 2 series for "load", but one is needed: {job="a"}, {job="b"}"#)
    );
    assert!(error.hint().contains("aggregate"));
}

#[test]
fn a_series_that_changes_its_labels_between_windows_is_two() {
    let windows = AtomicUsize::new(0);
    let server = Server::new(move |_| {
        let pod = windows.fetch_add(1, Ordering::SeqCst);
        matrix(&format!(r#"{{"metric":{{"pod":"{pod}"}},"values":[[{BEGIN},"1"]]}}"#))
    });
    let mut settings = server.settings("load");
    settings.range = TimeDelta::days(10);
    let error = server.read_as(settings).unwrap_err();
    assert!(matches!(error, PrometheusError::SeveralSeries { count: 2, .. }), "{error}");
}

#[test]
fn values_that_are_no_load_become_gaps_and_are_counted() {
    let server = Server::new(|_| {
        let values = ["1", "NaN", "+Inf", "-Inf", "1e308", "-3", "-0", "8", "9", "9"];
        let samples: Vec<_> =
            values.iter().enumerate().map(|(i, value)| (BEGIN + 60 * i as i64, *value)).collect();
        series(&samples)
    });
    let mut settings = server.settings("load");
    settings.min_coverage = 0.5;
    let read = server.read_as(settings.clone()).unwrap();
    assert_eq!((read.notes.nan, read.notes.infinite, read.notes.negative), (1, 3, 1));
    assert_eq!((read.series.gaps(), read.series.values()[6]), (5, 0.0));
    assert_eq!(read.notes.words(), ["1 NaN (gap)", "3 infinite (gap)", "1 negative (gap)"]);
    settings.multiplier = 60.0;
    assert_eq!(server.read_as(settings).unwrap().series.values()[7], 480.0);
}

#[test]
fn raw_counters_are_refused_by_name_and_by_metadata() {
    let server = Server::new(|request| match request.path.as_str() {
        "/api/v1/metadata?metric=hits" => Reply::json(
            r#"{"status":"success","data":{"hits":[{"type":"counter","help":"","unit":""}]}}"#,
        ),
        "/api/v1/metadata?metric=latency" => Reply::json(
            r#"{"status":"success","data":{"latency":[{"type":"histogram","help":"","unit":""}]}}"#,
        ),
        "/api/v1/metadata?metric=seats_total" => Reply::json(
            r#"{"status":"success","data":{"seats_total":[{"type":"gauge","help":"","unit":""}]}}"#,
        ),
        path if path.contains("/metadata") => Reply::json(r#"{"status":"success","data":{}}"#),
        _ => evaluated(request, |_| Some("1".into())),
    });
    for (query, metric) in [
        ("http_requests_total", "http_requests_total"),
        ("sum(http_requests_total{a=\"b\"})", "http_requests_total"),
        ("hits", "hits"),
        ("sum by (job) (hits) * 2", "hits"),
        ("latency_count", "latency_count"),
    ] {
        let error = server.read(query).unwrap_err();
        let PrometheusError::Counter { metric: named, .. } = &error else { panic!("{error}") };
        assert_eq!(named, metric, "{query}");
        assert!(error.hint().contains("rate"));
    }
    server.read("sum(rate(hits[5m]))").unwrap();
    server.read("avg_over_time(seats_total[1m])").expect("a gauge may be called a total");
}

#[test]
fn a_partial_answer_is_refused_unless_allowed() {
    let server = Server::new(|request| {
        let mut reply = evaluated(request, |_| Some("1".into()));
        let text = String::from_utf8(reply.body).unwrap();
        reply.body = text.replacen('{', r#"{"warnings":["no store 2"],"#, 1).into();
        reply
    });
    let mut settings = server.settings("rate(hits[5m])");
    let error = server.read_as(settings.clone()).unwrap_err();
    assert!(error.to_string().ends_with("answers in part only: no store 2"), "{error}");
    settings.allow_partial = true;
    let notes = server.read_as(settings).unwrap().notes;
    assert_eq!(notes.warnings, ["no store 2"]);
    assert_eq!(notes.words(), ["the server answers in part only: no store 2"]);
}

#[test]
fn too_little_coverage_is_refused() {
    let server = Server::new(|_| series(&[(BEGIN, "1"), (BEGIN + 300, "1"), (BEGIN + 540, "NaN")]));
    let error = server.read("load").unwrap_err();
    let message = error.to_string();
    let words = "has a load in 20.0 % of the 10 steps of 1m, but 80.0 % are needed; 1 NaN (gap)";
    assert!(message.ends_with(words), "{message}");
    let mut settings = server.settings("load");
    settings.step = Frequency::from_seconds(300).unwrap();
    assert_eq!(server.read_as(settings).unwrap().series.values(), [1.0, 1.0]);
}

#[test]
fn a_history_that_begins_later_than_asked_is_read_and_noted() {
    // Ten steps are asked for, and loads are there from the sixth on.
    let kept: Vec<_> = (5..10).map(|minute| (BEGIN + 60 * minute, "1")).collect();
    let server = Server::new(move |_| series(&kept));
    let read = server.read("load").unwrap();
    assert_eq!(read.series.values(), [1.0; 5]);
    let words = "5 steps before the first load (the history begins later than asked)";
    assert_eq!(read.notes.words(), [words]);
    // A gap among them counts as ever, and a fifth of the range is too little to go by.
    let server = Server::new(|_| series(&[(BEGIN + 300, "1"), (BEGIN + 540, "1")]));
    assert!(server.read("load").unwrap_err().to_string().contains("has a load in 20.0 %"));
    let server = Server::new(|_| series(&[(BEGIN + 480, "1"), (BEGIN + 540, "1")]));
    assert!(server.read("load").unwrap_err().to_string().contains("has a load in 20.0 %"));
    let kept = [(BEGIN + 300, "1"), (BEGIN + 360, "1"), (BEGIN + 540, "1")];
    let server = Server::new(move |_| series(&kept));
    assert!(server.read("load").unwrap_err().to_string().contains("has a load in 60.0 %"));
}

#[test]
fn native_histograms_are_no_load() {
    let server =
        Server::new(|_| matrix(r#"{"metric":{},"histograms":[[1,{"count":"1","sum":"2"}]]}"#));
    let error = server.read("load").unwrap_err();
    assert!(matches!(error, PrometheusError::Histogram { .. }), "{error}");
}

#[test]
fn a_query_in_another_dialect_is_read_and_noted() {
    let server = Server::new(|request| evaluated(request, |_| Some("1".into())));
    let read = server.read("WITH (x = load) sum(x)").unwrap();
    assert!(read.notes.repeats_unknown && read.notes.words()[0].contains("another dialect"));
    assert_eq!(read.series.end(), now());
}
