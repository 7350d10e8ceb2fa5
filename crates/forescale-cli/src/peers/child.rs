//! The script in the user's Python: started, fed, read line by line, and ended with this command.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{self, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use chrono::TimeDelta;
use forescale_core::time::format_span;
use serde_json::Value;

use crate::failure::Failure;

const SCRIPT: &str = include_str!("../../python/peers.py");

/// A running Python.
#[derive(Debug)]
pub struct Child {
    process: process::Child,
    lines: Receiver<String>,
    errors: Option<JoinHandle<String>>,
    wait: Duration,
    /// Standard input stays open as long as this lives: its end tells the script that nobody listens any more, even
    /// when this command is killed.
    _listening: Sender<()>,
}

/// Why no more lines come.
#[derive(Debug)]
pub enum Silence {
    /// The script came to its end.
    Done,
    /// It ended early, with what it last said.
    Ended(String),
    /// Nothing came for so long.
    TimedOut(Duration),
}

impl Child {
    /// Runs the script and gives it `request`; `wait` is the longest time between two lines.
    ///
    /// # Errors
    /// When `python` cannot be run.
    pub fn start(python: &str, request: &Value, wait: Duration) -> Result<Self, Failure> {
        let mut process = Command::new(python)
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| {
                Failure::unavailable(format!("cannot run {python}: {error}"))
                    .hint("--compare needs Python 3.9 or newer; pass the path of yours to --python")
            })?;
        let listening = feed(process.stdin.take().expect("it is piped"), format!("{request}\n"));
        let lines = lines(process.stdout.take().expect("it is piped"));
        let errors = Some(last_words(process.stderr.take().expect("it is piped")));
        Ok(Self { process, lines, errors, wait, _listening: listening })
    }

    /// The next line.
    ///
    /// # Errors
    /// Why there is none.
    pub fn line(&mut self) -> Result<String, Silence> {
        match self.lines.recv_timeout(self.wait) {
            Ok(line) => Ok(line),
            Err(RecvTimeoutError::Timeout) => Err(Silence::TimedOut(self.wait)),
            Err(RecvTimeoutError::Disconnected) => Err(self.ending()),
        }
    }

    fn ending(&mut self) -> Silence {
        let status = self.process.wait();
        let words = self.errors.take().and_then(|errors| errors.join().ok()).unwrap_or_default();
        match status {
            Ok(status) if status.success() => Silence::Done,
            Ok(status) if words.is_empty() => Silence::Ended(status.to_string()),
            Ok(_) => Silence::Ended(words),
            Err(error) => Silence::Ended(error.to_string()),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // A process that has ended already is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Silence {
    /// The reason for people.
    pub fn reason(&self, python: &str) -> String {
        match self {
            Self::Done => format!("{python} ended without an answer"),
            Self::Ended(words) => format!("{python} ended early: {words}"),
            Self::TimedOut(wait) => {
                let wait = TimeDelta::from_std(*wait).map(format_span).unwrap_or_default();
                format!("{python} said nothing for {wait}")
            }
        }
    }
}

/// Writes `text` and then holds the stream open until the returned end is dropped.
fn feed(mut input: process::ChildStdin, text: String) -> Sender<()> {
    let (listening, gone) = channel::<()>();
    thread::spawn(move || {
        // A script that ended early does not read to the end; why it ended is told by `ending`.
        let _ = input.write_all(text.as_bytes()).and_then(|()| input.flush());
        let _ = gone.recv();
    });
    listening
}

fn lines(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
    lines
}

/// The last line that says something: where Python names its error.
fn last_words(mut output: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut said = Vec::new();
        // What could be read is all there is to tell.
        let _ = output.read_to_end(&mut said);
        let said = String::from_utf8_lossy(&said);
        said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default().to_owned()
    })
}
