//! Answers of the API, read from a stream: what is kept of them is bounded, whatever a server sends.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::quoted;

/// The most samples of one answer: more than a week of seconds.
pub(crate) const MAX_SAMPLES: usize = 1_500_000;

/// The most labels that are kept of a series.
const MAX_LABELS: usize = 64;

/// How many series are kept by their labels when one would be right.
const SHOWN_SERIES: usize = 8;

/// The envelope of every answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer<T> {
    pub status: String,
    #[serde(default = "none")]
    pub data: Option<T>,
    #[serde(default)]
    pub error: String,
    #[serde(default)]
    pub warnings: Vec<String>,
}

fn none<T>() -> Option<T> {
    None
}

/// The data of a query.
#[derive(Debug, Deserialize)]
pub(crate) struct QueryData {
    pub result: Found,
}

/// The series of an answer: the samples of the first, and the labels of some.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub count: usize,
    pub labels: Vec<Labels>,
    pub samples: Vec<Sample>,
    pub histogram: bool,
}

impl Found {
    /// The series by their labels, as a message lists them.
    pub(crate) fn shown(&self) -> Vec<String> {
        self.labels.iter().map(|labels| quoted(&selector(labels))).collect()
    }
}

/// The labels of a series, in order.
pub(crate) type Labels = BTreeMap<String, String>;

/// A value at a moment, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sample {
    pub at: i64,
    pub value: f64,
}

/// Labels as PromQL writes them: `http_requests_total{job="shop"}`.
pub(crate) fn selector(labels: &Labels) -> String {
    let pairs: Vec<_> = labels
        .iter()
        .filter(|(name, _)| *name != "__name__")
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    format!("{}{{{}}}", labels.get("__name__").map_or("", String::as_str), pairs.join(","))
}

impl<'de> Deserialize<'de> for Found {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(FoundVisitor)
    }
}

struct FoundVisitor;

impl<'de> Visitor<'de> for FoundVisitor {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of series")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Found, A::Error> {
        let mut found = Found::default();
        if let Some(first) = list.next_element::<Series>()? {
            found.count = 1;
            found.histogram = first.histogram;
            found.samples = first.samples;
            found.labels.push(first.labels);
        }
        while found.count > 0 && found.labels.len() < SHOWN_SERIES {
            let Some(other) = list.next_element::<OnlyLabels>()? else { return Ok(found) };
            found.count += 1;
            found.labels.push(other.metric);
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            found.count += 1;
        }
        Ok(found)
    }
}

#[derive(Debug, Deserialize)]
struct OnlyLabels {
    #[serde(default, deserialize_with = "labels")]
    metric: Labels,
}

#[derive(Debug, Default)]
struct Series {
    labels: Labels,
    samples: Vec<Sample>,
    histogram: bool,
}

impl<'de> Deserialize<'de> for Series {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            #[serde(default, deserialize_with = "labels")]
            metric: Labels,
            #[serde(default)]
            values: Samples,
            #[serde(default)]
            value: Option<Sample>,
            #[serde(default)]
            histogram: Option<IgnoredAny>,
            #[serde(default)]
            histograms: Option<IgnoredAny>,
        }
        let fields = Fields::deserialize(deserializer)?;
        let mut samples = fields.values.0;
        samples.extend(fields.value);
        let histogram = fields.histogram.is_some() || fields.histograms.is_some();
        Ok(Self { labels: fields.metric, samples, histogram })
    }
}

/// The first labels of a series; the others are read and forgotten.
fn labels<'de, D: de::Deserializer<'de>>(deserializer: D) -> Result<Labels, D::Error> {
    struct LabelsVisitor;
    impl<'de> Visitor<'de> for LabelsVisitor {
        type Value = Labels;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("labels")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
            let mut labels = Labels::new();
            while labels.len() < MAX_LABELS {
                let Some((name, value)) = map.next_entry()? else { return Ok(labels) };
                labels.insert(name, value);
            }
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(labels)
        }
    }
    deserializer.deserialize_map(LabelsVisitor)
}

