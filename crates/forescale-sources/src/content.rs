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

/// An opened source: a regular file stays a file, so that it can be mapped instead of copied.
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
        let (body, gzip) = unpack(body, &name)?;
        let head = head_of(&body, &name)?;
        let format = recognise(&head, &name)?;
        Ok(Self { name, format, gzip, head, body })
    }

    /// Every byte; only for what is small, and for finding the line of an error.
    pub fn bytes(&self) -> Result<Vec<u8>, SourceError> {
        match &self.body {
            Body::Bytes(bytes) => Ok(bytes.clone()),
            Body::File(file) => {
                let mut file = file;
                rewind(&mut file, &self.name)?;
                read_all(file, &self.name)
            }
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

fn head_of(body: &Body, name: &str) -> Result<Vec<u8>, SourceError> {
    match body {
        Body::Bytes(bytes) => Ok(bytes[..bytes.len().min(HEAD_BYTES)].to_vec()),
        Body::File(file) => {
            let mut file = file;
            rewind(&mut file, name)?;
            let head = read_all(file.take(HEAD_BYTES as u64), name)?;
            rewind(&mut file, name)?;
            Ok(head)
        }
    }
}

const GZIP: &[u8] = &[0x1f, 0x8b];

fn unpack(body: Body, name: &str) -> Result<(Body, bool), SourceError> {
    if !head_of(&body, name)?.starts_with(GZIP) {
        return Ok((body, false));
    }
    let unpacked = match &body {
        Body::Bytes(bytes) => gunzip(bytes.as_slice(), name),
        Body::File(file) => gunzip(io::BufReader::new(file), name),
    };
    Ok((Body::Bytes(unpacked?), true))
}

fn gunzip(reader: impl Read, name: &str) -> Result<Vec<u8>, SourceError> {
    let mut bytes = Vec::new();
    let mut reader = MultiGzDecoder::new(reader).take(MOST_UNPACKED_BYTES);
    reader
        .read_to_end(&mut bytes)
        .map_err(|_| SourceError::malformed(name, "is a gzip file that is broken or cut short"))?;
    if bytes.len() as u64 == MOST_UNPACKED_BYTES {
        return Err(SourceError::malformed(name, "unpacks to more than 4 GiB"));
    }
    Ok(bytes)
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
