//! The state that all connections of a run share: settings, caches and the resolver.

use std::sync::Arc;

use super::algorithms::ConfigCache;
use super::key_file::KeyFiles;
use super::known_hosts::KnownHostsCache;
use super::refused_credentials::RefusedCredentials;
use super::resolver::Resolver;
use crate::options::Options;

/// The shared state. There is one for a run.
#[derive(Debug)]
pub(super) struct Shared {
    /// The settings, with bounded timeouts.
    pub(super) options: Options,
    pub(super) resolver: Resolver,
    pub(super) known_hosts: Arc<KnownHostsCache>,
    pub(super) configs: ConfigCache,
    pub(super) refused: RefusedCredentials,
    pub(super) key_files: KeyFiles,
}

impl Shared {
    /// Creates empty caches, and bounds the timeouts of `options`.
    pub(super) fn new(options: Options) -> Self {
        let timeouts = options.timeouts.bounded();
        Self {
            options: Options {
                timeouts,
                ..options
            },
            resolver: Resolver::default(),
            known_hosts: Arc::default(),
            configs: ConfigCache::default(),
            refused: RefusedCredentials::default(),
            key_files: KeyFiles::default(),
        }
    }
}
