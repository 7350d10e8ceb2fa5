//! What holds across crates: layers, house rules, the contract of every predictor, and the command end to end.

mod house_rules;
mod layering;
mod workspace;
