//! `lanewatch push`: series to a Prometheus Pushgateway, of a file of Prometheus text or of JSON documents.

use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use metrics::{Exposition, encode};
use records::Notes;
use records::json::rows::{self, DocumentOrigin};
use records::json::{Node, read};
use records::tables::RowSelection;
use sinks::METRICS_SUFFIX;
use sinks::push::{Body, Gateway, Group, Mode, RetryLimits};

use super::help::{PUSHED, after};
use super::printer::Printer;
use super::{ExitStatus, usage};
use crate::settings::{Layers, Settings};

/// The documents that hold rows.
const OPTICS: &str = "optics_diagnostics";
const STATISTICS: &str = "interface_statistics";

/// Push series to a Prometheus Pushgateway as one group: those of a file of Prometheus text, or of JSON documents of one device.
#[derive(Debug, Args)]
#[command(after_help = after(&[
    ("lanewatch push --pushgateway http://gateway:9091 --job junos --instance leaf-01 --metrics-file output/latest/leaf-01_optics_diagnostics_metrics.json", "Push the series of a JSON document; other series of the group stay."),
    ("lanewatch push --pushgateway gateway:9091 --metrics-file junos.prom --replace", "Push a file of Prometheus text in place of all that the group had."),
], PUSHED))]
pub(super) struct Push {
    /// What to push: a file of Prometheus text as `collect --metrics-file` writes it, or JSON documents of one device
    #[arg(long = "metrics-file", value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// What the files are [default: told by their content]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The label `job` of the series
    #[arg(long, value_name = "NAME", default_value = "lanewatch")]
    job: String,
    /// The label `instance` of the series [default: the device of JSON documents, else the host name]
    #[arg(long, value_name = "NAME")]
    instance: Option<String>,
    /// Replace all series of the group (PUT), where otherwise those of other names stay (POST)
    #[arg(long)]
    replace: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Documents of optics or interface statistics: ours, or those of scripts
    Json,
    /// Prometheus text, sent as it is
    Prom,
}

/// What is sent, and of whom it is.
struct Pushed {
    body: Body,
    /// What it is, as the beginning of a sentence.
    what: String,
    device: Option<String>,
}

