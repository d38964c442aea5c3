//! Renders the FEC elements of an interface: mode, counters and histogram. Names are those of Junos' YANG, underscores included.

use super::Xml;
use crate::{
    model::FecReading,
    platform::{Blueprint, FecModePlace, Histogram},
};

const VERBOSE: &str = "junos:style=\"verbose\"";

/// `None`: the port runs without FEC, which the device says in its mode and counts nothing.
pub(super) fn write(xml: &mut Xml, blueprint: &Blueprint, fec: Option<&FecReading>) {
    let mode = fec.map_or("NONE", |fec| fec.mode);
    if blueprint.fec_mode_place == FecModePlace::OwnElement {
        xml.open_with("ethernet-fec-mode", VERBOSE);
        xml.leaf("enabled_fec_mode", mode);
        xml.close("ethernet-fec-mode");
    }
    let Some(fec) = fec else {
        return;
    };
    xml.open_with("ethernet-fec-statistics", VERBOSE);
    if blueprint.fec_mode_place == FecModePlace::AmongStatistics {
        xml.leaf("enabled_fec_mode", mode);
    }
    xml.leaf("fec_ccw_count", fec.corrected);
    xml.leaf("fec_nccw_count", fec.uncorrected);
    xml.leaf("fec_ccw_error_rate", fec.corrected_per_s);
    xml.leaf("fec_nccw_error_rate", fec.uncorrected_per_s);
    if let Some(ratio) = &fec.pre_fec_ber {
        xml.leaf("pre-fec-ber", ratio);
    }
    xml.close("ethernet-fec-statistics");
    histogram(xml, blueprint.histogram, fec);
}

fn histogram(xml: &mut Xml, shape: Histogram, fec: &FecReading) {
    const NAME: &str = "ethernet-fechistogram-statistics";
    let Some(bins) = &fec.bins else {
        return;
    };
    if shape == Histogram::ParallelChildren {
        xml.open_with(NAME, VERBOSE);
    }
    for (number, bin) in bins.iter().enumerate() {
        if shape == Histogram::ElementPerBin {
            xml.open_with(NAME, VERBOSE);
        }
        xml.leaf("bin-num", number);
        xml.leaf("sym-live-err", bin.live);
        xml.leaf("sym-harvest-err", bin.harvested);
        if shape == Histogram::ElementPerBin {
            xml.close(NAME);
        }
    }
    if shape == Histogram::ParallelChildren {
        xml.close(NAME);
    }
}
