//! Why a forecast from the end of a history deserves less trust than others.

use chrono::{DateTime, SecondsFormat, Utc};
use forescale_core::History;

use super::{Finding, Unusual};

impl Unusual {
    /// What the newest part of `history` says against a forecast from its end, in words; nothing for an ordinary day.
    pub fn warnings(&self, history: &History) -> Vec<String> {
        let outage = self.outage_now().map(|outage| going_on(outage, history));
        let day = self.newest_day().map(|day| unlike(day, history));
        outage.into_iter().chain(day).collect()
    }
}

fn going_on(outage: &Finding, history: &History) -> String {
    let since = outage.from(history.series());
    let usual = outage.loads.map_or(0.0, |(usual, _)| usual);
    format!(
        "the load is near nothing since {}, where {usual:.4} is usual: it may come back at any time",
        text(since)
    )
}

fn unlike(day: &Finding, history: &History) -> String {
    let date = day.from(history.series()).with_timezone(&history.calendar().zone).date_naive();
    let times = day
        .factor
        .map_or(String::new(), |factor| format!(", with {factor:.1} times the usual load"));
    format!("{date} is unlike any day before{times}: trust this forecast less")
}

fn text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
