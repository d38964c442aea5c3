//! What a person sees who wrote something wrong, or whose device says something wrong: where, what, and what to do.

use std::fs;
use std::path::Path;

use crate::harness::{
    Fleet, Host, Ran, RunFolder, assert_nothing_half_written, closed_port, files_below, lanewatch,
    values, write_inventory,
};

/// Collects with an inventory of this text; whatever it says, no device is there to be contacted.
fn collect_from(folder: &Path, inventory: &str) -> Ran {
    fs::write(folder.join("lab.yaml"), inventory).unwrap();
    let ran = lanewatch(folder, &["collect", "-i", "lab.yaml"]);
    assert_eq!(
        files_below(folder),
        [folder.join("lab.yaml")],
        "something was written"
    );
    ran
}

#[test]
fn no_inventory_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let ran = lanewatch(folder.path(), &["collect"]).expect(2);
    ran.says(&["--inventory FILE", "lanewatch.toml"]);
    assert_eq!(ran.stdout, "");
    assert_eq!(files_below(folder.path()).len(), 0);
}

#[test]
fn a_misspelt_option_is_a_usage_error_with_the_right_one() {
    let folder = tempfile::tempdir().unwrap();
    let ran = lanewatch(folder.path(), &["collect", "-i", "x", "--concurency", "3"]).expect(2);
    ran.says(&["--concurrency"]);
}

#[test]
fn a_missing_inventory_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ran = lanewatch(folder.path(), &["collect", "-i", "nowhere.yaml"]).expect(2);
    insta::assert_snapshot!(ran.complaint(), @"error: cannot read the inventory nowhere.yaml: No such file or directory (os error 2); name a file with `-i`");
}

#[test]
fn what_is_missing_is_told_as_missing_before_anything_else_and_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("lab.yaml"), "all: {hosts: {a: }}\n").unwrap();
    let cases: [(&[&str], &[&str]); 9] = [
        (
            &["plan", "-i", "lab.yaml", "--vault-password-file", "gone"],
            &["vault password file gone", "not there"],
        ),
        (
            &["plan", "-i", "lab.yaml", "--vault-id", "lab@gone"],
            &["vault password file gone", "not there"],
        ),
        (&["findings", "gone"], &["the run folder gone is not there"]),
        (
            &["replay", "gone", "--output-dir", "out", "--lake", "l"],
            &["cannot read gone", "No such file"],
        ),
        (
            &["parse", "optics_diagnostics", "--input", "gone.xml"],
            &["cannot read gone.xml", "No such file"],
        ),
        (
            &["sim", "--serve", "gone", "--folder", "out"],
            &["the run folder gone is not there"],
        ),
        (
            &["lake", "sync", "--lake", "gone", "--to", "s3://b/lake"],
            &["the lake gone is not there"],
        ),
        (
            &["lake", "write", "--metrics-dir", "gone", "--lake", "l"],
            &["cannot list gone", "No such file"],
        ),
        (
            &["collect", "-i", "lab.yaml", "--catalogue", "gone.yml"],
            &["cannot read the catalogue gone.yml"],
        ),
    ];
    for (arguments, says) in cases {
        let ran = lanewatch(folder.path(), arguments).expect(2);
        ran.says(says);
        assert_eq!(ran.complaint().lines().count(), 1, "{}", ran.stderr);
        assert!(!folder.path().join("gone").exists(), "{arguments:?}");
    }
}

#[test]
fn an_empty_inventory_says_that_it_names_no_host() {
    let folder = tempfile::tempdir().unwrap();
    insta::assert_snapshot!(collect_from(folder.path(), "").expect(2).complaint(), @"error: lab.yaml: the inventory names no hosts; put them under `all: hosts:`, each as `name: {ansible_host: address}`");
    let no_hosts = collect_from(folder.path(), "all:\n  children:\n    leaf:\n").expect(2);
    insta::assert_snapshot!(no_hosts.complaint(), @"error: lab.yaml: the inventory names no hosts; put them under `all: hosts:`, each as `name: {ansible_host: address}`");
}

