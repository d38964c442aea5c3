//! Which algorithms are offered to a device, best first.
//!
//! The SSH library's own list does not suit routers: it leaves out the NIST curves, which some firmware has as its only
//! curves, and ranks the group exchange above fixed groups, which costs hundreds of milliseconds of processor time for
//! each connection. Here the cheap and strong ones come first; group exchange and all that rests on SHA-1 are absent.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::{Preferred, SshId, cipher, client, compression, kex, mac};

/// How much a device may send before it waits for us: a large reply must not stop for a round trip.
const WINDOW_BYTES: u32 = 2 * 1024 * 1024;
/// The largest packet that SSH implementations are sure to take.
const PACKET_BYTES: u32 = 65_535;
/// A peer that is silent for so long is asked whether it is still there,
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// and given up when it has not answered so many times.
const KEEPALIVES_UNANSWERED: usize = 3;

const KEX: &[kex::Name] = &[
    kex::MLKEM768X25519_SHA256,
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::ECDH_SHA2_NISTP256,
    kex::ECDH_SHA2_NISTP384,
    kex::ECDH_SHA2_NISTP521,
    kex::DH_G14_SHA256,
    kex::DH_G16_SHA512,
    // Not algorithms: they ask for the server's signature algorithms and for the strict key exchange.
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

const CIPHERS: &[cipher::Name] = &[
    cipher::AES_256_GCM,
    cipher::AES_128_GCM,
    cipher::CHACHA20_POLY1305,
    cipher::AES_256_CTR,
    cipher::AES_192_CTR,
    cipher::AES_128_CTR,
];

const MACS: &[mac::Name] = &[
    mac::HMAC_SHA256_ETM,
    mac::HMAC_SHA512_ETM,
    mac::HMAC_SHA256,
    mac::HMAC_SHA512,
];

/// The SSH library's settings for one connection. Host keys of the types in `known` are asked for first, so that a
/// device with keys of several types shows the one that can be compared.
pub(super) fn config(known: &[Algorithm]) -> Arc<client::Config> {
    let is_known = |algorithm: &&Algorithm| known.iter().any(|known| same_type(known, algorithm));
    let first = HOST_KEYS.iter().filter(is_known);
    let then = HOST_KEYS.iter().filter(|algorithm| !is_known(algorithm));
    let host_keys = first.chain(then).cloned().collect();
    Arc::new(client::Config {
        client_id: SshId::Standard(Cow::Borrowed(concat!(
            "SSH-2.0-lanewatch_",
            env!("CARGO_PKG_VERSION")
        ))),
        preferred: Preferred {
            kex: Cow::Borrowed(KEX),
            key: Cow::Owned(host_keys),
            host_key_certificates: Cow::Borrowed(&[]),
            cipher: Cow::Borrowed(CIPHERS),
            mac: Cow::Borrowed(MACS),
            compression: Cow::Borrowed(&[compression::NONE]),
        },
        window_size: WINDOW_BYTES,
        maximum_packet_size: PACKET_BYTES,
        keepalive_interval: Some(KEEPALIVE_INTERVAL),
        keepalive_max: KEEPALIVES_UNANSWERED,
        nodelay: true,
        ..client::Config::default()
    })
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
        let config = config(&[Algorithm::Rsa { hash: None }]);
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
    fn nothing_offered_rests_on_sha1_or_group_exchange() {
        let names = KEX.iter().map(AsRef::<str>::as_ref);
        let names = names.chain(MACS.iter().map(AsRef::<str>::as_ref));
        for name in names {
            assert!(
                !name.contains("sha1") && !name.contains("group-exchange"),
                "{name}"
            );
        }
    }
}
