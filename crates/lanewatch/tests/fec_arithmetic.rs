//! The FEC arithmetic of `records` against the physics of `sim`, which share no code: from the counters of two replies comes the bit
//! error ratio that the simulated device itself reports.
#![cfg(test)]

use records::fec::{self, Code, Estimate};
use records::model::InterfaceStatistics;
use records::{Snapshot, parsers};
use sim::{Model, Platform};

const STARTED: i64 = 1_770_000_000;

fn statistics(platform: Platform, utc: i64, ledger: &std::path::Path) -> Vec<InterfaceStatistics> {
    let operation = "<get-interface-information><extensive/></get-interface-information>";
    let model = Model::healthy(platform, 3);
    let reply = sim::reply("leaf1", &model, operation, (STARTED, utc), ledger).unwrap();
    let mut snapshot = Snapshot::default();
    let outcome =
        parsers::find("interface_statistics")
            .unwrap()
            .parse(reply.as_bytes(), utc, &mut snapshot);
    assert_eq!(outcome.failure(), None);
    snapshot.statistics
}

#[test]
fn the_ratio_of_two_replies_is_the_one_that_the_device_reports() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger.jsonl");
    let mut compared = 0;
    for platform in [Platform::Qfx5220, Platform::Qfx5240] {
        let earlier = statistics(platform, STARTED + 7_200, &ledger);
        let later = statistics(platform, STARTED + 7_500, &ledger);
        for (earlier, later) in earlier.iter().zip(&later) {
            let Some(reported) = later.fec.pre_fec_ber_value.filter(|ber| *ber > 1e-9) else {
                continue;
            };
            if later.fec.mode.as_deref().and_then(Code::of_mode).is_none() {
                continue;
            }
            let interval = fec::interval(earlier, later).unwrap();
            assert_eq!(interval.seconds, 300);
            let name = &later.name;
            for estimate in [interval.ber_from_histogram(), interval.ber_from_corrected()] {
                let Some(Estimate::At(ber)) = estimate else {
                    panic!(
                        "{name}: {estimate:?} where the device reports {reported:e}: {interval:?}"
                    );
                };
                // The device's figure is that of an instant, ours of five minutes.
                let decades = (ber / reported).log10().abs();
                assert!(
                    decades < 0.1,
                    "{name}: {ber:e}, the device reports {reported:e}"
                );
            }
            compared += 1;
        }
    }
    assert!(compared > 20, "only {compared} interfaces report a ratio");
}
