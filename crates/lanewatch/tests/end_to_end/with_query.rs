//! `lanewatch query` with its engine, on the lake of the demo.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::harness::{
    BUCKET, Python, Ran, S3, files_below, judge, lanewatch, program, run, with_keys, write_profile,
};

/// A lake of four days, and the folder that it is in.
struct Days {
    folder: tempfile::TempDir,
}

/// Made once for all tests.
static LAKE: LazyLock<Days> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    lanewatch(folder.path(), &["demo", "--folder", "shown", "--seed", "7"]).expect(0);
    let at = |name: &str| folder.path().join(name);
    judge(
        Python::Readers,
        "lake_of_days.py",
        &[at("shown/lake"), at("lake")],
    );
    Days { folder }
});

impl Days {
    fn path(&self) -> PathBuf {
        self.folder.path().join("lake")
    }

    /// The days, in their order.
    fn days(&self) -> Vec<String> {
        let mut days: Vec<String> = std::fs::read_dir(self.path())
            .unwrap()
            .map(|day| {
                day.unwrap()
                    .file_name()
                    .to_str()
                    .unwrap()
                    .trim_start_matches("dt=")
                    .to_owned()
            })
            .collect();
        days.sort();
        days
    }
}

/// The folder of the engine.
pub(crate) fn engine() -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_lanewatch"))
        .ancestors()
        .nth(2)
        .unwrap();
    let folder = target.join("query/debug");
    assert!(
        folder.join("lanewatch-query").is_file(),
        "no engine in {}: `cargo xtask test` builds it",
        folder.display()
    );
    folder
}

/// `lanewatch query` in the lake's folder, with the engine on the search path.
fn query(arguments: &[&str]) -> Command {
    let before = std::env::var_os("PATH").unwrap_or_default();
    let path =
        std::env::join_paths(std::iter::once(engine()).chain(std::env::split_paths(&before)));
    let mut command = program(LAKE.folder.path(), &["query", "--lake", "lake"]);
    command.args(arguments).env("PATH", path.unwrap());
    command
}

fn ask(arguments: &[&str]) -> Ran {
    run(&mut query(arguments))
}

#[test]
#[ignore = "needs lanewatch-query and the Python environments: run by `cargo xtask test`"]
fn rows_nulls_and_sums_of_every_column_are_those_of_pyarrow_and_duckdb() {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_lanewatch"));
    let judged = judge(
        Python::Readers,
        "query_agrees.py",
        &[program, engine(), LAKE.path()],
    );
    assert_eq!(
        judged
            .stdout
            .lines()
            .filter(|line| line.starts_with("ok "))
            .count(),
        4,
        "{}",
        judged.stdout
    );
}

#[test]
#[ignore = "needs lanewatch-query and the Python environments: run by `cargo xtask test`"]
fn the_documented_questions_are_answered_as_duckdb_answers_them() {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_lanewatch"));
    let document = PathBuf::from("../../docs/data-lake.md");
    judge(
        Python::Readers,
        "documented_questions.py",
        &[program, engine(), LAKE.path(), document],
    );
}

#[test]
#[ignore = "needs lanewatch-query and the Python environments: run by `cargo xtask test`"]
fn a_condition_on_the_day_keeps_other_days_from_being_looked_into() {
    let days = LAKE.days();
    assert!(days.len() >= 4, "{days:?}");
    let newest = days.last().unwrap();
    let explained = ask(&[
        "--explain",
        &format!("SELECT * FROM lane_dom WHERE dt = '{newest}'"),
    ])
    .expect(0);
    explained.says(&["lane_dom", &format!("1 of {}", days.len())]);
    let explained = ask(&[
        "--explain",
        "SELECT * FROM lane_dom WHERE dt < '2000-01-01'",
    ])
    .expect(0);
    explained.says(&["lane_dom", &format!("0 of {}", days.len()), "0 of 0", "0 B"]);
    // Through a view and a join, both sides.
    let explained = ask(&[
        "--explain",
        &format!("SELECT * FROM lane_fec WHERE dt = '{newest}'"),
    ])
    .expect(0);
    explained.says(&["lane_dom", &format!("1 of {}", days.len())]);
    explained.says(&["intf_counters", &format!("1 of {}", days.len())]);
    // For every table of a statement at once.
    let explained = ask(&["--explain", "--since", newest, "SELECT * FROM fec_deltas"]).expect(0);
    explained.says(&["intf_counters", "1 of 1"]);
}

