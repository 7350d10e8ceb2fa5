//! The report from outside: the page as HTML, the chart as text.

#[path = "../../examples/sample/data.rs"]
mod sample;

mod page;
mod terminal;
