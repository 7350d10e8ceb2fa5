//! What a query asks for: which series it takes as they are, and whether a counter is among them.

use promql_parser::label::METRIC_NAME;
use promql_parser::parser::{Expr, Offset, VectorSelector, parse};

/// Functions and aggregations that a raw counter may go into, because they do not take its height for a load.
const COUNTER_SAFE: [&str; 13] = [
    "rate",
    "irate",
    "increase",
    "resets",
    "changes",
    "timestamp",
    "absent",
    "absent_over_time",
    "present_over_time",
    "count_over_time",
    "count",
    "group",
    "histogram_count",
];

/// A query, as far as it is understood here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Promql {
    /// Whether it is one bare selector, whose samples can be had as they were scraped.
    pub bare: bool,
    /// Selectors whose last sample is repeated for as long as the server looks back.
    pub instants: Vec<Instant>,
    /// Metrics that are not turned into a rate.
    pub raw_metrics: Vec<String>,
    /// Every selector that looks at the present, in ranges or not.
    pub selectors: Vec<String>,
}

/// A selector of the newest samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Instant {
    /// The selector in PromQL.
    pub selector: String,
    /// How far before the moment of evaluation it looks, in milliseconds.
    pub offset_ms: i64,
}

impl Promql {
    /// Reads a query; none where it is in a dialect that is not known here, which the server may know.
    pub(crate) fn read(query: &str) -> Option<Self> {
        let expression = parse(query).ok()?;
        let mut found = Self {
            bare: false,
            instants: Vec::new(),
            raw_metrics: Vec::new(),
            selectors: Vec::new(),
        };
        if let Expr::VectorSelector(selector) = &expression {
            found.bare = selector.offset.is_none() && selector.at.is_none();
        }
        found.walk(&expression, false, false);
        Some(found)
    }

    /// Notes the selectors below `expression`: inside of a range nothing is repeated, and inside of a rate a counter
    /// is none.
    fn walk(&mut self, expression: &Expr, ranged: bool, rated: bool) {
        match expression {
            Expr::VectorSelector(selector) => self.select(selector, ranged, rated),
            Expr::MatrixSelector(matrix) => self.select(&matrix.vs, true, rated),
            Expr::Call(call) => {
                let rated = rated || COUNTER_SAFE.contains(&call.func.name);
                call.args.args.iter().for_each(|argument| self.walk(argument, ranged, rated));
            }
            Expr::Aggregate(aggregate) => {
                let rated = rated || COUNTER_SAFE.contains(&aggregate.op.to_string().as_str());
                self.walk(&aggregate.expr, ranged, rated);
                if let Some(parameter) = &aggregate.param {
                    self.walk(parameter, ranged, rated);
                }
            }
            Expr::Binary(binary) => {
                self.walk(&binary.lhs, ranged, rated);
                self.walk(&binary.rhs, ranged, rated);
            }
            Expr::Unary(unary) => self.walk(&unary.expr, ranged, rated),
            Expr::Paren(paren) => self.walk(&paren.expr, ranged, rated),
            Expr::Subquery(subquery) => self.walk(&subquery.expr, true, rated),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
        }
    }

    fn select(&mut self, selector: &VectorSelector, ranged: bool, rated: bool) {
        let text = selector.to_string();
        let present = selector.offset.is_none() && selector.at.is_none();
        if present && !self.selectors.contains(&text) {
            self.selectors.push(text.clone());
        }
        // With a fixed moment every point is the same on purpose.
        if !ranged && selector.at.is_none() {
            let offset_ms = selector.offset.as_ref().map_or(0, milliseconds);
            let instant = Instant { selector: text, offset_ms };
            if !self.instants.contains(&instant) {
                self.instants.push(instant);
            }
        }
        if rated {
            return;
        }
        if let Some(name) = name(selector).filter(|name| !self.raw_metrics.contains(name)) {
            self.raw_metrics.push(name);
        }
    }
}

fn name(selector: &VectorSelector) -> Option<String> {
    let matcher = || selector.matchers.matchers.iter().find(|matcher| matcher.name == METRIC_NAME);
    selector.name.clone().or_else(|| matcher().map(|matcher| matcher.value.clone()))
}

fn milliseconds(offset: &Offset) -> i64 {
    let whole = |span: &std::time::Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    match offset {
        Offset::Pos(span) => whole(span),
        Offset::Neg(span) => -whole(span),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> (bool, Vec<String>, Vec<String>) {
        let read = Promql::read(query).unwrap();
        let selectors = read.instants.into_iter().map(|instant| instant.selector).collect();
        (read.bare, selectors, read.raw_metrics)
    }

    #[test]
    fn what_repeats_and_what_is_raw_is_found() {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        for (query, bare, instants, raw) in [
            ("load", true, &["load"][..], &["load"][..]),
            (r#"load{job="a"}"#, true, &[r#"load{job="a"}"#], &["load"]),
            (r#"{__name__="load"}"#, true, &[r#"{__name__="load"}"#], &["load"]),
            ("load offset 1w", false, &["load offset 1w"], &["load"]),
            ("load @ 0", false, &[], &["load"]),
            ("sum(load)", false, &["load"], &["load"]),
            ("sum(rate(hits_total[5m])) / sum(up)", false, &["up"], &["up"]),
            ("avg_over_time(hits_total[5m])", false, &[], &["hits_total"]),
            ("max_over_time(load[1h:1m])", false, &[], &["load"]),
            ("count(hits_total)", false, &["hits_total"], &[]),
            ("a + a", false, &["a"], &["a"]),
            ("-(a)", false, &["a"], &["a"]),
            ("vector(1)", false, &[], &[]),
        ] {
            assert_eq!(read(query), (bare, words(instants), words(raw)), "{query}");
        }
        assert_eq!(Promql::read("a offset 1h").unwrap().instants[0].offset_ms, 3_600_000);
        assert_eq!(Promql::read("WITH (x = 1) y"), None);
    }

    #[test]
    fn the_deepest_query_is_read() {
        // On a thread's stack, which is smaller than that of the process.
        let length = 8_192;
        for query in ["-".repeat(length - 1) + "a", "a".to_owned() + &"+a".repeat(length / 2 - 1)] {
            let found = std::thread::spawn(move || Promql::read(&query).map(|read| read.instants));
            assert!(found.join().is_ok());
        }
        let nested = "(".repeat(length / 2 - 1) + "a" + &")".repeat(length / 2 - 1);
        assert!(Promql::read(&nested).is_some_and(|read| !read.bare));
    }
}
