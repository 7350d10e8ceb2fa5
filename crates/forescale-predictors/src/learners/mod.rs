//! The learners that the direct predictors share: they know matrices and targets, but nothing of load.

pub(crate) mod adam;
pub(crate) mod binned;
pub(crate) mod bins;
pub(crate) mod boosting;
pub(crate) mod drawn;
pub(crate) mod extra_trees;
pub(crate) mod grower;
pub(crate) mod histogram;
pub(crate) mod lanes;
pub(crate) mod least_absolute;
pub(crate) mod mlp;
pub(crate) mod products;
pub(crate) mod splits;
pub(crate) mod stack;
pub(crate) mod tree;
pub(crate) mod weights;
