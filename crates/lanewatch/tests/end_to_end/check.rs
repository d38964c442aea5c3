//! What `check` finds at devices that are well, and at devices that are not.

use std::fs;
use std::path::Path;

use crate::harness::{
    Fleet, Host, Ran, closed_port, files_below, lanewatch, values, write_inventory,
};

/// An inventory with one device of the fleet under these variables, and one where nobody listens.
fn inventory(folder: &Path, fleet: &Fleet, variables: &[(&str, &str)]) {
    let port = values(&fleet.inventory, "ansible_port")[0].parse().unwrap();
    let user = values(&fleet.inventory, "ansible_user")[0].clone();
    let variables = [&[("ansible_user", user.as_str())], variables].concat();
    let hosts = [
        Host {
            name: "leaf-01",
            port,
            variables: &variables,
        },
        Host {
            name: "leaf-02",
            port: closed_port(),
            variables: &[("ansible_password", "x")],
        },
    ];
    write_inventory(&folder.join("lab.yaml"), &hosts);
}

fn results(ran: &Ran, device: usize) -> Vec<String> {
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let steps = json[device]["steps"].as_array().unwrap().iter();
    steps
        .map(|step| step["result"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_fleet_that_is_well_is_green_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 4);
    let before = files_below(folder.path());
    let ran = lanewatch(folder.path(), &["check", "-i", fleet.inventory()]).expect(0);
    ran.says(&["4 of 4 devices are ready."]).says(&["ok 5/5"]);
    assert!(
        !ran.stdout.contains('\u{1b}'),
        "colours where there is no terminal"
    );
    assert_eq!(files_below(folder.path()), before);
}

#[test]
fn each_red_says_what_to_do_and_the_other_devices_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 1);
    let known_hosts = folder.path().join("sim/known_hosts");
    let known_hosts = ("lanewatch_known_hosts", known_hosts.to_str().unwrap());
    inventory(
        folder.path(),
        &fleet,
        &[("ansible_password", "sim-secret"), known_hosts],
    );
    let ran = lanewatch(folder.path(), &["check", "-i", "lab.yaml"]).expect(3);
    ran.says(&["leaf-01", "ok 5/5"])
        .says(&["leaf-02", "FAILED"]);
    ran.says(&["leaf-02 port:", "is NETCONF over SSH enabled there?"]);
    let json = lanewatch(folder.path(), &["check", "-i", "lab.yaml", "--json"]).expect(3);
    assert_eq!(results(&json, 0), ["ok"; 11]);
    assert_eq!(results(&json, 1)[..3], ["ok", "failed", "not taken"]);

    inventory(
        folder.path(),
        &fleet,
        &[("ansible_password", "wrong"), known_hosts],
    );
    let ran = lanewatch(folder.path(), &["check", "-i", "lab.yaml"]).expect(4);
    ran.says(&["leaf-01 login:", "was not let in", "`ansible_user`"]);
}

