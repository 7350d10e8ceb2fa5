//! The learners that the direct predictors share: they know matrices and targets, but nothing of load.

pub(crate) mod boosting;
pub(crate) mod extra_trees;
pub(crate) mod histogram;
pub(crate) mod mlp;
pub(crate) mod stack;
