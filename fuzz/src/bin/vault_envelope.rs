//! Any text as a vault value: it opens, or an error says what is wrong, and the error shows nothing of it.
#![no_main]

use std::sync::OnceLock;

use inventory::vault::{DEFAULT_LABEL, Password, Vault, VaultError, encrypt};

/// A value that opens under the password `sesame`.
fn sealed() -> &'static str {
    static SEALED: OnceLock<String> = OnceLock::new();
    SEALED.get_or_init(|| encrypt(b"xyzzy", &password()).expect("the password is given"))
}

fn password() -> Password {
    Password::given(DEFAULT_LABEL, b"sesame".to_vec().into())
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    // Without a password the text form is read and no key is derived, which is slow on purpose.
    match Vault::default().decrypt(text) {
        Err(VaultError::NoPassword { .. } | VaultError::Format(_)) => {}
        other => panic!("there is no password to open it: {other:?}"),
    }
    // One input in 64 replaces a part of a true value, and a key is derived for it.
    if let [first, rest @ ..] = text.as_bytes()
        && first % 64 == 0
        && let Ok(rest) = std::str::from_utf8(rest)
    {
        let at = usize::from(*first) + rest.len() % 400;
        let sealed = sealed();
        let Some((kept, replaced)) = sealed.split_at_checked(at) else {
            return;
        };
        let behind = replaced.get(rest.len()..).unwrap_or_default();
        let damaged = format!("{kept}{rest}{behind}");
        if let Ok(plain) = Vault::new(vec![password()]).decrypt(&damaged) {
            assert_eq!(
                plain.as_slice(),
                b"xyzzy",
                "a checksum holds for another text"
            );
        }
    }
});
