//! A private key that is ready to sign.
//!
//! The SSH library computes the public half of an Ed25519 key anew for each signature, and signs with it after that: half of what a
//! signature costs. A run that logs in to two thousand devices with one key computes it once, and signs with the same code
//! that the library would have used. Other keys are signed with by the library.

use std::sync::Arc;

use ed25519_dalek::{Signer as _, SigningKey};
use russh::keys::agent::AgentIdentity;
use russh::keys::ssh_encoding::Encode as _;
use russh::keys::ssh_key::Signature;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::{Algorithm, HashAlg, PrivateKey};
use russh::{AgentAuthError, Signer};

/// A private key, and what its signatures share. Does not show in `Debug` output, and is wiped when dropped.
#[derive(Debug)]
pub(super) struct ReadyKey {
    key: Arc<PrivateKey>,
    ed25519: Option<SigningKey>,
}

impl ReadyKey {
    /// Of a decrypted key. One whose halves do not belong together is left to the library, which refuses to sign with it.
    pub(super) fn new(key: PrivateKey) -> Self {
        let ed25519 = match key.key_data() {
            KeypairData::Ed25519(pair) => SigningKey::try_from(pair).ok(),
            _ => None,
        };
        Self {
            key: Arc::new(key),
            ed25519,
        }
    }

    /// The key itself.
    pub(super) fn key(&self) -> &Arc<PrivateKey> {
        &self.key
    }

    /// What signs without the library; `None` where that has to.
    pub(super) fn signer(&self) -> Option<Ed25519Signer<'_>> {
        self.ed25519.as_ref().map(Ed25519Signer)
    }
}

/// Signs what the library asks to have signed.
#[derive(Debug)]
pub(super) struct Ed25519Signer<'k>(&'k SigningKey);

impl Signer for Ed25519Signer<'_> {
    type Error = AgentAuthError;

    /// What was to be signed with the signature after it, as the library wants it back.
    async fn auth_sign(
        &mut self,
        _key: &AgentIdentity,
        _hash: Option<HashAlg>,
        mut to_sign: Vec<u8>,
    ) -> Result<Vec<u8>, AgentAuthError> {
        let signature = self.0.sign(&to_sign).to_bytes().to_vec();
        let signature = Signature::new(Algorithm::Ed25519, signature);
        let signature = signature.map_err(russh::keys::Error::from)?;
        let appended = signature.encode_prefixed(&mut to_sign);
        appended.map_err(russh::keys::Error::from)?;
        Ok(to_sign)
    }
}

#[cfg(test)]
mod tests {
    use russh::keys::PublicKey;
    use russh::keys::signature::{Signer as _, Verifier as _};
    use russh::keys::ssh_key::private::Ed25519Keypair;

    use super::*;

    fn ready(seed: u8) -> ReadyKey {
        let pair = Ed25519Keypair::from_seed(&[seed; 32]);
        ReadyKey::new(PrivateKey::from(pair))
    }

    #[tokio::test]
    async fn a_signature_is_the_one_that_the_library_makes() {
        let ready = ready(7);
        let identity = AgentIdentity::from(PublicKey::from(ready.key().as_ref()));
        let asked = b"session, user, key".to_vec();
        let mut signer = ready.signer().unwrap();
        let signed = signer
            .auth_sign(&identity, None, asked.clone())
            .await
            .unwrap();

        let theirs: Signature = ready.key().as_ref().try_sign(&asked).unwrap();
        let mut expected = asked.clone();
        theirs.encode_prefixed(&mut expected).unwrap();
        assert_eq!(signed, expected);
        let public = ready.key().public_key().key_data();
        public.verify(&asked, &theirs).unwrap();
    }

    #[test]
    fn nothing_of_a_key_is_shown() {
        let shown = format!("{:?}", ready(7));
        assert!(!shown.contains("7, 7, 7"), "{shown}");
        assert!(!shown.contains("07070707"), "{shown}");
    }

    #[test]
    fn other_keys_and_halves_of_two_are_left_to_the_library() {
        let mut pair = Ed25519Keypair::from_seed(&[7; 32]);
        pair.public = Ed25519Keypair::from_seed(&[8; 32]).public;
        assert!(ReadyKey::new(PrivateKey::from(pair)).signer().is_none());
        let algorithm = Algorithm::Ecdsa {
            curve: russh::keys::EcdsaCurve::NistP256,
        };
        let key = PrivateKey::random(&mut russh::keys::key::safe_rng(), algorithm).unwrap();
        assert!(ReadyKey::new(key).signer().is_none());
    }
}
