//! `parse`, `merge` and `replay` on what runs and scripts left behind: the same JSON as `collect`, whatever the form of the input.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::harness::{Fleet, RunFolder, lanewatch, program};
use crate::replay::collect;

const RPCS: [&str; 5] = [
    "system_information",
    "chassis_inventory",
    "optics_diagnostics",
    "interface_statistics",
    "pic_detail",
];

/// A recorded run of two devices, and a folder with its raw replies as scripts would have left them.
fn recorded(folder: &Path) -> (RunFolder, PathBuf) {
    let fleet = Fleet::simulated(&folder.join("sim"), 4);
    let run = collect(folder, fleet.inventory());
    drop(fleet);
    let left = folder.join("left");
    fs::create_dir(&left).unwrap();
    for name in run.files("_raw.xml") {
        fs::copy(run.path.join(&name), left.join(&name)).unwrap();
    }
    (run, left)
}

/// A document without what depends on who read it and when.
fn bare(mut document: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for key in ["timestamp", "run_timestamp", "runner_name"] {
                    fields.remove(key);
                }
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut document);
    document
}

fn json(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap()
}

#[test]
fn what_no_parser_reads_of_a_reply_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let reply = "<rpc-reply><interface-information><physical-interface><name>et-0/0/0</name><optics-diagnostics>\
         <module-voltage>3.3</module-voltage><lane-margin>4.2</lane-margin><optics-diagnostics-lane-values>\
         <lane-index>0</lane-index><lane-margin>4.1</lane-margin><media-noise>19 dB</media-noise>\
         </optics-diagnostics-lane-values></optics-diagnostics></physical-interface></interface-information></rpc-reply>";
    fs::write(folder.path().join("reply.xml"), reply).unwrap();
    let parse = [
        "parse",
        "optics_diagnostics",
        "-i",
        "reply.xml",
        "--device",
        "leaf-01",
    ];
    lanewatch(folder.path(), &parse).expect(0).says(&[
        "leaf-01: optics_diagnostics: measurements that are not read: lane-margin (2 times), media-noise",
    ]);
}

#[test]
fn parsing_a_folder_gives_what_the_run_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let (run, left) = recorded(folder.path());
    let (run_folder, left) = (run.path.to_str().unwrap(), left.to_str().unwrap());
    for rpc in RPCS {
        lanewatch(
            folder.path(),
            &["parse", rpc, "--input", run_folder, "--output", "of-run"],
        )
        .expect(0);
        lanewatch(
            folder.path(),
            &[
                "parse",
                &format!("juniper/{rpc}"),
                "-i",
                left,
                "-o",
                "of-files",
            ],
        )
        .expect(0);
    }
    let documents = run.files("_metrics.json");
    assert_eq!(documents.len(), 4 * 5);
    for name in documents {
        let again = fs::read(folder.path().join("of-run").join(&name)).unwrap();
        assert!(
            fs::read(run.path.join(&name)).unwrap() == again,
            "{name} differs"
        );
        let of_files = json(&folder.path().join("of-files").join(&name));
        assert_eq!(bare(of_files), bare(run.json(&name)), "{name}");
    }
}

