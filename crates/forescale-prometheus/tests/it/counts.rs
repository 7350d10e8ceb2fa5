//! Counts beside a load: the series behind it, and the instances that serve.

use std::time::{Duration, Instant};

use forescale_prometheus::{Client, PrometheusError, PrometheusRead, Settings};

use crate::answers::evaluated;
use crate::server::{BEGIN, Reply, Request, Server, matrix, now};

/// The minute of the ten that a point in milliseconds ends.
fn minute(at: i64) -> usize {
    ((at - BEGIN * 1_000) / 60_000) as usize
}

/// A sum of 100 for each series that is there, with these counts minute by minute; no count below 0.
fn summed(counts: [i32; 10]) -> Server {
    Server::new(move |request| match request.form["query"].as_str() {
        "sum(rate(load[5m]))" => {
            evaluated(request, |at| Some((100 * counts[minute(at)].max(1)).to_string()))
        }
        "count(rate(load[5m]))" => evaluated(request, |at| {
            let count = counts[minute(at)];
            (count >= 0).then(|| count.to_string())
        }),
        other => panic!("{other}"),
    })
}

fn settings(server: &Server) -> Settings {
    let series_query = Some("count(rate(load[5m]))".to_owned());
    Settings { series_query, min_coverage: 0.5, ..server.settings("sum(rate(load[5m]))") }
}

fn read(counts: [i32; 10]) -> Result<PrometheusRead, PrometheusError> {
    let server = summed(counts);
    server.read_as(settings(&server))
}

#[test]
fn a_sum_that_halves_because_half_of_its_series_are_gone_is_refused() {
    let error = read([10, 10, 10, 10, 10, 10, 10, 10, 10, 5]).unwrap_err();
    let words = "answers in part only: count(rate(load[5m])) gives 5 at the newest load, \
                 below 80 % of the usual 10";
    assert!(error.to_string().ends_with(words), "{error}");
    assert!(error.is_unavailable() && error.hint().contains("allow-partial"));
    let error = read([10, 10, 10, 10, 10, 10, 10, 10, 10, -1]).unwrap_err();
    assert!(error.to_string().ends_with("gives no count at the newest load, and 10 usually"));
}

#[test]
fn the_share_of_series_that_is_needed_is_four_fifths_of_the_usual() {
    assert!(read([10, 10, 10, 10, 10, 10, 10, 10, 10, 8]).is_ok());
    assert!(read([10, 10, 10, 10, 10, 10, 10, 10, 10, 7]).is_err());
    // More series than usual are whole, and so is a load whose missing ones are back.
    assert!(read([10, 10, 10, 10, 10, 10, 10, 10, 10, 30]).is_ok());
    assert!(read([10, 10, 10, 10, 10, 10, 4, 4, 4, 10]).is_ok());
    // What lasts becomes the usual count: here after half of what is read, as that is less than a day.
    assert!(read([10, 10, 10, 10, 4, 4, 4, 4, 4, 4]).is_ok());
}

#[test]
fn where_series_were_missing_the_load_is_a_gap_once_they_are_back() {
    let whole = read([10, 10, 10, 10, 10, 10, 4, 4, 4, 10]).unwrap();
    let gap = |k: usize| whole.series.values()[k].is_nan();
    assert!((0..10).all(|k| gap(k) == (6..9).contains(&k)), "{:?}", whole.series);
    assert_eq!((whole.notes.incomplete, whole.notes.gaps), (3, 3));
    assert!(whole.notes.words().contains(&"3 without some of their series (gap)".to_owned()));
    // Before anything was counted nobody knows, and the load is taken as it is.
    let early = read([-1, -1, -1, 10, 10, 10, 10, 10, 10, 10]).unwrap();
    assert_eq!((early.notes.incomplete, early.series.gaps()), (0, 0));
}

#[test]
fn a_load_of_which_too_little_is_left_is_refused() {
    let server = summed([10, 10, 10, 10, 10, 10, 4, 4, 4, 10]);
    let settings = Settings { min_coverage: 0.8, ..settings(&server) };
    let error = server.read_as(settings).unwrap_err();
    assert!(matches!(error, PrometheusError::Coverage { .. }), "{error:?}");
    assert!(error.to_string().ends_with("3 without some of their series (gap)"), "{error}");
}

