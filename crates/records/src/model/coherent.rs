//! What coherent optics measure of a lane beyond power and bias.
//!
//! Some of it stands at module level. Where a module has one lane, or sends none, that is the lane's; of several lanes it stands at the
//! first.
//!
//! One list: under which names a device sends a quantity, and the column that holds it. To add one, add its line here and its number to
//! the columns of `lane-dom`.

/// One quantity of a coherent lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoherentQuantity {
    /// The elements that carry it; a device sends one of them.
    pub elements: &'static [&'static str],
    /// The column's name.
    pub name: &'static str,
    /// The column's unit, in the form of UCUM; empty where neither schema nor device names one.
    pub unit: &'static str,
    /// One sentence for the schema's metadata.
    pub meaning: &'static str,
}

/// How many quantities there are.
pub const COHERENT_QUANTITIES: usize = 58;

const fn of(
    elements: &'static [&'static str],
    name: &'static str,
    unit: &'static str,
    meaning: &'static str,
) -> CoherentQuantity {
    CoherentQuantity {
        elements,
        name,
        unit,
        meaning,
    }
}

/// The quantities, in the order of their columns.
pub const COHERENT: [CoherentQuantity; COHERENT_QUANTITIES] = [
    of(
        &["lane-chromatic-dispersion", "lane-cd"],
        "chromatic_dispersion",
        "ps/nm",
        "Chromatic dispersion",
    ),
    of(
        &["lane-avg-chromatic-dispersion"],
        "chromatic_dispersion_avg",
        "ps/nm",
        "Chromatic dispersion, average",
    ),
    of(
        &["lane-min-chromatic-dispersion"],
        "chromatic_dispersion_min",
        "ps/nm",
        "Chromatic dispersion, lowest",
    ),
    of(
        &["lane-max-chromatic-dispersion"],
        "chromatic_dispersion_max",
        "ps/nm",
        "Chromatic dispersion, highest",
    ),
    of(
        &["lane-differential-group-delay", "lane-dgd"],
        "differential_group_delay",
        "ps",
        "Differential group delay",
    ),
    of(
        &["lane-avg-differential-group-delay"],
        "differential_group_delay_avg",
        "ps",
        "Differential group delay, average",
    ),
    of(
        &["lane-min-differential-group-delay"],
        "differential_group_delay_min",
        "ps",
        "Differential group delay, lowest",
    ),
    of(
        &["lane-max-differential-group-delay"],
        "differential_group_delay_max",
        "ps",
        "Differential group delay, highest",
    ),
    of(
        &["lane-sopmd"],
        "sopmd",
        "ps2",
        "Second-order polarization mode dispersion",
    ),
    of(
        &["lane-avg-sopmd"],
        "sopmd_avg",
        "ps2",
        "Second-order polarization mode dispersion, average",
    ),
    of(
        &["lane-min-sopmd"],
        "sopmd_min",
        "ps2",
        "Second-order polarization mode dispersion, lowest",
    ),
    of(
        &["lane-max-sopmd"],
        "sopmd_max",
        "ps2",
        "Second-order polarization mode dispersion, highest",
    ),
    of(
        &["lane-state-of-polarization"],
        "state_of_polarization",
        "rad/s",
        "Speed at which the state of polarization turns",
    ),
    of(
        &["lane-avg-state-of-polarization"],
        "state_of_polarization_avg",
        "rad/s",
        "Speed at which the state of polarization turns, average",
    ),
    of(
        &["lane-min-state-of-polarization"],
        "state_of_polarization_min",
        "rad/s",
        "Speed at which the state of polarization turns, lowest",
    ),
    of(
        &["lane-max-state-of-polarization"],
        "state_of_polarization_max",
        "rad/s",
        "Speed at which the state of polarization turns, highest",
    ),
    of(
        &["lane-polarization-dependent-loss", "lane-pdl"],
        "polarization_dependent_loss",
        "dB",
        "Polarization dependent loss",
    ),
    of(
        &["lane-avg-polarization-dependent-loss"],
        "polarization_dependent_loss_avg",
        "dB",
        "Polarization dependent loss, average",
    ),
    of(
        &["lane-min-polarization-dependent-loss"],
        "polarization_dependent_loss_min",
        "dB",
        "Polarization dependent loss, lowest",
    ),
    of(
        &["lane-max-polarization-dependent-loss"],
        "polarization_dependent_loss_max",
        "dB",
        "Polarization dependent loss, highest",
    ),
    of(&["lane-q-value"], "q_value", "dB", "Q value"),
    of(
        &["lane-avg-q-value"],
        "q_value_avg",
        "dB",
        "Q value, average",
    ),
    of(
        &["lane-min-q-value"],
        "q_value_min",
        "dB",
        "Q value, lowest",
    ),
    of(
        &["lane-max-q-value"],
        "q_value_max",
        "dB",
        "Q value, highest",
    ),
    of(
        &["lane-carrier-frequency-offset", "lane-cfo"],
        "carrier_frequency_offset",
        "MHz",
        "Offset of the carrier's frequency",
    ),
    of(
        &["lane-avg-carrier-frequency-offset"],
        "carrier_frequency_offset_avg",
        "MHz",
        "Offset of the carrier's frequency, average",
    ),
    of(
        &["lane-min-carrier-frequency-offset"],
        "carrier_frequency_offset_min",
        "MHz",
        "Offset of the carrier's frequency, lowest",
    ),
    of(
        &["lane-max-carrier-frequency-offset"],
        "carrier_frequency_offset_max",
        "MHz",
        "Offset of the carrier's frequency, highest",
    ),
    of(&["lane-snr"], "snr", "dB", "Signal-to-noise ratio"),
    of(
        &["lane-avg-snr"],
        "snr_avg",
        "dB",
        "Signal-to-noise ratio, average",
    ),
    of(
        &["lane-min-snr"],
        "snr_min",
        "dB",
        "Signal-to-noise ratio, lowest",
    ),
    of(
        &["lane-max-snr"],
        "snr_max",
        "dB",
        "Signal-to-noise ratio, highest",
    ),
    of(
        &["lane-osnr"],
        "osnr",
        "dB",
        "Optical signal-to-noise ratio",
    ),
    of(
        &["lane-electrical-snr"],
        "electrical_snr",
        "dB",
        "Electrical signal-to-noise ratio",
    ),
    of(&["lane-q2-factor"], "q2_factor", "dB", "Squared Q factor"),
    of(&["q-factor", "lane-q-factor"], "q_factor", "dB", "Q factor"),
    of(
        &["q-margin", "lane-q-margin"],
        "q_margin",
        "dB",
        "Margin of the Q factor",
    ),
    of(
        &["lane-rx-laser-bias"],
        "rx_laser_bias",
        "mA",
        "Bias current of the receiver's local oscillator",
    ),
    of(
        &["lane-rx-laser-power"],
        "rx_laser_power",
        "dBm",
        "Power of the receiver's local oscillator",
    ),
    of(
        &["lane-rx-laser-temp"],
        "rx_laser_temperature",
        "Cel",
        "Temperature of the receiver's local oscillator",
    ),
    of(
        &["lane-tx-modulator-bias-x-i"],
        "tx_modulator_bias_x_i",
        "mV",
        "Modulator bias, X polarization, in phase",
    ),
    of(
        &["lane-tx-modulator-bias-x-q"],
        "tx_modulator_bias_x_q",
        "mV",
        "Modulator bias, X polarization, quadrature",
    ),
    of(
        &["lane-tx-modulator-bias-y-i"],
        "tx_modulator_bias_y_i",
        "mV",
        "Modulator bias, Y polarization, in phase",
    ),
    of(
        &["lane-tx-modulator-bias-y-q"],
        "tx_modulator_bias_y_q",
        "mV",
        "Modulator bias, Y polarization, quadrature",
    ),
    of(
        &["lane-tx-modulator-bias-x-phase"],
        "tx_modulator_bias_x_phase",
        "mV",
        "Modulator bias, X polarization, phase",
    ),
    of(
        &["lane-tx-modulator-bias-y-phase"],
        "tx_modulator_bias_y_phase",
        "mV",
        "Modulator bias, Y polarization, phase",
    ),
    of(
        &["lane-laser-frequency-error"],
        "laser_frequency_error",
        "MHz",
        "Error of the laser's frequency",
    ),
    of(
        &["tec-current"],
        "tec_current",
        "",
        "Current of the thermo-electric cooler, in the device's unit",
    ),
    of(
        &["residual-isi"],
        "residual_isi",
        "",
        "Residual inter-symbol interference, in the device's unit",
    ),
    of(
        &["input-power-dbm"],
        "input_power",
        "dBm",
        "Power of the signal at the input",
    ),
    of(
        &["input-total-power-dbm"],
        "input_total_power",
        "dBm",
        "Power at the input, all wavelengths",
    ),
    of(
        &["output-power-dbm"],
        "output_power",
        "dBm",
        "Power at the output",
    ),
    of(
        &["per-wave-rx-optical-power-dbm"],
        "per_wave_rx_power",
        "dBm",
        "Received power of this wavelength alone",
    ),
    of(
        &["soa-bias-current"],
        "soa_bias",
        "mA",
        "Bias current of the semiconductor optical amplifier",
    ),
    of(
        &["frequency-error"],
        "frequency_error",
        "",
        "Error of the received signal's frequency, in the device's unit",
    ),
    of(
        &["wavelength-error"],
        "wavelength_error",
        "",
        "Error of the wavelength, in the device's unit",
    ),
    of(
        &["corrected-error-ratio"],
        "corrected_error_ratio",
        "1",
        "Ratio of errors that the module's own FEC corrected",
    ),
    of(
        &["uncorrected-words-ratio"],
        "uncorrected_words_ratio",
        "1",
        "Ratio of words that the module's own FEC could not correct",
    ),
];

/// What a coherent lane measured, in the order of [`COHERENT`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coherent(pub [Option<f64>; COHERENT_QUANTITIES]);

impl Default for Coherent {
    fn default() -> Self {
        Self([None; COHERENT_QUANTITIES])
    }
}

impl Coherent {
    /// The place of the quantity that an element with this local name carries.
    pub(crate) fn place(element: &str) -> Option<usize> {
        COHERENT
            .iter()
            .position(|quantity| quantity.elements.contains(&element))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_element_and_every_column_stands_once() {
        let elements: Vec<_> = COHERENT.iter().flat_map(|q| q.elements).collect();
        assert_eq!(
            elements.iter().collect::<BTreeSet<_>>().len(),
            elements.len()
        );
        let names: BTreeSet<_> = COHERENT.iter().map(|q| q.name).collect();
        assert_eq!(names.len(), COHERENT.len());
        assert_eq!(COHERENT[Coherent::place("lane-osnr").unwrap()].name, "osnr");
        assert_eq!(Coherent::place("lane-index"), None);
    }
}
