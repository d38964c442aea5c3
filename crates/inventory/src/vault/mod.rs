//! Decrypts and encrypts Ansible Vault values and files.
//!
//! What is encrypted is decrypted when it is first needed, and once: ten thousand hosts that share a value cost one derivation of its
//! key, which is made slow on purpose. What comes out is wiped when it is dropped. `envelope` is the text form, `cipher` the
//! cryptography, `passwords` where passwords come from.

mod cipher;
mod envelope;
pub mod files;
mod passwords;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cipher::Keys;
use envelope::Envelope;
use zeroize::Zeroizing;

pub use envelope::is_encrypted;
pub use passwords::{Password, VaultSources, ask_new};

/// The label that stands for none.
pub const DEFAULT_LABEL: &str = "default";

/// Bytes that are wiped when the last owner drops them.
pub type Plain = Arc<Zeroizing<Vec<u8>>>;

/// Why a vault value cannot be read or written. None of these holds a part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// There is no password to try.
    #[error(
        "this is encrypted{}, and no vault password is given: use `--vault-password-file FILE`, `--vault-id LABEL@FILE`, `--ask-vault-pass` or ANSIBLE_VAULT_PASSWORD_FILE",
        of_label(.label)
    )]
    NoPassword {
        /// The vault id of the value, [`DEFAULT_LABEL`] if it has none.
        label: String,
    },
    /// None of the passwords opens it.
    #[error("this is encrypted{}, and {} opens it", of_label(.label), none_of(*.tried))]
    WrongPassword {
        /// The vault id of the value, [`DEFAULT_LABEL`] if it has none.
        label: String,
        /// How many passwords were tried.
        tried: usize,
    },
    /// The text is no vault value, or a damaged one: what is wrong with it, as the end of a sentence.
    #[error("this is no vault value: {0}")]
    Format(&'static str),
    /// A password cannot be had: its file is missing, its program failed, there is no terminal to ask at.
    #[error("{0}")]
    Password(String),
}

fn of_label(label: &str) -> String {
    if label == DEFAULT_LABEL {
        String::new()
    } else {
        format!(" under the vault id `{label}`")
    }
}

fn none_of(tried: usize) -> String {
    match tried {
        1 => "the vault password that is given is not the one that".to_owned(),
        _ => format!("none of the {tried} vault passwords that are given"),
    }
}

/// The passwords of a run, and what was decrypted with them.
#[derive(Debug, Default)]
pub struct Vault {
    passwords: Vec<Password>,
    opened: Mutex<HashMap<Arc<str>, Result<Opened, VaultError>>>,
    keys: Mutex<HashMap<Derived, Arc<Keys>>>,
}

/// What keys were derived from: the password's place, and the salt.
type Derived = (usize, Vec<u8>);

/// What was decrypted; it cannot print itself.
#[derive(Clone)]
struct Opened(Plain);

impl std::fmt::Debug for Opened {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("(secret)")
    }
}

impl Vault {
    /// A vault with these passwords, none of which is looked at before it is needed.
    pub fn new(passwords: Vec<Password>) -> Self {
        Self {
            passwords,
            ..Self::default()
        }
    }

    /// Decrypts a value or the text of a file. The same text is decrypted once.
    ///
    /// # Errors
    ///
    /// It is no vault value, a password cannot be had, or none opens it.
    pub fn decrypt(&self, text: &str) -> Result<Plain, VaultError> {
        let text = text.trim();
        // The lock is held while a value is decrypted, so that nobody decrypts it a second time.
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = opened.get(text) {
            return known.clone().map(|opened| opened.0);
        }
        let result = self.open(text).map(|plain| Opened(Arc::new(plain)));
        opened.insert(Arc::from(text), result.clone());
        result.map(|opened| opened.0)
    }

