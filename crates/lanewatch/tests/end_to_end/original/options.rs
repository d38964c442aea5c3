//! The options of the original's scripts, each with its effect.

use std::fs;
use std::path::{Path, PathBuf};

use super::{json, rows_of};
use crate::harness::original_run;
use crate::harness::{Cell, files_below, lanewatch, program, run};

/// The file names of a lake, without folders.
fn names(lake: &Path) -> Vec<String> {
    let names = files_below(lake).into_iter();
    names
        .map(|path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn cluster_and_group_keep_the_files_of_a_runner_apart() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let devices = original_run::devices();
    let run_folder = original_run::write(folder, &devices, true);
    let metrics = run_folder.to_str().unwrap();
    let script = |group: &str| {
        let arguments = [
            "lake",
            "write",
            "--metrics-dir",
            metrics,
            "--base-dir",
            "lake",
            "--cluster-name",
            "lab",
            "--inventory-group",
            group,
            "--runner-name",
            "runner01",
            "--partition-dir",
            "dt=2026-02-03/hr=15",
            "--run-timestamp",
            "1770132645",
            "--compression",
            "snappy",
        ];
        lanewatch(folder, &arguments).expect(0);
    };
    script("gpu-fabric");
    script("gpu-fabric");
    let first = names(&folder.join("lake"));
    assert_eq!(first.len(), 3, "the same run replaces its files: {first:?}");
    assert!(
        first
            .iter()
            .all(|name| name.contains("_20260203_153045_lab_gpu-fabric_runner01_")),
        "{first:?}"
    );
    script("spines");
    assert_eq!(
        names(&folder.join("lake")).len(),
        6,
        "another group is another run"
    );
    // Both have the same name without flags: the variable, and the name of the folder.
    let mut command = program(
        folder,
        &[
            "lake",
            "write",
            "--metrics-dir",
            metrics,
            "--base-dir",
            "by-name",
            "--runner-name",
            "runner01",
        ],
    );
    run(command.env("CLUSTER_NAME", "lab")).expect(0);
    assert_eq!(names(&folder.join("by-name")), first);
    for row in rows_of(&folder.join("by-name")).values().flatten() {
        assert_eq!(row["runner_name"], Cell::Text("runner01".to_owned()));
    }
}

#[test]
fn parse_takes_the_options_of_its_scripts() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let devices = original_run::devices();
    let run = original_run::write(folder, &devices, true);
    let raw = |rpc: &str| {
        run.join(format!("leaf-01.lab.example_{rpc}_raw.xml"))
            .display()
            .to_string()
    };
    let (optics, chassis) = (raw("optics_diagnostics"), raw("chassis_inventory"));
    let read = |name: &str| json(&fs::read_to_string(folder.join(name)).unwrap());

    let metadata = r#"{"rack": "A7", "slots": [1, 2]}"#;
    let parse = [
        "parse",
        "juniper/optics_diagnostics",
        "--input",
        &optics,
        "--output",
        "m.json",
        "--device",
        "leaf",
        "--metadata",
        metadata,
        "--format",
        "json",
    ];
    lanewatch(folder, &parse).expect(0);
    let document = read("m.json");
    for list in ["interfaces", "lanes"] {
        for object in document[list].as_array().unwrap() {
            assert_eq!(
                (&object["rack"], &object["slots"]),
                (&"A7".into(), &serde_json::json!([1, 2]))
            );
        }
    }
    let lines = [
        "parse",
        "juniper/optics_diagnostics",
        "-i",
        &optics,
        "-o",
        "m.jsonl",
        "--device",
        "leaf",
        "--format",
        "jsonl",
    ];
    lanewatch(folder, &lines).expect(0);
    let lines = fs::read_to_string(folder.join("m.jsonl")).unwrap();
    let lanes: Vec<_> = lines.lines().map(json).collect();
    assert_eq!(lanes.len(), document["lanes"].as_array().unwrap().len());
    assert!(
        lanes
            .iter()
            .all(|lane| lane["if_name"].is_string() && lane["lane"].is_number())
    );

    // A PIC that neither the reply nor its name says: the slots, or the inventory that has one.
    let port = |number: usize| {
        format!(
            "<port><port-number>{number}</port-number><cable-type>100GBASE LR4</cable-type></port>"
        )
    };
    let detail = format!(
        "<rpc-reply><fpc-information><fpc><pic-detail><port-information>{}</port-information></pic-detail></fpc></fpc-information></rpc-reply>",
        port(1)
    );
    fs::write(folder.join("pic.xml"), detail).unwrap();
    for more in [
        vec!["--fpc", "0", "--pic", "0"],
        vec!["--chassis-xml", &chassis],
        vec!["--fpc", "0", "--pic", "0", "--chassis-xml", &chassis],
    ] {
        let parse = [
            &[
                "parse",
                "juniper/pic_detail",
                "--input",
                "pic.xml",
                "--output",
                "p.json",
                "--device",
                "leaf",
            ],
            &more[..],
        ]
        .concat();
        lanewatch(folder, &parse).expect(0);
        let port = &read("p.json")["et-0/0/1"];
        assert_eq!(port["cable_type"], "100GBASE LR4", "{more:?}");
        // The inventory gives the serial number, too.
        let has_serial = port["serial_number"] == "S-LR4-0001";
        assert_eq!(has_serial, more.contains(&"--chassis-xml"), "{more:?}");
    }

    let parse = |platform: &str| {
        let parse = [
            "parse",
            "juniper/chassis_inventory",
            "--input",
            &chassis,
            "--output",
            "c.json",
            "--device",
            "leaf",
            "--platform",
            platform,
        ];
        lanewatch(folder, &parse).expect(0).stderr
    };
    assert_eq!(parse("qfx5240"), "");
    assert!(
        parse("mx480").contains("calls itself QFX5240-64OD"),
        "{}",
        parse("mx480")
    );

    let system = raw("system_information");
    for (more, says) in [
        (vec!["--metadata", "{\"a\""], "begins as JSON does"),
        (
            vec!["--metadata", "{\"a\": 1}"],
            "which system_information has none of",
        ),
        (
            vec!["--format", "jsonl"],
            "which system_information has none of",
        ),
        (vec!["--chassis-xml", "nowhere.xml"], "nowhere.xml"),
    ] {
        let parse = [
            &[
                "parse",
                "system_information",
                "-i",
                &system,
                "--device",
                "leaf",
            ],
            &more[..],
        ]
        .concat();
        lanewatch(folder, &parse).expect(2).says(&[says]);
    }
}
