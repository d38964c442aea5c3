//! Views for engines that read the lake: the newest row of each lane, its margin to its module's own alarm, and what FEC counters gained.
//!
//! `lanewatch query` has views of the same names and columns. The SQL keeps to what Athena, Trino, Spark and DuckDB have in common.

use super::engine::Engine;

/// The tables that the views read.
const TABLES: [&str; 3] = ["lane_dom", "intf_dom", "intf_counters"];

/// The newest rows are looked for in so many days.
const NEWEST_DAYS: u32 = 7;

/// The statements, after those of the tables; none where a table that they read is not among these.
pub(super) fn views<'t>(engine: Engine, tables: impl Iterator<Item = &'t str>) -> String {
    let tables: Vec<_> = tables.collect();
    if !TABLES.iter().all(|table| tables.contains(table)) {
        return String::new();
    }
    let create = match engine {
        // Its tables are temporary views, and what stands on one is one too.
        Engine::Spark => "CREATE OR REPLACE TEMPORARY VIEW",
        Engine::Athena | Engine::Trino | Engine::DuckDb => "CREATE OR REPLACE VIEW",
    };
    let first_day = first_day(engine);
    let views = [
        ("lane_latest", LANE_LATEST),
        ("lane_margin", LANE_MARGIN),
        ("fec_deltas", FEC_DELTAS),
    ];
    let statements = views.map(|(name, sql)| {
        let sql = sql.trim().replace("{first day}", &first_day);
        format!("\n{create} {name} AS\n{sql};\n")
    });
    statements.concat()
}

/// The first of the newest days, as `dt` has it.
fn first_day(engine: Engine) -> String {
    match engine {
        Engine::Athena | Engine::Trino => {
            format!("date_format(current_date - INTERVAL '{NEWEST_DAYS}' DAY, '%Y-%m-%d')")
        }
        Engine::Spark => {
            format!("date_format(date_sub(current_date(), {NEWEST_DAYS}), 'yyyy-MM-dd')")
        }
        Engine::DuckDb => {
            format!("strftime(current_date - INTERVAL {NEWEST_DAYS} DAY, '%Y-%m-%d')")
        }
    }
}

const LANE_LATEST: &str = "
SELECT n.*
FROM (
  SELECT l.*, row_number() OVER (
    PARTITION BY l.device, l.if_name, l.lane ORDER BY l.timestamp DESC, l.run_timestamp DESC, l.runner_name) AS newest
  FROM lane_dom AS l
  WHERE l.dt >= {first day}
) AS n
WHERE n.newest = 1";

const LANE_MARGIN: &str = "
SELECT l.dt, l.hr, l.device, l.if_name, l.lane, l.rx_power, l.rx_power_state, m.rx_power_low_warn, m.rx_power_low_alarm,
       round(l.rx_power - m.rx_power_low_alarm, 3) AS rx_margin_db,
       l.tx_power, l.tx_power_state, m.tx_power_low_warn, m.tx_power_low_alarm,
       round(l.tx_power - m.tx_power_low_alarm, 3) AS tx_margin_db,
       l.tx_bias, l.temperature, l.alarms, l.vendor, l.part_number, l.serial_number, l.fiber_type, l.timestamp, l.run_timestamp,
       l.runner_name
FROM lane_latest AS l
LEFT JOIN intf_dom AS m
  ON m.dt = l.dt AND m.hr = l.hr AND m.run_timestamp = l.run_timestamp AND m.runner_name = l.runner_name
 AND m.device = l.device AND m.if_name = l.if_name AND m.dt >= {first day}";

const FEC_DELTAS: &str = "
SELECT d.dt, d.hr, d.device, d.if_name, d.fec_mode, d.timestamp, d.previous_timestamp,
       d.timestamp - d.previous_timestamp AS interval_seconds, d.counters_reset,
       d.fec_ccw, CASE WHEN d.counters_reset THEN d.fec_ccw ELSE d.fec_ccw - d.ccw_before END AS fec_ccw_delta,
       d.fec_nccw, CASE WHEN d.counters_reset THEN d.fec_nccw ELSE d.fec_nccw - d.nccw_before END AS fec_nccw_delta,
       d.pre_fec_ber_value, d.run_timestamp, d.runner_name
FROM (
  SELECT b.*, coalesce(b.fec_ccw < b.ccw_before OR b.fec_nccw < b.nccw_before, false) AS counters_reset
  FROM (
    SELECT c.*,
           lag(c.timestamp) OVER (PARTITION BY c.device, c.if_name ORDER BY c.timestamp, c.run_timestamp, c.runner_name) AS previous_timestamp,
           lag(c.fec_ccw) OVER (PARTITION BY c.device, c.if_name ORDER BY c.timestamp, c.run_timestamp, c.runner_name) AS ccw_before,
           lag(c.fec_nccw) OVER (PARTITION BY c.device, c.if_name ORDER BY c.timestamp, c.run_timestamp, c.runner_name) AS nccw_before
    FROM intf_counters AS c
  ) AS b
) AS d";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_views_stand_on_the_three_tables_and_on_each_other() {
        for engine in [Engine::Athena, Engine::Trino, Engine::Spark, Engine::DuckDb] {
            let text = views(engine, TABLES.into_iter());
            assert_eq!(text.matches("CREATE OR REPLACE").count(), 3, "{text}");
            assert!(!text.contains("{first day}"), "{text}");
            assert_eq!(views(engine, ["lane_dom"].into_iter()), "");
        }
    }
}
