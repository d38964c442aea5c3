//! `lanewatch vault`: what is written is whole, for the owner alone, and nothing is left beside it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::harness::{Ran, files_below, program, run};

fn vault(folder: &Path, arguments: &[&str]) -> Ran {
    run(program(folder, &["vault"]).args(arguments))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("password"), "correct horse\n").unwrap();
    fs::write(folder.path().join("plain.yml"), "token: sesame\n").unwrap();
    folder
}

#[test]
fn files_go_there_and_back_and_are_the_owners_alone() {
    let folder = folder();
    let file = folder.path().join("plain.yml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    vault(
        folder.path(),
        &["encrypt", "plain.yml", "--vault-password-file", "password"],
    )
    .expect(0);
    assert!(
        fs::read_to_string(&file)
            .unwrap()
            .starts_with("$ANSIBLE_VAULT;1.1;AES256\n")
    );
    assert_eq!(mode(&file), 0o600);
    let viewed = vault(
        folder.path(),
        &["view", "plain.yml", "--vault-password-file", "password"],
    )
    .expect(0);
    assert_eq!(viewed.stdout, "token: sesame\n");
    vault(
        folder.path(),
        &[
            "decrypt",
            "plain.yml",
            "--output",
            "out.yml",
            "--vault-password-file",
            "password",
        ],
    )
    .expect(0);
    assert_eq!(mode(&folder.path().join("out.yml")), 0o600);
    vault(
        folder.path(),
        &["decrypt", "plain.yml", "--vault-password-file", "password"],
    )
    .expect(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), "token: sesame\n");
    assert_eq!(
        files_below(folder.path()).len(),
        3,
        "something was left behind"
    );
}

#[test]
fn a_program_prints_the_password_and_is_told_for_which_vault_id() {
    let folder = folder();
    let script = folder.path().join("ask-client");
    fs::write(&script, "#!/bin/sh\necho \"of $2\"\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(folder.path().join("of-lab"), "of lab").unwrap();
    vault(
        folder.path(),
        &["encrypt", "plain.yml", "--vault-id", "lab@ask-client"],
    )
    .expect(0);
    vault(
        folder.path(),
        &["view", "plain.yml", "--vault-password-file", "of-lab"],
    )
    .expect(0);
}

#[test]
fn a_refusal_changes_nothing_and_says_why_without_the_secret() {
    let folder = folder();
    fs::write(folder.path().join("wrong"), "wrong horse\n").unwrap();
    fs::write(folder.path().join("empty"), "\n").unwrap();
    vault(
        folder.path(),
        &["encrypt", "plain.yml", "--vault-id", "lab@password"],
    )
    .expect(0);
    let before = fs::read(folder.path().join("plain.yml")).unwrap();
    let complaints: Vec<String> = [
        &["encrypt", "plain.yml", "--vault-password-file", "password"][..],
        &["decrypt", "plain.yml", "--vault-password-file", "wrong"],
        &["decrypt", "plain.yml", "--vault-password-file", "missing"],
        &["decrypt", "plain.yml", "--vault-password-file", "empty"],
        &["decrypt", "plain.yml"],
        &["decrypt", "password", "--vault-password-file", "password"],
        &["view", "nothing.yml", "--vault-password-file", "password"],
        &[
            "encrypt",
            "password",
            "--vault-id",
            "a@password",
            "--vault-id",
            "b@wrong",
        ],
        &[
            "encrypt",
            "password",
            "--vault-id",
            "a@password",
            "--encrypt-vault-id",
            "c",
        ],
        &["encrypt-string", "", "--vault-password-file", "password"],
        &[
            "rekey",
            "plain.yml",
            "--vault-password-file",
            "wrong",
            "--new-vault-id",
            "x@password",
        ],
    ]
    .iter()
    .map(|arguments| vault(folder.path(), arguments).expect(2).complaint())
    .collect();
    insta::assert_snapshot!(complaints.join("\n"), @"
    error: plain.yml is encrypted already; `lanewatch vault rekey` changes its password
    error: plain.yml: this is encrypted under the vault id `lab`, and the vault password that is given is not the one that opens it
    error: plain.yml: the vault password file missing cannot be read: No such file or directory (os error 2)
    error: plain.yml: the vault password file empty is empty
    error: plain.yml: there is no terminal to ask for the password at (Vault password (default)); give a file
    error: password is not encrypted
    error: cannot read nothing.yml: No such file or directory (os error 2)
    error: several vault passwords are given (`a`, `b`); say with `--encrypt-vault-id` which one is taken
    error: there is no vault password with the label `c`: there is `a`
    error: a text to encrypt is empty
    error: plain.yml: this is encrypted under the vault id `lab`, and the vault password that is given is not the one that opens it
    ");
    assert_eq!(fs::read(folder.path().join("plain.yml")).unwrap(), before);
    assert!(!complaints.concat().contains("horse"));
}

#[test]
fn an_editor_changes_what_is_encrypted_and_makes_what_is_not_there() {
    let folder = folder();
    let editor = folder.path().join("editor");
    fs::write(&editor, "#!/bin/sh\necho 'more: yes' >> \"$2\"\n").unwrap();
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o700)).unwrap();
    let with = |editor: &str, arguments: &[&str]| {
        let mut command = program(folder.path(), &["vault"]);
        command.args(arguments).args(["--vault-id", "lab@password"]);
        command.env("EDITOR", editor).env_remove("VISUAL");
        command.env("XDG_RUNTIME_DIR", folder.path());
        run(&mut command)
    };
    let view = |file: &str| with("false", &["view", file]).expect(0).stdout;
    with("true", &["encrypt", "plain.yml"]).expect(0);
    let before = fs::read_to_string(folder.path().join("plain.yml")).unwrap();
    let unchanged = with("true", &["edit", "plain.yml"]).expect(0);
    assert_eq!(unchanged.stdout, "plain.yml is unchanged\n");
    let failed = with("false", &["edit", "plain.yml"]).expect(2);
    assert!(
        failed.stderr.contains("nothing was written"),
        "{}",
        failed.stderr
    );
    let after = fs::read_to_string(folder.path().join("plain.yml")).unwrap();
    assert_eq!(before, after);
    with("./editor --wait", &["edit", "plain.yml"]).expect(0);
    assert_eq!(view("plain.yml"), "token: sesame\nmore: yes\n");
    let edited = fs::read_to_string(folder.path().join("plain.yml")).unwrap();
    assert!(
        edited.starts_with("$ANSIBLE_VAULT;1.2;AES256;lab\n"),
        "{edited}"
    );
    with("./editor --wait", &["create", "new.yml"]).expect(0);
    assert_eq!(view("new.yml"), "more: yes\n");
    assert_eq!(mode(&folder.path().join("new.yml")), 0o600);
    let there = with("true", &["create", "new.yml"]).expect(2);
    assert!(there.stderr.contains("exists already"), "{}", there.stderr);
    assert_eq!(
        files_below(folder.path()).len(),
        4,
        "something was left behind"
    );
}
