//! What goes in as text comes out as the same text, whatever it holds.

use forescale_core::{Forecast, Frequency, Quantiles};
use forescale_export::{KedaBounds, Trigger, Workload, keda_scaled_object, openmetrics};
use proptest::prelude::*;
use serde_json::Value;

use crate::{now, schedule, web};

/// A name, labels, a value and seconds since the Unix epoch.
type Row = (String, Vec<(String, String)>, f64, f64);

/// Reads a line of OpenMetrics: name, labels, value and seconds, as the specification writes them.
fn parsed(line: &str) -> Option<Row> {
    let (name, rest) = line.split_once('{')?;
    let mut chars = rest.chars();
    let mut labels = Vec::new();
    loop {
        let label: String = chars.by_ref().take_while(|c| *c != '=').collect();
        chars.next().filter(|c| *c == '"')?;
        let mut value = String::new();
        loop {
            match chars.next()? {
                '"' => break,
                '\\' => value.push(match chars.next()? {
                    'n' => '\n',
                    c @ ('"' | '\\') => c,
                    _ => return None,
                }),
                c => value.push(c),
            }
        }
        labels.push((label, value));
        if chars.next()? == '}' {
            break;
        }
    }
    let mut numbers = chars.as_str().split_whitespace().map(str::parse::<f64>);
    Some((name.to_owned(), labels, numbers.next()?.ok()?, numbers.next()?.ok()?))
}

proptest! {
    #[test]
    fn labels_and_values(name in any::<String>(), values in proptest::collection::vec(0.0..1e300_f64, 1..30)) {
        let quantiles = Quantiles::new([0.5]).unwrap();
        let step = Frequency::from_seconds(60).unwrap();
        let forecast = Forecast::new(now(), step, quantiles, values.clone()).unwrap();
        let text = openmetrics(Some(&forecast), &schedule(&[(0, 4), (7, 9)]), &name).text;
        prop_assert!(text.ends_with("\n# EOF\n"));
        let rows: Vec<_> = text.split('\n').filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
        let rows: Vec<_> = rows.into_iter().map(|line| parsed(line).expect(line)).collect();
        prop_assert!(rows.iter().all(|(_, labels, ..)| labels[0].1 == name));
        let forecasts: Vec<f64> =
            rows.iter().filter(|row| row.0 == "forecast_value").map(|row| row.2).collect();
        prop_assert_eq!(forecasts, values);
        let plan: Vec<_> = rows.iter().filter(|row| row.0 == "planned_replicas").collect();
        prop_assert_eq!(plan.len(), 180);
        prop_assert_eq!((plan[6].2, plan[7].2), (4.0, 9.0));
        prop_assert!(plan.windows(2).all(|two| two[0].3 < two[1].3));
    }

    #[test]
    fn yaml_strings(query in any::<String>(), target in "[ -~]{1,40}") {
        let bounds = KedaBounds { min: 1, max: 20 };
        let written = |trigger| keda_scaled_object(&schedule(&[(0, 4)]), &web(), &trigger, None, bounds, now());
        let server = "http://prometheus:9090".into();
        if let Ok(file) = written(Trigger::Prometheus { server, query: query.clone() }) {
            let object: Value = serde_saphyr::from_str(&file.text).unwrap();
            let trigger = &object["spec"]["triggers"][0]["metadata"];
            prop_assert_eq!(trigger["query"].as_str(), Some(query.as_str()));
            prop_assert_eq!(trigger["threshold"].as_str(), Some("1"));
        }
        let address = target.clone();
        let file = written(Trigger::External { address, target: target.clone(), token_env: None }).unwrap();
        let object: Value = serde_saphyr::from_str(&file.text).unwrap();
        let trigger = &object["spec"]["triggers"][0]["metadata"];
        prop_assert_eq!(trigger["target"].as_str(), Some(target.as_str()));
    }

    #[test]
    fn workloads(name in any::<String>(), namespace in any::<String>()) {
        let plain = |text: &str| {
            text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
        };
        if Workload::new(namespace.clone(), name.clone()).is_ok() {
            prop_assert!(plain(&name) && plain(&namespace));
        }
    }
}
