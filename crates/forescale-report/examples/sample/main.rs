//! Prints a sample report: `cargo run --release -p forescale-report --example sample > sample.html`.
//! With the word `terminal` it prints the terminal chart instead.

mod data;

fn main() {
    print!("{}", forescale_report::render_html(&data::report()));
}
