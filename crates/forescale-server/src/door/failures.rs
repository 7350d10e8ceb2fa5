//! Addresses that have brought wrong tokens: after too many in a minute, they are told to wait for the rest of it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::clock::lock;

/// Wrong tokens of an address in a minute: enough for a person, and for several clients with an old token.
const MOST: u32 = 30;

const MINUTE: Duration = Duration::from_secs(60);

/// Addresses that are remembered; when there are more, those whose minute is over are forgotten, then all.
const REMEMBERED: usize = 10_000;

/// Wrong tokens by address, and since when they are counted.
#[derive(Debug, Default)]
pub struct Failures(Mutex<HashMap<IpAddr, (Instant, u32)>>);

impl Failures {
    /// `peer` has brought a wrong token at `now`.
    pub fn count(&self, peer: IpAddr, now: Instant) {
        let mut counts = lock(&self.0);
        if counts.len() >= REMEMBERED {
            counts.retain(|_, (since, _)| now.duration_since(*since) < MINUTE);
        }
        if counts.len() >= REMEMBERED {
            counts.clear();
        }
        let count = counts.entry(peer).or_insert((now, 0));
        if now.duration_since(count.0) >= MINUTE {
            *count = (now, 0);
        }
        count.1 += 1;
    }

    /// Whether `peer` has brought so many within its minute that it has to wait at `now`.
    pub fn too_many(&self, peer: IpAddr, now: Instant) -> bool {
        let counts = lock(&self.0);
        let within = |(since, _): &&(Instant, u32)| now.duration_since(*since) < MINUTE;
        counts.get(&peer).filter(within).is_some_and(|(_, count)| *count >= MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_waits_for_its_minute_and_holds_up_no_other() {
        let (failures, begin) = (Failures::default(), Instant::now());
        let [one, other] = [1, 2].map(|last| IpAddr::from([10, 0, 0, last]));
        for _ in 0..MOST {
            assert!(!failures.too_many(one, begin));
            failures.count(one, begin);
        }
        assert!(failures.too_many(one, begin + MINUTE / 2));
        assert!(!failures.too_many(other, begin) && !failures.too_many(one, begin + MINUTE));
    }

    #[test]
    fn no_more_addresses_are_remembered_than_that() {
        let (failures, now) = (Failures::default(), Instant::now());
        for address in 0..REMEMBERED as u32 + 10 {
            failures.count(IpAddr::from(address.to_be_bytes()), now);
        }
        assert!(lock(&failures.0).len() <= REMEMBERED);
    }
}
