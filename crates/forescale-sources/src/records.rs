//! Records of a delimited text, one by one, with the line each begins on.
//!
//! The bulk of a file is read by polars; this small reader serves the header, and finds the line of an error.

use std::borrow::Cow;

/// One record: the line it begins on (from 1) and its fields.
pub(crate) struct Record<'a> {
    pub line: usize,
    pub fields: Vec<Cow<'a, str>>,
    /// Whether a quote was opened and never closed.
    pub unclosed: bool,
}

/// Reads the records of `bytes`; blank lines are passed over.
pub(crate) struct Records<'a> {
    bytes: &'a [u8],
    delimiter: u8,
    at: usize,
    line: usize,
}

impl<'a> Records<'a> {
    pub fn new(bytes: &'a [u8], delimiter: u8) -> Self {
        Self {
            bytes: bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes),
            delimiter,
            at: 0,
            line: 1,
        }
    }

    /// Lines read so far.
    pub fn lines(&self) -> usize {
        self.line - 1
    }

    fn skip_blank_lines(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' => self.line += 1,
                b'\r' => {}
                _ => return,
            }
            self.at += 1;
        }
    }

    /// The bytes of the field at `self.at`, and whether it is the last of its record.
    fn field(&mut self) -> (Cow<'a, str>, bool, bool) {
        if self.bytes.get(self.at) == Some(&b'"') {
            return self.quoted_field();
        }
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|&b| b == self.delimiter || b == b'\n');
        let end = end.unwrap_or(rest.len());
        let text = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        self.at += end;
        (String::from_utf8_lossy(text), self.close_field(), false)
    }

    fn quoted_field(&mut self) -> (Cow<'a, str>, bool, bool) {
        let mut text = Vec::new();
        self.at += 1;
        loop {
            match self.bytes.get(self.at) {
                None => return (String::from_utf8_lossy(&text).into_owned().into(), true, true),
                Some(b'"') if self.bytes.get(self.at + 1) == Some(&b'"') => {
                    text.push(b'"');
                    self.at += 1;
                }
                Some(b'"') => break,
                Some(&byte) => {
                    self.line += usize::from(byte == b'\n');
                    text.push(byte);
                }
            }
            self.at += 1;
        }
        self.at += 1;
        while self.bytes.get(self.at).is_some_and(|&b| b != self.delimiter && b != b'\n') {
            self.at += 1;
        }
        (String::from_utf8_lossy(&text).into_owned().into(), self.close_field(), false)
    }

    /// Steps over the delimiter or the end of the line; true at the end of the record.
    fn close_field(&mut self) -> bool {
        let last = self.bytes.get(self.at) != Some(&self.delimiter);
        self.line += usize::from(last);
        self.at += 1;
        last
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        self.skip_blank_lines();
        if self.at >= self.bytes.len() {
            return None;
        }
        let mut record = Record { line: self.line, fields: Vec::new(), unclosed: false };
        loop {
            let (field, last, unclosed) = self.field();
            record.fields.push(field);
            record.unclosed |= unclosed;
            if last {
                return Some(record);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(usize, Vec<String>)> {
        Records::new(text.as_bytes(), b',')
            .map(|r| (r.line, r.fields.iter().map(|f| f.to_string()).collect()))
            .collect()
    }

    fn fields(fields: &[&str]) -> Vec<String> {
        fields.iter().map(|&field| field.to_owned()).collect()
    }

    #[test]
    fn quotes_bom_blank_lines_and_carriage_returns_are_understood() {
        let records = read("\u{feff}a,b\r\n\r\n\"x, \"\"y\"\"\",2\r\n\"two\nlines\",3\n,\n");
        assert_eq!(
            records,
            [
                (1, fields(&["a", "b"])),
                (3, fields(&["x, \"y\"", "2"])),
                (4, fields(&["two\nlines", "3"])),
                (6, fields(&["", ""])),
            ]
        );
    }

    #[test]
    fn a_quote_that_never_closes_is_seen() {
        assert!(Records::new(b"a,\"b\nc", b',').next().unwrap().unclosed);
        assert!(!Records::new(b"a,\"b\"", b',').next().unwrap().unclosed);
    }
}