impl Push {
    pub(super) async fn run(self, given: Layers, printer: &Printer) -> anyhow::Result<ExitStatus> {
        let settings = given.resolve().settings()?;
        let address = settings.pushgateway.as_deref().ok_or_else(|| {
            usage("no Pushgateway is named: give `--pushgateway http://host:9091` or set PROMETHEUS_PUSHGATEWAY")
        })?;
        let gateway = Gateway::at(address).map_err(usage)?;
        if self.job.is_empty() {
            return Err(usage("`--job` is empty: the Pushgateway needs one").into());
        }
        let pushed = match self.format()? {
            Format::Json => self.documents(&settings, printer)?,
            Format::Prom => self.text()?,
        };
        let instance = match self.instance.clone().or(pushed.device) {
            Some(instance) => instance,
            None => collector::runner_name(None)?,
        };
        let group = Group {
            job: self.job,
            instance,
        };
        let mode = if self.replace {
            Mode::Replace
        } else {
            Mode::Add
        };
        let limits = RetryLimits {
            deadline: settings.push_timeout,
            attempts: settings.attempts,
            first_pause: settings.retry_pause,
        };
        match gateway.push(&group, &pushed.body, mode, limits).await {
            Ok(_) => {
                printer.summary(&format!(
                    "{} pushed to {} as job `{}`, instance `{}`.",
                    pushed.what,
                    gateway.address(),
                    group.job,
                    group.instance
                ));
                Ok(ExitStatus::Delivered)
            }
            Err(error @ sinks::Error::PushUnreached(_)) => {
                printer.error(&error.to_string());
                Ok(ExitStatus::Behind)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What the files are: what was said, else what they begin with.
    fn format(&self) -> anyhow::Result<Format> {
        let mut format = self.format;
        for path in &self.files {
            let found = match first_byte(path).map_err(|error| unreadable(path, &error))? {
                Some(b'{' | b'[') => Format::Json,
                Some(_) => Format::Prom,
                None => return Err(nothing(path).into()),
            };
            match format {
                Some(format) if format != found => {
                    let (is, said) = match found {
                        Format::Json => ("JSON", "Prometheus text"),
                        Format::Prom => ("no JSON", "JSON"),
                    };
                    return Err(
                        usage(format!("{} is {is}; {said} was expected", path.display())).into(),
                    );
                }
                _ => format = Some(found),
            }
        }
        Ok(format.unwrap_or(Format::Prom))
    }

    /// The text of a file, as it is.
    fn text(&self) -> anyhow::Result<Pushed> {
        let [path] = self.files.as_slice() else {
            return Err(usage(
                "one file of Prometheus text makes a push: a family in two pieces is refused",
            )
            .into());
        };
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
        let body = Body::read(BufReader::new(file)).map_err(|error| unreadable(path, &error))?;
        Ok(Pushed {
            what: format!("{} ({} bytes of text)", path.display(), body.text_bytes()),
            body,
            device: None,
        })
    }

    /// The series of the documents, which are one device's.
    fn documents(&self, settings: &Settings, printer: &Printer) -> anyhow::Result<Pushed> {
        let mut texts = Vec::with_capacity(self.files.len());
        for path in &self.files {
            let text = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
            texts.push((path, text));
        }
        let mut documents: Vec<(String, Node<'_>)> = Vec::new();
        let mut named: Option<String> = None;
        for (path, text) in &texts {
            let document = read::optics(text)
                .map_err(|error| usage(format!("{} is not JSON: {error}", path.display())))?;
            let (of_file, rpc) = named_by(path, &document);
            if let Some((known, _)) = documents.iter().find(|(known, _)| *known == rpc) {
                return Err(usage(format!(
                    "{} is a second document of {known}",
                    path.display()
                ))
                .into());
            }
            let device = device_in(&document).or(of_file);
            if let (Some(one), Some(other)) = (&named, &device)
                && one != other
            {
                return Err(usage(format!(
                    "{} is of {other}, and a document before it of {one}: push each device by itself",
                    path.display()
                ))
                .into());
            }
            named = named.or(device);
            documents.push((rpc, document));
        }
        let device = named.or_else(|| self.instance.clone()).ok_or_else(|| {
            usage("neither the documents nor their names say whose they are: name the device with `--instance`")
        })?;
        let origin = DocumentOrigin {
            device: device.clone(),
            ..DocumentOrigin::default()
        };
        let mut notes = Notes::default();
        let rows = rows::tables(&documents, &origin, RowSelection::Ports, &mut notes)
            .map_err(|error| usage(format!("{device}: {error}")))?;
        for note in notes.as_slice() {
            printer.warning(&format!("{device}: {note}"));
        }
        let mut exposition =
            Exposition::new(settings.metric_names).with_detail(settings.metrics_detail);
        for table in &rows.tables {
            exposition.add(table);
        }
        let count = exposition.count();
        if count == 0 {
            let first = self.files.first().map(PathBuf::as_path);
            return Err(nothing(first.unwrap_or(Path::new(""))).into());
        }
        let body = Body::write(|out| encode::text::write(&exposition, out).map(drop))?;
        Ok(Pushed {
            what: format!("{count} series of {device}"),
            body,
            device: Some(device),
        })
    }
}

fn unreadable(path: &Path, error: &io::Error) -> ::inventory::Problems {
    usage(format!("cannot read {}: {error}", path.display()))
}

fn nothing(path: &Path) -> ::inventory::Problems {
    usage(format!(
        "{} holds no series: there is nothing to push",
        path.display()
    ))
}

/// The first byte that is no blank.
fn first_byte(path: &Path) -> io::Result<Option<u8>> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    for byte in BufReader::new(file).bytes() {
        let byte = byte?;
        if !byte.is_ascii_whitespace() {
            return Ok(Some(byte));
        }
    }
    Ok(None)
}

/// The device and the RPC of a document: by its file's name, else the RPC by its content.
fn named_by(path: &Path, document: &Node<'_>) -> (Option<String>, String) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    for rpc in [OPTICS, STATISTICS] {
        if let Some(device) = name.strip_suffix(&format!("_{rpc}{METRICS_SUFFIX}")) {
            // Scripts write names as they are.
            let device = sinks::decode_file_name(device).unwrap_or_else(|| device.to_owned());
            return (Some(device), rpc.to_owned());
        }
    }
    // A list of lanes is what the scripts' newest version writes.
    let is_optics = match document {
        Node::List(objects) => objects.first().is_some_and(|one| one.get("lane").is_some()),
        document => matches!(document.get("lanes"), Some(Node::List(_))),
    };
    let rpc = if is_optics { OPTICS } else { STATISTICS };
    (None, rpc.to_owned())
}

/// The device that the first object of a document names.
fn device_in(document: &Node<'_>) -> Option<String> {
    let of = |object: &Node<'_>| Some(object.get("device")?.as_text()?.to_owned());
    let first = |node: &Node<'_>| match node {
        Node::List(objects) => objects.first().and_then(of),
        _ => None,
    };
    let members = || {
        let (_, object) = document.as_object()?.iter().next()?;
        of(object)
    };
    let lists = ["interfaces", "lanes"].map(|key| document.get(key));
    lists
        .into_iter()
        .flatten()
        .find_map(first)
        .or_else(|| first(document))
        .or_else(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_told_by_its_files_name_and_else_by_its_content() {
        let optics = r#"{"interfaces": [], "lanes": [{"device": "b", "lane": 0}]}"#;
        let statistics = r#"{"et-0/0/1": {"device": "c"}}"#;
        let of_script = r#"{"interfaces": [{"if_name": "et-0/0/1", "device": "d"}]}"#;
        let lanes = r#"[{"if_name": "et-0/0/1", "lane": 0, "device": "e"}]"#;
        let named = |name: &str, document: &str| {
            let document = Node::parse(document.as_bytes()).unwrap();
            let (device, rpc) = named_by(Path::new(name), &document);
            (device, rpc, device_in(&document))
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            named("/x/a%2F1_optics_diagnostics_metrics.json", optics),
            (text("a/1"), OPTICS.to_owned(), text("b"))
        );
        assert_eq!(
            named("x.json", optics),
            (None, OPTICS.to_owned(), text("b"))
        );
        assert_eq!(
            named("x.json", statistics),
            (None, STATISTICS.to_owned(), text("c"))
        );
        assert_eq!(
            named("x.json", of_script),
            (None, STATISTICS.to_owned(), text("d"))
        );
        assert_eq!(named("x", lanes), (None, OPTICS.to_owned(), text("e")));
    }
}
