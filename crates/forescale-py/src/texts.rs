//! Text of an answer: few of its rows say something, and many rows name the same series.

use std::sync::Arc;

use arrow_array::builder::{StringBuilder, StringViewBuilder};
use arrow_array::{ArrayRef, StringViewArray};

/// How Arrow lays text out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// All text end to end: what every reader of Arrow knows.
    Offsets,
    /// Views into texts that rows share: what polars works with, which copies any other.
    Views,
}

/// A column of texts, of which only those rows take memory that say something.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    rows: usize,
    said: Vec<(usize, String)>,
}

impl Texts {
    /// One row more.
    pub fn push(&mut self, text: Option<String>) {
        self.said.extend(text.map(|text| (self.rows, text)));
        self.rows += 1;
    }

    /// What each row says.
    pub fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        let mut said = self.said.iter().peekable();
        (0..self.rows)
            .map(move |row| said.next_if(|(at, _)| *at == row).map(|(_, text)| text.as_str()))
    }

    /// The same for Arrow.
    pub fn array(&self, layout: Layout) -> ArrayRef {
        match layout {
            Layout::Offsets => {
                let bytes = self.said.iter().map(|(_, text)| text.len()).sum();
                let mut builder = StringBuilder::with_capacity(self.rows, bytes);
                self.iter().for_each(|text| builder.append_option(text));
                Arc::new(builder.finish())
            }
            Layout::Views => {
                let mut builder = StringViewBuilder::with_capacity(self.rows);
                self.iter().for_each(|text| builder.append_option(text));
                Arc::new(builder.finish())
            }
        }
    }
}

/// Names by their number, each as often as it is counted.
pub fn repeated(names: &[String], counts: &[(usize, usize)], layout: Layout) -> ArrayRef {
    let rows = counts.iter().map(|(_, count)| count).sum();
    match layout {
        Layout::Offsets => {
            let bytes = counts.iter().map(|(name, count)| names[*name].len() * count).sum();
            let mut builder = StringBuilder::with_capacity(rows, bytes);
            for (name, count) in counts {
                (0..*count).for_each(|_| builder.append_value(&names[*name]));
            }
            Arc::new(builder.finish())
        }
        Layout::Views => Arc::new(shared(names, counts, rows)),
    }
}

/// Every name once, and a view of it for each of its rows.
fn shared(names: &[String], counts: &[(usize, usize)], rows: usize) -> StringViewArray {
    let mut builder = StringViewBuilder::new();
    names.iter().for_each(|name| builder.append_value(name));
    let once = builder.finish();
    let mut views = Vec::with_capacity(rows);
    for (name, count) in counts {
        views.extend(std::iter::repeat_n(once.views()[*name], *count));
    }
    // A view of a view's text is one of the same buffers, so nothing has to be looked at again.
    StringViewArray::new(views.into(), once.data_buffers(), None)
}

#[cfg(test)]
mod tests {
    use arrow_array::StringArray;
    use arrow_array::cast::AsArray;

    use super::*;

    fn read(array: &ArrayRef, layout: Layout) -> Vec<Option<String>> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        match layout {
            Layout::Offsets => {
                array.as_any().downcast_ref::<StringArray>().unwrap().iter().map(owned).collect()
            }
            Layout::Views => array.as_string_view().iter().map(owned).collect(),
        }
    }

    #[test]
    fn rows_that_say_nothing_are_null_in_either_layout() {
        let mut texts = Texts::default();
        let rows =
            [None, Some("short"), None, Some("a text of more than twelve bytes"), Some(""), None];
        rows.iter().for_each(|text| texts.push(text.map(str::to_owned)));
        let expected: Vec<Option<String>> =
            rows.iter().map(|text| text.map(str::to_owned)).collect();
        for layout in [Layout::Offsets, Layout::Views] {
            assert_eq!(read(&texts.array(layout), layout), expected, "{layout:?}");
        }
    }

    #[test]
    fn names_are_repeated_as_counted_in_either_layout() {
        let names = ["web".to_owned(), "a service with a long name".to_owned()];
        let counts = [(1, 2), (0, 1), (1, 1), (0, 0)];
        let expected: Vec<Option<String>> =
            [1, 1, 0, 1].iter().map(|number: &usize| Some(names[*number].clone())).collect();
        for layout in [Layout::Offsets, Layout::Views] {
            assert_eq!(read(&repeated(&names, &counts, layout), layout), expected, "{layout:?}");
        }
    }

    #[test]
    fn a_long_name_stands_in_memory_once_as_views() {
        let names = ["a service with a long name".to_owned()];
        let array = repeated(&names, &[(0, 1000)], Layout::Views);
        let bytes: usize =
            array.as_string_view().data_buffers().iter().map(|buffer| buffer.len()).sum();
        assert_eq!(bytes, names[0].len());
    }
}
