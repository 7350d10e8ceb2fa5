//! What the script says: first which libraries there are, then their forecasts.

use forescale::{Peer, PeerAnswer};
use serde_json::{Value, json};

/// A line of the script.
#[derive(Debug)]
pub enum Line {
    /// The first one.
    Roster(Roster),
    /// Every other.
    Answer(Answer),
}

/// The libraries and the peers, each a way to use one of them, in the order of the result.
#[derive(Debug, Default)]
pub struct Roster {
    libraries: Vec<(String, Option<String>)>,
    peers: Vec<(String, String)>,
}

/// What a peer did at an origin, or why it does nothing at all.
#[derive(Debug)]
pub struct Answer {
    peer: String,
    cost: Cost,
    said: Said,
}

#[derive(Debug)]
enum Said {
    Forecast(PeerAnswer),
    LeftOut(String),
}

/// What answers cost.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    fits: usize,
    cpu_seconds: f64,
}

/// All that was said so far, by peer.
#[derive(Debug)]
pub struct Answers {
    libraries: Vec<String>,
    peers: Vec<Peer>,
    costs: Vec<Cost>,
    left_out: Vec<(String, String)>,
}

impl Line {
    /// Reads a line; `None` for what is none of the script.
    pub fn read(text: &str) -> Option<Self> {
        let line: Value = serde_json::from_str(text).ok()?;
        match line.get("libraries") {
            Some(libraries) => roster(libraries, line.get("peers")?).map(Self::Roster),
            None => answer(&line).map(Self::Answer),
        }
    }
}

fn roster(libraries: &Value, peers: &Value) -> Option<Roster> {
    let version =
        |(name, version): (&String, &Value)| (name.clone(), version.as_str().map(str::to_owned));
    let pair =
        |(name, library): (&String, &Value)| Some((name.clone(), library.as_str()?.to_owned()));
    Some(Roster {
        libraries: libraries.as_object()?.iter().map(version).collect(),
        peers: peers.as_object()?.iter().map(pair).collect::<Option<_>>()?,
    })
}

fn answer(line: &Value) -> Option<Answer> {
    let text = |key: &str| line.get(key).and_then(Value::as_str).map(str::to_owned);
    let said = match (text("left_out"), text("failure")) {
        (Some(reason), _) => Said::LeftOut(reason),
        (None, Some(reason)) => Said::Forecast(PeerAnswer::Failure(reason)),
        (None, None) => Said::Forecast(PeerAnswer::Forecast {
            origin: usize::try_from(line.get("origin")?.as_u64()?).ok()?,
            rows: line.get("rows")?.as_array()?.iter().map(row).collect::<Option<_>>()?,
        }),
    };
    let cost = Cost {
        fits: line.get("fitted").and_then(Value::as_bool).unwrap_or_default().into(),
        cpu_seconds: line.get("cpu_seconds").and_then(Value::as_f64).unwrap_or_default(),
    };
    Some(Answer { peer: text("peer")?, cost, said })
}

/// Loads; what is no number is NaN, and for the backtest to refuse.
fn row(value: &Value) -> Option<Vec<f64>> {
    Some(value.as_array()?.iter().map(|load| load.as_f64().unwrap_or(f64::NAN)).collect())
}

impl Roster {
    /// The names of all libraries.
    pub fn names(&self) -> Vec<String> {
        self.libraries.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Those that are there, with their version.
    pub fn installed(&self) -> Vec<(String, String)> {
        let there =
            |(name, version): &(String, Option<String>)| Some((name.clone(), version.clone()?));
        self.libraries.iter().filter_map(there).collect()
    }

    /// Those that are not.
    pub fn missing(&self) -> Vec<String> {
        let absent = self.libraries.iter().filter(|(_, version)| version.is_none());
        absent.map(|(name, _)| name.clone()).collect()
    }

    /// The peers whose library is there, with the library.
    pub fn peers(&self) -> Vec<(String, String)> {
        let missing = self.missing();
        self.peers.iter().filter(|(_, library)| !missing.contains(library)).cloned().collect()
    }
}

impl Answers {
    /// Nothing said yet.
    pub fn new(roster: &Roster) -> Self {
        let (names, libraries): (Vec<_>, Vec<_>) = roster.peers().into_iter().unzip();
        Self {
            libraries,
            costs: vec![Cost::default(); names.len()],
            peers: names.into_iter().map(|name| Peer { name, answers: Vec::new() }).collect(),
            left_out: Vec::new(),
        }
    }

    /// Takes an answer; one of an unknown peer is nobody's.
    pub fn add(&mut self, answer: Answer) {
        let Some(at) = self.peers.iter().position(|peer| peer.name == answer.peer) else { return };
        match answer.said {
            Said::Forecast(said) => {
                self.peers[at].answers.push(said);
                self.costs[at].fits += answer.cost.fits;
                self.costs[at].cpu_seconds += answer.cost.cpu_seconds;
            }
            Said::LeftOut(reason) => self.left_out.push((answer.peer, reason)),
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.peers.iter().map(|peer| peer.answers.len()).sum()
    }

    /// No more will come: who owes an answer failed for `reason`.
    pub fn end(&mut self, origins: usize, reason: &str) {
        let left_out = std::mem::take(&mut self.left_out);
        for peer in &mut self.peers {
            let excused = left_out.iter().any(|(name, _)| *name == peer.name);
            if peer.answers.len() < origins && !excused {
                peer.answers.push(PeerAnswer::Failure(reason.to_owned()));
            }
        }
        self.left_out = left_out;
    }

    /// The peers that were asked.
    pub fn peers(&self) -> impl Iterator<Item = &Peer> {
        self.peers.iter().filter(|peer| !peer.answers.is_empty())
    }

    /// Who was not asked, and why.
    pub fn left_out(&self) -> impl Iterator<Item = String> {
        self.left_out.iter().map(|(peer, reason)| format!("{peer} is left out: {reason}"))
    }

    /// Library, version, fits and CPU seconds of each peer.
    pub fn about(&self, installed: &[(String, String)]) -> Vec<Value> {
        let version = |library: &str| installed.iter().find(|(name, _)| name == library);
        let rows = self.peers.iter().zip(&self.libraries).zip(&self.costs);
        rows.filter(|((peer, _), _)| !peer.answers.is_empty())
            .map(|((peer, library), cost)| {
                json!({
                    "predictor": peer.name,
                    "library": library,
                    "version": version(library).map(|(_, version)| version),
                    "fits": cost.fits,
                    "cpu_seconds": cost.cpu_seconds,
                })
            })
            .collect()
    }
}
