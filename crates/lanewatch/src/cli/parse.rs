//! `lanewatch parse`: saved replies to one RPC, as the JSON that `collect` writes.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use collector::{Catalogue, Clock, LooseFiles, Parsed, SavedRun};
use records::parsers::junos::PARSERS;
use records::{InterfaceFilter, PicSlots};

use super::help::{DELIVERING, after};
use super::printer::Printer;
use super::{ExitStatus, usage};
use crate::settings::{AsWritten, Layers};

/// The built-in RPCs, as help and completions propose them; a catalogue may have more.
const RPCS: [&str; PARSERS.len()] = {
    let mut names = [""; PARSERS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = PARSERS[at].name;
        at += 1;
    }
    names
};

/// Standard input or output as an argument.
const STANDARD: &str = "-";

/// Turn saved replies to one RPC into the JSON that `collect` writes, no device contacted.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch parse optics_diagnostics --input leaf-01_optics_diagnostics_raw.xml", "Print the JSON of one saved reply."),
    ("lanewatch parse pic_detail --input output/latest --output json", "Write a JSON document for each device of a run."),
], DELIVERING))]
pub(super) struct Parse {
    /// The RPC: of the catalogue, or the parser that reads it (`juniper/optics_diagnostics` works as well)
    #[arg(value_parser = AsWritten(&RPCS))]
    rpc: String,
    /// The reply; `-` for standard input; or a folder, all of whose DEVICE_RPC_raw.xml files are read
    #[arg(short, long, value_name = "FILE|FOLDER|-")]
    input: PathBuf,
    /// Where the JSON goes; of a folder's replies, the folder that takes a file for each device
    #[arg(short, long, value_name = "FILE|FOLDER|-", default_value = STANDARD)]
    output: PathBuf,
    /// The device that sent it, where the file's name does not say so
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// The FPC that a reply to `pic_detail` is of, where neither it nor its file's name says so
    #[arg(long, value_name = "SLOT", requires = "pic")]
    fpc: Option<u32>,
    /// The PIC on that FPC
    #[arg(long, value_name = "SLOT", requires = "fpc")]
    pic: Option<u32>,
    /// A reply of the same device to another RPC, for names and metadata; several can be given. In a folder they are found
    #[arg(long, value_name = "FILE")]
    metadata: Vec<PathBuf>,
    /// What the JSON calls the runner, where there is no run report
    #[arg(long, value_name = "NAME", default_value = "parse")]
    runner_name: String,
    /// The UTC second at which the run began, where there is no run report [default: that of the reply]
    #[arg(long, value_name = "SECONDS")]
    run_timestamp: Option<i64>,
}

impl Parse {
    pub(super) fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let settings = given.resolve().settings()?;
        let catalogue = Catalogue::read(&settings.catalogue)?;
        let vendor = ["juniper/", "junos/"];
        let local = vendor.iter().find_map(|name| self.rpc.strip_prefix(name));
        let rpc = local.unwrap_or(&self.rpc);
        let filter = settings
            .interfaces
            .as_deref()
            .map(str::parse::<InterfaceFilter>)
            .transpose()
            .map_err(usage)?;
        let is_folder = self.input.is_dir();
        let run = self.replies(&catalogue, rpc, is_folder).map_err(usage)?;
        let parsed = collector::parse(&run, rpc, filter.as_ref())?;
        if parsed.is_empty() {
            return Err(usage(format!("{} holds no reply to {rpc}", self.input.display())).into());
        }
        for device in &parsed {
            self.tell(device, printer);
            if let Some(document) = &device.document {
                self.write(&device.device, rpc, document, is_folder, printer)?;
            }
        }
        let whole = parsed
            .iter()
            .filter(|device| device.error.is_none())
            .count();
        let some = parsed
            .iter()
            .filter(|device| device.document.is_some())
            .count();
        Ok(match (whole, some) {
            (whole, _) if whole == parsed.len() => ExitStatus::Delivered,
            (_, 0) => ExitStatus::NoneDelivered,
            _ => ExitStatus::SomeFailed,
        })
    }

    fn replies(
        &self,
        catalogue: &Catalogue,
        rpc: &str,
        is_folder: bool,
    ) -> anyhow::Result<SavedRun> {
        if is_folder && self.input.join(sinks::REPORT_FILE).is_file() {
            return SavedRun::read(&self.input);
        }
        let slots = self.fpc.zip(self.pic);
        let slots = slots.map(|(fpc, pic)| PicSlots { fpc, pic });
        let mut files = LooseFiles::of(catalogue).of_pic(slots);
        if is_folder {
            files.folder(&self.input)?;
        } else if self.input == Path::new(STANDARD) {
            let device = self
                .device
                .as_deref()
                .context("standard input does not say whose reply it is; give `--device`")?;
            let mut bytes = Vec::new();
            std::io::stdin()
                .lock()
                .read_to_end(&mut bytes)
                .context("cannot read standard input")?;
            files.bytes(bytes, device, rpc, Clock::default().now())?;
        } else {
            files.file(&self.input, self.device.as_deref(), Some(rpc))?;
        }
        let device = files.only_device().map(str::to_owned);
        for path in &self.metadata {
            let device = device.as_deref().context("`--metadata` belongs to one device; in a folder, the other replies are found by their names")?;
            files.metadata(path, device)?;
        }
        Ok(files.into_run(self.runner_name.clone(), self.run_timestamp))
    }

    fn tell(&self, parsed: &Parsed, printer: &Printer) {
        if let Some(error) = &parsed.error {
            printer.error(&format!("{}: {error}", parsed.device));
        } else if parsed.document.is_none() {
            printer.error(&format!(
                "{}: the reply holds nothing of this RPC",
                parsed.device
            ));
        }
        for note in &parsed.notes {
            printer.warning(&format!("{}: {note}", parsed.device));
        }
    }

    fn write(
        &self,
        device: &str,
        rpc: &str,
        document: &[u8],
        is_folder: bool,
        printer: &Printer,
    ) -> anyhow::Result<()> {
        if self.output == Path::new(STANDARD) {
            printer.verbatim(document);
        } else if is_folder || self.output.is_dir() {
            sinks::RunFolder::at(&self.output)?.save_metrics(device, rpc, document)?;
        } else {
            sinks::write_file(&self.output, document)?;
        }
        Ok(())
    }
}
