//! `lanewatch merge`: metadata into a document of optics, whoever wrote the documents.

use std::path::{Path, PathBuf};

use clap::Args;
use records::merge::{Documents, merge};
use serde_json::Value;

use super::help::{PLAIN, after};
use super::printer::Printer;
use super::{ExitStatus, usage};

/// Put what the other documents of a device know into its optics: every interface and lane gets device and module.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch merge --system-info s.json --chassis-inventory c.json --optics-metrics o.json --output o.json", "Add device and module to each object of a document of optics."),
], PLAIN))]
pub(super) struct Merge {
    /// The device's system_information document
    #[arg(long, value_name = "FILE")]
    system_info: PathBuf,
    /// The device's chassis_inventory document
    #[arg(long, value_name = "FILE")]
    chassis_inventory: PathBuf,
    /// The device's pic_detail document
    #[arg(long, value_name = "FILE")]
    pic_detail: Option<PathBuf>,
    /// The optics_diagnostics document; keys that are not known stay in it
    #[arg(long, value_name = "FILE")]
    optics_metrics: PathBuf,
    /// The merged document, `-` for standard output; it may replace the one that was read
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

impl Merge {
    pub(super) fn run(self, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let documents = Documents {
            system_information: Some(document(&self.system_info)?),
            chassis_inventory: Some(document(&self.chassis_inventory)?),
            pic_detail: self.pic_detail.as_deref().map(document).transpose()?,
        };
        let mut optics = document(&self.optics_metrics)?;
        let merged = merge(&mut optics, &documents)
            .map_err(|why| usage(format!("{}: {why}", self.optics_metrics.display())))?;
        let mut text = serde_json::to_vec_pretty(&optics)?;
        text.push(b'\n');
        if self.output == Path::new("-") {
            printer.verbatim(&text);
            return Ok(ExitStatus::Delivered);
        }
        sinks::write_file(&self.output, &text)?;
        printer.answer(&format!(
            "{} interfaces and lanes, a module is known for {}; merged into {}",
            merged.objects,
            merged.with_module,
            self.output.display()
        ));
        Ok(ExitStatus::Delivered)
    }
}

/// A JSON document, which is an object or a list.
fn document(path: &Path) -> anyhow::Result<Value> {
    let bytes = std::fs::read(path)
        .map_err(|error| usage(format!("cannot read {}: {error}", path.display())))?;
    let document: Value = serde_json::from_slice(&bytes)
        .map_err(|error| usage(format!("{} is not JSON: {error}", path.display())))?;
    if document.is_object() || document.is_array() {
        Ok(document)
    } else {
        Err(usage(format!(
            "{} holds no object and no list; a document of metrics was expected",
            path.display()
        ))
        .into())
    }
}
