//! The cipher `AES256` of Ansible Vault: AES-256 in counter mode, PKCS#7 padding, HMAC-SHA-256 over the ciphertext, and keys from
//! PBKDF2-HMAC-SHA-256 with 10,000 rounds.

use aes::Aes256;
use aes::cipher::{KeyIvInit as _, StreamCipher as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

const ROUNDS: u32 = 10_000;
const BLOCK: usize = 16;

/// The cipher's key, the checksum's key and the first counter, 32, 32 and 16 bytes.
pub(super) struct Keys(Zeroizing<[u8; 80]>);

impl std::fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("(secret)")
    }
}

impl Keys {
    pub(super) fn derive(password: &[u8], salt: &[u8]) -> Self {
        let mut bytes = Zeroizing::new([0; 80]);
        pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, ROUNDS, bytes.as_mut_slice());
        Self(bytes)
    }

    /// `None` if the checksum is not of these keys, so the password is another; else the text, unless its padding is damaged.
    pub(super) fn open(
        &self,
        mac: &[u8],
        ciphertext: &[u8],
    ) -> Option<Result<Zeroizing<Vec<u8>>, &'static str>> {
        self.checksum(ciphertext).verify_slice(mac).ok()?;
        let mut plain = Zeroizing::new(ciphertext.to_vec());
        self.apply(&mut plain);
        let padding = plain.last().copied().map(usize::from).unwrap_or(0);
        let length = plain
            .len()
            .checked_sub(padding)
            .filter(|_| (1..=BLOCK).contains(&padding));
        Some(match length {
            Some(length) => {
                plain.truncate(length);
                Ok(plain)
            }
            None => Err("its padding is damaged"),
        })
    }

    /// Checksum and ciphertext of a text.
    pub(super) fn seal(&self, plain: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let padding = BLOCK - plain.len() % BLOCK;
        let mut ciphertext = Vec::with_capacity(plain.len() + padding);
        ciphertext.extend_from_slice(plain);
        ciphertext.extend(std::iter::repeat_n(
            u8::try_from(padding).unwrap_or(0),
            padding,
        ));
        self.apply(&mut ciphertext);
        (
            self.checksum(&ciphertext).finalize().into_bytes().to_vec(),
            ciphertext,
        )
    }

    fn apply(&self, bytes: &mut [u8]) {
        let (key, rest) = self.0.split_at(32);
        let (_, counter) = rest.split_at(32);
        // The lengths are those of the types, so this is never an error.
        if let Ok(mut cipher) = ctr::Ctr128BE::<Aes256>::new_from_slices(key, counter) {
            cipher.apply_keystream(bytes);
        }
    }

    fn checksum(&self, ciphertext: &[u8]) -> Hmac<Sha256> {
        let (_, rest) = self.0.split_at(32);
        let (key, _) = rest.split_at(32);
        let mut checksum =
            <Hmac<Sha256> as hmac::KeyInit>::new(&hmac::digest::Key::<Hmac<Sha256>>::default());
        if let Ok(keyed) = Hmac::<Sha256>::new_from_slice(key) {
            checksum = keyed;
        }
        checksum.update(ciphertext);
        checksum
    }
}
