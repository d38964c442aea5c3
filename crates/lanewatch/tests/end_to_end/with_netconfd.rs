//! `collect` against netconfd behind OpenSSH: another SSH server, another NETCONF server, chunked framing on offer, and no
//! Junos RPC that it would know.

mod sessions;

use std::path::Path;

use crate::harness::{
    Host, NetconfServer, Ran, RunFolder, Setup, SshAgent, lanewatch, write_inventory,
};

const RPCS: [&str; 4] = [
    "system_information",
    "chassis_inventory",
    "optics_diagnostics",
    "interface_statistics",
];

fn collect(server: &NetconfServer, folder: &Path, login: (&str, &str)) -> Ran {
    collect_with(server, folder, &[login])
}

fn collect_with(server: &NetconfServer, folder: &Path, more: &[(&str, &str)]) -> Ran {
    let known_hosts = server.known_hosts();
    let always = [
        ("ansible_user", server.user),
        ("lanewatch_known_hosts", known_hosts.to_str().unwrap()),
    ];
    let variables = [&always, more].concat();
    write_inventory(
        &folder.join("lab.yaml"),
        &[Host {
            name: "yuma",
            port: server.port,
            variables: &variables,
        }],
    );
    lanewatch(folder, &["collect", "-i", "lab.yaml"])
}

/// It got in and asked everything, and each RPC was refused in the server's own words.
#[track_caller]
fn assert_each_rpc_was_refused(folder: &Path, ran: Ran) {
    let ran = ran.expect(4);
    ran.says(&["0 of 1 devices delivered"]).says(&[
        "yuma",
        "system_information",
        "unknown-element",
    ]);
    let found = RunFolder::latest(&folder.join("output"));
    for rpc in RPCS {
        let entry = &found.device("yuma")["rpcs"][rpc];
        assert_eq!(entry["outcome"], "failed", "{rpc}");
        assert!(
            entry["errors"][0]
                .as_str()
                .unwrap()
                .contains("unknown-element"),
            "{rpc}: {}",
            entry["errors"]
        );
        let raw = std::fs::read_to_string(found.path.join(format!("yuma_{rpc}_raw.xml"))).unwrap();
        assert!(
            raw.contains("unknown-element"),
            "the reply is not kept as it came: {raw}"
        );
    }
    assert_eq!(found.files("_metrics.json"), [""; 0]);
}

#[test]
#[ignore = "needs netconfd and sshd: run by `cargo xtask test`"]
fn a_password_lets_us_in_and_unknown_rpcs_are_reported_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let server = NetconfServer::start();
    let ran = collect(
        &server,
        folder.path(),
        ("ansible_password", &server.password),
    );
    assert_each_rpc_was_refused(folder.path(), ran);
}

#[test]
#[ignore = "needs netconfd and sshd: run by `cargo xtask test`"]
fn a_key_lets_us_in_and_unknown_rpcs_are_reported_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let server = NetconfServer::start();
    let key = server.user_key();
    let ran = collect(
        &server,
        folder.path(),
        ("ansible_ssh_private_key_file", key.to_str().unwrap()),
    );
    assert_each_rpc_was_refused(folder.path(), ran);
}

#[test]
#[ignore = "needs netconfd and sshd: run by `cargo xtask test`"]
fn a_wrong_password_is_refused_by_openssh_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let server = NetconfServer::start();
    let ran = collect(&server, folder.path(), ("ansible_password", "not-it")).expect(4);
    ran.says(&["yuma", "was not let in", "password"]);
    assert!(!ran.stdout.contains("not-it"));
}

#[test]
#[ignore = "needs netconfd and sshd: run by `cargo xtask test`"]
fn a_password_answers_pams_question_where_passwords_are_off() {
    let folder = tempfile::tempdir().unwrap();
    let server = NetconfServer::start_with(Setup {
        sshd: "PasswordAuthentication no\nKbdInteractiveAuthentication yes\n",
        ..Setup::default()
    });
    let ran = collect(
        &server,
        folder.path(),
        ("ansible_password", &server.password),
    );
    assert_each_rpc_was_refused(folder.path(), ran);
}

#[test]
#[ignore = "needs netconfd and sshd: run by `cargo xtask test`"]
fn an_agent_and_a_jump_host_from_openssh_arguments_lead_to_the_device() {
    let folder = tempfile::tempdir().unwrap();
    let server = NetconfServer::start();
    let agent = SshAgent::with_key(&server.user_key());
    let arguments = format!(
        "-o ControlMaster=auto -o IdentityAgent={} -J {}@127.0.0.1:{}",
        agent.socket.display(),
        server.user,
        server.port
    );
    // The jump host's options come from the files, as with ssh.
    let ssh_config = folder.path().join("ssh_config");
    let identity = format!("Host 127.0.0.1\nIdentityAgent {}\n", agent.socket.display());
    std::fs::write(&ssh_config, identity).unwrap();
    let variables = [("ansible_ssh_common_args", arguments.as_str())];
    std::fs::write(
        folder.path().join("lanewatch.toml"),
        format!("ssh_config = \"{}\"\n", ssh_config.display()),
    )
    .unwrap();
    let ran = collect_with(&server, folder.path(), &variables);
    assert_each_rpc_was_refused(folder.path(), ran);
}
