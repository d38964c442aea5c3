//! The spool: a folder of segments, first in, first out, bounded by bytes.
//!
//! A record is in the page cache when `append` returns, which outlives the process, and on the disk when `sync` returns. The position
//! is a small file that is renamed into place and not synced: after a power failure it may be an older one, and what was sent since is
//! sent again. A crash leaves at most one torn record, at the end of the last segment; it is cut away when the spool is opened, and
//! new records go to a new segment.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{BufReader, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::segment::{MAGIC, Record, scan};
use crate::atomic_file::{self, Durability};
use crate::{Error, Result};

const SUFFIX: &str = ".spool";
/// A spool of the smallest size still has several segments, so that dropping the oldest does not empty it.
const SEGMENTS: u64 = 8;
const LONGEST_SEGMENT: u64 = 16 * 1024 * 1024;

/// What waits in the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pending {
    /// Requests.
    pub requests: u64,
    /// Samples in them.
    pub samples: u64,
}

/// A spool that this process has for itself.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    most_bytes: u64,
    segments: VecDeque<Segment>,
    /// The segment that is written, which is the last one.
    writer: Option<File>,
    next_number: u64,
    /// Bytes that were no whole records when the spool was opened.
    cut_bytes: u64,
    /// Samples that were dropped since then because the spool was full.
    dropped_samples: u64,
    _lock: File,
}

#[derive(Debug)]
struct Segment {
    number: u64,
    /// Up to the end of the last whole record.
    bytes: u64,
    /// Where the first record begins that waits.
    next: u64,
    pending: Pending,
}

