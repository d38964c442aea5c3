//! Who is let in: users with passwords, and the bearer token.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::web_files::Web;

/// Passwords that are remembered as right.
const MOST_REMEMBERED: usize = 100;

/// Of this hash nobody knows the password: an unknown user takes as long as a known one.
const NOBODY: &str = "$2b$10$7EqJtq98hPqEX7fNZaFWoOhi4s8nNMf5jIuU0.yhjEyDGPY9UgbFO";

/// Checks credentials.
#[derive(Debug, Default)]
pub(crate) struct Access {
    /// Digests of users, hashes and passwords that fit.
    right: Mutex<HashSet<[u8; 32]>>,
    /// One password at a time: checking them must not take all cores.
    turn: tokio::sync::Mutex<()>,
}

impl Access {
    /// Whether the request is let in.
    pub(crate) async fn allows(&self, web: &Web, headers: &HeaderMap) -> bool {
        if web.config.users.is_empty() && web.token.is_none() {
            return true;
        }
        let given = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok());
        let Some((scheme, credentials)) = given.and_then(|given| given.split_once(' ')) else {
            return false;
        };
        let credentials = credentials.trim();
        match (scheme.to_ascii_lowercase().as_str(), &web.token) {
            ("bearer", Some(token)) => {
                let given: [u8; 32] = Sha256::digest(credentials).into();
                given.ct_eq(token).into()
            }
            ("basic", _) if !web.config.users.is_empty() => self.is_user(web, credentials).await,
            _ => false,
        }
    }

    async fn is_user(&self, web: &Web, credentials: &str) -> bool {
        let decoded = STANDARD.decode(credentials).map(Zeroizing::new);
        let decoded = decoded.ok();
        let Some((user, password)) = decoded.as_deref().and_then(|bytes| {
            let at = bytes.iter().position(|byte| *byte == b':')?;
            Some((std::str::from_utf8(&bytes[..at]).ok()?, &bytes[at + 1..]))
        }) else {
            return false;
        };
        let known = web.config.users.iter().find(|(name, _)| name == user);
        let hash = known.map_or(NOBODY, |(_, hash)| hash).to_owned();
        let mut digest = Sha256::new();
        for part in [user.as_bytes(), hash.as_bytes(), password] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        let digest: [u8; 32] = digest.finalize().into();
        if self.remembers(&digest) {
            return true;
        }
        let _turn = self.turn.lock().await;
        if self.remembers(&digest) {
            return true;
        }
        let password = Zeroizing::new(password.to_vec());
        let verified =
            tokio::task::spawn_blocking(move || bcrypt::verify(&password[..], &hash)).await;
        let is_right = known.is_some() && matches!(verified, Ok(Ok(true)));
        if is_right {
            let mut right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
            if right.len() >= MOST_REMEMBERED {
                right.clear();
            }
            right.insert(digest);
        }
        is_right
    }

    fn remembers(&self, digest: &[u8; 32]) -> bool {
        let right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        right.contains(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web_config::WebConfig;

    fn headers(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value.parse().unwrap());
        headers
    }

    fn basic(user: &str, password: &str) -> HeaderMap {
        let text = STANDARD.encode(format!("{user}:{password}"));
        headers(&format!("Basic {text}"))
    }

    fn web() -> Web {
        let hash = bcrypt::hash("sesame", 4).unwrap();
        Web {
            config: WebConfig {
                users: vec![("ali".to_owned(), hash)],
                ..WebConfig::default()
            },
            token: Some(Sha256::digest("a token").into()),
            ..Web::default()
        }
    }

    #[tokio::test]
    async fn users_and_the_token_are_let_in_and_nobody_else() {
        let (access, web) = (Access::default(), web());
        let allowed = [
            basic("ali", "sesame"),
            basic("ali", "sesame"),
            headers("Bearer a token"),
            headers("bearer a token"),
        ];
        for headers in allowed {
            assert!(access.allows(&web, &headers).await, "{headers:?}");
        }
        let refused = [
            HeaderMap::new(),
            basic("ali", "wrong"),
            basic("nobody", "sesame"),
            basic("", ""),
            headers("Basic !!!"),
            headers("Bearer another"),
            headers("Bearer"),
            headers("Digest x"),
        ];
        for headers in refused {
            assert!(!access.allows(&web, &headers).await, "{headers:?}");
        }
        assert_eq!(access.right.lock().unwrap().len(), 1, "only what is right");
    }

    #[tokio::test]
    async fn a_changed_password_counts_at_once() {
        let (access, mut web) = (Access::default(), web());
        assert!(access.allows(&web, &basic("ali", "sesame")).await);
        web.config.users[0].1 = bcrypt::hash("other", 4).unwrap();
        assert!(!access.allows(&web, &basic("ali", "sesame")).await);
        assert!(access.allows(&web, &basic("ali", "other")).await);
    }

    #[test]
    fn nobodys_hash_takes_as_long_as_any_other() {
        assert!(matches!(bcrypt::verify("x", NOBODY), Ok(false)));
    }

    #[tokio::test]
    async fn without_users_and_token_everybody_is_let_in() {
        let access = Access::default();
        assert!(access.allows(&Web::default(), &HeaderMap::new()).await);
    }
}