#[test]
fn parsing_alone_and_merging_gives_what_the_run_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let (run, left) = recorded(folder.path());
    for device in run.devices() {
        let raw = left.join(format!("{device}_optics_diagnostics_raw.xml"));
        let arguments = [
            "parse",
            "optics_diagnostics",
            "-i",
            raw.to_str().unwrap(),
            "-o",
            "optics.json",
            "--device",
            device,
        ];
        lanewatch(folder.path(), &arguments).expect(0);
        let alone = json(&folder.path().join("optics.json"));
        assert_eq!(
            alone["interfaces"][0].get("model"),
            None,
            "nothing but the reply is known"
        );
        let of_run = |rpc: &str| {
            run.path
                .join(format!("{device}_{rpc}_metrics.json"))
                .into_os_string()
                .into_string()
                .unwrap()
        };
        let (system, chassis, pic) = (
            of_run("system_information"),
            of_run("chassis_inventory"),
            of_run("pic_detail"),
        );
        let merge = [
            "merge",
            "--system-info",
            &system,
            "--chassis-inventory",
            &chassis,
            "--pic-detail",
            &pic,
            "--optics-metrics",
            "optics.json",
            "--output",
            "optics.json",
        ];
        lanewatch(folder.path(), &merge)
            .expect(0)
            .says(&["merged into optics.json"]);
        let merged = json(&folder.path().join("optics.json"));
        let expected = run.json(&format!("{device}_optics_diagnostics_metrics.json"));
        for list in ["interfaces", "lanes"] {
            let (merged, expected) = (
                merged[list].as_array().unwrap(),
                expected[list].as_array().unwrap(),
            );
            assert_eq!(merged.len(), expected.len());
            for (merged, expected) in merged.iter().zip(expected) {
                assert_eq!(bare(merged.clone()), bare(expected.clone()), "{device}");
            }
        }
        // With the raw replies beside it, parse needs no merge.
        let beside: Vec<String> = fs::read_dir(&left)
            .unwrap()
            .map(|entry| {
                entry
                    .unwrap()
                    .path()
                    .into_os_string()
                    .into_string()
                    .unwrap()
            })
            .filter(|path| {
                path.contains(&format!("/{device}_"))
                    && !path.ends_with("optics_diagnostics_raw.xml")
            })
            .collect();
        let mut arguments = arguments.to_vec();
        for path in &beside {
            arguments.extend(["--metadata", path.as_str()]);
        }
        lanewatch(folder.path(), &arguments).expect(0);
        assert_eq!(
            bare(json(&folder.path().join("optics.json"))),
            bare(expected),
            "{device}"
        );
    }
}

#[test]
fn replaying_files_without_a_report_gives_documents_and_rows() {
    let folder = tempfile::tempdir().unwrap();
    let (run, left) = recorded(folder.path());
    // The scripts keep no raw PIC detail, only its document.
    for name in run
        .files("_raw.xml")
        .iter()
        .filter(|name| name.contains("_pic_detail_"))
    {
        fs::remove_file(left.join(name)).unwrap();
    }
    for device in run.devices() {
        let name = format!("{device}_pic_detail_metrics.json");
        fs::copy(run.path.join(&name), left.join(&name)).unwrap();
    }
    let arguments = [
        "replay",
        left.to_str().unwrap(),
        "--output",
        "out",
        "--lake",
        "lake",
        "--runner-name",
        "old",
        "--run-timestamp",
        "1770132645",
    ];
    let ran = lanewatch(folder.path(), &arguments).expect(0);
    ran.says(&["4 devices read again"]);
    for device in run.devices() {
        for rpc in [
            "system_information",
            "chassis_inventory",
            "optics_diagnostics",
            "interface_statistics",
        ] {
            let name = format!("{device}_{rpc}_metrics.json");
            assert_eq!(
                bare(json(&folder.path().join("out").join(&name))),
                bare(run.json(&name)),
                "{name}"
            );
        }
    }
    let lake = folder
        .path()
        .join("lake/dt=2026-02-03/hr=15/lane-dom/lane_dom_20260203_153045_old_00000000.parquet");
    assert!(lake.is_file(), "{}", ran.stdout);
}

#[test]
fn a_reply_may_come_through_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(
        folder.path(),
        &[
            "parse",
            "system_information",
            "--input",
            "-",
            "--device",
            "leaf",
        ],
    );
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let reply = b"<system-information><host-name>h</host-name></system-information>";
    child.stdin.take().unwrap().write_all(reply).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    let document: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(
        (
            &document["hostname"],
            &document["device"],
            &document["runner_name"]
        ),
        (&"h".into(), &"leaf".into(), &"parse".into())
    );
}