#[test]
#[ignore = "needs lanewatch-query and the Python environments: run by `cargo xtask test`"]
fn a_condition_on_the_device_skips_row_groups_by_their_statistics() {
    let groups = |sql: &str| {
        let ran = ask(&["--explain", sql]).expect(0);
        let line = ran
            .stdout
            .lines()
            .find(|line| line.starts_with("Row groups read:"))
            .unwrap()
            .to_owned();
        let numbers: Vec<usize> = line
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        (numbers[0], numbers[1])
    };
    let (read, there) = groups("SELECT rx_power FROM lane_dom WHERE device = 'spine-02'");
    assert!(read > 0 && read < there, "{read} of {there}");
    let (read, there) = groups("SELECT rx_power FROM lane_dom WHERE device = 'aardvark'");
    assert_eq!(read, 0, "of {there}");
}

#[test]
#[ignore = "needs lanewatch-query and the Python environments: run by `cargo xtask test`"]
fn days_and_hours_compare_as_text_dates_and_numbers() {
    let newest = LAKE.days().pop().unwrap();
    let count = |condition: &str| {
        ask(&[
            "--format",
            "csv",
            &format!("SELECT count(*) FROM lane_dom WHERE {condition}"),
        ])
        .expect(0)
        .stdout
    };
    let expected = count(&format!("dt = '{newest}'"));
    assert_eq!(count(&format!("dt >= '{newest}'")), expected);
    assert_eq!(count(&format!("dt = DATE '{newest}'")), expected);
    assert_eq!(count(&format!("dt IN ('{newest}', 'never')")), expected);
    assert_eq!(count("CAST(hr AS INT) BETWEEN 0 AND 23"), count("true"));
}

