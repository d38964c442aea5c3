//! Ready views: what people ask of the lake again and again, written once.
//!
//! Columns that a view passes on keep unit and meaning of their table; those that it works out are described beside it.

/// How many of the newest days [`VIEWS`] look at for what is newest: a lane that was silent for longer is history.
pub(crate) const NEWEST_DAYS: usize = 7;

/// Stands in a view's text for the first of the newest days.
pub(crate) const FIRST_NEWEST_DAY: &str = "{first newest day}";

/// A view.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) name: &'static str,
    /// One sentence.
    pub(crate) meaning: &'static str,
    pub(crate) sql: &'static str,
    /// The columns that are worked out here: name, unit, meaning.
    pub(crate) columns: &'static [(&'static str, &'static str, &'static str)],
}

/// All views. One may stand on those before it.
pub(crate) const VIEWS: &[View] = &[
    View {
        name: "lane_fec",
        meaning: "Each lane with the counters of its own interface in the same run; a channel of a broken-out port has its own",
        sql: LANE_FEC,
        columns: &[(
            "counters_timestamp",
            "s",
            "UTC second at which the statistics reply arrived",
        )],
    },
    View {
        name: "lane_latest",
        meaning: "The newest row of each lane, from the newest seven days that are looked at",
        sql: LANE_LATEST,
        columns: &[],
    },
    View {
        name: "lane_margin",
        meaning: "lane_latest beside its module's thresholds: how far each lane is from its low alarm",
        sql: LANE_MARGIN,
        columns: &[
            (
                "rx_margin_db",
                "dB",
                "Received power above the low alarm threshold; negative below it, null in the dark",
            ),
            (
                "tx_margin_db",
                "dB",
                "Transmitted power above the low alarm threshold; negative below it",
            ),
        ],
    },
    View {
        name: "fec_deltas",
        meaning: "What each interface's FEC counters gained since its row before; a cleared counter has gained what it shows",
        sql: FEC_DELTAS,
        columns: &[
            (
                "previous_timestamp",
                "s",
                "UTC second of the row before; null in the first one that is looked at",
            ),
            ("interval_seconds", "s", "Time between the two rows"),
            (
                "counters_reset",
                "",
                "Whether a counter went back since the row before: the gains are then at least so much",
            ),
            (
                "fec_ccw_delta",
                "{codeword}",
                "Corrected codewords since the row before, never negative",
            ),
            (
                "fec_nccw_delta",
                "{codeword}",
                "Uncorrected codewords since the row before, never negative",
            ),
            (
                "fec_ccw_per_second",
                "{codeword}/s",
                "fec_ccw_delta over the interval",
            ),
            (
                "fec_nccw_per_second",
                "{codeword}/s",
                "fec_nccw_delta over the interval",
            ),
        ],
    },
];

const LANE_FEC: &str = "
SELECT l.*, c.admin_status, c.oper_status, c.speed_bps, c.fec_mode, c.fec_state, c.fec_ccw, c.fec_nccw, c.fec_ccw_rate,
       c.fec_nccw_rate, c.pre_fec_ber_value, c.input_bps, c.output_bps, c.interface_flapped_seconds,
       c.timestamp AS counters_timestamp
FROM lane_dom AS l
LEFT JOIN intf_counters AS c
  ON c.dt = l.dt AND c.hr = l.hr AND c.run_timestamp = l.run_timestamp AND c.runner_name = l.runner_name
 AND c.device = l.device AND c.if_name = l.if_name";

const LANE_LATEST: &str = "
SELECT * EXCEPT (newest)
FROM (
  SELECT *, row_number() OVER (PARTITION BY device, if_name, lane ORDER BY timestamp DESC, run_timestamp DESC, runner_name) AS newest
  FROM lane_dom
  WHERE dt >= '{first newest day}'
)
WHERE newest = 1";

const LANE_MARGIN: &str = "
SELECT l.dt, l.hr, l.device, l.if_name, l.lane, l.rx_power, l.rx_power_state, m.rx_power_low_warn, m.rx_power_low_alarm,
       round(l.rx_power - m.rx_power_low_alarm, 3) AS rx_margin_db,
       l.tx_power, l.tx_power_state, m.tx_power_low_warn, m.tx_power_low_alarm,
       round(l.tx_power - m.tx_power_low_alarm, 3) AS tx_margin_db,
       l.tx_bias, l.temperature, l.alarms, l.vendor, l.part_number, l.serial_number, l.fiber_type, l.timestamp, l.run_timestamp,
       l.runner_name
FROM lane_latest AS l
LEFT JOIN (SELECT * FROM intf_dom WHERE dt >= '{first newest day}') AS m
  ON m.dt = l.dt AND m.hr = l.hr AND m.run_timestamp = l.run_timestamp AND m.runner_name = l.runner_name
 AND m.device = l.device AND m.if_name = l.if_name";

const FEC_DELTAS: &str = "
SELECT dt, hr, device, if_name, fec_mode, timestamp, previous_timestamp, timestamp - previous_timestamp AS interval_seconds,
       counters_reset, fec_ccw, fec_ccw_delta, fec_nccw, fec_nccw_delta,
       CASE WHEN timestamp > previous_timestamp
            THEN CAST(fec_ccw_delta AS DOUBLE) / (timestamp - previous_timestamp) END AS fec_ccw_per_second,
       CASE WHEN timestamp > previous_timestamp
            THEN CAST(fec_nccw_delta AS DOUBLE) / (timestamp - previous_timestamp) END AS fec_nccw_per_second,
       pre_fec_ber_value, run_timestamp, runner_name
FROM (
  SELECT *,
         CASE WHEN counters_reset THEN fec_ccw ELSE fec_ccw - ccw_before END AS fec_ccw_delta,
         CASE WHEN counters_reset THEN fec_nccw ELSE fec_nccw - nccw_before END AS fec_nccw_delta
  FROM (
    SELECT *, coalesce(fec_ccw < ccw_before OR fec_nccw < nccw_before, false) AS counters_reset
    FROM (
      SELECT *,
             lag(timestamp) OVER (PARTITION BY device, if_name ORDER BY timestamp, run_timestamp, runner_name) AS previous_timestamp,
             lag(fec_ccw) OVER (PARTITION BY device, if_name ORDER BY timestamp, run_timestamp, runner_name) AS ccw_before,
             lag(fec_nccw) OVER (PARTITION BY device, if_name ORDER BY timestamp, run_timestamp, runner_name) AS nccw_before
      FROM intf_counters
    )
  )
)";