#[derive(Debug, Default)]
struct Samples(Vec<Sample>);

impl<'de> Deserialize<'de> for Samples {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SamplesVisitor;
        impl<'de> Visitor<'de> for SamplesVisitor {
            type Value = Samples;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of samples")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Samples, A::Error> {
                let mut samples = Vec::new();
                while let Some(sample) = list.next_element()? {
                    if samples.len() == MAX_SAMPLES {
                        return Err(de::Error::custom(format!("more than {MAX_SAMPLES} samples")));
                    }
                    samples.push(sample);
                }
                Ok(Samples(samples))
            }
        }
        deserializer.deserialize_seq(SamplesVisitor)
    }
}

/// `[1767571200.5, "3.5"]`: seconds since the Unix epoch, and the value as text.
impl<'de> Deserialize<'de> for Sample {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SampleVisitor;
        impl<'de> Visitor<'de> for SampleVisitor {
            type Value = Sample;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sample such as [1767571200, \"3.5\"]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<Sample, A::Error> {
                let seconds: f64 =
                    pair.next_element()?.ok_or_else(|| de::Error::invalid_length(0, &self))?;
                let Number(value) =
                    pair.next_element()?.ok_or_else(|| de::Error::invalid_length(1, &self))?;
                if pair.next_element::<IgnoredAny>()?.is_some() {
                    return Err(de::Error::invalid_length(3, &self));
                }
                Ok(Sample { at: (seconds * 1_000.0).round() as i64, value })
            }
        }
        deserializer.deserialize_seq(SampleVisitor)
    }
}

/// A number written as text: `"3.5"`, `"NaN"` or `"+Inf"`.
struct Number(f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberVisitor;
        impl Visitor<'_> for NumberVisitor {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number as text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
                let number = text.parse().map(Number);
                number.map_err(|_| E::invalid_value(de::Unexpected::Other("other text"), &self))
            }
        }
        deserializer.deserialize_str(NumberVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(result: &str) -> Result<Found, String> {
        let text =
            format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":{result}}}}}"#);
        let answer: Answer<QueryData> =
            serde_json::from_str(&text).map_err(|error| error.to_string())?;
        Ok(answer.data.unwrap().result)
    }

    #[test]
    fn samples_are_read_in_every_notation() {
        let found =
            found(r#"[{"metric":{"__name__":"up","a":"b\"c"},"values":[[1,"2"],[1.5,"NaN"],[2e0,"+Inf"]]}]"#)
                .unwrap();
        assert_eq!(found.samples[0], Sample { at: 1_000, value: 2.0 });
        assert_eq!(found.samples[1].at, 1_500);
        assert!(found.samples[1].value.is_nan());
        assert_eq!(found.samples[2].value, f64::INFINITY);
        assert_eq!(selector(&found.labels[0]), r#"up{a="b\"c"}"#);
    }

    #[test]
    fn of_further_series_only_labels_are_kept() {
        let one = r#"{"metric":{"a":"b"},"values":[[1,"2"]]}"#;
        let found = found(&format!("[{}]", vec![one; 20].join(","))).unwrap();
        assert_eq!((found.count, found.labels.len(), found.samples.len()), (20, SHOWN_SERIES, 1));
    }

    #[test]
    fn anything_else_is_an_error() {
        for result in [
            "7",
            "[7]",
            r#"[1767571200,"1"]"#,
            r#"[{"values":[[1]]}]"#,
            r#"[{"values":[[1,2]]}]"#,
            r#"[{"values":[["1","2"]]}]"#,
            r#"[{"values":[[1,"2",3]]}]"#,
            r#"[{"values":[[1,"two"]]}]"#,
            r#"[{"metric":[]}]"#,
        ] {
            assert!(found(result).is_err(), "{result}");
        }
    }
}