#[test]
#[ignore = "needs lanewatch-query and the Python environments: run by `cargo xtask test`"]
fn what_is_wrong_with_a_statement_is_said_with_its_place() {
    let statements = [
        "SELECT rx_pwr FROM lane_dom",
        "SELECT rx_power\nFROM lane_domm",
        "SELECT rx_power FRM lane_dom WHERE",
        "SELECT l.nothing_like_it FROM lane_dom l",
        "SELECT device FROM lane_dom l JOIN intf_dom i ON l.device = i.device",
        "SELECT avrg(rx_power) FROM lane_dom",
        "SELECT device, count(*) FROM lane_dom",
        "EXPLAIN COPY lane_dom TO 'x'",
        "SELECT 'x FROM lane_dom",
        "SELECT 1; SELECT 2",
        "",
    ];
    let complaints = statements.map(|sql| ask(&[sql]).expect(2).stderr);
    insta::assert_snapshot!(complaints.concat(), @r"
    error: there is no column `rx_pwr`; did you mean `rx_power`?
      1 | SELECT rx_pwr FROM lane_dom
        |        ^^^^^^
    error: there is no table `lane_domm` in this lake; did you mean `lane_dom`?
      2 | FROM lane_domm
        |      ^^^^^^^^^
    error: expected: end of statement, found: lane_dom
      1 | SELECT rx_power FRM lane_dom WHERE
        |                     ^
    error: there is no column `nothing_like_it` in `l`; `--tables` lists the columns of each table
      1 | SELECT l.nothing_like_it FROM lane_dom l
        |        ^^^^^^^^^^^^^^^^^
    error: the column `device` is in more than one table: say which, as in `lane_dom.device`
      1 | SELECT device FROM lane_dom l JOIN intf_dom i ON l.device = i.device
        |        ^^^^^^
    error: invalid function 'avrg'; did you mean `avg`?
      1 | SELECT avrg(rx_power) FROM lane_dom
        |        ^^^^
    error: 'lane_dom.device' must appear in GROUP BY clause because it's not an aggregate expression
      1 | SELECT device, count(*) FROM lane_dom
        |        ^^^^^^
    error: `COPY` is not taken: the lake is only read, with SELECT, EXPLAIN, SHOW and DESCRIBE
      1 | EXPLAIN COPY lane_dom TO 'x'
        |         ^^^^
    error: unterminated string literal
      1 | SELECT 'x FROM lane_dom
        |        ^
    error: one statement is answered at a time: found several
    error: the statement is empty: expected SQL such as `SELECT * FROM lane_latest LIMIT 10`
    ");
}

#[test]
#[ignore = "needs lanewatch-query and the Python environments: run by `cargo xtask test`"]
fn nothing_that_is_asked_changes_anything() {
    let folder = LAKE.folder.path();
    let taken = folder.join("taken.parquet");
    let copy = format!("COPY lane_dom TO '{}'", taken.display());
    let external = format!(
        "CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION '{}'",
        LAKE.path().display()
    );
    let explained = format!("EXPLAIN ANALYZE {copy}");
    for sql in [
        copy.as_str(),
        &external,
        &explained,
        "INSERT INTO lane_dom SELECT * FROM lane_dom",
        "DROP TABLE lane_dom",
        "CREATE TABLE t AS SELECT 1",
        "CREATE VIEW v AS SELECT 1",
        "SET datafusion.execution.batch_size = 1",
        "SELECT 1 INTO t",
        "DELETE FROM lane_dom",
        "UPDATE lane_dom SET lane = 1",
        "TRUNCATE TABLE lane_dom",
        "WITH x AS (SELECT 1) INSERT INTO lane_dom SELECT * FROM x",
    ] {
        ask(&[sql]).expect(2);
    }
    assert!(!taken.exists());
    // A file is no table: what the process may read is not what a statement may read.
    ask(&["SELECT * FROM '/etc/passwd'"])
        .expect(2)
        .says(&["there is no table"]);
}

#[test]
#[ignore = "needs lanewatch-query and the Python environments: run by `cargo xtask test`"]
fn a_table_ends_after_a_hundred_rows_and_says_so_and_csv_does_not() {
    let sql = "SELECT device, if_name, lane, rx_power FROM lane_dom";
    let ran = ask(&[sql]).expect(0);
    assert_eq!(ran.stdout.lines().count(), 102);
    let all = ask(&["--format", "csv", sql])
        .expect(0)
        .stdout
        .lines()
        .count()
        - 1;
    let beyond = |shown: usize| {
        let rows = all - shown;
        format!("… {},{:03} more rows", rows / 1000, rows % 1000)
    };
    ran.says(&[&beyond(100), "--limit 0"]);
    let shown = ask(&["--limit", "0", sql]).expect(0);
    assert_eq!(shown.stdout.lines().count(), all + 2);
    let few = ask(&["--format", "csv", "--limit", "3", sql]).expect(0);
    assert_eq!(few.stdout.lines().count(), 4);
    few.says(&[&beyond(3)]);
}

#[test]
#[ignore = "needs lanewatch-query and the Python environments: run by `cargo xtask test`"]
fn the_same_answer_in_every_format_and_a_file_is_complete_or_absent() {
    let sql = "SELECT device, lane, rx_power, alarms FROM lane_latest ORDER BY rx_power DESC NULLS FIRST, device, if_name, lane LIMIT 300";
    let folder = LAKE.folder.path();
    for format in ["csv", "jsonl", "parquet"] {
        ask(&["-o", &format!("same.{format}"), sql]).expect(0);
    }
    judge(Python::Readers, "same_answer.py", &[folder.join("same")]);
    // An answer that fails half-way leaves no file, and an older one as it was.
    std::fs::write(folder.join("kept.csv"), "older").unwrap();
    let failing = "SELECT lane / (lane - 1) FROM lane_dom";
    ask(&["-o", "kept.csv", failing]).expect(1);
    ask(&["-o", "absent.csv", failing]).expect(1);
    assert_eq!(
        std::fs::read_to_string(folder.join("kept.csv")).unwrap(),
        "older"
    );
    assert!(!folder.join("absent.csv").exists());
    let left = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    assert!(
        !left
            .into_iter()
            .any(|name| name.to_string_lossy().starts_with(".lanewatch-query"))
    );
    ask(&["-o", "nowhere/at/all.csv", sql])
        .expect(2)
        .says(&["cannot write to nowhere/at/all.csv"]);
}

#[test]
#[ignore = "needs lanewatch-query and the Python environments: run by `cargo xtask test`"]
fn a_statement_comes_from_a_file_or_from_standard_input() {
    std::fs::write(
        LAKE.folder.path().join("q.sql"),
        "SELECT 40 + 2 AS answer\n",
    )
    .unwrap();
    assert_eq!(
        ask(&["--format", "csv", "--file", "q.sql"])
            .expect(0)
            .stdout,
        "answer\n42\n"
    );
    let mut shell = Command::new("sh");
    let query = query(&[]);
    let path = query
        .get_envs()
        .find(|(name, _)| *name == "PATH")
        .unwrap()
        .1
        .unwrap();
    let sentence = format!(
        "echo 'SELECT 40 + 2 AS answer;' | {} query --lake lake --format csv -",
        env!("CARGO_BIN_EXE_lanewatch")
    );
    let ran = run(shell
        .args(["-c", &sentence])
        .env("PATH", path)
        .current_dir(LAKE.folder.path()))
    .expect(0);
    assert_eq!(ran.stdout, "answer\n42\n");
    // A reader that goes away is no error.
    let sentence = format!(
        "set -o pipefail; {} query --lake lake --format csv 'SELECT * FROM lane_dom' | head -n 1 >/dev/null",
        env!("CARGO_BIN_EXE_lanewatch")
    );
    let mut shell = Command::new("bash");
    let ran = run(shell
        .args(["-c", &sentence])
        .env("PATH", path)
        .current_dir(LAKE.folder.path()))
    .expect(0);
    assert_eq!(ran.stderr, "");
}

#[test]
#[ignore = "needs lanewatch-query and the Python environments: run by `cargo xtask test`"]
fn a_bad_query_is_ended_by_its_bounds() {
    let endless =
        "SELECT count(*) FROM generate_series(1, 1000000000) a, generate_series(1, 1000000000) b";
    ask(&["--timeout", "1s", endless])
        .expect(1)
        .says(&["no answer within 1s", "--timeout"]);
    let hungry = "SELECT count(*) FROM (SELECT v FROM generate_series(1, 2000000) AS t(v) ORDER BY v % 1000, v LIMIT 1900000)";
    ask(&["--memory", "20MB", hungry])
        .expect(1)
        .says(&["needs more than the 20.0 MB", "--memory"]);
    // What has more than it may hold goes on by way of temporary files, if it can.
    let sorted =
        "EXPLAIN ANALYZE SELECT v FROM generate_series(1, 2000000) AS t(v) ORDER BY v % 1000, v";
    let ran = ask(&["--memory", "20MB", "--format", "csv", sorted]).expect(0);
    assert!(
        ran.stdout.contains("spill_count=") && !ran.stdout.contains("spill_count=0"),
        "{}",
        ran.stdout
    );
    let long = format!("SELECT {}", "1 + ".repeat(5000));
    ask(&[&long]).expect(2).says(&["too long"]);
    // The deepest that is short enough: the planner has room for it.
    let deep = format!(
        "SELECT count(*) FROM lane_dom WHERE lane = 0{}",
        " OR lane = 1".repeat(1300)
    );
    ask(&["--format", "csv", &deep]).expect(0);
    let nested = format!("SELECT {}1{}", "(".repeat(2000), ")".repeat(2000));
    ask(&[&nested]).expect(2).says(&["nested too deeply"]);
}

#[test]
#[ignore = "needs lanewatch-query and the Python environments: run by `cargo xtask test`"]
fn a_table_of_a_mapping_is_found_by_its_folder_and_an_empty_lake_can_be_asked() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("custom");
    judge(Python::Readers, "lake_of_a_mapping.py", &[&lake]);
    let lake = lake.to_str().unwrap();
    // The newer file has a column more; the older one reads with nulls.
    let ran = ask(&[
        "--lake",
        lake,
        "--format",
        "csv",
        "SELECT device, drops, dt FROM queue_stats ORDER BY dt",
    ]);
    assert_eq!(
        ran.expect(0).stdout,
        "device,drops,dt\nleaf-01,,2026-02-03\nleaf-01,7,2026-02-04\n"
    );
    ask(&["--lake", lake, "--tables"])
        .expect(0)
        .says(&["queue_stats"]);
    ask(&["--lake", lake, "SHOW TABLES"])
        .expect(0)
        .says(&["queue_stats"]);
    ask(&["--lake", lake, "DESCRIBE lane_dom"])
        .expect(0)
        .says(&["rx_power", "Float64"]);
    let ran = ask(&[
        "--lake",
        lake,
        "--format",
        "csv",
        "SELECT count(*) FROM lane_dom",
    ])
    .expect(0);
    assert_eq!(ran.stdout, "count(*)\n0\n");
    ask(&["--lake", lake, "SELECT * FROM queue_stat"])
        .expect(2)
        .says(&[
            "there is no table `queue_stat`",
            "did you mean `queue_stats`?",
        ]);
    ask(&["--lake", "nowhere", "SELECT 1"])
        .expect(2)
        .says(&["there is no lake at nowhere"]);
}

