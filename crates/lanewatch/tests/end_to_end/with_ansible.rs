//! Judged by ansible-core: it reads our inventories as we do, and our vault values as we read its own.

mod ssh_arguments;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::harness::{Python, Ran, program, run};

const INVENTORIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/end_to_end/inventories");
const VAULT: &[(&str, &str)] = &[(
    "ANSIBLE_VAULT_IDENTITY_LIST",
    "lab@lab-password.txt,vault-password.txt",
)];

/// Both programs list an inventory, as written and resolved, and must agree in every variable of every host.
#[track_caller]
fn agree(arguments: &[&str]) {
    agree_in(Path::new(INVENTORIES), VAULT, arguments);
}

/// The same of inventories in another folder, in this environment.
#[track_caller]
fn agree_in(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) {
    let out = tempfile::tempdir().unwrap();
    let listing = |name: &str, more: &[&str]| {
        let mut command = program(folder, &["inventory", "list", "--json"]);
        command
            .args(more)
            .args(arguments)
            .envs(environment.iter().copied())
            .env("LANEWATCH_TEST_SITE", "here");
        let path = out.path().join(name);
        fs::write(&path, run(&mut command).expect(0).stdout).unwrap();
        path.display().to_string()
    };
    let (written, resolved) = (
        listing("written.json", &[]),
        listing("resolved.json", &["--resolved"]),
    );
    let mut command = Command::new(Python::Ansible.interpreter());
    command
        .arg("-B")
        .arg("tests/end_to_end/python/ansible_agrees.py");
    command
        .arg(folder)
        .args([&written, &resolved, "--"])
        .args(arguments);
    command
        .envs(environment.iter().copied())
        .env("LANEWATCH_TEST_SITE", "here")
        .env("ANSIBLE_HOME", out.path());
    let ran = run(&mut command).expect(0);
    assert!(ran.stdout.contains("agree"), "{}", ran.stdout);
}

const SHARDS: [&str; 6] = [
    "-i",
    "shards/inventory-shard1.yaml",
    "-i",
    "shards/inventory-shard2.yaml",
    "-i",
    "shards/inventory-shard3.ini",
];

#[test]
#[ignore = "needs ansible-core: run by `cargo xtask test`"]
fn the_three_shards_together_are_what_ansible_takes_them_for() {
    agree(&[&SHARDS[..], &["--playbook-dir", "play"]].concat());
}

#[test]
#[ignore = "needs ansible-core: run by `cargo xtask test`"]
fn the_inventories_beside_the_playbook_are_what_ansible_takes_them_for() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ansible");
    for inventory in [
        "inventory-shard1.yaml",
        "inventory-shard2.yaml",
        "inventory-shard3.yaml",
        "inventory.yml",
    ] {
        // The judge reads Ansible's answers as JSON.
        let environment = [("ANSIBLE_CALLBACK_RESULT_FORMAT", "json")];
        agree_in(&tree, &environment, &["-i", inventory]);
    }
}

#[test]
#[ignore = "needs ansible-core: run by `cargo xtask test`"]
fn a_limit_leaves_the_hosts_that_it_leaves_in_ansible() {
    for limit in [
        "xai:&xai_spine:!xai-spineb",
        "gpu_leaf[1:2],reg*",
        "~(xai|gpu)-leaf\\d+$",
        "!xai:!gpu",
        "*.example.com:loose-01",
        "xai[0],xai[-1]",
    ] {
        agree(&[&SHARDS[..], &["-l", limit]].concat());
    }
}

#[test]
#[ignore = "needs ansible-core: run by `cargo xtask test`"]
fn extra_variables_stand_above_all_others() {
    agree(&[
        "-i",
        "shards/inventory-shard3.ini",
        "-i",
        "shards/inventory-shard2.yaml",
        "-e",
        "level=extra mtu='9 000' site=\"{{ inventory_hostname }}\"",
        "-e",
        "{\"poll_interval\": 7, \"deep\": [1, true]}",
    ]);
}

#[test]
#[ignore = "needs ansible-core: run by `cargo xtask test`"]
fn extra_variables_keep_the_quotes_of_their_templates() {
    let words = "picked={{ {\"y\": 'found  it'}[\"y\"] }}   said=\"it's {{ site }}\" plain='a'b equal=x=y \\\n\
                 escaped=a\\tb\\q\\x41 quoted=\"a \\\"b\\\"\" lines='a\nb' block={% if site %}{{ site }}{% endif %} empty='' d=#7";
    agree(&[&SHARDS[..], &["-l", "xai-leaf03", "-e", words]].concat());
}

#[test]
#[ignore = "needs ansible-core: run by `cargo xtask test`"]
fn a_folder_is_read_as_ansible_reads_it() {
    agree(&["-i", "odd"]);
    agree(&["-i", "a,b[1:2],c:22,"]);
}

#[test]
#[ignore = "needs ansible-core: run by `cargo xtask test`"]
fn what_ansible_lists_is_read_as_what_it_was_listed_from() {
    let folder = tempfile::tempdir().unwrap();
    let listed = ansible(
        "ansible-inventory",
        Path::new(INVENTORIES),
        &[
            &SHARDS[..],
            &[
                "--list",
                "--output",
                folder.path().join("all.json").to_str().unwrap(),
            ],
        ]
        .concat(),
    );
    drop(listed);
    let ours = |arguments: &[&str]| {
        let mut command = program(Path::new(INVENTORIES), &["inventory", "list", "--json"]);
        command.args(arguments).envs(VAULT.iter().copied());
        serde_json::from_str::<serde_json::Value>(&run(&mut command).expect(0).stdout).unwrap()
    };
    let listing = folder.path().join("all.json");
    let (from_listing, from_files) = (ours(&["-i", listing.to_str().unwrap()]), ours(&SHARDS));
    for (host, variables) in from_files["_meta"]["hostvars"].as_object().unwrap() {
        for (name, value) in variables.as_object().unwrap() {
            let again = &from_listing["_meta"]["hostvars"][host][name];
            // What comes out of a vaulted file is plain text in Ansible's listing.
            assert!(
                value == again || value.to_string().contains("(secret)"),
                "{host}.{name}: {value} became {again}"
            );
        }
    }
}