#[test]
fn what_cannot_be_read_is_said_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "reply.xml",
        "<rpc-reply><rpc-error><error-message>permission denied</error-message></rpc-error></rpc-reply>",
    );
    write(
        "cut.xml",
        "<interface-information><physical-interface><name>et-0/0/0</name><optics-diagnostics/></physical-interface><phys",
    );
    write("x.json", "{\"interfaces\": []}");
    fs::create_dir(folder.path().join("empty")).unwrap();
    let said = |arguments: &[&str], status| {
        lanewatch(folder.path(), arguments)
            .expect(status)
            .complaint()
    };
    let parse = |arguments: &[&str], status| said(&[&["parse"], arguments].concat(), status);
    let complaints = [
        parse(
            &["optics_diagnostic", "-i", "reply.xml", "--device", "a"],
            2,
        ),
        parse(&["optics_diagnostics", "-i", "reply.xml"], 2),
        parse(
            &["optics_diagnostics", "-i", "nowhere.xml", "--device", "a"],
            2,
        ),
        parse(&["optics_diagnostics", "-i", "empty"], 2),
        parse(
            &[
                "optics_diagnostics",
                "-i",
                "reply.xml",
                "--device",
                "a",
                "-o",
                "out.json",
            ],
            4,
        ),
        parse(
            &[
                "optics_diagnostics",
                "-i",
                "cut.xml",
                "--device",
                "a",
                "-o",
                "cut.json",
            ],
            3,
        ),
        parse(
            &[
                "optics_diagnostics",
                "-i",
                "cut.xml",
                "--device",
                "a",
                "--interfaces",
                "et 0",
            ],
            2,
        ),
        said(
            &[
                "merge",
                "--system-info",
                "x.json",
                "--chassis-inventory",
                "x.json",
                "--optics-metrics",
                "x.json",
                "--output",
                "y.json",
            ],
            2,
        ),
        said(
            &[
                "merge",
                "--system-info",
                "reply.xml",
                "--chassis-inventory",
                "x.json",
                "--optics-metrics",
                "x.json",
                "--output",
                "y.json",
            ],
            2,
        ),
        said(&["replay", "reply.xml", "--output", "o", "--lake", "l"], 2),
        said(&["replay", "-", "--output", "o", "--lake", "l"], 2),
    ];
    for name in ["out.json", "y.json", "o", "l"] {
        assert!(!folder.path().join(name).exists(), "{name} was written");
    }
    let whole = json(&folder.path().join("cut.json"));
    assert_eq!(
        whole["interfaces"].as_array().unwrap().len(),
        1,
        "what was complete is kept"
    );
    insta::assert_snapshot!(complaints.join("\n"));
}

#[test]
fn what_the_device_says_beside_data_or_before_a_cut_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let good = "<interface-information><physical-interface><name>et-0/0/0</name><optics-diagnostics/></physical-interface>";
    let errors = "<rpc-error><error-message>fpc 1 is offline</error-message></rpc-error>\
                  <rpc-error><error-message>fpc 2 is offline</error-message></rpc-error>";
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    write(
        "beside_optics_diagnostics_raw.xml",
        format!("<rpc-reply>{errors}{good}</interface-information></rpc-reply>"),
    );
    write(
        "cut_optics_diagnostics_raw.xml",
        format!("<rpc-reply>{errors}{good}<phys"),
    );
    let parse = |name, status| {
        let arguments = ["parse", "optics_diagnostics", "-i", name, "-o", "out.json"];
        lanewatch(folder.path(), &arguments).expect(status).stderr
    };
    let replay = |name, status| {
        let arguments = ["replay", name, "--output", "again", "--lake", "lake"];
        let ran = lanewatch(folder.path(), &arguments).expect(status);
        ran.stdout + &ran.stderr
    };
    for (name, status, said) in [
        ("beside_optics_diagnostics_raw.xml", 0, &["warning"][..]),
        (
            "cut_optics_diagnostics_raw.xml",
            3,
            &["the reply is damaged"],
        ),
    ] {
        let of_parse = parse(name, status);
        // Its only RPC failed, so of the cut one nothing is delivered by a replay.
        let of_replay = replay(name, if status == 0 { 0 } else { 4 });
        for text in [&of_parse, &of_replay] {
            for words in said.iter().chain(&["fpc 1 is offline", "fpc 2 is offline"]) {
                assert!(text.contains(words), "{name}: {words}: {text}");
            }
        }
    }
}
