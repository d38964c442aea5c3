//! What the kernel counts for this process: processor time, its own and that of its ended children, and memory.

use std::time::Duration;

use super::Result;

/// Linux counts processor time in hundredths of a second on every architecture (`USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

/// Processor time so far, of all threads, in user and kernel mode.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cpu {
    pub(crate) own: Duration,
    /// Of children that have ended and been waited for.
    pub(crate) children: Duration,
}

impl Cpu {
    pub(crate) fn now() -> Result<Self> {
        let stat = std::fs::read_to_string("/proc/self/stat")?;
        // The second field is the program's name in brackets and may hold spaces; after it comes the third.
        let (_, fields) = stat.rsplit_once(')').ok_or("/proc/self/stat has no name")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = |field: usize| -> Result<Duration> {
            let text = fields.get(field - 3).ok_or("/proc/self/stat is short")?;
            Ok(TICK * text.parse::<u32>()?)
        };
        Ok(Self {
            own: ticks(14)? + ticks(15)?,
            children: ticks(16)? + ticks(17)?,
        })
    }
}

/// Memory that is in use and not swapped out, in KiB.
pub(crate) fn resident_kib() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("no VmRSS in /proc/self/status")?.parse()?)
}
