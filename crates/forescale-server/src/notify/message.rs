//! What a webhook gets, and how it is signed.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;

use super::alerts::Alert;
use crate::standing::Decision;

/// What a webhook gets.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Message {
    /// Another number of instances is asked for than before: by a new plan, or by the next step of the one in force.
    Plan {
        /// The target.
        target: String,
        /// When the plan was made.
        at: DateTime<Utc>,
        /// What it asks for.
        decision: Decision,
    },
    /// Something that begins to need attention, or no longer does.
    Alert {
        /// The target.
        target: String,
        /// What it is.
        alert: Alert,
        /// Whether it begins.
        firing: bool,
        /// When it was noticed.
        at: DateTime<Utc>,
        /// More about it, in one sentence.
        detail: String,
    },
}

impl Message {
    /// The target it is about.
    pub fn target(&self) -> &str {
        match self {
            Self::Plan { target, .. } | Self::Alert { target, .. } => target,
        }
    }
}

/// The header that holds the signature.
pub const SIGNATURE: &str = "x-forescale-signature";

/// `t=SECONDS,v1=HEX`: the HMAC-SHA256 of `SECONDS.BODY` under `secret`. The time is signed as well, so that a message
/// that is sent again much later can be told.
pub fn signature(secret: &[u8], at: DateTime<Utc>, body: &[u8]) -> String {
    let seconds = at.timestamp();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length will do");
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    let bytes = mac.finalize().into_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_time_and_the_body() {
        // printf '1700000000.{}' | openssl dgst -sha256 -hmac 'sixteen bytes ok'
        let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let signed = signature(b"sixteen bytes ok", at, b"{}");
        assert_eq!(signed, format!("t=1700000000,v1={}", OPENSSL));
        assert_ne!(signature(b"sixteen bytes ok", at, b"{ }"), signed);
    }

    const OPENSSL: &str = "23e62dce65481a4f046984268eef371e536ff71bd247bd123b0e04bfdf682bd1";
}