#[test]
#[ignore = "needs lanewatch-query and the Python environments: run by `cargo xtask test`"]
fn every_table_and_view_is_listed_with_units_and_meanings() {
    let ran = ask(&["--tables"]).expect(0);
    for name in [
        "intf_dom",
        "lane_dom",
        "intf_counters",
        "lane_fec",
        "lane_latest",
        "lane_margin",
        "fec_deltas",
    ] {
        ran.says(&[&format!("{name}: ")]);
    }
    ran.says(&["rx_power", "double [dBm]", "Received power"])
        .says(&["interval_seconds", "bigint [s]"]);
}

#[test]
#[ignore = "needs lanewatch-query and s3s-fs: run by `cargo xtask test`"]
fn a_lake_in_a_bucket_answers_as_the_one_on_the_disk_and_wrong_keys_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path());
    let there = server.folder.join(BUCKET).join("data/lake");
    for file in files_below(&LAKE.path()) {
        let copy = there.join(file.strip_prefix(LAKE.path()).unwrap_or(&file));
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        std::fs::copy(LAKE.path().join(&file), copy).unwrap();
    }
    let path = query(&[]);
    let path = path.get_envs().find(|(name, _)| *name == "PATH");
    let path = path.unwrap().1.unwrap().to_owned();
    let in_bucket = |lake: &str, sql: &str| {
        let arguments = ["query", "--lake", lake, "--format", "csv", sql];
        let mut command = with_keys(folder.path(), &server.endpoint(), &arguments);
        command.env("PATH", &path);
        command
    };
    let sql = "SELECT dt, hr, count(*) AS n, sum(rx_power) AS p FROM lane_dom GROUP BY dt, hr ORDER BY dt, hr";
    let lake = "s3://lake/data/lake";
    let ran = run(&mut in_bucket(lake, sql)).expect(0);
    assert_eq!(
        ran.stdout.lines().count(),
        ask(&["--format", "csv", sql])
            .expect(0)
            .stdout
            .lines()
            .count()
    );
    let sum = "SELECT count(*), sum(timestamp), count(rx_power) FROM lane_fec";
    let ours = run(&mut in_bucket(lake, sum)).expect(0).stdout;
    assert_eq!(ours, ask(&["--format", "csv", sum]).expect(0).stdout);
    // Keys, server and region of a profile, as for a sync.
    write_profile(folder.path(), &server);
    for (name, value) in [("AWS_PROFILE", "lake"), ("LANEWATCH_S3_PROFILE", "lake")] {
        let mut command = in_bucket(lake, sum);
        for of_environment in [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ENDPOINT_URL",
        ] {
            command.env_remove(of_environment);
        }
        assert_eq!(
            run(command.env(name, value)).expect(0).stdout,
            ours,
            "{name}"
        );
    }
    run(in_bucket(lake, sum).env("LANEWATCH_S3_PROFILE", "nobody"))
        .expect(2)
        .says(&["no profile `nobody`"]);
    let wrong = run(in_bucket(lake, sql).env("AWS_SECRET_ACCESS_KEY", "wrong")).expect(2);
    assert_eq!(
        wrong.stderr,
        "error: s3://lake/data/lake refuses these credentials: SignatureDoesNotMatch\n"
    );
    let missing = run(&mut in_bucket("s3://nowhere/lake", sql)).expect(2);
    missing.says(&["there is no lake at s3://nowhere/lake: no such bucket"]);
}