/// What is wrong with a device, the step that finds it, and the cells of its row after the address.
struct Sick {
    device: &'static str,
    faults: &'static [&'static str],
    row: &'static [&'static str],
    /// The step, and what is said to do about it.
    to_do: (&'static str, &'static [&'static str]),
}

const SICK: &[Sick] = &[
    Sick {
        device: "qfx5220-01",
        faults: &["port-closed"],
        row: &["ok", "FAILED", "–", "–", "–", "–", "–"],
        to_do: ("port", &["is NETCONF over SSH enabled there?"]),
    },
    Sick {
        device: "qfx5240-01",
        faults: &["black-hole"],
        row: &["ok", "FAILED", "–", "–", "–", "–", "–"],
        to_do: ("port", &["within 4 s"]),
    },
    Sick {
        device: "qfx5120-01",
        faults: &["changed-host-key"],
        row: &["ok", "ok", "FAILED", "–", "–", "–", "–"],
        to_do: ("host key", &["SHA256:", "has CHANGED", "delete that line"]),
    },
    Sick {
        device: "mx480-01",
        faults: &["refused-login"],
        row: &["ok", "ok", "ok", "FAILED", "–", "–", "–"],
        to_do: ("login", &["was not let in", "`ansible_user`"]),
    },
    Sick {
        device: "qfx5220-02",
        faults: &["no-hello"],
        row: &["ok", "ok", "ok", "ok", "FAILED", "–", "–"],
        to_do: ("hello", &["within 4 s"]),
    },
    Sick {
        device: "qfx5240-02",
        faults: &["rpc-error", "spares-replies:1"],
        row: &["ok", "ok", "ok", "ok", "ok", "ok", "FAILED 4/4"],
        to_do: (
            "chassis_inventory",
            &["the simulated device will not answer", "log in there as `"],
        ),
    },
];

#[test]
fn each_fault_is_red_at_its_own_step_with_what_to_do_about_it() {
    let folder = tempfile::tempdir().unwrap();
    let faults: Vec<String> = SICK
        .iter()
        .flat_map(|sick| {
            sick.faults
                .iter()
                .map(|fault| format!("{}={fault}", sick.device))
        })
        .collect();
    let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
    let fleet = Fleet::with_faults(&folder.path().join("sim"), 7, &faults);
    let flags = ["--hello-timeout", "4s", "--version-exchange-timeout", "4s"];
    let arguments = [&["check", "-i", fleet.inventory()][..], &flags].concat();
    let ran = lanewatch(folder.path(), &arguments).expect(3);
    let (table, to_do) = ran.stdout.split_once("To do:").unwrap();
    for Sick {
        device,
        row,
        to_do: (step, words),
        ..
    } in SICK
    {
        let line = table.lines().find(|line| line.contains(device)).unwrap();
        let cells: Vec<&str> = line
            .split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect();
        assert_eq!(&cells[2..], *row, "{device}\n{}", ran.stdout);
        let step = format!("{device} {step}: ");
        let line = to_do.lines().find(|line| line.contains(&step));
        let line = line.unwrap_or_else(|| panic!("nothing is said of {step}\n{to_do}"));
        for word in *words {
            assert!(line.contains(word), "{word} is not in: {line}");
        }
    }
    ran.says(&["1 of 7 devices are ready."]);
}

#[test]
fn a_clock_that_is_off_is_red_and_the_rpcs_are_asked_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    for (seconds, said) in [(3_600, "s ahead of ours"), (-3_600, "s behind ours")] {
        let fleet = Fleet::with_clock_skew(&folder.path().join(said), 1, seconds);
        let ran = lanewatch(folder.path(), &["check", "-i", fleet.inventory()]).expect(3);
        ran.says(&["FAILED", "ok 5/5"]);
        ran.says(&["qfx5220-01 clock:", said, "set system ntp server"]);
    }
}

#[test]
fn unknown_host_keys_are_shown_and_written_down_only_when_confirmed() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 1);
    let known_hosts = folder.path().join("keys/known_hosts");
    let place = ("lanewatch_known_hosts", known_hosts.to_str().unwrap());
    inventory(
        folder.path(),
        &fleet,
        &[("ansible_password", "sim-secret"), place],
    );

    let strict = lanewatch(folder.path(), &["check", "-i", "lab.yaml"]).expect(4);
    strict.says(&["leaf-01 host key:", "SHA256:", "--accept-host-keys"]);
    let unasked = lanewatch(
        folder.path(),
        &["check", "-i", "lab.yaml", "--accept-host-keys"],
    )
    .expect(2);
    unasked.says(&["--yes"]);
    assert!(!known_hosts.exists(), "a key was written down unasked");

    let arguments = ["check", "-i", "lab.yaml", "--accept-host-keys", "--yes"];
    let accepted = lanewatch(folder.path(), &arguments).expect(3);
    accepted
        .says(&["[127.0.0.1]:", "SHA256:"])
        .says(&["leaf-01", "ok 5/5"]);
    let written = fs::read_to_string(&known_hosts).unwrap();
    let simulated = fs::read_to_string(folder.path().join("sim/known_hosts")).unwrap();
    assert!(
        simulated.contains(written.trim()),
        "{written} is not among {simulated}"
    );
    lanewatch(folder.path(), &["check", "-i", "lab.yaml"])
        .expect(3)
        .says(&["leaf-01", "ok 5/5"]);
}
