//! Replies without a run report: what scripts left behind, single files, standard input.
//!
//! Names say what a file is: `{device}_{rpc}_raw.xml`, for PIC detail with its slots, compressed or not; and
//! `{device}_pic_detail_metrics.json` where scripts kept no raw reply of it. When a reply arrived is when its file was written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, bail};
use records::model::InterfaceOptics;
use records::parsers::Parser;
use records::{PicSlots, ReplyName, ReplyReader, Snapshot, State};
use sinks::{RAW_SUFFIX, RunFolder, RunIdentity, UNFINISHED_REPORT_FILE};

use super::original_run::OriginalRun;
use super::report::{DeviceReport, Outcome, RunReport};
use super::saved_run::{Form, SavedReply, SavedRun, identity_of};
use crate::catalogue::Catalogue;

/// The run id of replies that no run of ours made: reading them again replaces the same files.
const RUN_ID: &str = "00000000";
const CHASSIS_INVENTORY: &str = "chassis_inventory";
/// The document that stands in for raw replies.
const PIC_DETAIL_DOCUMENT: &str = "_pic_detail_metrics.json";

/// Files, gathered device by device.
#[derive(Debug)]
pub struct LooseFiles<'c> {
    catalogue: &'c Catalogue,
    /// The PIC that the files are of whose names do not say it.
    pic: Option<PicSlots>,
    devices: BTreeMap<String, Vec<SavedReply>>,
}

impl<'c> LooseFiles<'c> {
    /// No files yet. `catalogue` says which RPC a file name belongs to.
    pub fn of(catalogue: &'c Catalogue) -> Self {
        Self {
            catalogue,
            pic: None,
            devices: BTreeMap::new(),
        }
    }

    /// The same, of replies of this PIC where their names do not say of which.
    pub fn of_pic(self, pic: Option<PicSlots>) -> Self {
        Self { pic, ..self }
    }

    /// A reply to this RPC, whose file's name does not say more.
    fn unnamed(&self, rpc: &str) -> ReplyName {
        ReplyName {
            rpc: rpc.to_owned(),
            pic: self.pic,
        }
    }

