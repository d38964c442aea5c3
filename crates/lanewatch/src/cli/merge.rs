//! `lanewatch merge`: metadata into a document of optics, whoever wrote the documents.

use std::path::{Path, PathBuf};

use clap::Args;
use records::json::{JsonError, Node, read};
use records::merge::{Documents, merge};

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
        let (system, chassis) = (bytes(&self.system_info)?, bytes(&self.chassis_inventory)?);
        let pic = self.pic_detail.as_deref().map(bytes).transpose()?;
        let documents = Documents {
            system_information: Some(document(&self.system_info, Node::parse(&system))?),
            chassis_inventory: Some(document(&self.chassis_inventory, Node::parse(&chassis))?),
            pic_detail: match (&self.pic_detail, &pic) {
                (Some(path), Some(bytes)) => Some(document(path, Node::parse(bytes))?),
                _ => None,
            },
        };
        let optics = bytes(&self.optics_metrics)?;
        let mut optics = document(&self.optics_metrics, read::optics(&optics))?;
        let merged = merge(&mut optics, &documents)
            .map_err(|why| usage(format!("{}: {why}", self.file_of(why.rpc).display())))?;
        if merged.dialect.is_original() {
            printer.note(
                "these documents are of the original's newest version: its names for the same facts are written beside ours",
            );
        }
        let text = optics.to_pretty();
        if self.output == Path::new("-") {
            printer.verbatim(text.as_bytes());
            return Ok(ExitStatus::Delivered);
        }
        sinks::write_file(&self.output, text.as_bytes())?;
        printer.answer(&format!(
            "{} interfaces and lanes, a module is known for {}; merged into {}",
            merged.objects,
            merged.with_module,
            self.output.display()
        ));
        Ok(ExitStatus::Delivered)
    }

    /// The file that a document of this RPC came from.
    fn file_of(&self, rpc: &str) -> &Path {
        match rpc {
            "system_information" => &self.system_info,
            "chassis_inventory" => &self.chassis_inventory,
            "pic_detail" => self.pic_detail.as_deref().unwrap_or(Path::new("")),
            _ => &self.optics_metrics,
        }
    }
}

fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path)
        .map_err(|error| usage(format!("cannot read {}: {error}", path.display())).into())
}

fn document<'t>(path: &Path, parsed: Result<Node<'t>, JsonError>) -> anyhow::Result<Node<'t>> {
    parsed.map_err(|error| usage(format!("{} is not JSON: {error}", path.display())).into())
}
