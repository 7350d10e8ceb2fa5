//! What should be true of every plan.

mod cases;
mod fixture;
mod golden;
mod limits;
mod properties;
mod referee;
mod worked_example;