/// Runs one of Ansible's programs.
#[track_caller]
fn ansible(name: &str, folder: &Path, arguments: &[&str]) -> Ran {
    let interpreter = Python::Ansible.interpreter();
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(interpreter.parent().unwrap().join(name));
    command
        .args(arguments)
        .current_dir(folder)
        .env("ANSIBLE_HOME", home.path())
        .envs(
            VAULT
                .iter()
                .copied()
                .filter(|_| folder == Path::new(INVENTORIES)),
        );
    run(&mut command).expect(0)
}

/// A folder with two passwords and a file of secrets.
fn secrets() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("one"), "correct horse\n").unwrap();
    fs::write(folder.path().join("two"), "battery staple\n").unwrap();
    let file = folder.path().join("secrets.yml");
    fs::write(&file, "token: sesame\nbinary: größe\n").unwrap();
    (folder, file)
}

#[test]
#[ignore = "needs ansible-core: run by `cargo xtask test`"]
fn ansible_vault_reads_what_we_encrypt_and_we_read_what_it_encrypts() {
    for (label, header) in [
        ("one", "$ANSIBLE_VAULT;1.1;AES256\n"),
        ("lab@one", "$ANSIBLE_VAULT;1.2;AES256;lab\n"),
    ] {
        let (folder, file) = secrets();
        let plain = fs::read(&file).unwrap();
        let ours =
            |arguments: &[&str]| run(program(folder.path(), &["vault"]).args(arguments)).expect(0);
        let theirs = |arguments: &[&str]| ansible("ansible-vault", folder.path(), arguments);

        ours(&["encrypt", "secrets.yml", "--vault-id", label]);
        assert!(fs::read_to_string(&file).unwrap().starts_with(header));
        assert_eq!(
            theirs(&["view", "secrets.yml", "--vault-id", label])
                .stdout
                .trim_end()
                .as_bytes(),
            plain.trim_ascii_end()
        );

        ours(&[
            "rekey",
            "secrets.yml",
            "--vault-id",
            label,
            "--new-vault-id",
            "new@two",
        ]);
        assert!(
            fs::read_to_string(&file)
                .unwrap()
                .starts_with("$ANSIBLE_VAULT;1.2;AES256;new\n")
        );
        theirs(&[
            "rekey",
            "secrets.yml",
            "--vault-id",
            "new@two",
            "--new-vault-id",
            label,
        ]);
        assert_eq!(
            ours(&["view", "secrets.yml", "--vault-id", label])
                .stdout
                .as_bytes(),
            plain
        );

        theirs(&["decrypt", "secrets.yml", "--vault-id", label]);
        assert_eq!(fs::read(&file).unwrap(), plain);
        theirs(&["encrypt", "secrets.yml", "--vault-id", label]);
        ours(&["decrypt", "secrets.yml", "--vault-id", label]);
        assert_eq!(fs::read(&file).unwrap(), plain);
    }
}

#[test]
#[ignore = "needs ansible-core: run by `cargo xtask test`"]
fn encrypted_strings_look_alike_and_are_read_by_either() {
    let (folder, _) = secrets();
    let arguments = [
        "--vault-id",
        "lab@one",
        // Before Python 3.12 argparse takes arguments without a name in one row only.
        "--name",
        "a",
        "--name",
        "b",
        "first text",
        "second",
    ];
    let ours = run(program(folder.path(), &["vault", "encrypt-string"]).args(arguments))
        .expect(0)
        .stdout;
    let theirs = ansible(
        "ansible-vault",
        folder.path(),
        &[&["encrypt_string"], &arguments[..]].concat(),
    )
    .stdout;
    let shape = |text: &str| {
        text.lines()
            .map(|line| {
                if line
                    .trim_start()
                    .bytes()
                    .all(|byte| byte.is_ascii_hexdigit())
                {
                    format!("{} digits", line.len())
                } else {
                    line.to_owned()
                }
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(shape(&ours), shape(&theirs));
    for block in [ours, theirs] {
        let hosts: String = block
            .lines()
            .map(|line| format!("      {line}\n"))
            .collect();
        fs::write(
            folder.path().join("i.yaml"),
            format!("all:\n  hosts:\n    h:\n{hosts}"),
        )
        .unwrap();
        let printed = ansible(
            "ansible",
            folder.path(),
            &[
                "all",
                "-i",
                "i.yaml",
                "--vault-id",
                "lab@one",
                "-m",
                "debug",
                "-a",
                "msg={{ a ~ '/' ~ b }}",
                "-e",
                "ansible_connection=local",
            ],
        );
        assert!(
            printed.stdout.contains("first text/second"),
            "{}",
            printed.stdout
        );
        let shown = run(&mut program(
            folder.path(),
            &[
                "inventory",
                "host",
                "h",
                "--resolved",
                "-i",
                "i.yaml",
                "--vault-id",
                "lab@one",
            ],
        ))
        .expect(0);
        assert!(
            shown.stdout.contains("(secret)") && !shown.stdout.contains("first text"),
            "{}",
            shown.stdout
        );
    }
}
