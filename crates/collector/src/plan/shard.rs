//! Shards: which devices of an inventory are this runner's, where runners share one inventory.
//!
//! A device's shard is made from its name alone, by jump consistent hash (Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash
//! Algorithm", 2014): every runner comes to the same answer without asking, devices spread evenly, and with one runner more the new one
//! takes its share from all others while nothing else moves.

use std::fmt;
use std::path::{Path, PathBuf};

/// One of several shards, both from 1: `2/5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    number: u32,
    of: u32,
}

impl Shard {
    /// Reads `2/5`.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, of) = text.split_once('/')?;
        let (number, of) = (number.trim().parse().ok()?, of.trim().parse().ok()?);
        (1..=of).contains(&number).then_some(Self { number, of })
    }

    /// Whether the device is one of this shard's.
    pub fn holds(self, device: &str) -> bool {
        jump(hash(device), self.of) + 1 == self.number
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number, self.of)
    }
}

/// Names of inventory files that say nothing: their folder's does.
const PLAIN_NAMES: [&str; 3] = ["hosts", "inventory", "all"];

/// What the devices of these inventories, or of a shard of them, are called together: `fleet`, `fleet 2/5`. Two runners that collect the
/// same devices come to the same name. Hosts that are listed in place of a file have none.
pub(super) fn name(inventories: &[PathBuf], shard: Option<Shard>) -> Option<String> {
    let names = inventories.iter().filter_map(|path| inventory_name(path));
    let mut words = vec![names.collect::<Vec<_>>().join("+")];
    words.extend(shard.map(|shard| shard.to_string()));
    let name = words.join(" ");
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

fn inventory_name(path: &Path) -> Option<String> {
    let own = path.file_stem()?.to_string_lossy();
    if own.contains(',') {
        return None;
    }
    let folder = path.parent().and_then(Path::file_name);
    Some(match folder {
        Some(folder) if PLAIN_NAMES.contains(&&*own) => folder.to_string_lossy().into_owned(),
        _ => own.into_owned(),
    })
}

/// FNV-1a, 64 bits. It is written down here, and not taken from the standard library, because it must never change: two runners of
/// different releases divide one inventory.
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The bucket of a key, from 0, as in figure 1 of the paper.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "the algorithm is defined on doubles; both sides stay below 2^53"
)]
fn jump(mut key: u64, buckets: u32) -> u32 {
    let (mut bucket, mut next) = (0_u32, 0_u64);
    while next < u64::from(buckets) {
        bucket = next as u32;
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        next = (f64::from(bucket + 1) * ((1_u64 << 31) as f64 / ((key >> 33) + 1) as f64)) as u64;
    }
    bucket
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shard_of(device: &str, of: u32) -> u32 {
        let shards = (1..=of).map(|number| Shard { number, of });
        let holding: Vec<_> = shards.filter(|shard| shard.holds(device)).collect();
        assert_eq!(holding.len(), 1, "{device} is in {holding:?}");
        holding[0].number
    }

    proptest! {
        #[test]
        fn a_new_shard_takes_devices_and_nothing_else_moves(device in "[a-z]{1,12}-[0-9]{1,4}(\\.lab)?", of in 1_u32..64) {
            let (before, after) = (shard_of(&device, of), shard_of(&device, of + 1));
            prop_assert!(after == before || after == of + 1);
        }
    }

    #[test]
    fn devices_spread_evenly_and_a_new_shard_takes_its_share() {
        let devices: Vec<_> = (0..10_000)
            .map(|at| format!("leaf-{at:04}.lab.example"))
            .collect();
        for of in [1, 2, 3, 5, 10, 20] {
            let expected = 10_000.0 / f64::from(of + 1);
            let moved = devices
                .iter()
                .filter(|device| shard_of(device, of) != shard_of(device, of + 1))
                .count();
            let off = (moved as f64 - expected).abs();
            assert!(
                off < 5.0 * expected.sqrt(),
                "{moved} of about {expected:.0} moved to shard {}",
                of + 1
            );
        }
    }

    #[test]
    fn where_a_device_belongs_never_changes() {
        let shards = ["leaf-01", "leaf-02", "spine-01", "größe"].map(|device| shard_of(device, 5));
        insta::assert_debug_snapshot!(shards, @"
        [
            3,
            2,
            4,
            1,
        ]
        ");
    }

    #[test]
    fn devices_are_called_by_their_inventory_and_the_part_of_it() {
        let of = |inventories: &[&str], shard: &str| {
            let inventories: Vec<PathBuf> = inventories.iter().map(PathBuf::from).collect();
            name(&inventories, Shard::parse(shard))
        };
        for (inventories, shard, expected) in [
            (&["lab.yaml"][..], "", Some("lab")),
            (&["/x/prod/hosts.ini"], "2/5", Some("prod 2/5")),
            (&["hosts"], "", Some("hosts")),
            (&["a.yaml", "sites/b"], "", Some("a+b")),
            (&["leaf-01,leaf-02"], "", None),
            (&["leaf-01,"], "1/2", Some("1/2")),
            (&[], "", None),
        ] {
            let found = of(inventories, shard);
            assert_eq!(found.as_deref(), expected, "{inventories:?} {shard}");
        }
    }

    #[test]
    fn a_shard_is_written_as_one_of_several() {
        assert_eq!(Shard::parse("2/5").unwrap().to_string(), "2/5");
        for text in ["", "2", "0/5", "6/5", "1/0", "-1/2", "a/b", "1/2/3"] {
            assert_eq!(Shard::parse(text), None, "{text}");
        }
    }
}
