//! Each place that a device's password or a key's passphrase can come from, with the right and the wrong one in it.

use super::*;
use crate::harness::values;

/// Takes the password out of the fleet's inventory, runs each word as the arguments of a command, and says how each ended.
const SCRIPT: &str = "umask 077; sed -e '/ansible_password/d' sim/inventory.yaml > lab.yaml
for arguments; do eval \"\\\"$0\\\" $arguments\"; echo \"ended with $?\"; done";

/// Commands that have a use for passwords, and those that show what they found. Collecting is the last.
const COMMANDS: [&str; 8] = [
    "config show",
    "config show --json",
    "plan --json -i lab.yaml",
    "inventory list --json --resolved -i lab.yaml",
    "inventory list --json -i lab.yaml",
    "inventory host qfx5220-01 --resolved -i lab.yaml",
    "check -i lab.yaml",
    "collect -i lab.yaml --attempts 1",
];

/// A place, what is added to each command's arguments, variables, and files with their texts; `SECRET` is the password.
type Source = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [(&'static str, &'static str)],
);

const SOURCES: &[Source] = &[
    (
        "a variable in plain text",
        "-e @more.yml",
        &[],
        &[(
            "more.yml",
            "ansible_password: 'SECRET'\nspare: {login: [{password: SECRET}]}\nremark: sshpass -p SECRET ssh gate\n",
        )],
    ),
    (
        "a vaulted file",
        "-e @sealed.yml --vault-password-file vault-password",
        &[],
        &[(
            "sealed.yml",
            "vault_pw: 'SECRET'\nansible_password: '{{ vault_pw }}'\nnested: {any: [SECRET]}\n",
        )],
    ),
    (
        "templates over a vaulted file",
        "-e @sealed.yml -e @more.yml --vault-password-file vault-password",
        &[],
        &[
            ("sealed.yml", "vault_pw: 'SECRET'\n"),
            (
                "more.yml",
                "ansible_password: \"{{ vault_pw | trim }}\"\nshouted: \"{{ [vault_pw] | to_json }}\"\n",
            ),
        ],
    ),
    (
        "a vaulted file that another password opens",
        "-e @sealed.yml --vault-id lab@other-vault-password --vault-id vault-password",
        &[],
        &[("sealed.yml", "ansible_password: 'SECRET'\n")],
    ),
    (
        "a command",
        "-e @more.yml",
        &[],
        &[
            (
                "more.yml",
                "password_command: 'cat password; echo told; cat password >&2'\n",
            ),
            ("password", "SECRET\n"),
        ],
    ),
    (
        "the keyring",
        "-e password_keyring=lanewatch/telemetry",
        &[],
        &[
            (
                "bin/secret-tool",
                "#!/bin/sh\ntest \"$5\" = telemetry && cat password; cat password >&2\n",
            ),
            ("password", "SECRET\n"),
        ],
    ),
    (
        "a vault whose password a program prints",
        "-e @sealed.yml --vault-password-file bin/ask",
        &[],
        &[
            ("bin/ask", "#!/bin/sh\ncat vault-password\n"),
            ("sealed.yml", "ansible_password: 'SECRET'\n"),
        ],
    ),
    (
        "a file that the inventory names",
        "-e password_file=password",
        &[],
        &[("password", "SECRET\n")],
    ),
    (
        "a file that a flag names",
        "FLAG",
        &[],
        &[("password", "SECRET\n")],
    ),
    (
        "the environment of a template",
        "-e \"ansible_password=\\\"{{ lookup('env', 'LAB_PASSWORD') }}\\\"\"",
        &[("LAB_PASSWORD", "SECRET")],
        &[],
    ),
    (
        "variables in the environment",
        "",
        &[("LANEWATCH_EXTRA_VARS", "{\"ansible_password\": \"SECRET\"}")],
        &[],
    ),
    (
        "the environment",
        "",
        &[("LANEWATCH_PASSWORD", "SECRET")],
        &[],
    ),
];

