//! The series that are read, by their names.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::error::SourceError;

/// A number that the name of a series always has: FNV-1a, 64 bits.
///
/// ```
/// assert_eq!(forescale_sources::name_hash(""), 0xcbf2_9ce4_8422_2325);
/// assert_eq!(forescale_sources::name_hash("a"), 0xaf63_dc4c_8601_ec8c);
/// ```
pub fn name_hash(name: &str) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    name.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

/// The share of those who take every series.
pub(crate) const WHOLE: (u64, u64) = (0, 1);

/// Gives every series that is read its place, in the order in which they are met.
pub(crate) struct Roster<'a> {
    wanted: Option<&'a str>,
    shard: (u64, u64),
    /// None for a series that is not wanted.
    places: BTreeMap<Rc<str>, Option<usize>>,
    names: Vec<Rc<str>>,
    /// Names that were met and are not wanted, for the message.
    others: Vec<Rc<str>>,
    /// Whether the wanted series was met, in this share or another.
    met: bool,
}

impl<'a> Roster<'a> {
    /// Takes the series called `wanted`, or every one, whose hash leaves `shard.0` when divided by `shard.1`.
    pub fn new(wanted: Option<&'a str>, shard: (u64, u64)) -> Self {
        let (places, names, others) = Default::default();
        Self { wanted, shard, places, names, others, met: false }
    }

    /// The place of the series called `name`; none when it is not read. A new series has the place after all others.
    pub fn place(&mut self, name: &str) -> Option<usize> {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let wanted = self.wanted.is_none_or(|wanted| wanted == name);
        self.met |= wanted;
        let (shard, shards) = self.shard;
        if wanted && shards > 1 && name_hash(name) % shards != shard {
            return None;
        }
        let shared: Rc<str> = name.into();
        let place = wanted.then_some(self.names.len());
        self.places.insert(Rc::clone(&shared), place);
        if wanted {
            self.names.push(shared)
        } else {
            self.others.push(shared)
        }
        place
    }

    /// The names of the series that are read, by their places.
    pub fn names(&self) -> &[Rc<str>] {
        &self.names
    }

    /// Refuses a wanted series that `source` turned out not to hold.
    ///
    /// # Errors
    /// [`SourceError::UnknownSeries`] with the names there are.
    pub fn check(&self, source: &str) -> Result<(), SourceError> {
        match self.wanted {
            Some(wanted) if !self.met => Err(SourceError::UnknownSeries {
                name: source.to_owned(),
                wanted: wanted.to_owned(),
                have: self.others.iter().map(|name| name.to_string()).collect(),
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_in_the_order_of_the_names_and_an_unknown_one_is_named() {
        let mut all = Roster::new(None, WHOLE);
        assert_eq!(["b", "a", "b", "c"].map(|name| all.place(name)), [0, 1, 0, 2].map(Some));
        assert_eq!(all.names().iter().map(|name| &**name).collect::<Vec<_>>(), ["b", "a", "c"]);
        let mut one = Roster::new(Some("c"), WHOLE);
        assert_eq!(["b", "a"].map(|name| one.place(name)), [None, None]);
        let unknown = one.check("f.csv").unwrap_err().to_string();
        assert_eq!(unknown, "f.csv has no series \"c\", only b, a");
        assert_eq!(one.place("c"), Some(0));
        assert_eq!(one.check("f.csv"), Ok(()));
    }

    #[test]
    fn every_series_is_of_one_share_and_a_wanted_one_of_another_share_is_known() {
        for name in ["a", "b", "shop-17"] {
            let mut shares = (0..3).map(|shard| Roster::new(Some(name), (shard, 3)));
            let taken = |roster: &mut Roster<'_>| {
                let taken = roster.place(name).is_some();
                assert_eq!(roster.check("f.csv"), Ok(()));
                taken
            };
            assert_eq!(
                shares.by_ref().map(|mut roster| taken(&mut roster)).filter(|t| *t).count(),
                1
            );
        }
    }
}
