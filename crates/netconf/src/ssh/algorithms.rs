//! The SSH algorithms that the client offers, best first.
//!
//! The SSH library's own list does not suit routers. It leaves out the NIST curves, which are the only curves of some firmware,
//! and prefers the group exchange to fixed groups, which costs hundreds of milliseconds of CPU for each connection. This list
//! begins with algorithms that are cheap and strong. Group exchange, CBC and all that needs SHA-1 come last, and only for devices
//! that are configured as legacy.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::options::{Keepalive, LONGEST_TIMEOUT};
use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::{Preferred, SshId, cipher, client, compression, kex, mac};

/// The SSH window, in bytes: large enough that a large reply does not stop for a round trip.
const WINDOW_BYTES: u32 = 2 * 1024 * 1024;
/// The largest packet that SSH implementations are sure to take.
const PACKET_BYTES: u32 = 65_535;
/// The lower bound of the keepalive interval.
const SHORTEST_KEEPALIVE: Duration = Duration::from_millis(100);
/// The group size in a group exchange, in bits: least, preferred, most. Larger groups cost CPU time.
const GROUP_BITS: (usize, usize, usize) = (2048, 2048, 8192);

const KEX: &[kex::Name] = &[
    kex::MLKEM768X25519_SHA256,
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::ECDH_SHA2_NISTP256,
    kex::ECDH_SHA2_NISTP384,
    kex::ECDH_SHA2_NISTP521,
    kex::DH_G14_SHA256,
    kex::DH_G16_SHA512,
];

const LEGACY_KEX: &[kex::Name] = &[kex::DH_GEX_SHA256, kex::DH_G14_SHA1];

/// Extension names: they request the server's signature algorithms and the strict key exchange.
const KEX_EXTENSIONS: &[kex::Name] = &[
    kex::EXTENSION_SUPPORT_AS_CLIENT,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
];

const HOST_KEYS: &[Algorithm] = &[
    Algorithm::Ed25519,
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP256,
    },
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP384,
    },
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP521,
    },
    Algorithm::Rsa {
        hash: Some(HashAlg::Sha512),
    },
    Algorithm::Rsa {
        hash: Some(HashAlg::Sha256),
    },
];

const LEGACY_HOST_KEYS: &[Algorithm] = &[Algorithm::Rsa { hash: None }];

const CIPHERS: &[cipher::Name] = &[
    cipher::AES_256_GCM,
    cipher::AES_128_GCM,
    cipher::CHACHA20_POLY1305,
    cipher::AES_256_CTR,
    cipher::AES_192_CTR,
    cipher::AES_128_CTR,
];

const LEGACY_CIPHERS: &[cipher::Name] = &[cipher::AES_256_CBC, cipher::AES_128_CBC];

const MACS: &[mac::Name] = &[
    mac::HMAC_SHA256_ETM,
    mac::HMAC_SHA512_ETM,
    mac::HMAC_SHA256,
    mac::HMAC_SHA512,
];

const LEGACY_MACS: &[mac::Name] = &[mac::HMAC_SHA1_ETM, mac::HMAC_SHA1];

/// The settings in which connections differ: the key of [`ConfigCache`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ConfigKey {
    /// The types of the recorded host keys. They are preferred, so that a device with keys of several types shows the one that
    /// can be compared.
    pub(super) known: Vec<Algorithm>,
    pub(super) legacy: bool,
    pub(super) keepalive: Keepalive,
}

/// Caches the SSH library's settings, because idle sessions are many and most have the same.
#[derive(Debug, Default)]
pub(super) struct ConfigCache(Mutex<HashMap<ConfigKey, Arc<client::Config>>>);

impl ConfigCache {
    pub(super) fn get(&self, choice: ConfigKey) -> Result<Arc<client::Config>, russh::Error> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = made.get(&choice) {
            return Ok(config.clone());
        }
        let config = config(&choice.known, choice.legacy, choice.keepalive)?;
        made.insert(choice, config.clone());
        Ok(config)
    }
}

