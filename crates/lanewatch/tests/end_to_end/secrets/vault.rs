//! `lanewatch vault`, whose answers are secrets where they are asked for: nothing else shows them, and the passwords nothing at all.

use super::*;

/// Runs one command of `vault` with a password file.
fn vault(folder: &Path, arguments: &str, password: &str) -> Ran {
    let words: Vec<_> = arguments.split_whitespace().collect();
    let mut command = program(folder, &["vault"]);
    command
        .args(words)
        .args(["--vault-password-file", password])
        .envs(ENVIRONMENT.iter().copied());
    run(&mut command)
}

#[test]
fn a_wrong_vault_password_opens_nothing_and_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let vault_password = write_private(folder.path().join("vault-password"), VAULT);
    let other = write_private(folder.path().join("other"), OTHER_VAULT);
    let sealed = write_private(folder.path().join("sealed.yml"), &format!("pw: {RIGHT}\n"));
    let keepers = [vault_password.as_path(), other.as_path()];
    let ran = vault(folder.path(), "encrypt sealed.yml", "vault-password").expect(0);
    assert_nothing_leaked(folder.path(), &ran, &keepers);
    let before = fs::read(&sealed).unwrap();
    for arguments in [
        "view sealed.yml",
        "decrypt sealed.yml",
        "decrypt sealed.yml --output out.yml",
        "rekey sealed.yml --new-vault-password-file vault-password",
        "encrypt sealed.yml",
    ] {
        let ran = vault(folder.path(), arguments, "other").expect(2);
        assert_nothing_leaked(folder.path(), &ran, &keepers);
        assert_eq!(fs::read(&sealed).unwrap(), before, "{arguments}");
    }
}

#[test]
fn what_is_decrypted_is_the_answer_and_stands_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let vault_password = write_private(folder.path().join("vault-password"), VAULT);
    let other = write_private(folder.path().join("other"), OTHER_VAULT);
    write_private(folder.path().join("sealed.yml"), &format!("pw: {RIGHT}\n"));
    vault(folder.path(), "encrypt sealed.yml", "vault-password").expect(0);
    let (out, back) = (
        folder.path().join("out.yml"),
        folder.path().join("back.yml"),
    );
    let keepers = [
        vault_password.as_path(),
        other.as_path(),
        out.as_path(),
        back.as_path(),
    ];
    for (arguments, password, is_answer) in [
        ("view sealed.yml", "vault-password", true),
        ("decrypt sealed.yml --output -", "vault-password", true),
        (
            "decrypt sealed.yml --output out.yml",
            "vault-password",
            false,
        ),
        (
            "rekey sealed.yml --new-vault-password-file other",
            "vault-password",
            false,
        ),
        ("decrypt sealed.yml --output back.yml", "other", false),
    ] {
        let mut ran = vault(folder.path(), arguments, password).expect(0);
        if is_answer {
            assert_eq!(std::mem::take(&mut ran.stdout), format!("pw: {RIGHT}\n"));
        }
        assert_nothing_leaked(folder.path(), &ran, &keepers);
    }
    let sealed = vault(
        folder.path(),
        &format!("encrypt-string {RIGHT} --name pw"),
        "vault-password",
    );
    assert_nothing_leaked(folder.path(), &sealed.expect(0), &keepers);
}

#[test]
fn an_answer_that_is_a_secret_is_not_shown_by_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let vault_password = write_private(folder.path().join("vault-password"), VAULT);
    write_private(folder.path().join("sealed.yml"), &format!("pw: {RIGHT}\n"));
    vault(folder.path(), "encrypt sealed.yml", "vault-password").expect(0);
    for arguments in ["view sealed.yml", "decrypt sealed.yml --output -"] {
        let mut command = panicking(folder.path(), &["vault"]);
        command
            .args(arguments.split_whitespace())
            .args(["--vault-password-file", "vault-password"])
            .env(REHEARSE_PANIC, "answer");
        let ran = run(&mut command).expect(101);
        ran.says(&["a defect of Lanewatch at ", "its words are not shown"]);
        assert_nothing_leaked(folder.path(), &ran, &[&vault_password]);
    }
}
