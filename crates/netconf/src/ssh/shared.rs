//! The state that all connections of a run share.

use std::sync::Arc;

use super::key_file::KeyFiles;
use super::known_hosts::Records;
use super::preferences::Configs;
use super::refused::RefusedCredentials;
use super::resolver::Resolver;
use crate::options::Options;

/// One for a run: settings, files that are read once, refused credentials, and the resolver.
#[derive(Debug)]
pub(super) struct Shared {
    /// With bounded timeouts.
    pub(super) options: Options,
    pub(super) resolver: Resolver,
    pub(super) known_hosts: Arc<Records>,
    pub(super) configs: Configs,
    pub(super) refused: RefusedCredentials,
    pub(super) key_files: KeyFiles,
}

impl Shared {
    /// Empty caches; the timeouts of `options` are bounded.
    pub(super) fn new(options: Options) -> Self {
        let timeouts = options.timeouts.bounded();
        Self {
            options: Options {
                timeouts,
                ..options
            },
            resolver: Resolver::default(),
            known_hosts: Arc::default(),
            configs: Configs::default(),
            refused: RefusedCredentials::default(),
            key_files: KeyFiles::default(),
        }
    }
}
