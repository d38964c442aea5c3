//! `lanewatch lake verify`: is everything whole, here and there?

use clap::Args;
use records::table::DATASETS;
use sinks::lake::sync::{self, Held, Remote};
use sinks::lake::{self, LocalFile};

use super::ExitStatus;
use super::Printer;
use crate::config::Layers;
use crate::view::render_verified;

/// Read every file of the lake to the end: footer, schema, every page, every row.
///
/// With `--remote` each is also compared with what the remote has. Exit status 1 if a file on this disk is damaged, 5 if the
/// remote lacks one or has another.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Compare with the remote lake as well: that of `--to`, else of the setting `sync_to`
    #[arg(long)]
    remote: bool,
    /// The remote lake: `s3://bucket/prefix`, `gs://…`, `az://…` or a folder
    #[arg(long, value_name = "URL", requires = "remote")]
    to: Option<String>,
    /// Read what the remote has to the last byte, in place of the digest that went along with it
    #[arg(long, requires = "remote")]
    read_back: bool,
}

impl Verify {
    pub(super) async fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let settings = given.resolve().settings()?;
        let remote = match self.remote {
            true => Some(super::sync::remote(self.to.as_deref(), &settings)?),
            false => None,
        };
        let (mut files, mut rows, mut damaged, mut differs) = (0_usize, 0_u64, false, false);
        for file in lake::files(&settings.lake)? {
            files += 1;
            match check(&file, &settings.lake) {
                Ok(found) => rows += found,
                Err(why) => {
                    damaged = true;
                    printer.error(&format!(
                        "{}: {why}",
                        file.on_disk(&settings.lake).display()
                    ));
                }
            }
            if let Some(remote) = &remote
                && let Some(why) = compare(&settings.lake, remote, &file, self.read_back).await?
            {
                differs = true;
                printer.error(&format!("{}: {why}", file.path));
            }
        }
        printer.answer(&render_verified(
            &settings.lake,
            files,
            rows,
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

/// Rows of the file, or what is wrong with it.
fn check(file: &LocalFile, lake: &std::path::Path) -> Result<u64, String> {
    let dataset = DATASETS
        .iter()
        .find(|dataset| file.path.split('/').any(|part| part == dataset.name));
    let checked = lake::check_file(&file.on_disk(lake), dataset.map(AsRef::as_ref));
    checked
        .map(|checked| checked.rows)
        .map_err(|damage| damage.0)
}

/// What is wrong with the remote's copy, if anything is.
async fn compare(
    lake: &std::path::Path,
    remote: &Remote,
    file: &LocalFile,
    read_back: bool,
) -> anyhow::Result<Option<String>> {
    Ok(match sync::look(lake, remote, file, read_back).await? {
        Held::Same => None,
        Held::Absent => Some(format!("{} does not have it", remote.url())),
        Held::Different => Some(format!("{} has other content", remote.url())),
    })
}
