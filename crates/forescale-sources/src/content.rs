//! The bytes of a source: a path or standard input, plain or gzip, told apart by what they begin with.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::error::SourceError;

/// Where a history comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
    /// Bytes in memory, with a name for messages.
    Bytes {
        /// The name.
        name: String,
        /// The content, as a file would hold it.
        bytes: Vec<u8>,
    },
}

impl Source {
    /// `-` is standard input, anything else a path.
    pub fn new(text: impl AsRef<Path>) -> Self {
        match text.as_ref() {
            path if path == Path::new("-") => Self::Stdin,
            path => Self::File(path.to_owned()),
        }
    }

    /// Its size as it is, packed or not; 0 of what cannot be measured.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Stdin => 0,
            Self::File(path) => std::fs::metadata(path).map_or(0, |about| about.len()),
            Self::Bytes { bytes, .. } => bytes.len() as u64,
        }
    }

    /// The name that messages and reports use.
    pub fn name(&self) -> String {
        match self {
            Self::Stdin => "standard input".to_owned(),
            Self::File(path) => path.display().to_string(),
            Self::Bytes { name, .. } => name.clone(),
        }
    }
}

/// What a source turned out to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    Parquet,
}

/// An opened source: a regular file stays a file, so that it can be mapped or read block by block instead of copied.
/// Text in a gzip stays packed, for the same reason.
#[derive(Debug)]
pub(crate) enum Body {
    File(File),
    Bytes(Vec<u8>),
}

#[derive(Debug)]
pub(crate) struct Content {
    pub name: String,
    pub format: Format,
    pub gzip: bool,
    pub head: Vec<u8>,
    pub body: Body,
}

/// Enough to find the header and to know the columns by their first rows.
const HEAD_BYTES: usize = 64 * 1024;

/// What one gzip may unpack to; beyond it the file is refused instead of filling the memory.
const MOST_UNPACKED_BYTES: u64 = 4 << 30;

impl Content {
    /// Opens `source` and finds out what it holds.
    pub fn open(source: &Source) -> Result<Self, SourceError> {
        let name = source.name();
        let body = match source {
            Source::Stdin => Body::Bytes(read_all(io::stdin().lock(), &name)?),
            Source::File(path) => open_file(path, &name)?,
            Source::Bytes { bytes, .. } => Body::Bytes(bytes.clone()),
        };
        let unavailable = |error: io::Error| SourceError::unavailable(&name, &error);
        let head = head_of(plain(&body, &name)?).map_err(unavailable)?;
        let gzip = head.starts_with(GZIP);
        let head = match gzip {
            true => {
                head_of(unpacked(&body, &name)?).map_err(|error| unreadable_gzip(&name, &error))?
            }
            false => head,
        };
        let format = recognise(&head, &name)?;
        let body = match (gzip, format) {
            // The end of a Parquet file is read before its rows.
            (true, Format::Parquet) => Body::Bytes(gunzip(&body, &name)?),
            _ => body,
        };
        Ok(Self { name, format, gzip, head, body })
    }

    /// A text from its beginning; [`Self::unreadable`] says what an error of reading it means.
    pub fn reader(&self) -> Result<Box<dyn Read + '_>, SourceError> {
        if self.gzip { unpacked(&self.body, &self.name) } else { plain(&self.body, &self.name) }
    }

    /// The error for one of [`Self::reader`].
    pub fn unreadable(&self, error: &io::Error) -> SourceError {
        match self.gzip {
            true => unreadable_gzip(&self.name, error),
            false => SourceError::unavailable(&self.name, error),
        }
    }

    /// Every byte of a text; only for what is small.
    pub fn bytes(&self) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::new();
        self.reader()?.read_to_end(&mut bytes).map_err(|error| self.unreadable(&error))?;
        Ok(bytes)
    }

    /// The share that was read, from 0 to 1, of a text that is a file; packed or not, it is counted in the bytes on disk.
    pub fn share_read(&self) -> f64 {
        let Body::File(file) = &self.body else { return 0.0 };
        let mut file: &File = file;
        let (read, length) = (file.stream_position(), file.metadata());
        match (read, length) {
            (Ok(read), Ok(about)) if about.len() > 0 => read as f64 / about.len() as f64,
            _ => 0.0,
        }
    }

    /// Whether `head` is the whole source.
    pub fn head_is_all(&self) -> bool {
        self.head.len() < HEAD_BYTES
    }
}

