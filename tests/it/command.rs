//! Runs the `forescale` command as a user would.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

use crate::workspace::root;

/// The command, built from this tree when the first test asks for it.
static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = std::env::current_exe().expect("a running test has a path");
    let profile = test.ancestors().nth(2).expect("a test lies in TARGET/PROFILE/deps");
    let target = profile.parent().expect("a profile lies in the target folder");
    let release = profile.ends_with("release").then_some("--release");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package=forescale-cli", "--target-dir"])
        .arg(target)
        .args(release)
        .current_dir(root())
        .status();
    assert!(built.is_ok_and(|status| status.success()), "forescale should build");
    profile.join("forescale")
});

/// The built command.
pub fn binary() -> &'static Path {
    &BINARY
}

/// What a run left behind.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Standard output as JSON; the run has to end well.
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.stderr);
        serde_json::from_str(&self.stdout).expect("-o json prints one object")
    }
}

/// Runs the command in `folder`.
pub fn forescale(folder: &Path, arguments: &[&str]) -> Ran {
    run(command(folder, arguments), b"")
}

/// Runs the command on so many worker threads.
pub fn on_threads(folder: &Path, threads: usize, arguments: &[&str]) -> Ran {
    let mut command = command(folder, arguments);
    command.arg(format!("--threads={threads}"));
    run(command, b"")
}

/// Runs the command with `input` on its standard input.
pub fn piped(arguments: &[&str], input: &[u8]) -> Ran {
    run(command(&std::env::temp_dir(), arguments), input)
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(&*BINARY);
    command.args(arguments).current_dir(folder);
    // Settings of whoever runs the tests are none of theirs.
    command.env("XDG_CONFIG_HOME", "/nonexistent");
    command
}

fn run(mut command: Command, input: &[u8]) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the built command runs");
    // A command that has seen enough closes its end; that is not the caller's trouble.
    let _ = child.stdin.take().expect("standard input is piped").write_all(input);
    let output = child.wait_with_output().expect("the command ends");
    Ran {
        code: output.status.code().expect("nothing kills the command"),
        stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
    }
}