/// Runs the commands with one password in one place.
fn from(source: &Source, password: &str) -> (Ran, tempfile::TempDir) {
    let (name, more, variables, files) = source;
    let folder = tempfile::tempdir().unwrap();
    let mut keepers = vec![
        folder.path().join("sim/inventory.yaml"),
        write_private(folder.path().join("vault-password"), VAULT),
        write_private(folder.path().join("other-vault-password"), OTHER_VAULT),
    ];
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    for (file, text) in *files {
        let path = write_private(folder.path().join(file), &text.replace("SECRET", password));
        if *file == "sealed.yml" {
            let seal = [
                "vault",
                "encrypt",
                file,
                "--vault-password-file",
                "vault-password",
            ];
            lanewatch(folder.path(), &seal).expect(0);
        } else if file.starts_with("bin/") {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        } else {
            keepers.push(path);
        }
    }
    let commands: Vec<_> = COMMANDS
        .iter()
        .map(|command| {
            if command.starts_with("config") {
                return (*command).to_owned();
            }
            let connects = ["check", "collect"]
                .iter()
                .any(|name| command.starts_with(name));
            let more = match (*more, connects) {
                ("FLAG", true) => "--password-file password",
                ("FLAG", false) => "",
                (more, _) => more,
            };
            format!("{command} {more}")
        })
        .collect();
    let commands: Vec<_> = commands.iter().map(String::as_str).collect();
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (*name, value.replace("SECRET", password)))
        .collect();
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .chain([("PATH", path.as_str())])
        .collect();
    let ran = beside_fleet(folder.path(), SCRIPT, &commands, &variables).expect(0);
    assert_eq!(
        values(&folder.path().join("lab.yaml"), "ansible_password"),
        [""; 0],
        "{name}"
    );
    let keepers: Vec<_> = keepers.iter().map(PathBuf::as_path).collect();
    assert_nothing_leaked(folder.path(), &ran, &keepers);
    (ran, folder)
}

fn ends(ran: &Ran) -> Vec<&str> {
    let lines = ran.stdout.lines();
    lines
        .filter_map(|line| line.strip_prefix("ended with "))
        .collect()
}

#[test]
fn a_password_is_shown_no_more_than_where_it_comes_from() {
    for source in SOURCES {
        let (ran, _folder) = from(source, RIGHT);
        // A plan has need of a way to log in.
        let plan = if source.1 == "FLAG" { "2" } else { "0" };
        assert_eq!(
            ends(&ran),
            ["0", "0", plan, "0", "0", "0", "0", "0"],
            "{}\n{}",
            source.0,
            ran.stderr
        );
    }
}

#[test]
fn a_wrong_password_is_shown_no_more_than_the_right_one() {
    for source in SOURCES {
        let (ran, _folder) = from(source, WRONG);
        assert_eq!(
            ends(&ran).last(),
            Some(&"4"),
            "{}\n{}",
            source.0,
            ran.stderr
        );
        ran.says(&["was not let in"]);
    }
}

#[test]
fn a_passphrase_is_shown_neither_right_nor_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    crate::harness::generate_key(&key, "ed25519", PASSPHRASE);
    fs::remove_file(folder.path().join("key.pub")).unwrap();
    for (variables, said) in [
        (
            "ansible_ssh_private_key_passphrase=$PASSPHRASE",
            "was not let in",
        ),
        ("ansible_ssh_private_key_passphrase=$WRONG", "passphrase"),
        ("x=y", "was not let in"),
    ] {
        let commands = ["check", "collect --attempts 1"].map(|command| {
            format!("{command} -i lab.yaml -e ansible_ssh_private_key_file=key -e {variables}")
        });
        let commands = commands.each_ref().map(String::as_str);
        let variables = [("PASSPHRASE", PASSPHRASE), ("WRONG", WRONG)];
        let ran = beside_fleet(folder.path(), SCRIPT, &commands, &variables).expect(0);
        assert_eq!(ends(&ran).last(), Some(&"4"), "{}", ran.stderr);
        ran.says(&[said]);
        assert_nothing_leaked(
            folder.path(),
            &ran,
            &[&folder.path().join("sim/inventory.yaml")],
        );
    }
}
