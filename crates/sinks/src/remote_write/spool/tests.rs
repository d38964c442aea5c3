//! The spool across processes, crashes and full disks.

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

fn record(number: u32) -> Record {
    Record {
        body: vec![number as u8; 40 + number as usize % 7],
        samples: number,
        timestamp_ms: i64::from(number) * 1000,
    }
}

/// What comes out, each once.
fn drain(spool: &mut Spool) -> Vec<u32> {
    let mut numbers = Vec::new();
    while let Some(found) = spool.front().unwrap() {
        assert_eq!(found, record(found.samples), "not byte for byte");
        numbers.push(found.samples);
        spool.done(&found).unwrap();
    }
    numbers
}

fn open(folder: &TempDir) -> Spool {
    Spool::open(folder.path(), 1 << 20).unwrap()
}

fn only_segment(folder: &Path) -> PathBuf {
    let numbers = numbers(folder).unwrap();
    assert_eq!(numbers.len(), 1);
    folder.join(format!("{:020}{SUFFIX}", numbers[0]))
}

#[test]
fn requests_come_out_in_order_and_byte_for_byte_also_in_a_later_process() {
    let folder = TempDir::new().unwrap();
    let mut spool = open(&folder);
    for number in 1..=5 {
        spool.append(&record(number)).unwrap();
    }
    spool.sync().unwrap();
    let first = spool.front().unwrap().unwrap();
    assert_eq!(
        spool.front().unwrap().unwrap(),
        first,
        "it stays until it is done"
    );
    spool.done(&first).unwrap();
    assert_eq!(
        spool.pending(),
        Pending {
            requests: 4,
            samples: 14
        }
    );
    drop(spool);
    let mut later = open(&folder);
    assert_eq!(
        later.pending(),
        Pending {
            requests: 4,
            samples: 14
        }
    );
    assert_eq!(later.cut_bytes(), 0);
    later.append(&record(6)).unwrap();
    assert_eq!(drain(&mut later), [2, 3, 4, 5, 6]);
    assert_eq!(later.bytes(), 0, "what is sent takes no space");
    later.append(&record(7)).unwrap();
    drop(later);
    assert_eq!(drain(&mut open(&folder)), [7]);
}

#[test]
fn one_process_at_a_time_has_the_spool() {
    let folder = TempDir::new().unwrap();
    let spool = open(&folder);
    let second = Spool::open(folder.path(), 1 << 20);
    assert!(matches!(second, Err(Error::SpoolBusy(_))), "{second:?}");
    drop(spool);
    open(&folder);
}

#[test]
fn a_full_spool_drops_its_oldest_and_counts_them() {
    let folder = TempDir::new().unwrap();
    let mut spool = Spool::open(folder.path(), 1000).unwrap();
    for number in 1..=100 {
        spool.append(&record(number)).unwrap();
        assert!(spool.bytes() <= 1000);
    }
    let (dropped, pending) = (spool.dropped_samples(), spool.pending());
    assert_eq!(dropped + pending.samples, 5050);
    let left = drain(&mut spool);
    assert_eq!(left.last(), Some(&100));
    assert_eq!(left.len() as u64, pending.requests);
    assert!(
        left.len() >= 5 && left.windows(2).all(|two| two[0] + 1 == two[1]),
        "{left:?}"
    );
    let large = Record {
        body: vec![0; 1000],
        ..record(1)
    };
    assert!(matches!(
        spool.append(&large),
        Err(Error::SpoolSmall { .. })
    ));
}

#[test]
fn a_folder_that_cannot_be_written_refuses_and_what_is_there_stays() {
    let folder = TempDir::new().unwrap();
    let mut spool = open(&folder);
    spool.append(&record(1)).unwrap();
    // As a disk that fails: the file of the segment no longer takes anything.
    spool.writer = Some(File::open(only_segment(folder.path())).unwrap());
    assert!(matches!(
        spool.append(&record(2)),
        Err(Error::FileSystem { .. })
    ));
    assert_eq!(spool.pending().samples, 1);
    assert_eq!(drain(&mut spool), [1]);
}

#[test]
fn a_position_that_cannot_be_read_sends_everything_again() {
    let folder = TempDir::new().unwrap();
    let mut spool = open(&folder);
    for number in 1..=3 {
        spool.append(&record(number)).unwrap();
    }
    let first = spool.front().unwrap().unwrap();
    spool.done(&first).unwrap();
    drop(spool);
    fs::write(folder.path().join("position"), "x").unwrap();
    assert_eq!(drain(&mut open(&folder)), [1, 2, 3]);
}

#[test]
fn what_others_may_not_read_is_not_readable_for_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("spool");
    let mut spool = Spool::open(&folder, 1 << 20).unwrap();
    spool.append(&record(1)).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        (mode(&folder), mode(&only_segment(&folder))),
        (0o700, 0o600)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// A crash leaves a segment that is cut anywhere, and a position that is behind by any number of requests.
    #[test]
    fn after_a_crash_at_any_byte_the_whole_records_come_and_new_ones_behind_them(
        count in 1..12_u32,
        done in 0..12_u32,
        cut in any::<prop::sample::Index>(),
    ) {
        let folder = TempDir::new().unwrap();
        let mut spool = open(&folder);
        for number in 1..=count {
            spool.append(&record(number)).unwrap();
        }
        let done = done.min(count - 1);
        for _ in 0..done {
            let front = spool.front().unwrap().unwrap();
            spool.done(&front).unwrap();
        }
        drop(spool);
        let path = only_segment(folder.path());
        let bytes = fs::read(&path).unwrap();
        let cut = cut.index(bytes.len() + 1);
        fs::write(&path, &bytes[..cut]).unwrap();
        let mut end = MAGIC.len() as u64;
        let whole = (1..=count).take_while(|number| {
            end += record(*number).stored_bytes();
            end <= cut as u64
        });
        let mut expected: Vec<u32> = whole.filter(|number| *number > done).collect();
        let mut spool = open(&folder);
        spool.append(&record(200)).unwrap();
        expected.push(200);
        prop_assert_eq!(drain(&mut spool), expected);
        drop(spool);
        prop_assert_eq!(open(&folder).pending(), Pending::default());
    }
}
