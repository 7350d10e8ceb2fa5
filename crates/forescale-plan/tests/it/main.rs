//! What should be true of every plan.

mod carbon;
mod cases;
mod curves;
mod fixture;
mod golden;
mod limits;
mod price;
mod properties;
mod referee;
mod regions;
mod samples;
mod scenarios;
mod spot;
mod weighed;
mod worked_example;
mod zero;
