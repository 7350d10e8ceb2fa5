//! A grid of cells that remember a glyph, dots and an ink.

/// What a cell shows; each has its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Soft,
    Band,
    Median,
    Fleet,
}

impl Ink {
    /// Its ANSI code: colours that read on dark and on light terminals.
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "0",
            Self::Soft => "90",
            Self::Band => "34",
            Self::Median => "94",
            Self::Fleet => "36",
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    glyph: char,
    dots: u8,
    ink: Ink,
}

const BLANK: Cell = Cell { glyph: ' ', dots: 0, ink: Ink::Plain };

/// Cells of a chart, row 0 on top.
pub(super) struct Canvas {
    width: usize,
    cells: Vec<Cell>,
    /// Whether braille and box drawing may be used.
    pub unicode: bool,
}

impl Canvas {
    pub fn new(width: usize, height: usize, unicode: bool) -> Self {
        Self { width, cells: vec![BLANK; width * height], unicode }
    }

    pub fn width(&self) -> usize {
        self.width
    }

    /// Dots of a cell: 2 by 4 in braille, or the cell itself.
    pub fn dots(&self) -> (usize, usize) {
        if self.unicode { (2, 4) } else { (1, 1) }
    }

    /// Chooses what the terminal can show.
    pub fn glyph(&self, unicode: char, ascii: char) -> char {
        if self.unicode { unicode } else { ascii }
    }

    pub fn put(&mut self, row: usize, column: usize, glyph: char, ink: Ink) {
        if let Some(cell) = self.cell(row, column) {
            *cell = Cell { glyph, dots: 0, ink };
        }
    }

    /// Like [`Canvas::put`], but only where nothing stands yet.
    pub fn put_behind(&mut self, row: usize, column: usize, glyph: char, ink: Ink) {
        if self.cell(row, column).is_some_and(|cell| cell.glyph == ' ' && cell.dots == 0) {
            self.put(row, column, glyph, ink);
        }
    }

    /// Writes `text` from `column` on; what does not fit is cut.
    pub fn text(&mut self, row: usize, column: usize, text: &str, ink: Ink) {
        for (i, glyph) in text.chars().enumerate() {
            self.put(row, column + i, glyph, ink);
        }
    }

    /// Sets the dot `x` from the left and `y` from the top, counted in dots; in ASCII it shows as `ascii`.
    pub fn dot(&mut self, x: usize, y: usize, ascii: char, ink: Ink) {
        // The bits of the braille patterns (U+2800): two columns of three dots, then the lowest row.
        const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
        let (wide, high) = self.dots();
        if !self.unicode {
            return self.put(y, x, ascii, ink);
        }
        if let Some(cell) = self.cell(y / high, x / wide) {
            *cell = Cell { glyph: ' ', dots: cell.dots | BITS[x % wide][y % high], ink };
        }
    }

    fn cell(&mut self, row: usize, column: usize) -> Option<&mut Cell> {
        (column < self.width).then(|| self.cells.get_mut(row * self.width + column)).flatten()
    }

    /// The cells as lines without trailing blanks.
    pub fn render(&self, color: bool) -> String {
        let mut text = String::new();
        for row in self.cells.chunks(self.width) {
            let end = row.iter().rposition(|cell| cell.shown() != ' ').map_or(0, |last| last + 1);
            render_row(&row[..end], color, &mut text);
            text.push('\n');
        }
        text
    }
}

impl Cell {
    fn shown(&self) -> char {
        match self.dots {
            0 => self.glyph,
            dots => char::from_u32(0x2800 + u32::from(dots)).expect("256 braille patterns exist"),
        }
    }
}

/// One escape for each run of an ink, so that a copied line stays short.
fn render_row(row: &[Cell], color: bool, text: &mut String) {
    let mut ink = Ink::Plain;
    for cell in row {
        if color && cell.ink != ink && cell.shown() != ' ' {
            ink = cell.ink;
            text.push_str(&format!("\x1b[{}m", ink.code()));
        }
        text.push(cell.shown());
    }
    if ink != Ink::Plain {
        text.push_str("\x1b[0m");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_of_a_cell_share_one_pattern() {
        let mut canvas = Canvas::new(2, 1, true);
        canvas.dot(0, 0, '*', Ink::Plain);
        canvas.dot(1, 3, '*', Ink::Plain);
        assert_eq!(canvas.render(false), "\u{2881}\n");
    }

    #[test]
    fn an_ink_is_named_once_for_a_run_and_ended() {
        let mut canvas = Canvas::new(4, 1, false);
        canvas.text(0, 0, "ab", Ink::Fleet);
        assert_eq!(canvas.render(true), "\x1b[36mab\x1b[0m\n");
        assert_eq!(canvas.render(false), "ab\n");
    }

    #[test]
    fn what_lies_outside_is_cut() {
        let mut canvas = Canvas::new(3, 1, true);
        canvas.text(0, 2, "xyz", Ink::Plain);
        canvas.dot(99, 99, '*', Ink::Plain);
        assert_eq!(canvas.render(false), "  x\n");
    }
}