    /// All replies in a folder.
    ///
    /// # Errors
    ///
    /// If the folder cannot be listed, or holds none.
    pub fn folder(&mut self, folder: &Path) -> anyhow::Result<()> {
        let listing = || format!("cannot list the folder {}", folder.display());
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).with_context(listing)? {
            paths.push(entry.with_context(listing)?.path());
        }
        paths.sort();
        for path in paths {
            if let Some((device, name, form)) = self.recognise(&path) {
                self.add(&path, device, name, form)?;
            }
        }
        // The document is made of the replies: where those are there, it says nothing new.
        for replies in self.devices.values_mut() {
            let has_raw = replies.iter().any(
                |reply| matches!(&reply.form, Form::Raw(reader) if reader.name() == "pic_detail"),
            );
            replies.retain(|reply| !(has_raw && matches!(reply.form, Form::PicDetailDocument)));
        }
        if self.devices.is_empty() {
            if let Some(hint) = OriginalRun::hint(folder) {
                bail!("{} holds no reply itself: {hint}", folder.display());
            }
            bail!(
                "{} is not the folder of a run (name one below the output folder, or its `latest`), and holds no reply besides: files called \
                 DEVICE_RPC{RAW_SUFFIX} were expected, with an RPC of the catalogue ({})",
                folder.display(),
                self.names().join(", ")
            );
        }
        Ok(())
    }

    /// One file. What its name does not say must be given.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or nobody says whose reply to what it is.
    pub fn file(
        &mut self,
        path: &Path,
        device: Option<&str>,
        rpc: Option<&str>,
    ) -> anyhow::Result<()> {
        if let Some(rpc) = rpc {
            self.reader(rpc)?; // a name that is no RPC explains everything else
        }
        std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
        let known = self.recognise(path);
        let device = device
            .map(str::to_owned)
            .or_else(|| known.as_ref().map(|(device, ..)| device.clone()));
        let device = device.with_context(|| {
            format!(
                "{}: its name does not say whose reply it is; give `--device`",
                path.display()
            )
        })?;
        let (name, form) = match (rpc, known) {
            (Some(rpc), Some((_, name, form))) if name.rpc == rpc => match name.pic {
                Some(_) => (name, form),
                None => (self.unnamed(rpc), form),
            },
            (Some(rpc), _) => (self.unnamed(rpc), Form::Raw(self.reader(rpc)?)),
            (None, Some((_, name, form))) => (name, form),
            (None, None) => bail!(
                "{}: its name does not say which RPC it answers; give `--rpc`, one of {}",
                path.display(),
                self.names().join(", ")
            ),
        };
        self.add(path, device, name, form)
    }

    /// A reply that came through standard input.
    ///
    /// # Errors
    ///
    /// If there is no such RPC.
    pub fn bytes(
        &mut self,
        bytes: Vec<u8>,
        device: &str,
        rpc: &str,
        arrived: i64,
    ) -> anyhow::Result<()> {
        let reply = SavedReply {
            name: self.unnamed(rpc),
            operation: String::new(),
            path: PathBuf::from("standard input"),
            bytes: Some(bytes),
            form: Form::Raw(self.reader(rpc)?),
            arrived,
        };
        self.devices
            .entry(device.to_owned())
            .or_default()
            .push(reply);
        Ok(())
    }

    /// A reply of the same device beside the one that is read: told by its name, else by its payload.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is nothing that says more of a device.
    pub fn metadata(&mut self, path: &Path, device: &str) -> anyhow::Result<()> {
        if let Some((_, name, form)) = self.recognise(path) {
            return self.add(path, device.to_owned(), name, form);
        }
        let Some(parser) = parser_of(&sinks::read_raw(path)?) else {
            bail!(
                "{}: neither its name nor what it holds says which RPC it answers; a reply to one of the built-in five was expected",
                path.display()
            )
        };
        self.add(
            path,
            device.to_owned(),
            ReplyName::whole(parser.name),
            Form::Raw(ReplyReader::BuiltIn(parser)),
        )
    }

    /// The inventory of the chassis beside the reply that is read.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn chassis(&mut self, path: &Path, device: &str) -> anyhow::Result<()> {
        let form = Form::Raw(self.reader(CHASSIS_INVENTORY)?);
        let name = ReplyName::whole(CHASSIS_INVENTORY);
        self.add(path, device.to_owned(), name, form)
    }

    /// The device, if there is only one.
    pub fn only_device(&self) -> Option<&str> {
        let mut names = self.devices.keys();
        names
            .next()
            .filter(|_| names.next().is_none())
            .map(String::as_str)
    }

    /// The replies as a run: of the second that is given, else of the first reply.
    pub fn into_run(self, runner_name: String, run_timestamp: Option<i64>) -> SavedRun {
        let first = self
            .devices
            .values()
            .flatten()
            .map(|reply| reply.arrived)
            .min();
        let identity = RunIdentity {
            runner_name,
            run_id: RUN_ID.to_owned(),
            run_timestamp: run_timestamp.or(first).unwrap_or_default(),
        };
        let delivered = |name: &String| {
            let report = DeviceReport {
                outcome: Outcome::Delivered,
                ..DeviceReport::default()
            };
            (name.clone(), report)
        };
        let report = RunReport {
            run_id: identity.run_id.clone(),
            runner_name: identity.runner_name.clone(),
            run_timestamp: identity.run_timestamp,
            devices: self.devices.keys().map(delivered).collect(),
            ..RunReport::default()
        };
        SavedRun {
            report,
            identity,
            devices: self.devices,
        }
    }

    /// The replies of a run that was killed, in the folder that it left: the same run again, with the devices and the interface filters that
    /// it began with. A device without a reply is one that failed.
    ///
    /// # Errors
    ///
    /// If the run is at work still, its folder cannot be read, or a reply in it is of no RPC of the catalogue.
    pub fn unfinished_run(mut self, folder: &Path) -> anyhow::Result<SavedRun> {
        if RunFolder::is_at_work(folder) {
            bail!(
                "the run in {} is at work; wait for its end",
                folder.display()
            );
        }
        let file = folder.join(UNFINISHED_REPORT_FILE);
        let mut report = RunReport::read(&file)?;
        self.folder(folder)?;
        self.require_all_recognised(folder)?;
        for (name, device) in &mut report.devices {
            let replies = self.devices.entry(name.clone()).or_default();
            if !replies.is_empty() {
                device.outcome = Outcome::Delivered;
            }
        }
        if let Some(name) = self
            .devices
            .keys()
            .find(|name| !report.devices.contains_key(*name))
        {
            bail!(
                "{} holds replies of `{name}`, which is no device of its run",
                folder.display()
            );
        }
        Ok(SavedRun {
            identity: identity_of(&report, &file)?,
            report,
            devices: self.devices,
        })
    }

    /// Refuses a folder with a reply that no RPC of the catalogue has.
    fn require_all_recognised(&self, folder: &Path) -> anyhow::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.to_string_lossy();
            let is_raw = name.trim_end_matches(".zst").ends_with(RAW_SUFFIX);
            if is_raw && self.recognise(&path).is_none() {
                bail!(
                    "{}: the catalogue has no such RPC; give the `--catalogue` of the run",
                    path.display()
                );
            }
        }
        Ok(())
    }

    fn reader(&self, rpc: &str) -> anyhow::Result<ReplyReader> {
        self.catalogue.reader(rpc).with_context(|| {
            let names = self.names();
            // `optics` is short for `optics_diagnostics`, unless it is short for something else as well.
            let mut longer = names
                .iter()
                .filter(|name| name.split('_').any(|word| word == rpc));
            let hint = match (longer.next(), longer.next()) {
                (Some(name), None) => format!("; did you mean `{name}`?"),
                _ => inventory::did_you_mean(rpc, names.iter().map(String::as_str)),
            };
            format!(
                "there is no RPC `{rpc}`: there are {}{hint}",
                names.join(", ")
            )
        })
    }

    /// The names of all RPCs, the longest first: one may be the end of another.
    fn names(&self) -> Vec<String> {
        let built_in = records::parsers::junos::PARSERS
            .iter()
            .map(|parser| parser.name.to_owned());
        let mut names: Vec<_> = self
            .catalogue
            .commands
            .iter()
            .map(|command| command.name.clone())
            .chain(built_in)
            .collect();
        names.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        names.dedup();
        names
    }

    /// Whose reply to what this is, by its name.
    fn recognise(&self, path: &Path) -> Option<(String, ReplyName, Form)> {
        let file = path.file_name()?.to_str()?;
        let device = |encoded: &str| {
            let name = sinks::decode_file_name(encoded).unwrap_or_else(|| encoded.to_owned());
            (!name.is_empty()).then_some(name)
        };
        if let Some(encoded) = file.strip_suffix(PIC_DETAIL_DOCUMENT) {
            return Some((
                device(encoded)?,
                ReplyName::whole("pic_detail"),
                Form::PicDetailDocument,
            ));
        }
        let stem = file
            .strip_suffix(".zst")
            .unwrap_or(file)
            .strip_suffix(RAW_SUFFIX)?;
        self.names().into_iter().find_map(|rpc| {
            let reader = self.catalogue.reader(&rpc)?;
            let (encoded, name) = ReplyName::split_off(stem, &rpc)?;
            Some((device(encoded)?, name, Form::Raw(reader)))
        })
    }

    fn add(
        &mut self,
        path: &Path,
        device: String,
        name: ReplyName,
        form: Form,
    ) -> anyhow::Result<()> {
        let modified = std::fs::metadata(path).and_then(|metadata| metadata.modified());
        let modified = modified.with_context(|| format!("cannot read {}", path.display()))?;
        let seconds = modified
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        self.devices.entry(device).or_default().push(SavedReply {
            name,
            operation: String::new(),
            path: path.to_owned(),
            bytes: None,
            form,
            arrived: i64::try_from(seconds).unwrap_or_default(),
        });
        Ok(())
    }
}

