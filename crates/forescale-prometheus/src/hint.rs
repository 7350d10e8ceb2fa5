//! The way out of each error, as the command line shows it below the message.

use crate::error::PrometheusError;

impl PrometheusError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Source(_) => {
                "write prometheus://HOST:PORT/PREFIX?query=PROMQL&range=28d&step=1m, in quotes for the shell"
            }
            Self::Setting { .. } => "change the setting",
            Self::File { .. } => "check the path, its permissions and what the file holds",
            Self::Unreachable { .. } => {
                "check the address and the port, http or https, and that the server runs"
            }
            Self::Untrusted { .. } => {
                "name the authority with `ca-file`, and the client's certificate where one is asked for"
            }
            Self::Timeout { .. } | Self::Deadline { .. } => {
                "use a recording rule, a shorter `range` or a coarser `step`, or raise `timeout` and `deadline`"
            }
            Self::TooLarge { .. } => {
                "aggregate, shorten `range`, or raise `max-bytes` if so much is expected"
            }
            Self::Access { .. } => {
                "set `bearer-token-file` or `basic-auth`, and the tenant's header if there are tenants"
            }
            Self::Rejected { .. } => {
                "mend the query; promtool query instant shows the same message"
            }
            Self::Server { .. } => {
                "look at the logs of the server; the request was repeated already"
            }
            Self::Malformed { .. } => {
                "check the address and the prefix: what answers may be a proxy or a page to log in"
            }
            Self::Partial { .. } => {
                "mend what is missing, or pass `allow-partial` to take the load as it is"
            }
            Self::NoSeries { .. } => {
                "check the name and the labels, and that there is data in `range`"
            }
            Self::SeveralSeries { .. } => {
                "aggregate them, as in sum(...), or choose one by its labels"
            }
            Self::Counter { .. } => "ask for its rate, as in sum(rate(NAME[5m]))",
            Self::Histogram { .. } => "ask for numbers, as in sum(histogram_count(rate(NAME[5m])))",
            Self::Coverage { .. } => {
                "pass a `step` no finer than the scrape interval, a shorter `range`, or a lower `min-coverage`"
            }
            Self::NoLoad { .. } => "check that the query gives a load of 0 or more",
            Self::ClockSkew { .. } => "set both clocks by NTP",
        }
    }
}