    /// Encrypts another content under the password that opens `text`, with the label of that password.
    ///
    /// # Errors
    ///
    /// As for [`Vault::decrypt`].
    pub fn encrypt_like(&self, text: &str, plain: &[u8]) -> Result<String, VaultError> {
        let (_, password) = self.open_with(text)?;
        encrypt(plain, password)
    }

    fn open(&self, text: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.open_with(text).map(|(plain, _)| plain)
    }

    /// What a text holds, and the password that opens it.
    fn open_with(&self, text: &str) -> Result<(Zeroizing<Vec<u8>>, &Password), VaultError> {
        let envelope = Envelope::parse(text).map_err(VaultError::Format)?;
        if self.passwords.is_empty() {
            return Err(VaultError::NoPassword {
                label: envelope.label,
            });
        }
        // The passwords of the value's own label first: each that is tried costs a derivation.
        let of_label = |password: &Password| password.label() == envelope.label;
        let (first, then): (Vec<_>, Vec<_>) = self
            .passwords
            .iter()
            .enumerate()
            .partition(|(_, password)| of_label(password));
        for (at, password) in first.into_iter().chain(then) {
            let keys = self.keys(at, password, &envelope.salt)?;
            if let Some(plain) = keys.open(&envelope.mac, &envelope.ciphertext) {
                return plain
                    .map(|plain| (plain, password))
                    .map_err(VaultError::Format);
            }
        }
        Err(VaultError::WrongPassword {
            label: envelope.label,
            tried: self.passwords.len(),
        })
    }

    fn keys(&self, at: usize, password: &Password, salt: &[u8]) -> Result<Arc<Keys>, VaultError> {
        let mut known = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = known.get(&(at, salt.to_vec())) {
            return Ok(Arc::clone(keys));
        }
        let secret = password.secret().map_err(VaultError::Password)?;
        let keys = Arc::new(Keys::derive(secret, salt));
        known.insert((at, salt.to_vec()), Arc::clone(&keys));
        Ok(keys)
    }

