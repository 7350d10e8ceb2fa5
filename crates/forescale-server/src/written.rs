//! A plan as it is shown, kept small: a day of minutes is half a megabyte of JSON, and a service has a thousand plans.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A shorter text is kept as it is, so that plans that are asked for often cost nothing to unpack.
const SHORT: usize = 64 * 1_024;

/// A plan as `forescale plan --output json` writes it.
#[derive(Debug, Clone)]
pub struct WrittenPlan(Kept);

#[derive(Debug, Clone)]
enum Kept {
    Plain(Box<RawValue>),
    Packed(Vec<u8>),
}

impl WrittenPlan {
    /// Keeps `json`.
    pub fn new(json: Box<RawValue>) -> Self {
        if json.get().len() < SHORT {
            return Self(Kept::Plain(json));
        }
        let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
        let packed = packer.write_all(json.get().as_bytes()).and_then(|()| packer.finish());
        let mut packed = packed.expect("memory takes what is written");
        packed.shrink_to_fit();
        Self(Kept::Packed(packed))
    }

    /// The plan, as it was.
    pub fn json(&self) -> Box<RawValue> {
        match &self.0 {
            Kept::Plain(json) => json.clone(),
            Kept::Packed(packed) => {
                let mut text = String::new();
                let read = DeflateDecoder::new(packed.as_slice()).read_to_string(&mut text);
                read.expect("what was packed here can be unpacked");
                RawValue::from_string(text).expect("it was JSON when it was packed")
            }
        }
    }
}

impl Serialize for WrittenPlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Kept::Plain(json) => json.serialize(serializer),
            Kept::Packed(_) => self.json().serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for WrittenPlan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_plan_takes_a_fraction_and_comes_back_as_it_was() {
        for rows in [1, 5_000] {
            let row = |k: u32| format!("{{\"at\":{k},\"reason\":\"{} needs 7 instances\"}}", k * 7);
            let text = format!("[{}]", (0..rows).map(row).collect::<Vec<_>>().join(","));
            let plan = WrittenPlan::new(RawValue::from_string(text.clone()).unwrap());
            assert_eq!(plan.json().get(), text);
            match plan.0 {
                Kept::Plain(_) => assert_eq!(rows, 1),
                Kept::Packed(ref packed) => assert!(packed.len() * 5 < text.len()),
            }
            let stored = serde_json::to_string(&plan).unwrap();
            assert_eq!(stored, text);
            let back: WrittenPlan = serde_json::from_str(&stored).unwrap();
            assert_eq!(back.json().get(), text);
        }
    }
}