#[test]
fn a_load_without_some_series_is_read_where_partial_answers_are_allowed() {
    let server = summed([10, 10, 10, 10, 10, 10, 10, 10, 10, 5]);
    let settings = Settings { allow_partial: true, ..settings(&server) };
    let read = server.read_as(settings).unwrap();
    assert_eq!(read.series.values()[9], 500.0);
    let [warning] = &read.notes.warnings[..] else { panic!("{:?}", read.notes) };
    assert!(warning.contains("gives 5 at the newest load"), "{warning}");
    let server = summed([10, 10, 10, 10, 10, 10, 4, 4, 4, 10]);
    let read = server.read_as(Settings { allow_partial: true, ..self::settings(&server) }).unwrap();
    assert_eq!((read.notes.incomplete, read.series.gaps()), (0, 0));
}

#[test]
fn a_count_without_any_series_is_an_error_that_names_its_query() {
    let server = Server::new(|request| match request.form["query"].as_str() {
        "count(none)" => matrix(""),
        _ => evaluated(request, |_| Some("1".into())),
    });
    let series_query = Some("count(none)".to_owned());
    let error = server.read_as(Settings { series_query, ..settings(&server) }).unwrap_err();
    assert!(error.to_string().ends_with(r#"has no series for "count(none)""#), "{error}");
}

fn value(value: i64) -> Reply {
    matrix(&format!(r#"{{"metric":{{}},"value":[1,"{value}"]}}"#))
}

/// A load that is there, and `instances` of whoever asks for them.
fn counted(instances: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    Server::new(move |request| match request.path.as_str() {
        "/api/v1/query_range" => evaluated(request, |_| Some("7".into())),
        _ => instances(request),
    })
}

fn with_instances(server: &Server, query: &str) -> Settings {
    Settings { instances: Some(query.into()), ..server.settings("sum(rate(load[5m]))") }
}

#[test]
fn instances_are_counted_by_a_query_of_their_own() {
    let server = counted(|request| match request.form["query"].as_str() {
        "count(up)" => value(7),
        "count(none)" => matrix(""),
        _ => value(-1),
    });
    let count = |settings| server.read_as(settings).unwrap().instances;
    assert_eq!(count(server.settings("sum(rate(load[5m]))")), Ok(None));
    assert_eq!(count(with_instances(&server, "count(up)")), Ok(Some(7)));
    let none = count(with_instances(&server, "count(none)"));
    assert!(matches!(none, Err(PrometheusError::NoSeries { .. })), "{none:?}");
    let error = count(with_instances(&server, "less")).unwrap_err().to_string();
    assert!(
        error.contains("instances should be a query that gives a count of 0 or more, but is -1"),
        "{error}"
    );
}

#[test]
fn instances_share_the_deadline_and_the_bytes_of_the_load() {
    let server = counted(|_| Reply { wait: Duration::from_secs(60), ..value(7) });
    let mut settings = with_instances(&server, "count(up)");
    settings.deadline = Duration::from_secs(1);
    let started = Instant::now();
    let read = server.read_as(settings).unwrap();
    assert!(started.elapsed() < Duration::from_millis(1_900), "{:?}", started.elapsed());
    assert!(matches!(read.instances, Err(PrometheusError::Deadline { .. })), "{read:?}");
    assert_eq!(read.series.len(), 10, "the load is there without them");
    // Each answer alone is below the cap, and both together are not.
    let server = counted(|_| Reply { head: vec![b' '; 1_500], ..value(7) });
    let mut settings = with_instances(&server, "count(up)");
    settings.max_bytes = 1_700;
    let read = server.read_as(settings).unwrap();
    assert!(matches!(read.instances, Err(PrometheusError::TooLarge { .. })), "{read:?}");
}

#[test]
fn instances_that_are_counted_in_part_are_not_known_unless_that_is_allowed() {
    let server = counted(|_| {
        let text = String::from_utf8(value(3).body).unwrap();
        Reply::json(text.replacen('{', r#"{"warnings":["no store 2"],"#, 1))
    });
    let mut settings = with_instances(&server, "count(up)");
    let error = server.read_as(settings.clone()).unwrap().instances.unwrap_err();
    assert!(error.to_string().ends_with("answers in part only: no store 2"), "{error}");
    settings.allow_partial = true;
    let read = Client::new(settings, 1).unwrap().read(now()).unwrap();
    assert_eq!((read.instances, read.notes.warnings), (Ok(Some(3)), vec!["no store 2".into()]));
}