    /// How many keys were derived so far.
    #[cfg(test)]
    pub(crate) fn derivations(&self) -> usize {
        self.keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}

/// Encrypts under a password, in the text form of files: version 1.2 if the password has a label, else 1.1.
///
/// # Errors
///
/// The password cannot be had.
pub fn encrypt(plain: &[u8], password: &Password) -> Result<String, VaultError> {
    let secret = password.secret().map_err(VaultError::Password)?;
    let salt: [u8; 32] = rand::random();
    let (mac, ciphertext) = Keys::derive(secret, &salt).seal(plain);
    let envelope = Envelope {
        label: password.label().to_owned(),
        salt: salt.to_vec(),
        mac,
        ciphertext,
    };
    Ok(envelope.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Made by ansible-vault 2.19 under the password `sesame`: the text `xyzzy`.
    const BY_ANSIBLE: &str = "$ANSIBLE_VAULT;1.1;AES256\n\
         34396639373734353436396431376638373565383632383161393736653866626631626530633336\n\
         3431613632343936313639626665323630656663353138390a376234393464313738313935353332\n\
         38313263643438336231623066343536633239396563646261653864666330343761313364623939\n\
         3663616165663538650a363037636166393465313162323230396136646334316639356362326161\n\
         6337";

    fn vault(passwords: &[(&str, &str)]) -> Vault {
        Vault::new(
            passwords
                .iter()
                .map(|(label, secret)| Password::for_tests(label, secret))
                .collect(),
        )
    }

    #[test]
    fn what_is_sealed_opens_with_its_password_alone() {
        let text = encrypt(b"xyzzy\n", &Password::for_tests("lab", "sesame")).unwrap();
        assert!(
            text.starts_with("$ANSIBLE_VAULT;1.2;AES256;lab\n"),
            "{text}"
        );
        assert!(text.lines().all(|line| line.len() <= 80) && text.ends_with('\n'));
        let plain = vault(&[("other", "wrong"), ("default", "sesame")])
            .decrypt(&text)
            .unwrap();
        assert_eq!(plain.as_slice(), b"xyzzy\n");
        let errors: Vec<_> = [
            vault(&[]),
            vault(&[("lab", "no")]),
            vault(&[("a", "no"), ("b", "no")]),
        ]
        .iter()
        .map(|vault| vault.decrypt(&text).unwrap_err().to_string())
        .collect();
        insta::assert_snapshot!(errors.join("\n"), @"
        this is encrypted under the vault id `lab`, and no vault password is given: use `--vault-password-file FILE`, `--vault-id LABEL@FILE`, `--ask-vault-pass` or ANSIBLE_VAULT_PASSWORD_FILE
        this is encrypted under the vault id `lab`, and the vault password that is given is not the one that opens it
        this is encrypted under the vault id `lab`, and none of the 2 vault passwords that are given opens it
        ");
    }

    #[test]
    fn without_a_label_the_form_is_1_1() {
        let text = encrypt(b"x", &Password::for_tests(DEFAULT_LABEL, "sesame")).unwrap();
        assert!(text.starts_with("$ANSIBLE_VAULT;1.1;AES256\n"), "{text}");
    }

    #[test]
    fn a_value_that_many_share_is_decrypted_once_and_cannot_print_itself() {
        let password = Password::for_tests(DEFAULT_LABEL, "sesame");
        let text = encrypt(b"xyzzy", &password).unwrap();
        let vault = Vault::new(vec![password]);
        for _ in 0..100 {
            vault.decrypt(&text).unwrap();
        }
        assert_eq!(vault.derivations(), 1);
        let printed = format!("{vault:?}");
        assert!(
            !printed.contains("xyzzy") && !printed.contains("sesame"),
            "{printed}"
        );
    }

    #[test]
    fn a_value_of_ansibles_opens() {
        let plain = vault(&[(DEFAULT_LABEL, "sesame")])
            .decrypt(BY_ANSIBLE)
            .unwrap();
        assert_eq!(plain.as_slice(), b"xyzzy");
    }

    #[test]
    fn a_damaged_value_is_told_from_a_wrong_password() {
        let errors: Vec<_> = [
            "",
            "$ANSIBLE_VAULT",
            "$ANSIBLE_VAULT;1.1;AES256\n",
            "$ANSIBLE_VAULT;1.0;AES\n00",
            "$ANSIBLE_VAULT;1.3;AES256\n00",
            "$ANSIBLE_VAULT;1.1;AES256\nzz",
            "$ANSIBLE_VAULT;1.1;AES256\n3030",
        ]
        .iter()
        .map(|text| vault(&[("x", "y")]).decrypt(text).unwrap_err().to_string())
        .collect();
        insta::assert_snapshot!(errors.join("\n"), @"
        this is no vault value: it does not begin with `$ANSIBLE_VAULT;`
        this is no vault value: its version is not 1.1 or 1.2
        this is no vault value: its body does not hold a salt, a checksum and a ciphertext; is it cut off?
        this is no vault value: its version is not 1.1 or 1.2
        this is no vault value: its version is not 1.1 or 1.2
        this is no vault value: its body is not hexadecimal
        this is no vault value: its body does not hold a salt, a checksum and a ciphertext; is it cut off?
        ");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_text_panics(header in "(\\$ANSIBLE_VAULT;1\\.[12];AES256(;x)?\n)?", body in "[0-9a-f\n]{0,200}|.{0,40}") {
            drop(vault(&[("x", "y")]).decrypt(&format!("{header}{body}")));
        }

        #[test]
        fn every_length_comes_back(plain in proptest::collection::vec(any::<u8>(), 0..70)) {
            let password = Password::for_tests("l", "p");
            let text = encrypt(&plain, &password).unwrap();
            let opened = Vault::new(vec![password]).decrypt(&text).unwrap();
            prop_assert_eq!(opened.as_slice(), plain.as_slice());
        }
    }
}