#[test]
fn a_misspelt_key_is_named_with_its_line_and_the_right_spelling() {
    let folder = tempfile::tempdir().unwrap();
    let group = collect_from(
        folder.path(),
        "all:\n  hots:\n    leaf-01: {ansible_password: x}\n",
    )
    .expect(2);
    insta::assert_snapshot!(group.complaint(), @"
    error: lab.yaml:2: unknown key `hots` in the group `all`: a group has `hosts`, `vars` and `children`; did you mean `hosts`?
      2 |   hots:
        |   ^^^^
    ");
    let host = "all:\n  hosts:\n    leaf-01:\n      ansible_password: x\n      ansible_prot: 830\n";
    let host = collect_from(folder.path(), host).expect(2);
    insta::assert_snapshot!(host.complaint(), @"
    error: lab.yaml:5: unknown variable `ansible_prot`; did you mean `ansible_port`?
      5 |       ansible_prot: 830
        |       ^^^^^^^^^^^^
    ");
}

#[test]
fn an_inventory_that_is_not_yaml_is_shown_where_it_breaks() {
    let folder = tempfile::tempdir().unwrap();
    let ran = collect_from(folder.path(), "all:\n  hosts: {leaf-01: [\n").expect(2);
    ran.says(&["lab.yaml", "not YAML"]);
}

#[test]
fn a_lake_that_cannot_be_written_is_said_before_anything_is_contacted() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = [Host {
        name: "leaf-01",
        port: closed_port(),
        variables: &[("ansible_password", "x")],
    }];
    write_inventory(&folder.path().join("lab.yaml"), &inventory);
    fs::write(
        folder.path().join("raw_ml_data"),
        "a file where the lake should be",
    )
    .unwrap();
    let ran = lanewatch(folder.path(), &["collect", "-i", "lab.yaml"]).expect(2);
    insta::assert_snapshot!(ran.complaint(), @"error: cannot create the folder raw_ml_data/.lanewatch/writing: Not a directory (os error 20); nothing was contacted, choose a folder that can be written with `--lake`");
    assert!(!ran.stderr.contains("cannot connect"));
    assert_eq!(
        files_below(folder.path()),
        [
            folder.path().join("lab.yaml"),
            folder.path().join("raw_ml_data")
        ]
    );
}

/// A fleet of one, and an inventory of our own for it with other variables.
fn one_device(folder: &Path, variables: &[(&str, &str)]) -> (Fleet, Ran) {
    let fleet = Fleet::simulated(&folder.join("sim"), 1);
    let port = values(&fleet.inventory, "ansible_port")[0].parse().unwrap();
    let user = values(&fleet.inventory, "ansible_user")[0].clone();
    let all = [&[("ansible_user", user.as_str())], variables].concat();
    write_inventory(
        &folder.join("lab.yaml"),
        &[Host {
            name: "leaf-01",
            port,
            variables: &all,
        }],
    );
    let ran = lanewatch(folder, &["collect", "-i", "lab.yaml"]);
    (fleet, ran)
}

/// The one device has failed: it is said on standard output and in the report, and nothing of it is delivered.
#[track_caller]
fn assert_failed(folder: &Path, ran: Ran, parts: &[&str]) {
    ran.expect(4)
        .says(&["0 of 1 devices delivered"])
        .says(&[&["leaf-01"], parts].concat());
    let found = RunFolder::latest(&folder.join("output"));
    assert_eq!(found.with_outcome("failed"), ["leaf-01"]);
    let error = found.device("leaf-01")["error"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    assert_eq!(found.files("_metrics.json"), [""; 0]);
    assert_nothing_half_written(folder);
}

#[test]
fn a_wrong_password_is_said_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let known_hosts = folder.path().join("sim/known_hosts");
    let variables = [
        ("ansible_password", "wrong-guess"),
        ("lanewatch_known_hosts", known_hosts.to_str().unwrap()),
    ];
    let (_fleet, ran) = one_device(folder.path(), &variables);
    assert!(!ran.stdout.contains("wrong-guess") && !ran.stderr.contains("wrong-guess"));
    assert_failed(folder.path(), ran, &["was not let in", "password"]);
    let report = fs::read_to_string(
        RunFolder::latest(&folder.path().join("output"))
            .path
            .join("run.json"),
    )
    .unwrap();
    assert!(!report.contains("wrong-guess"));
}

#[test]
fn an_unknown_host_key_is_refused_with_the_way_to_accept_it() {
    let folder = tempfile::tempdir().unwrap();
    let known_hosts = folder.path().join("known_hosts");
    fs::write(&known_hosts, "").unwrap();
    let variables = [
        ("ansible_password", "sim-secret"),
        ("lanewatch_known_hosts", known_hosts.to_str().unwrap()),
    ];
    let (_fleet, ran) = one_device(folder.path(), &variables);
    assert_failed(folder.path(), ran, &["key", known_hosts.to_str().unwrap()]);
    assert_eq!(
        fs::read_to_string(&known_hosts).unwrap(),
        "",
        "a refused key was written down"
    );
}

#[test]
fn a_reply_that_is_not_xml_fails_its_rpc_and_the_others_count() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::simulated(&folder.path().join("sim"), 1);
    lanewatch(folder.path(), &["collect", "-i", fleet.inventory()]).expect(0);
    drop(fleet);
    let recorded = RunFolder::latest(&folder.path().join("output"));
    let device = recorded.devices()[0].to_owned();
    fs::write(
        recorded
            .path
            .join(format!("{device}_optics_diagnostics_raw.xml")),
        "<<< panic: cannot allocate memory >>>",
    )
    .unwrap();

    let fleet = Fleet::serving(&folder.path().join("again"), &recorded.path);
    let arguments = [
        "collect",
        "-i",
        fleet.inventory(),
        "--output-dir",
        "garbage",
        "--lake",
        "garbage-lake",
    ];
    let ran = lanewatch(folder.path(), &arguments).expect(3);
    ran.says(&[
        &device,
        "optics_diagnostics",
        "the reply is damaged",
        "not well-formed",
    ]);
    let found = RunFolder::latest(&folder.path().join("garbage"));
    let rpcs = &found.device(&device)["rpcs"];
    assert_eq!(rpcs["optics_diagnostics"]["outcome"], "failed");
    assert_eq!(rpcs["interface_statistics"]["outcome"], "ok");
    let counters = found.device(&device)["rows"]["intf-counters"]
        .as_u64()
        .unwrap();
    assert!(
        counters > 0,
        "the good replies were thrown away with the bad one"
    );
    assert_nothing_half_written(folder.path());
}

