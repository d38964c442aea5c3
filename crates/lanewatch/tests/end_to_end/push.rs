//! `push`, where there is no gateway, or nothing to push.

use std::fs;

use crate::harness::{Fleet, RunFolder, closed_port, lanewatch, program, run};

#[test]
fn what_cannot_be_pushed_is_told_before_anything_is_contacted() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    file("junos.prom", "junos_up{device=\"a\"} 1\n");
    file("more.prom", "junos_up{device=\"b\"} 1\n");
    file("empty.prom", " \n");
    file(
        "a_optics_diagnostics_metrics.json",
        r#"{"interfaces": [], "lanes": []}"#,
    );
    file(
        "b_optics_diagnostics_metrics.json",
        r#"{"interfaces": [{"device": "b", "if_name": "et-0/0/1", "temperature": 41.0}], "lanes": []}"#,
    );
    file(
        "c_interface_statistics_metrics.json",
        r#"{"et-0/0/1": {"device": "c", "if_name": "et-0/0/1", "fec_ccw": 1}}"#,
    );
    file(
        "loose.json",
        r#"{"et-0/0/1": {"if_name": "et-0/0/1", "fec_ccw": 1}}"#,
    );
    let gateway = format!("http://pusher:sesame@127.0.0.1:{}", closed_port());
    for (arguments, words) in [
        (
            &[
                "--metrics-file",
                "junos.prom",
                "--metrics-file",
                "more.prom",
            ][..],
            "one file of Prometheus text makes a push",
        ),
        (&["--metrics-file", "no.prom"], "cannot read no.prom"),
        (&["--metrics-file", "."], "cannot read ."),
        (
            &["--metrics-file", "empty.prom"],
            "empty.prom holds no series",
        ),
        (
            &["--metrics-file", "a_optics_diagnostics_metrics.json"],
            "holds no series",
        ),
        (
            &["--metrics-file", "junos.prom", "--format", "json"],
            "junos.prom is no JSON; JSON was expected",
        ),
        (
            &["--metrics-file", "loose.json", "--format", "prom"],
            "loose.json is JSON",
        ),
        (
            &["--metrics-file", "loose.json"],
            "name the device with `--instance`",
        ),
        (
            &[
                "--metrics-file",
                "b_optics_diagnostics_metrics.json",
                "--metrics-file",
                "c_interface_statistics_metrics.json",
            ],
            "push each device by itself",
        ),
        (
            &["--metrics-file", "junos.prom", "--job", ""],
            "`--job` is empty",
        ),
    ] {
        let all = [&["push", "--pushgateway", &gateway], arguments].concat();
        let ran = lanewatch(folder.path(), &all).expect(2);
        ran.says(&[words]);
        assert!(!ran.stderr.contains("sesame"), "{}", ran.stderr);
    }
    let ran = lanewatch(folder.path(), &["push", "--metrics-file", "junos.prom"]).expect(2);
    ran.says(&["no Pushgateway is named", "PROMETHEUS_PUSHGATEWAY"]);
}

#[test]
fn a_gateway_that_is_not_there_is_told_without_its_password() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("junos.prom"),
        "junos_up{device=\"a\"} 1\n",
    )
    .unwrap();
    let port = closed_port();
    let gateway = format!("http://pusher:sesame@127.0.0.1:{port}");
    let arguments = [
        "push",
        "--pushgateway",
        &gateway,
        "--metrics-file",
        "junos.prom",
        "--attempts",
        "2",
        "--retry-pause",
        "10ms",
        "-vvv",
    ];
    let ran = lanewatch(folder.path(), &arguments).expect(5);
    ran.says(&[
        &format!("http://127.0.0.1:{port} has not taken the series"),
        "Connection refused",
        "(2 attempts)",
    ]);
    assert!(!ran.stderr.contains("sesame"), "{}", ran.stderr);
}

#[test]
fn a_run_whose_gateway_is_not_there_is_delivered_and_says_so_once_without_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 2);
    let port = closed_port();
    let gateway = format!("http://pusher:sesame@127.0.0.1:{port}");
    let arguments = ["collect", "-i", fleet.inventory(), "--retry-pause", "10ms"];
    let pushing = |more: &[&str]| {
        let mut command = program(folder.path(), &[&arguments[..], more].concat());
        run(command.env("PROMETHEUS_PUSHGATEWAY", &gateway))
    };
    let ran = pushing(&["-vvv"]).expect(5);
    let words = format!(
        "the Pushgateway http://127.0.0.1:{port} lacks the series of 2 of 2 devices, the first is "
    );
    ran.says(&[&words, "Connection refused"])
        .says(&["Pushed", "0 devices, 2 failed"]);
    assert_eq!(ran.stderr.matches("lacks the series").count(), 1);
    let run_folder = RunFolder::latest(&folder.path().join("output"));
    let report = run_folder.json("run.json");
    assert_eq!(report["totals"]["delivered"], 2);
    assert_eq!(report["push"]["failed"], 2);
    assert_eq!(
        report["push"]["gateway"],
        format!("http://127.0.0.1:{port}")
    );
    let shown = lanewatch(folder.path(), &["config", "show", "--push-to", &gateway]).expect(0);
    let checked = pushing(&["--help"]);
    for text in [
        &ran.stdout,
        &ran.stderr,
        &report.to_string(),
        &shown.stdout,
        &checked.stdout,
    ] {
        assert!(!text.contains("sesame"), "{text}");
    }

    let ran = pushing(&["--push-to", "none"]).expect(0);
    assert!(!ran.stdout.contains("Pushed"), "{}", ran.stdout);
    let ran = pushing(&["--push-to", "ftp://pusher:sesame@gateway"]).expect(2);
    ran.says(&[
        "must begin with `http://` or `https://`",
        "nothing was contacted",
    ]);
    assert!(!ran.stderr.contains("sesame"), "{}", ran.stderr);
    let ran = pushing(&["--push-job", ""]).expect(2);
    ran.says(&["`--push-job` must be text that is not empty"]);
    // Each has a folder of its own, and none of them is a run that was refused.
    let runs = fs::read_dir(folder.path().join("output")).unwrap();
    let is_run = |entry: &fs::DirEntry| entry.file_type().unwrap().is_dir();
    assert_eq!(
        runs.filter(|entry| is_run(entry.as_ref().unwrap())).count(),
        2
    );

    let ran = lanewatch(
        folder.path(),
        &["check", "-i", fleet.inventory(), "--push-to", &gateway],
    );
    let ran = ran.expect(0);
    ran.says(&["does not say what it holds: ", "Connection refused"]);
    assert!(!ran.stderr.contains("sesame"), "{}", ran.stderr);
}