impl Spool {
    /// Opens a spool, or makes one, of at most `most_bytes`. What a crash left behind is cut away.
    ///
    /// # Errors
    ///
    /// Another process has it ([`Error::SpoolBusy`]), or the file system refuses.
    pub fn open(folder: &Path, most_bytes: u64) -> Result<Self> {
        let made = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder);
        made.map_err(Error::on("create the folder", folder))?;
        let path = folder.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path);
        let lock = lock.map_err(Error::on("open", &path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::SpoolBusy(folder.to_owned())),
            Err(TryLockError::Error(error)) => return Err(Error::on("lock", &path)(error)),
        }
        let (number, offset) = read_position(folder)?;
        let mut spool = Self {
            folder: folder.to_owned(),
            most_bytes,
            segments: VecDeque::new(),
            writer: None,
            next_number: number + 1,
            cut_bytes: 0,
            dropped_samples: 0,
            _lock: lock,
        };
        for found in numbers(folder)? {
            let from = match found.cmp(&number) {
                std::cmp::Ordering::Less => u64::MAX,
                std::cmp::Ordering::Equal => offset,
                std::cmp::Ordering::Greater => 0,
            };
            spool.recover(found, from)?;
        }
        spool.drop_done()?;
        Ok(spool)
    }

    /// Takes a segment of an earlier process, without what is torn at its end. Records before `from` are done.
    fn recover(&mut self, number: u64, from: u64) -> Result<()> {
        let path = self.path(number);
        let opened = OpenOptions::new().read(true).write(true).open(&path);
        let file = opened.map_err(Error::on("open", &path))?;
        let mut pending = Pending::default();
        let mut next = None;
        let scanned = scan(BufReader::new(&file), |at, record| {
            if at >= from {
                next.get_or_insert(at);
                pending.requests += 1;
                pending.samples += u64::from(record.samples);
            }
        });
        let bytes = scanned.map_err(Error::on("read", &path))?.whole_bytes;
        let length = file.metadata().map_err(Error::on("read", &path))?.len();
        if length > bytes {
            file.set_len(bytes).map_err(Error::on("cut", &path))?;
            self.cut_bytes += length - bytes;
        }
        self.next_number = self.next_number.max(number + 1);
        self.segments.push_back(Segment {
            number,
            bytes,
            next: next.unwrap_or(bytes),
            pending,
        });
        Ok(())
    }

    /// Adds a request at the end. The oldest segments are dropped to make room for it.
    ///
    /// # Errors
    ///
    /// The file system refuses, or the request is larger than the whole spool: it is not in the spool, and those before it are.
    pub fn append(&mut self, record: &Record) -> Result<()> {
        let bytes = record.encode();
        let bytes = bytes.filter(|bytes| (bytes.len() + MAGIC.len()) as u64 <= self.most_bytes);
        let bytes = bytes.ok_or_else(|| Error::SpoolSmall {
            folder: self.folder.clone(),
            bytes: record.stored_bytes() + MAGIC.len() as u64,
            limit: self.most_bytes,
        })?;
        let longest = LONGEST_SEGMENT.min(self.most_bytes / SEGMENTS);
        let is_full = |segment: &Segment| {
            segment.bytes > MAGIC.len() as u64 && segment.bytes + bytes.len() as u64 > longest
        };
        if self.segments.back().is_some_and(is_full) {
            self.sync()?;
            self.writer = None;
        }
        self.make_room(bytes.len() as u64)?;
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.begin_segment()?,
        };
        let path = self.path(self.segments.back().map_or(0, |segment| segment.number));
        let written = writer.write_all(&bytes);
        let Some(segment) = self.segments.back_mut() else {
            return Err(Error::Defect("a spool has no segment to write".to_owned()));
        };
        if let Err(error) = written {
            // Without the part that was written; should that fail as well, the next segment begins and the torn record is cut later.
            let restored = writer
                .set_len(segment.bytes)
                .and_then(|()| writer.seek(SeekFrom::Start(segment.bytes)));
            self.writer = restored.is_ok().then_some(writer);
            return Err(Error::on("write", &path)(error));
        }
        segment.bytes += bytes.len() as u64;
        segment.pending.requests += 1;
        segment.pending.samples += u64::from(record.samples);
        self.writer = Some(writer);
        Ok(())
    }

    fn begin_segment(&mut self) -> Result<File> {
        let number = self.next_number;
        let path = self.path(number);
        let created = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path);
        let mut file = created.map_err(Error::on("create", &path))?;
        file.write_all(&MAGIC).map_err(Error::on("write", &path))?;
        self.next_number += 1;
        let bytes = MAGIC.len() as u64;
        self.segments.push_back(Segment {
            number,
            bytes,
            next: bytes,
            pending: Pending::default(),
        });
        Ok(file)
    }

    fn make_room(&mut self, bytes: u64) -> Result<()> {
        let bytes = bytes + MAGIC.len() as u64;
        while self.bytes() + bytes > self.most_bytes {
            let Some(oldest) = self.segments.pop_front() else {
                break;
            };
            if self.segments.is_empty() {
                self.writer = None;
            }
            self.dropped_samples += oldest.pending.samples;
            self.remove(oldest.number)?;
        }
        Ok(())
    }

    /// Brings what was added onto the disk.
    ///
    /// # Errors
    ///
    /// The disk refuses.
    pub fn sync(&mut self) -> Result<()> {
        if let Some(writer) = &self.writer {
            let synced = writer.sync_data().and_then(|()| {
                let folder = File::open(&self.folder)?;
                folder.sync_all()
            });
            return synced.map_err(Error::on("sync", &self.folder));
        }
        Ok(())
    }

    /// The oldest request that waits. It stays until [`Self::done`].
    ///
    /// # Errors
    ///
    /// It cannot be read, or is no longer what was written.
    pub fn front(&self) -> Result<Option<Record>> {
        let waits = |segment: &&Segment| segment.pending.requests > 0;
        let Some(segment) = self.segments.iter().find(waits) else {
            return Ok(None);
        };
        let path = self.path(segment.number);
        let mut file = File::open(&path).map_err(Error::on("open", &path))?;
        file.seek(SeekFrom::Start(segment.next))
            .map_err(Error::on("read", &path))?;
        let read = Record::read(&mut BufReader::new(file)).map_err(Error::on("read", &path))?;
        read.map(Some).ok_or_else(|| Error::SpoolDamaged {
            path,
            offset: segment.next,
        })
    }

    /// Moves on behind the oldest request, which is `record`: it was taken, or is given up.
    ///
    /// # Errors
    ///
    /// The position cannot be written: the request would come again.
    pub fn done(&mut self, record: &Record) -> Result<()> {
        let waits = |segment: &&mut Segment| segment.pending.requests > 0;
        let Some(segment) = self.segments.iter_mut().find(waits) else {
            return Ok(());
        };
        let (number, next) = (segment.number, segment.next + record.stored_bytes());
        segment.next = next;
        segment.pending.requests -= 1;
        segment.pending.samples = segment
            .pending
            .samples
            .saturating_sub(u64::from(record.samples));
        let is_segment_done = segment.pending.requests == 0;
        let written = write_position(&self.folder, number, next);
        self.drop_done()?;
        // On a full disk, a segment that is removed makes room for the position, which is written then.
        if is_segment_done { Ok(()) } else { written }
    }

    /// Removes the segments at the front that hold nothing more to send. New segments have numbers behind the position's, so a
    /// crash between the two steps is harmless.
    fn drop_done(&mut self) -> Result<()> {
        while let Some(segment) = self.segments.front()
            && segment.pending.requests == 0
        {
            let number = segment.number;
            self.remove(number)?;
            self.segments.pop_front();
            if self.segments.is_empty() {
                self.writer = None;
            }
            write_position(&self.folder, number, u64::MAX)?;
        }
        Ok(())
    }

    fn remove(&self, number: u64) -> Result<()> {
        let path = self.path(number);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::on("remove", &path)(error))
            }
            _ => Ok(()),
        }
    }

    /// What waits.
    pub fn pending(&self) -> Pending {
        let mut all = Pending::default();
        for segment in &self.segments {
            all.requests += segment.pending.requests;
            all.samples += segment.pending.samples;
        }
        all
    }

    /// The size of the segments.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    /// Bytes that a crash had left as torn records, found when the spool was opened.
    pub fn cut_bytes(&self) -> u64 {
        self.cut_bytes
    }

    /// Samples that were dropped, unsent, because the spool was full.
    pub fn dropped_samples(&self) -> u64 {
        self.dropped_samples
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:020}{SUFFIX}"))
    }
}

/// The numbers of the segments in a folder, in order. Other files are none of ours.
fn numbers(folder: &Path) -> Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::on("read the folder", folder))? {
        let entry = entry.map_err(Error::on("read the folder", folder))?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(SUFFIX));
        let number = number.filter(|number| number.len() == 20);
        numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The segment and the offset of the next request.
fn read_position(folder: &Path) -> Result<(u64, u64)> {
    let path = folder.join("position");
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((0, 0)),
        text => text.map_err(Error::on("read", &path))?,
    };
    let parsed = text
        .trim()
        .split_once(' ')
        .and_then(|(number, offset)| Some((number.parse().ok()?, offset.parse().ok()?)));
    // Without it everything is sent again: harmless, where guessing is not. The numbers still go on from those of the segments.
    Ok(parsed.unwrap_or_else(|| {
        tracing::warn!(path = %path.display(), "the position of the spool cannot be read: what it holds is sent from its beginning");
        (0, 0)
    }))
}

fn write_position(folder: &Path, number: u64, offset: u64) -> Result<()> {
    let text = format!("{number} {offset}\n");
    atomic_file::write(
        &folder.join("position"),
        text.as_bytes(),
        Durability::Renamed,
    )
    .map(drop)
}

#[cfg(test)]
mod tests;
