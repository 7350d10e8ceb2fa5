//! The folder of a job: of one run at a time, and never of something else.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use forescale_sources::write_atomically;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::commands::Context;
use crate::failure::Failure;
use crate::input::source_failure;

/// What the folder is for, to know the job again.
const JOB: &str = "job.json";

/// Said when all histories are sorted into parts. It is the first to go: without it, nothing else in the folder counts.
const SORTED: &str = "sorted.json";

/// Locked by the run that works on the folder.
const LOCK: &str = "lock";

/// Stands in every [`JOB`]: other programs have files of that name, too.
const MADE_BY: &str = "forescale fleet";

/// Files of a part or bucket: a number with one of these endings.
const ENDINGS: [&str; 5] = ["samples", "names", "bucket", "rows", "json"];

/// How often a folder may vanish while it is locked, because the run before it ends.
const TRIES: usize = 8;

/// A folder that is locked until this is dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder for `job`, or takes the one that is there: as it is when it is of the same job, and emptied
    /// otherwise.
    ///
    /// # Errors
    /// A folder that something else stands in, one that another run works on, or one that cannot be written.
    pub fn open(path: PathBuf, job: &Value, context: &Context) -> Result<Self, Failure> {
        let lock = locked(&path)?;
        let folder = Self { path, _lock: lock };
        let mut job = job.clone();
        job["made_by"] = MADE_BY.into();
        let known: Option<Value> = folder.read(JOB);
        let shown = folder.path.display();
        if known.as_ref() == Some(&job) {
            context.terminal.say(&format!("going on with {shown}"));
            return Ok(folder);
        }
        if known.is_some() {
            context.terminal.say("the settings or the files have changed: beginning anew");
        }
        folder.clear()?;
        folder.write(JOB, &job)?;
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was said when everything was sorted; nothing before.
    pub fn sorted<T: for<'a> Deserialize<'a>>(&self) -> Option<T> {
        self.read(SORTED)
    }

    /// Says that everything is sorted.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn set_sorted(&self, sorted: &impl Serialize) -> Result<(), Failure> {
        self.write(SORTED, sorted)
    }

    /// What stands in a file; nothing when it is not there or not whole.
    pub fn read<T: for<'a> Deserialize<'a>>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&fs::read(self.path.join(name)).ok()?).ok()
    }

    /// Writes a file whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_vec(value).map_err(io::Error::from)?;
        write_atomically(&self.path.join(name), &text).map_err(source_failure)
    }

    /// Removes all that a run wrote, so that sorting begins anew.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn clear(&self) -> Result<(), Failure> {
        let remove = || {
            removed(&self.path.join(SORTED))?;
            for entry in fs::read_dir(&self.path)? {
                let name = entry?.file_name();
                if is_ours(&name) && name != JOB && name != LOCK {
                    removed(&self.path.join(name))?;
                }
            }
            Ok(())
        };
        remove().map_err(|error| unwritable(&self.path, &error))
    }

    /// Removes the folder, unless something else was put into it.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn remove(self) -> Result<(), Failure> {
        self.clear()?;
        let remove = || {
            removed(&self.path.join(JOB))?;
            removed(&self.path.join(LOCK))?;
            match fs::remove_dir(&self.path) {
                Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => Ok(()),
                removed => removed,
            }
        };
        remove().map_err(|error| unwritable(&self.path, &error))
    }
}

/// Makes the folder and locks it.
fn locked(path: &Path) -> Result<File, Failure> {
    let failed = |error| unwritable(path, &error);
    for _ in 0..TRIES {
        refuse_foreign(path)?;
        fs::create_dir_all(path).map_err(failed)?;
        let file = path.join(LOCK);
        let opened = File::options().create(true).truncate(false).write(true).open(&file);
        let lock = match opened {
            // A run that has just ended took the folder away.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            opened => opened.map_err(failed)?,
        };
        match lock.try_lock() {
            // The same: the lock is then of a file that nobody else can see.
            Ok(()) if !file.exists() => continue,
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => break,
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
    Err(Failure::refused(format!("another run works on {}", path.display()))
        .hint("wait until it has ended, or pass another --out"))
}

/// Refuses a folder with files of others: one without [`JOB`] was left half made or half removed, if all is ours.
fn refuse_foreign(path: &Path) -> Result<(), Failure> {
    let ours = || -> io::Result<bool> {
        match fs::read(path.join(JOB)) {
            Ok(text) => {
                let job: Option<Value> = serde_json::from_slice(&text).ok();
                return Ok(job.is_some_and(|job| job["made_by"] == MADE_BY));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let names = fs::read_dir(path)?.map(|entry| Ok(entry?.file_name()));
        Ok(names.collect::<io::Result<Vec<_>>>()?.iter().all(|name| is_ours(name)))
    };
    match ours() {
        Ok(true) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() != ErrorKind::NotADirectory => Err(unwritable(path, &error)),
        _ => Err(Failure::refused(format!("{} holds no parts of a run", path.display()))
            .hint("pass another --out, or remove the folder")),
    }
}

/// Whether a run writes files of this name.
fn is_ours(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    let part = |(number, end): (&str, &str)| {
        number.len() >= 4
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && ENDINGS.contains(&end)
    };
    // What a kill leaves of a file that is written whole or not at all.
    let unfinished = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    [JOB, SORTED, LOCK].contains(&name)
        || name.split_once('.').is_some_and(part)
        || name.strip_prefix(".tmp").is_some_and(unfinished)
}

/// Removes a file, if it is there.
fn removed(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::unavailable(format!("{}: {error}", path.display()))
        .hint("check the folder, its permissions and the free space")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_others_are_told_apart() {
        for ours in ["job.json", "0000.rows", "12345.samples", "0003.bucket", ".tmpAb12Cd", "lock"]
        {
            assert!(is_ours(OsStr::new(ours)), "{ours}");
        }
        for other in
            ["diary.txt", "a.rows", ".samples", "1.json", "0000.csv", ".tmp/x", "2026.json.bak"]
        {
            assert!(!is_ours(OsStr::new(other)), "{other}");
        }
    }
}
