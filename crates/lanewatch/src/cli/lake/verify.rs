//! `lanewatch lake verify`: is everything whole, here and there?

use std::sync::Arc;

use clap::Args;
use sinks::lake::sync::{self, Compared, Remote, SyncOptions};
use sinks::lake::{self, LocalFile};

use super::super::help::{VERIFIED, after};
use super::ExitStatus;
use super::Printer;
use super::remote::remote;
use crate::settings::{Layers, Settings};
use crate::view::render_verified;

/// Read every file of the lake to the end: footer, schema, every page, every row. Tables of mappings are held against the catalogue,
/// or against each other where it does not name them.
///
/// With `--remote` each is also compared with what the remote has; what is gone or changed there, the next sync looks at again.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch lake verify", "Read every file of the lake and name what is damaged."),
    ("lanewatch lake verify --remote --to s3://bucket/lake", "Compare each file with its copy at the remote as well."),
], VERIFIED))]
pub(super) struct Verify {
    /// Compare with the remote lake as well: that of `--to`, else of the setting `sync_to`
    #[arg(long)]
    remote: bool,
    /// The remote lake: `s3://bucket/prefix`, `gs://…`, `az://…` or a folder
    #[arg(long, value_name = "URL", requires = "remote")]
    to: Option<String>,
    /// Download each remote file and compare its bytes, not only its stored digest
    #[arg(long, requires = "remote")]
    read_back: bool,
}

impl Verify {
    pub(super) async fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let settings = given.resolve().settings()?;
        let remote = match self.remote {
            true => Some(remote(self.to.as_deref(), &settings)?),
            false => None,
        };
        let settings = Arc::new(settings);
        let of_check = settings.clone();
        // Every byte of the lake is read: not on a thread that serves sockets and signals.
        let checked = tokio::task::spawn_blocking(move || check_files(&of_check)).await??;
        for damage in &checked.damaged {
            printer.error(damage);
        }
        let mut damaged = !checked.damaged.is_empty();
        let mut differs = false;
        if let Some(remote) = &remote {
            let options = SyncOptions {
                parallel: settings.sync_parallel.get(),
                attempts: settings.attempts,
                ..SyncOptions::default()
            };
            let files = &checked.files;
            let compared =
                sync::compare(&settings.lake, remote, files, self.read_back, &options).await?;
            tell(&compared, remote.url(), printer);
            damaged |= !compared.damaged.is_empty();
            differs = !compared.is_complete();
        }
        printer.page(&render_verified(
            &settings.lake,
            checked.files.len(),
            checked.rows,
            remote.as_ref().map(Remote::url),
            damaged,
            differs,
        ));
        Ok(match (damaged, differs) {
            (true, _) => ExitStatus::Internal,
            (false, true) => ExitStatus::Behind,
            (false, false) => ExitStatus::Delivered,
        })
    }
}

/// What the files of this disk were found to be.
struct Checked {
    files: Vec<LocalFile>,
    rows: u64,
    /// Each file that is damaged, with what is wrong.
    damaged: Vec<String>,
}

/// Reads every file to its end.
fn check_files(settings: &Settings) -> anyhow::Result<Checked> {
    let files = super::files_of(&settings.lake)?;
    let tables = super::tables(settings, &settings.lake, &files)?;
    let (mut rows, mut damaged) = (0_u64, Vec::new());
    for file in &files {
        let path = file.on_disk(&settings.lake);
        match lake::check_file(&path, tables.columns_of(file).as_deref()) {
            Ok(found) => rows += found.rows,
            Err(damage) => damaged.push(format!("{}: {}", path.display(), damage.0)),
        }
    }
    let doubled = lake::doubled(&settings.lake, &files).into_iter();
    damaged.extend(doubled.map(|(path, damage)| {
        let path = settings.lake.join(path);
        format!("{}: {}", path.display(), damage.0)
    }));
    Ok(Checked {
        files,
        rows,
        damaged,
    })
}

/// What is wrong with the remote's copies.
fn tell(compared: &Compared, url: &str, printer: &Printer) {
    for path in &compared.absent {
        printer.error(&format!(
            "{path}: {url} does not have it; `lanewatch lake sync` brings it"
        ));
    }
    for path in &compared.different {
        printer.error(&format!("{path}: {url} has other content"));
    }
    for (path, why) in &compared.damaged {
        printer.error(&format!("{path}: {why}"));
    }
    for (path, why) in &compared.failed {
        printer.error(&format!("{path}: {why}"));
    }
    if let Some(why) = &compared.stopped {
        printer.error(&format!(
            "{} more files were not compared: {why}",
            compared.left
        ));
    }
    if let Some(why) = &compared.unmarked {
        printer.warning(&format!(
            "{why}: the next sync does not know what is missing; verify again afterwards"
        ));
    }
}