fn config(
    known: &[Algorithm],
    legacy: bool,
    keepalive: Keepalive,
) -> Result<Arc<client::Config>, russh::Error> {
    let host_keys = with_legacy(HOST_KEYS, LEGACY_HOST_KEYS, legacy);
    let (mut first, then): (Vec<_>, Vec<_>) = host_keys.into_iter().partition(|algorithm| {
        let mut known = known.iter();
        known.any(|known| same_type(known, algorithm))
    });
    first.extend(then);
    let mut kex = with_legacy(KEX, LEGACY_KEX, legacy);
    kex.extend_from_slice(KEX_EXTENSIONS);
    let (least, preferred, most) = GROUP_BITS;
    Ok(Arc::new(client::Config {
        client_id: SshId::Standard(Cow::Borrowed(concat!(
            "SSH-2.0-lanewatch_",
            env!("CARGO_PKG_VERSION")
        ))),
        preferred: Preferred {
            kex: Cow::Owned(kex),
            key: Cow::Owned(first),
            host_key_certificates: Cow::Borrowed(&[]),
            cipher: Cow::Owned(with_legacy(CIPHERS, LEGACY_CIPHERS, legacy)),
            mac: Cow::Owned(with_legacy(MACS, LEGACY_MACS, legacy)),
            compression: Cow::Borrowed(&[compression::NONE]),
        },
        gex: client::GexParams::for_client_config(least, preferred, most)?,
        window_size: WINDOW_BYTES,
        maximum_packet_size: PACKET_BYTES,
        keepalive_interval: Some(
            keepalive
                .interval
                .clamp(SHORTEST_KEEPALIVE, LONGEST_TIMEOUT),
        ),
        // Zero would mean for ever to the library.
        keepalive_max: keepalive.unanswered.max(1),
        nodelay: true,
        ..client::Config::default()
    }))
}

fn with_legacy<T: Clone>(usual: &[T], legacy: &[T], is_legacy: bool) -> Vec<T> {
    let legacy = if is_legacy { legacy } else { &[] };
    [usual, legacy].concat()
}

/// Whether two names stand for the same type of key. An RSA key has no hash of its own: each may be used with it.
pub(super) fn same_type(one: &Algorithm, other: &Algorithm) -> bool {
    let is_rsa = |algorithm: &Algorithm| matches!(algorithm, Algorithm::Rsa { .. });
    one == other || (is_rsa(one) && is_rsa(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_types_on_record_are_asked_for_first() {
        let known = [Algorithm::Rsa { hash: None }];
        let config = config(&known, false, Keepalive::default()).unwrap();
        let order: Vec<&str> = config.preferred.key.iter().map(Algorithm::as_str).collect();
        assert_eq!(
            order,
            [
                "rsa-sha2-512",
                "rsa-sha2-256",
                "ssh-ed25519",
                "ecdsa-sha2-nistp256",
                "ecdsa-sha2-nistp384",
                "ecdsa-sha2-nistp521"
            ]
        );
    }

    #[test]
    fn weak_algorithms_are_offered_to_legacy_devices_alone() {
        let offered = |legacy| {
            let config = config(&[], legacy, Keepalive::default()).unwrap();
            let preferred = &config.preferred;
            let names = preferred.kex.iter().map(AsRef::<str>::as_ref);
            let names = names.chain(preferred.mac.iter().map(AsRef::<str>::as_ref));
            let names = names.chain(preferred.cipher.iter().map(AsRef::<str>::as_ref));
            let names = names.chain(preferred.key.iter().map(Algorithm::as_str));
            let weak = ["sha1", "group-exchange", "cbc", "ssh-rsa"];
            let is_weak = |name: &&str| weak.iter().any(|weak| name.contains(weak));
            names.filter(is_weak).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(offered(false), [""; 0]);
        assert_eq!(
            offered(true),
            [
                "diffie-hellman-group-exchange-sha256",
                "diffie-hellman-group14-sha1",
                "hmac-sha1-etm@openssh.com",
                "hmac-sha1",
                "aes256-cbc",
                "aes128-cbc",
                "ssh-rsa"
            ]
        );
    }
}