fn open_file(path: &Path, name: &str) -> Result<Body, SourceError> {
    let unavailable = |error: io::Error| SourceError::unavailable(name, &error);
    let file = File::open(path).map_err(unavailable)?;
    let kind = file.metadata().map_err(unavailable)?.file_type();
    if kind.is_dir() {
        return Err(unavailable(io::ErrorKind::IsADirectory.into()));
    }
    // A pipe can neither be mapped nor read twice.
    if kind.is_file() { Ok(Body::File(file)) } else { Ok(Body::Bytes(read_all(file, name)?)) }
}

fn read_all(mut reader: impl Read, name: &str) -> Result<Vec<u8>, SourceError> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).map_err(|error| SourceError::unavailable(name, &error))?;
    Ok(bytes)
}

fn rewind(file: &mut &File, name: &str) -> Result<(), SourceError> {
    let start = file.seek(SeekFrom::Start(0));
    start.map(|_| ()).map_err(|error| SourceError::unavailable(name, &error))
}

fn head_of(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    reader.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// The bytes as they are.
fn plain<'a>(body: &'a Body, name: &str) -> Result<Box<dyn Read + 'a>, SourceError> {
    match body {
        Body::Bytes(bytes) => Ok(Box::new(bytes.as_slice())),
        Body::File(file) => {
            let mut file = file;
            rewind(&mut file, name)?;
            Ok(Box::new(file))
        }
    }
}

const GZIP: &[u8] = &[0x1f, 0x8b];

/// What a gzip holds.
fn unpacked<'a>(body: &'a Body, name: &str) -> Result<Box<dyn Read + 'a>, SourceError> {
    let packed = io::BufReader::new(plain(body, name)?);
    Ok(Box::new(Unpacked { gzip: MultiGzDecoder::new(packed), left: MOST_UNPACKED_BYTES }))
}

/// A gzip whose errors are told apart from those of the text in it: they are of kind `Other` or [`TOO_LARGE`].
struct Unpacked<R> {
    gzip: MultiGzDecoder<R>,
    left: u64,
}

/// The kind of the error of a gzip that unpacks to more than it may.
const TOO_LARGE: io::ErrorKind = io::ErrorKind::FileTooLarge;

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.gzip.read(buffer).map_err(io::Error::other)?;
        self.left = self.left.checked_sub(read as u64).ok_or(TOO_LARGE)?;
        Ok(read)
    }
}

fn gunzip(body: &Body, name: &str) -> Result<Vec<u8>, SourceError> {
    let mut bytes = Vec::new();
    match unpacked(body, name)?.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(unreadable_gzip(name, &error)),
    }
}

fn unreadable_gzip(name: &str, error: &io::Error) -> SourceError {
    SourceError::malformed(
        name,
        match error.kind() {
            TOO_LARGE => "unpacks to more than 4 GiB",
            _ => "is a gzip file that is broken or cut short",
        },
    )
}

/// Files that are often passed by mistake, by their first bytes.
const FOREIGN: &[(&[u8], &str)] = &[
    (&[0x28, 0xb5, 0x2f, 0xfd], "packed with zstd"),
    (b"BZh", "packed with bzip2"),
    (&[0xfd, b'7', b'z', b'X', b'Z'], "packed with xz"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (GZIP, "packed with gzip twice"),
    (&[0xff, 0xfe], "text in UTF-16"),
    (&[0xfe, 0xff], "text in UTF-16"),
    (b"FORESCALE", "a forescale model"),
    (b"ARROW1", "an Arrow file"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"<", "HTML or XML"),
];

fn recognise(head: &[u8], name: &str) -> Result<Format, SourceError> {
    let unsupported = |kind| SourceError::Unsupported { name: name.to_owned(), kind };
    if head.starts_with(b"PAR1") {
        return Ok(Format::Parquet);
    }
    let foreign = FOREIGN.iter().find(|(magic, _)| head.starts_with(magic));
    match foreign {
        Some((_, kind)) => Err(unsupported(kind)),
        None if head.iter().all(u8::is_ascii_whitespace) => {
            Err(SourceError::Empty { name: name.to_owned() })
        }
        None if head.contains(&0) => Err(unsupported("a binary file")),
        None => Ok(Format::Csv),
    }
}
