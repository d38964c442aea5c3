//! `lanewatch inventory`: what is read, shown without a secret.

use std::fs;
use std::path::Path;

use super::harness::{Ran, program, run};

const INVENTORIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/end_to_end/inventories");

/// Runs `lanewatch inventory` where the test inventories lie, with the passwords of their vault values.
fn inventory(arguments: &[&str]) -> Ran {
    let mut command = program(Path::new(INVENTORIES), &["inventory"]);
    command.args(arguments).env(
        "ANSIBLE_VAULT_IDENTITY_LIST",
        "lab@lab-password.txt,vault-password.txt",
    );
    run(&mut command)
}

#[test]
fn hosts_are_listed_with_their_groups() {
    let ran = inventory(&["list", "-i", "shards/inventory-shard2.yaml"]).expect(0);
    insta::assert_snapshot!(ran.stdout, @"
     Host                 Address       Groups
    ──────────────────────────────────────────────────────
     loose-01             192.0.2.99    ungrouped
     reg-01               192.0.2.1     regression
     reg-02.example.com   2001:db8::7   regression, spare
     reg-03                             regression
     spare-01                           spare

    5 hosts
    ");
}

#[test]
fn groups_are_shown_as_a_tree() {
    let ran = inventory(&["graph", "gpu", "-i", "shards/inventory-shard3.ini"]).expect(0);
    insta::assert_snapshot!(ran.stdout, @"
    @gpu:
      |--@gpu_leaf:
      |  |--gpu-leaf1
      |  |--gpu-leaf2
      |  |--gpu-leaf3
      |  |--gpu-leaf9
      |  |--gpu-leaf8
      |--@gpu_spine:
      |  |--gpu-spinea-r01
      |  |--gpu-spinea-r02
      |  |--gpu-spineb-r01
      |  |--gpu-spineb-r02
    ");
    let ran = inventory(&["graph", "gpo", "-i", "shards/inventory-shard3.ini"]).expect(2);
    insta::assert_snapshot!(ran.complaint(), @"error: the inventory has no group `gpo`; did you mean `gpu`?");
}

#[test]
fn a_host_is_shown_with_the_place_that_sets_each_variable_and_without_secrets() {
    let arguments = [
        "host",
        "xai-leaf03",
        "-i",
        "shards/inventory-shard1.yaml",
        "-i",
        "shards/inventory-shard2.yaml",
        "--playbook-dir",
        "play",
    ];
    let ran = inventory(&[&arguments[..], &["--resolved"]].concat()).expect(0);
    insta::assert_snapshot!(ran.stdout, @r#"
    xai-leaf03 is in xai, xai_leaf

     Variable                 Value                                          Set in
    ────────────────────────────────────────────────────────────────────────────────────────────────────────────
     ansible_connection       netconf                                        shards/inventory-shard1.yaml:4
     ansible_network_os       junos                                          shards/inventory-shard1.yaml:5
     ansible_password         (secret)                                       shards/inventory-shard1.yaml:7
     ansible_user             (secret)                                       shards/inventory-shard1.yaml:6
     as_json                  {"host": "xai-leaf03", "n": [1, true, null]}   shards/group_vars/all/main.yml:11
     choice                   normal                                         shards/group_vars/all/main.yml:13
     combined                 xai-dc-from-group-vars                         shards/group_vars/xai/extra.yaml:3
     conditional              other                                          shards/group_vars/all/main.yml:21
     decoded                  hello                                          shards/group_vars/all/main.yml:12
     domain                   dc-from-group-vars.example.net                 shards/inventory-shard1.yaml:9
     fabric                   xai                                            shards/inventory-shard1.yaml:12
     first_label              XAI                                            shards/group_vars/all/main.yml:10
     fqdn                     xai-leaf03.dc-from-group-vars.example.net      shards/group_vars/all/main.yml:4
     from_play                1                                              play/group_vars/xai_leaf.yml:3
     group_size               15                                             shards/group_vars/all/main.yml:23
     hardware_model           qfx5240-64od                                   shards/inventory-shard1.yaml:17
     home                     none                                           shards/group_vars/all/main.yml:16
     in_list                  ["xai-leaf03","plain",{"deep":60}]             shards/group_vars/all/main.yml:22
     is_leaf                  true                                           shards/group_vars/all/main.yml:8
     level                    host-vars                                      shards/host_vars/xai-leaf03.yml:1
     literal_braces           {{ x                                           shards/group_vars/all/main.yml:26
     math                     3.8                                            shards/group_vars/all/main.yml:25
     member_of                xai,xai_leaf                                   shards/group_vars/all/main.yml:7
     mixed                    on xai-leaf03: 2 and True                      shards/group_vars/all/main.yml:18
     model_family             qfx-5240                                       shards/group_vars/all/main.yml:9
     mtu                      1500                                           play/group_vars/xai_leaf.yml:1
     multi                    line 30                                        shards/group_vars/all/main.yml:28
                              end

     native_list              [1,2,3]                                        shards/group_vars/all/main.yml:19
     native_map               {"a":1,"b":2}                                  shards/group_vars/all/main.yml:20
     neighbour                192.0.2.1                                      shards/group_vars/all/main.yml:24
     play_all                 true                                           play/group_vars/all.yml:1
     poll_interval            30                                             play/group_vars/all.yml:2
     port_number              831                                            shards/group_vars/all/main.yml:6
     port_text                830                                            shards/group_vars/all/main.yml:5
     replaced                 xai_leaf03                                     shards/group_vars/all/main.yml:17
     role                     leaf                                           shards/inventory-shard1.yaml:15
     secret_inline            (secret)                                       shards/host_vars/xai-leaf03.yml:2
     short                    xai-leaf03                                     shards/group_vars/all/main.yml:3
     site                     dc-from-group-vars                             shards/group_vars/all/main.yml:1
     spaces                    30                                            shards/group_vars/all/main.yml:27
     split_first              a                                              shards/group_vars/all/main.yml:14
     truth                    true                                           shards/group_vars/all/main.yml:15
     uses_secret              (secret)                                       shards/host_vars/xai-leaf03.yml:9
     vault_ansible_password   (secret)                                       shards/group_vars/all/vault.yml:2
     vault_ansible_user       (secret)                                       shards/group_vars/all/vault.yml:1
     vault_nested             (secret)                                       shards/group_vars/all/vault.yml:3
     xai_only                 true                                           shards/group_vars/xai/extra.yaml:1
    "#);
    let json = inventory(&[&arguments[..], &["--json", "--resolved"]].concat()).expect(0);
    for secret in ["sesame-7", "inline secret", "telemetry"] {
        assert!(!ran.stdout.contains(secret) && !json.stdout.contains(secret));
    }
}

#[test]
fn a_password_in_plain_text_is_shown_nowhere_in_a_variable() {
    let folder = tempfile::tempdir().unwrap();
    let text = "all:
  hosts:
    a:
      ansible_password: &login sesame
      creds: {user: telemetry, password: *login, api: [{token: sesame}, {url: 'https://a:sesame@192.0.2.1/'}]}
      vault_passwords: [sesame]
      ansible_ssh_common_args: -o ProxyCommand=\"sshpass -p sesame ssh -W %h:%p gate\"
      remark: '{{ creds.user }} --password=sesame'
      ansible_ssh_private_key_file: ~/.ssh/telemetry
      login: '{{ ansible_password }}'
";
    fs::write(folder.path().join("lab.yaml"), text).unwrap();
    let host = ["inventory", "host", "a", "-i", "lab.yaml"];
    let shown = |more: &[&str]| {
        run(program(folder.path(), &host).args(more))
            .expect(0)
            .stdout
    };
    insta::assert_snapshot!(shown(&[]), @r#"
    a is in ungrouped

     Variable                       Value                                                                                        Set in
    ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
     ansible_password               (secret)                                                                                     lab.yaml:4
     ansible_ssh_common_args        (secret)                                                                                     lab.yaml:7
     ansible_ssh_private_key_file   ~/.ssh/telemetry                                                                             lab.yaml:9
     creds                          {"api":[{"token":"(secret)"},{"url":"(secret)"}],"password":"(secret)","user":"telemetry"}   lab.yaml:5
     login                          {{ ansible_password }}                                                                       lab.yaml:10
     remark                         (secret)                                                                                     lab.yaml:8
     vault_passwords                (secret)                                                                                     lab.yaml:6
    "#);
    for more in [&["--json"][..], &["--resolved"], &["--json", "--resolved"]] {
        let shown = shown(more);
        assert!(
            shown.contains("telemetry") && !shown.contains("sesame"),
            "{shown}"
        );
    }
}

#[test]
fn a_vaulted_file_without_its_password_is_told_once_and_only_where_it_matters() {
    let list = |arguments: &[&str]| {
        run(program(Path::new(INVENTORIES), &["inventory", "list"]).args(arguments))
    };
    let ran = list(&["-i", "shards/inventory-shard2.yaml"]).expect(2);
    insta::assert_snapshot!(ran.complaint(), @"error: shards/group_vars/all/vault.yml: this is encrypted, and no vault password is given: use `--vault-password-file FILE`, `--vault-id LABEL@FILE`, `--ask-vault-pass` or ANSIBLE_VAULT_PASSWORD_FILE");
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("group_vars")).unwrap();
    fs::copy(
        Path::new(INVENTORIES).join("shards/group_vars/all/vault.yml"),
        folder.path().join("group_vars/locked.yml"),
    )
    .unwrap();
    let inventory = folder.path().join("i.ini");
    fs::write(&inventory, "[locked]\na\n[open]\nb\n").unwrap();
    let inventory = inventory.to_str().unwrap();
    list(&["-i", inventory]).expect(2);
    list(&["-i", inventory, "--limit", "open"]).expect(0);
}
