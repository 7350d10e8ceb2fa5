//! A text in blocks of whole records, so that a file of any size is read in little memory.

use std::io::{self, Read};

/// Large enough that the start of a block costs nothing, small enough for a processor cache.
const BLOCK_BYTES: u64 = 4 << 20;

/// No record is as long as this; one that seems to be has a quote that never closes.
const LONGEST_RECORD: usize = 64 << 20;

/// Blocks of whole records.
pub(crate) struct Blocks<'a> {
    source: Box<dyn Read + 'a>,
    /// What stands between fields.
    delimiter: u8,
    rest: Vec<u8>,
}

impl<'a> Blocks<'a> {
    pub fn new(source: Box<dyn Read + 'a>, delimiter: u8) -> Self {
        Self { source, delimiter, rest: Vec::new() }
    }

    /// The next block; `None` at the end.
    ///
    /// # Errors
    /// What reading says, and `InvalidData` for a record that does not end.
    ///
    /// A text that ends with an opening quote is one: the reader of fields takes the quote for both quotes of a field and
    /// panics. [`Self::rest`] is then what was read of it.
    pub fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut block = std::mem::take(&mut self.rest);
        block.reserve_exact(BLOCK_BYTES as usize);
        loop {
            let read = (&mut self.source).take(BLOCK_BYTES).read_to_end(&mut block)?;
            if read == 0 {
                return match ends_with_opening_quote(&block, self.delimiter) {
                    true => Err(self.endless(block)),
                    false => Ok((!block.is_empty()).then_some(block)),
                };
            }
            if let Some(end) = end_of_records(&block) {
                self.rest = block[end..].to_vec();
                block.truncate(end);
                return Ok(Some(block));
            }
            if block.len() > LONGEST_RECORD {
                return Err(self.endless(block));
            }
        }
    }

    fn endless(&mut self, block: Vec<u8>) -> io::Error {
        self.rest = block;
        io::ErrorKind::InvalidData.into()
    }

    /// What was read and belongs to no block yet.
    pub fn rest(&self) -> &[u8] {
        &self.rest
    }
}

/// Behind the last line end that is not within quotes.
fn end_of_records(block: &[u8]) -> Option<usize> {
    if !block.contains(&b'"') {
        return block.iter().rposition(|&byte| byte == b'\n').map(|end| end + 1);
    }
    let (mut end, mut quoted) = (None, false);
    for (at, byte) in block.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => end = Some(at + 1),
            _ => {}
        }
    }
    end
}

/// Whether the last byte is a quote that opens a field. A quote within a field that began without one opens nothing, so
/// fields are followed from the start.
fn ends_with_opening_quote(block: &[u8], delimiter: u8) -> bool {
    if block.last() != Some(&b'"') {
        return false;
    }
    let (mut begins, mut quoted, mut opening) = (true, false, false);
    for byte in block {
        opening = *byte == b'"' && begins && !quoted;
        match byte {
            b'"' if begins || quoted => (quoted, begins) = (!quoted, false),
            _ => begins = !quoted && (*byte == delimiter || *byte == b'\n'),
        }
    }
    opening
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_ends_with_an_opening_quote_does_not_end() {
        let read = |text: &'static [u8]| Blocks::new(Box::new(text), b',').next();
        for text in [&b"a,\""[..], b"\"", b"A\",0\n1,\"", b";\",0\n1,\""] {
            assert_eq!(read(text).unwrap_err().kind(), io::ErrorKind::InvalidData);
        }
        let mut blocks = Blocks::new(Box::new(&b"a,b\nc,\""[..]), b',');
        assert_eq!(blocks.next().unwrap(), Some(b"a,b\n".to_vec()));
        assert_eq!(blocks.next().unwrap_err().kind(), io::ErrorKind::InvalidData);
        for text in [&b"a,\"b\""[..], b"a,\"b,\"", b"a,b\"", b"a,b;\""] {
            assert_eq!(read(text).unwrap(), Some(text.to_vec()));
        }
    }

    #[test]
    fn a_cut_is_never_within_a_record() {
        assert_eq!(end_of_records(b"a,b\nc,d"), Some(4));
        assert_eq!(end_of_records(b"a,b\n\"c\nd\",e"), Some(4));
        assert_eq!(end_of_records(b"a,b\n\"c\nd\",e\nf"), Some(12));
        assert_eq!(end_of_records(b"a,b"), None);
    }

    #[test]
    fn the_blocks_together_are_the_text() {
        let line = "2026-01-05T00:00:00Z,\"12\n5\"\n";
        let text = line.repeat(300_000);
        let mut blocks = Blocks::new(Box::new(text.as_bytes()), b',');
        let (mut together, mut count) = (Vec::new(), 0);
        while let Some(block) = blocks.next().unwrap() {
            assert!(block.ends_with(b"\"\n"));
            together.extend(block);
            count += 1;
        }
        assert!(together == text.as_bytes() && count > 1);
    }
}
