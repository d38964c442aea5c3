//! The remote lake of a command: the one that its arguments name, else the one of the settings.

use sinks::lake::sync::Remote;

use super::super::usage;
use crate::settings::Settings;

/// The remote that was asked for, else that of the settings.
pub(super) fn remote(asked: Option<&str>, settings: &Settings) -> anyhow::Result<Remote> {
    let url = asked.or(settings.sync_to.as_deref());
    let url = url.ok_or_else(|| {
        usage("no remote lake is named: give `--to s3://bucket/prefix`, or the setting `sync_to`")
    })?;
    Ok(Remote::open(url, &settings.access()?).map_err(usage)?)
}