/// The only PIC with transceivers in a saved inventory of a chassis: that which a reply to PIC detail is of, where nothing else says it.
///
/// # Errors
///
/// If the file cannot be read, or holds no inventory.
pub fn only_pic(chassis_inventory: &Path) -> anyhow::Result<Option<PicSlots>> {
    let bytes = sinks::read_raw(chassis_inventory)?;
    let mut snapshot = Snapshot::default();
    if let Some(parser) = records::parsers::find(CHASSIS_INVENTORY) {
        parser.parse(&bytes, 0, &mut snapshot);
    }
    let Some(chassis) = snapshot.chassis_inventory else {
        bail!(
            "{} holds no chassis inventory: a reply to get-chassis-inventory was expected",
            chassis_inventory.display()
        );
    };
    Ok(match chassis.pics_with_transceivers().as_slice() {
        &[(fpc, pic)] => Some(PicSlots { fpc, pic }),
        _ => None,
    })
}

/// The built-in parser of the RPC that this reply answers, by what the reply holds. Two of them have the same container: optics are told
/// by what was measured of a module, and where nothing was, both give the same, which is the interfaces' names.
fn parser_of(reply: &[u8]) -> Option<&'static Parser> {
    let mut readable = records::parsers::all().filter(|parser| {
        let mut scratch = Snapshot::default();
        let outcome = parser.parse(reply, 0, &mut scratch);
        // What holds no optics at all gives interfaces that are nothing but a name.
        let measured = |port: &InterfaceOptics| {
            !matches!(port.state, State::NotSupported | State::NotPresent)
                || !port.lanes.is_empty()
                || port.module_values.is_some()
        };
        outcome.payload_seen && (scratch.optics.is_empty() || scratch.optics.iter().any(measured))
    });
    let found = readable.next()?;
    match found.name {
        "interface_statistics" => Some(readable.next().unwrap_or(found)),
        _ => Some(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reply_holds_says_which_parser_reads_it() {
        for (reply, expected) in [
            (
                "<chassis-inventory><chassis/></chassis-inventory>",
                Some("chassis_inventory"),
            ),
            (
                "<fpc-information><fpc/></fpc-information>",
                Some("pic_detail"),
            ),
            (
                "<system-information><host-name>a</host-name></system-information>",
                Some("system_information"),
            ),
            (
                "<interface-information><physical-interface><name>et-0/0/1</name><speed>10Gbps</speed></physical-interface>\
                 </interface-information>",
                Some("interface_statistics"),
            ),
            (
                "<interface-information><physical-interface><name>et-0/0/1</name><optics-diagnostics><module-voltage>3.3\
                 </module-voltage></optics-diagnostics></physical-interface></interface-information>",
                Some("optics_diagnostics"),
            ),
            ("<alarm-information/>", None),
        ] {
            let found = parser_of(reply.as_bytes()).map(|parser| parser.name);
            assert_eq!(found, expected, "{reply}");
        }
    }

    fn recognised(name: &str) -> Option<(String, String)> {
        let catalogue = Catalogue::read(&[]).unwrap();
        let files = LooseFiles::of(&catalogue);
        let found = files.recognise(Path::new(name));
        found.map(|(device, reply, _)| (device, reply.to_string()))
    }

    #[test]
    fn a_name_says_whose_reply_to_what_it_is() {
        for (name, device, reply) in [
            (
                "leaf_1_optics_diagnostics_raw.xml",
                "leaf_1",
                "optics_diagnostics",
            ),
            (
                "a.example.net_system_information_raw.xml.zst",
                "a.example.net",
                "system_information",
            ),
            (
                "lab%2Fa_pic_detail_0_12_raw.xml",
                "lab/a",
                "pic_detail_0_12",
            ),
            ("a_pic_detail_raw.xml", "a", "pic_detail"),
            (
                "a_3_4_chassis_inventory_raw.xml",
                "a_3_4",
                "chassis_inventory",
            ),
            ("a_pic_detail_metrics.json", "a", "pic_detail"),
        ] {
            assert_eq!(
                recognised(name),
                Some((device.to_owned(), reply.to_owned())),
                "{name}"
            );
        }
        for name in [
            "optics_diagnostics_raw.xml",
            "_optics_diagnostics_raw.xml",
            "a_x_raw.xml",
            "a_optics_diagnostics.xml",
            "run.json",
            "raw.xml",
        ] {
            assert_eq!(recognised(name), None, "{name}");
        }
    }

    #[test]
    fn an_unfinished_run_keeps_its_identity_and_filters_and_refuses_a_reply_that_the_catalogue_does_not_know()
     {
        let folder = tempfile::tempdir().unwrap();
        let filtered = DeviceReport {
            interface_filter: Some("et-0/0/1".to_owned()),
            ..DeviceReport::default()
        };
        let report = RunReport {
            run_id: "0badcafe".to_owned(),
            runner_name: "r".to_owned(),
            run_timestamp: 1_770_132_645,
            devices: [("a", filtered), ("b", DeviceReport::default())]
                .map(|(name, report)| (name.to_owned(), report))
                .into(),
            ..RunReport::default()
        };
        let write =
            |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        write(
            UNFINISHED_REPORT_FILE,
            &serde_json::to_vec(&report).unwrap(),
        );
        write("a_system_information_raw.xml", b"<system-information/>");
        let catalogue = Catalogue::read(&[]).unwrap();
        let read = || LooseFiles::of(&catalogue).unfinished_run(folder.path());
        let run = read().unwrap();
        assert_eq!(run.identity.run_id, "0badcafe");
        assert_eq!(run.identity.run_timestamp, 1_770_132_645);
        let outcomes: Vec<_> = run
            .report
            .devices
            .values()
            .map(|device| device.outcome)
            .collect();
        assert_eq!(outcomes, [Outcome::Delivered, Outcome::Failed]);
        assert_eq!(
            run.report.devices["a"].interface_filter.as_deref(),
            Some("et-0/0/1")
        );
        assert_eq!((run.devices["a"].len(), run.devices["b"].len()), (1, 0));

        write("b_fans_raw.xml.zst", b"");
        let error = read().unwrap_err().to_string();
        assert!(
            error.contains("b_fans_raw.xml.zst") && error.contains("--catalogue"),
            "{error}"
        );
    }
}
