//! Prints a sample report: `cargo run --release -p forescale-report --example sample > sample.html`.
//! With the words `terminal`, `ascii` and `color` it prints the terminal chart instead.

use forescale_report::chart::{TerminalStyle, terminal};

mod data;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| words.iter().any(|given| given == word);
    let report = data::report();
    if words.is_empty() {
        print!("{}", forescale_report::render_html(&report));
    } else {
        let style = TerminalStyle {
            color: has("color"),
            unicode: !has("ascii"),
            ..TerminalStyle::default()
        };
        print!("{}", terminal(&report, &style));
    }
}
