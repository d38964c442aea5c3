//! `lanewatch parse`: saved replies to one RPC, as the JSON that `collect` writes.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use collector::{Catalogue, Clock, LooseFiles, Parsed, SavedRun};
use records::json::Node;
use records::merge;
use records::parsers::junos::PARSERS;
use records::{InterfaceFilter, PicSlots};

use super::help::{DELIVERING, after};
use super::printer::Printer;
use super::{ExitStatus, PIC_DETAIL_OF_ORIGINAL, usage};
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
    ("lanewatch parse juniper/optics_diagnostics --input r.xml --output m.json --device leaf-01 --metadata '{\"rack\": \"A7\"}'", "Add a member to each interface and lane, as the Python script does."),
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
    /// The model of the device. It is not needed: a model that is not the device's own draws a warning
    #[arg(long, value_name = "MODEL")]
    platform: Option<String>,
    /// The device's reply to chassis_inventory, for names and serial numbers; it also says which PIC a reply to `pic_detail` is of, if
    /// only one has transceivers
    #[arg(long, value_name = "FILE")]
    chassis_xml: Option<PathBuf>,
    /// A reply of the same device to another RPC, for names and metadata, several can be given (in a folder they are found); or a JSON
    /// object whose members each interface and lane of the optics gets
    #[arg(long, value_name = "FILE|{JSON}")]
    metadata: Vec<PathBuf>,
    /// The form of the output: one JSON document, or the lanes of the optics alone, as JSON lines
    #[arg(long, value_enum, default_value = "json")]
    format: Format,
    /// What the JSON calls the runner, where there is no run report
    #[arg(long, value_name = "NAME", default_value = "parse")]
    runner_name: String,
    /// The UTC second at which the run began, where there is no run report [default: that of the reply]
    #[arg(long, value_name = "SECONDS")]
    run_timestamp: Option<i64>,
}

/// The form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One JSON document.
    Json,
    /// The lanes of `optics_diagnostics`, each on a line of its own.
    Jsonl,
}

/// The RPC whose document has interfaces and lanes.
const OPTICS: &str = "optics_diagnostics";

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
        let added = self.added(rpc).map_err(usage)?;
        if self.format == Format::Jsonl && rpc != OPTICS {
            return Err(usage(format!(
                "`--format jsonl` writes the lanes of {OPTICS}, which {rpc} has none of"
            ))
            .into());
        }
        let run = self.replies(&catalogue, rpc, is_folder).map_err(usage)?;
        let parsed = collector::parse(&run, rpc, filter.as_ref())?;
        if parsed.is_empty() {
            return Err(usage(format!("{} holds no reply to {rpc}", self.input.display())).into());
        }
        if parsed.iter().any(|device| device.dialect.is_original()) {
            printer.note(PIC_DETAIL_OF_ORIGINAL);
        }
        for device in &parsed {
            self.tell(device, printer);
            if let Some(document) = &device.document {
                let shaped = self.shaped(document, &added)?;
                let document = shaped.as_deref().unwrap_or(document);
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
            let is_file = self.metadata.iter().any(|path| inline(path).is_none());
            for (flag, is_given) in [
                ("--chassis-xml", self.chassis_xml.is_some()),
                ("--metadata", is_file),
            ] {
                if is_given {
                    bail!(
                        "{} is a run, whose own replies give names and metadata; leave out `{flag}`",
                        self.input.display()
                    );
                }
            }
            return SavedRun::read(&self.input);
        }
        let slots = self.fpc.zip(self.pic);
        let mut slots = slots.map(|(fpc, pic)| PicSlots { fpc, pic });
        if let Some(chassis) = self.chassis_xml.as_deref().filter(|_| slots.is_none()) {
            slots = collector::only_pic(chassis)?;
        }
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
        let one = || device.as_deref();
        if let Some(chassis) = &self.chassis_xml {
            let device = one().context("`--chassis-xml` belongs to one device; in a folder, the inventories are found by their names")?;
            files.chassis(chassis, device)?;
        }
        for path in self.metadata.iter().filter(|path| inline(path).is_none()) {
            let device = one().context("`--metadata` belongs to one device; in a folder, the other replies are found by their names")?;
            files.metadata(path, device)?;
        }
        Ok(files.into_run(self.runner_name.clone(), self.run_timestamp))
    }

    /// What `--metadata` says as JSON.
    fn added(&self, rpc: &str) -> anyhow::Result<Vec<Node<'_>>> {
        let mut added = Vec::new();
        for text in self.metadata.iter().filter_map(|path| inline(path)) {
            let node = Node::parse(text.as_bytes())
                .context("`--metadata` begins as JSON does, and is none")?;
            if rpc != OPTICS {
                bail!(
                    "`--metadata` as JSON is for the interfaces and lanes of {OPTICS}, which {rpc} has none of"
                );
            }
            added.push(node);
        }
        Ok(added)
    }

    /// The document with what is added to it, in the form that was asked for; none where it stays as it is.
    fn shaped(&self, document: &[u8], added: &[Node<'_>]) -> anyhow::Result<Option<Vec<u8>>> {
        if added.is_empty() && self.format == Format::Json {
            return Ok(None);
        }
        let mut node = Node::parse(document)?;
        for members in added.iter().filter_map(Node::as_object) {
            merge::add_members(&mut node, members);
        }
        Ok(Some(match (self.format, node.get("lanes")) {
            (Format::Jsonl, Some(Node::List(lanes))) => {
                let lines = lanes.iter().map(|lane| format!("{lane}\n"));
                lines.collect::<String>().into_bytes()
            }
            (Format::Jsonl, _) => Vec::new(),
            (Format::Json, _) => node.to_pretty().into_bytes(),
        }))
    }

    /// Whether the device calls itself by another name than `--platform` does: `qfx5240` is a QFX5240-64OD.
    fn other_model<'p>(&self, parsed: &'p Parsed) -> Option<&'p str> {
        let given = self.platform.as_deref()?.to_lowercase();
        let own = parsed.model.as_deref()?;
        let said = own.to_lowercase();
        (!said.contains(&given) && !given.contains(&said)).then_some(own)
    }

    fn tell(&self, parsed: &Parsed, printer: &Printer) {
        if let (Some(given), Some(own)) = (&self.platform, self.other_model(parsed)) {
            printer.warning(&format!(
                "{}: `--platform {given}`, but the device calls itself {own}; what it says counts",
                parsed.device
            ));
        }
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

/// The argument itself, if it is a JSON object and not a file name.
fn inline(path: &Path) -> Option<&str> {
    path.to_str()
        .filter(|text| text.trim_start().starts_with('{'))
}
