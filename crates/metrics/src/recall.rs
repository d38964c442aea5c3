//! Times that outlive a run: when a device, or one of its RPCs, last succeeded, while it does not.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead};

use crate::block::Block;
use crate::exceptions::Computed;
use crate::health::{Health, LAST_DELIVERY, LAST_SUCCESS, RPC_LAST_SUCCESS, samples};
use crate::labels::valid;
use crate::previous::{self, Sample};

/// The families whose samples are taken over from an earlier text.
const FAMILIES: [&Computed; 3] = [&LAST_SUCCESS, &LAST_DELIVERY, &RPC_LAST_SUCCESS];

/// Whether samples of this family are taken over from an earlier text: [`crate::Exposition::recall`] passes over the others.
pub fn is_recalled(family: &str) -> bool {
    FAMILIES.iter().any(|known| known.name == family)
}

/// What one device did not achieve in this run.
#[derive(Debug)]
struct Failed {
    /// The device's label.
    device: String,
    success: bool,
    delivery: bool,
    /// RPCs without a good reply; none: no RPC was sent.
    rpcs: Option<BTreeSet<String>>,
}

/// A time in an earlier text.
#[derive(Debug)]
struct Known {
    family: &'static Computed,
    rpc: Option<String>,
    second: f64,
}

/// The devices that did not achieve everything in this run.
#[derive(Debug, Default)]
pub(crate) struct Behind(Vec<Failed>);

impl Behind {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes note of what a device did not achieve.
    pub(crate) fn add(&mut self, health: &Health) {
        let failed = health.rpcs.iter().filter(|rpc| rpc.succeeded.is_none());
        let failed: BTreeSet<_> = failed.map(|rpc| valid(&rpc.name).into_owned()).collect();
        let rpcs = (!health.rpcs.is_empty()).then_some(failed);
        let failed = Failed {
            device: valid(&health.device).into_owned(),
            success: health.succeeded.is_none(),
            delivery: health.delivered.is_none(),
            rpcs,
        };
        let is_behind = failed.rpcs.as_ref().is_none_or(|rpcs| !rpcs.is_empty());
        if failed.success || failed.delivery || is_behind {
            self.0.push(failed);
        }
    }

    /// Finds in an earlier text when they last achieved it, and forgets them.
    pub(crate) fn recall(&mut self, previous: impl BufRead) -> io::Result<Vec<(usize, Block)>> {
        let failed = std::mem::take(&mut self.0);
        let devices: BTreeSet<&str> = failed.iter().map(|failed| &*failed.device).collect();
        let mut known: BTreeMap<String, Vec<Known>> = BTreeMap::new();
        previous::each_line(previous, |line| {
            let Some(sample) = Sample::of(line) else {
                return Ok(());
            };
            let mut families = FAMILIES.into_iter();
            let Some(family) = families.find(|family| family.name == sample.family) else {
                return Ok(());
            };
            if let Some(device) = sample.device()
                && devices.contains(&*device)
                && let Ok(second) = sample.value.parse()
            {
                known.entry(device).or_default().push(Known {
                    family,
                    rpc: sample.label("rpc"),
                    second,
                });
            }
            Ok(())
        })?;
        let mut blocks = Vec::new();
        for failed in failed {
            for Known {
                family,
                rpc,
                second,
            } in known.remove(&failed.device).unwrap_or_default()
            {
                let is_wanted = match &rpc {
                    None if family.name == LAST_SUCCESS.name => failed.success,
                    None => failed.delivery,
                    Some(rpc) => failed.rpcs.as_ref().is_none_or(|rpcs| rpcs.contains(rpc)),
                };
                if is_wanted {
                    let mut labels = vec![Some(&*failed.device)];
                    labels.extend(rpc.as_deref().map(Some));
                    blocks.extend(samples(family, [(labels, second)]));
                }
            }
        }
        Ok(blocks)
    }
}
