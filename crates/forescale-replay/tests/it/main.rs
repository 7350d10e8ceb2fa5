//! The replay against an independent referee, and what should hold for any fleet.

mod contract;
mod detailed;
mod fixture;
mod foresight;
mod golden;
mod planned;
mod referee;
mod referee_policies;
mod referee_score;
mod same_as_referee;
