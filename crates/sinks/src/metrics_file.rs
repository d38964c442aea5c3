//! The metrics file: the series of a run as text, in place of those of the run before.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use metrics::{Exposition, encode};

use crate::atomic_file::{AtomicFile, Durability};
use crate::{Error, Result};

/// Writes the text in place of that of the run before; readers see the one or the other. Neither is in memory as a whole.
///
/// The text before says when devices last succeeded that now did not, and what is known of devices that were not asked (see
/// [`Exposition::keep`]). One that cannot be opened counts as none.
///
/// # Errors
///
/// If the file cannot be written, or the one before cannot be read to its end.
pub fn write_metrics(exposition: &mut Exposition, path: &Path) -> Result<()> {
    let previous = || {
        let is_needed = exposition.needs_previous();
        is_needed
            .then(|| File::open(path).ok().map(BufReader::new))
            .flatten()
    };
    let (for_recall, for_copy) = (previous(), previous());
    if let Some(previous) = for_recall {
        exposition
            .recall(previous)
            .map_err(Error::on("read", path))?;
    }
    let file = AtomicFile::create(path)?;
    let written: io::Result<AtomicFile> = match for_copy {
        Some(previous) => encode::text::write_over(exposition, previous, file),
        None => encode::text::write(exposition, file),
    };
    written
        .map_err(Error::on("write", path))?
        .finish(Durability::Renamed)
        .map(drop)
}

#[cfg(test)]
mod tests {
    use metrics::{Health, MetricNames};

    use super::*;

    fn run(devices: &[(&str, Option<i64>)]) -> Exposition {
        let mut exposition = Exposition::new(MetricNames::Documented);
        for (device, succeeded) in devices {
            exposition.add_health(&Health {
                device: (*device).to_owned(),
                is_up: succeeded.is_some(),
                succeeded: *succeeded,
                ..Health::default()
            });
        }
        exposition
    }

    #[test]
    fn a_file_takes_over_what_the_one_before_it_knows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("junos.prom");
        let read = || std::fs::read_to_string(&path).unwrap();
        write_metrics(
            &mut run(&[("a", Some(1)), ("b", Some(2)), ("c", Some(3))]),
            &path,
        )
        .unwrap();
        let mut part = run(&[("b", None)]);
        part.keep(["a"]);
        write_metrics(&mut part, &path).unwrap();
        let last = "junos_last_success_timestamp_seconds";
        assert!(read().contains(&format!(
            "{last}{{device=\"b\"}} 2\n{last}{{device=\"a\"}} 1\n"
        )));
        assert!(!read().contains("\"c\""));
        assert!(read().contains("junos_up{device=\"b\"} 0\njunos_up{device=\"a\"} 1\n"));
        // Written again, as a run does that is published in two parts.
        let once = read();
        write_metrics(&mut part, &path).unwrap();
        assert_eq!(read(), once);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = write_metrics(&mut run(&[("a", None)]), Path::new("/dev/null/x.prom"));
        let error = error.unwrap_err().to_string();
        assert!(
            error.starts_with("cannot create /dev/null/.x.prom."),
            "{error}"
        );
    }
}
