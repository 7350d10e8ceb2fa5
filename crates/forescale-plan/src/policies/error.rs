//! What is wrong with the way a policy was named or set.

use thiserror::Error;

/// A policy that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// A name that no policy has.
    #[error("there is no policy {name:?}; there are {known}")]
    Unknown {
        /// The name given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Settings that are no list of `key=value`.
    #[error("settings of a policy should look like key=value,key=value, but are {0:?}")]
    Form(String),
    /// A key that the policy does not have.
    #[error("{policy} has no setting {key:?}; it has {known}")]
    Key {
        /// The policy.
        policy: &'static str,
        /// The key given.
        key: String,
        /// The keys it has.
        known: String,
    },
    /// A key that is given twice.
    #[error("{policy} should be given {key:?} once, but is given it twice")]
    Twice {
        /// The policy.
        policy: &'static str,
        /// The key.
        key: String,
    },
    /// A value out of range.
    #[error("{key} of {policy} should be {expected}, but is {value:?}")]
    Value {
        /// The policy.
        policy: &'static str,
        /// The key.
        key: &'static str,
        /// What it should be.
        expected: String,
        /// The value given.
        value: String,
    },
    /// A policy that cannot work on this history.
    #[error("{policy} {reason}")]
    Unsuitable {
        /// The policy.
        policy: &'static str,
        /// What it lacks.
        reason: String,
    },
}

impl PolicyError {
    /// What to do about it, in a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "name a policy of the list, with settings after a colon",
            Self::Form(_) => "write hpa:target=0.6,tolerance=0.1 say",
            Self::Key { .. } => "leave a setting out to use its default",
            Self::Twice { .. } => "name the policy twice to replay two settings",
            Self::Value { .. } => "leave it out to use its default",
            Self::Unsuitable { .. } => "pass what it lacks, or leave the policy out",
        }
    }
}