#[test]
fn an_answer_that_does_not_fit_on_the_disk_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut command = crate::harness::program(folder.path(), &["config", "show"]);
    let output = command.stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("the answer could not be written to standard output: No space left"),
        "{said}"
    );
}

#[test]
fn a_secret_that_is_put_where_a_number_belongs_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = "all: {vars: {ansible_password: sesame7}, hosts: {leaf: {}}}\n";
    fs::write(folder.path().join("lab.yaml"), inventory).unwrap();
    for (variable, what) in [
        ("ansible_port", "a secret"),
        ("lanewatch_host_keys", "a secret"),
        ("lanewatch_auth_order", "a secret"),
        ("lanewatch_netconf_version", "a secret"),
    ] {
        let extra = format!("{variable}={{{{ ansible_password }}}}");
        let ran = lanewatch(folder.path(), &["plan", "-i", "lab.yaml", "-e", &extra]).expect(2);
        ran.says(&[variable, what]);
        assert!(!ran.complaint().contains("sesame7"), "{}", ran.complaint());
    }
    // A forgotten quote: the rest of a password is not repeated.
    let arguments = [
        "plan",
        "-i",
        "lab.yaml",
        "-e",
        "ansible_password=open sesame7",
    ];
    let ran = lanewatch(folder.path(), &arguments).expect(2);
    ran.says(&["behind `ansible_password=…`", "in quotes"]);
    assert!(!ran.complaint().contains("sesame7"), "{}", ran.complaint());
}

#[test]
fn a_misspelt_extra_variable_and_a_host_without_a_usable_name_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = "all: {hosts: {leaf: {}, '': {}, \"two\\tlines\": {}}}\n";
    fs::write(folder.path().join("lab.yaml"), inventory).unwrap();
    let plan = ["plan", "-i", "lab.yaml"];
    let ran = lanewatch(folder.path(), &plan).expect(2);
    ran.says(&["the host's name is empty"])
        .says(&["holds a control character: two\\tlines"]);
    fs::write(folder.path().join("lab.yaml"), "all: {hosts: {leaf: {}}}\n").unwrap();
    let misspelt = [&plan[..], &["-e", "ansible_prt=3"]].concat();
    let ran = lanewatch(folder.path(), &misspelt).expect(2);
    ran.says(&["unknown variable `ansible_prt`", "`ansible_port`"]);
}
