//! What holds across crates: layers, house rules, the contract of every predictor, and the command end to end.

mod anchors;
mod any_bytes;
mod bad_input;
mod command;
mod compare;
mod config_show;
mod contract;
mod decides;
mod fleets;
mod fleets_ended;
mod histories;
mod house_rules;
mod layering;
mod messy_samples;
mod never_absurd;
mod odd_histories;
mod pipeline;
mod replays;
mod service;
mod worked_example;
mod workspace;
