//! `lanewatch sim` as a child process.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::binary::{program, stop};

/// How long a fleet may take until it answers.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// A simulated fleet, stopped when dropped.
#[derive(Debug)]
pub(crate) struct Fleet {
    child: Child,
    /// The inventory that reaches it.
    pub(crate) inventory: PathBuf,
}

impl Fleet {
    /// Devices of all platforms in turn, with the password `sim-secret`. Their keys and the ledger of what they send are in `folder`.
    pub(crate) fn simulated(folder: &Path, devices: usize) -> Self {
        let devices = devices.to_string();
        Self::start(
            folder,
            &[
                "--devices",
                &devices,
                "--seed",
                "7",
                "--password",
                "sim-secret",
            ],
        )
    }

    /// The same with a key in place of the password, and with faults, each as `sim --fault` takes it.
    pub(crate) fn with_faults(folder: &Path, devices: usize, faults: &[&str]) -> Self {
        let devices = devices.to_string();
        let mut arguments = vec!["--devices", &devices, "--seed", "7"];
        for fault in faults {
            arguments.extend(["--fault", fault]);
        }
        Self::start(folder, &arguments)
    }

    /// The same without faults, but with clocks that are so many seconds ahead of ours.
    pub(crate) fn with_clock_skew(folder: &Path, devices: usize, seconds: i64) -> Self {
        let (devices, seconds) = (devices.to_string(), seconds.to_string());
        let arguments = [
            "--devices",
            &devices,
            "--seed",
            "7",
            "--clock-skew",
            &seconds,
        ];
        Self::start(folder, &arguments)
    }

    /// The devices of a run, answering what they answered then.
    pub(crate) fn serving(folder: &Path, run_folder: &Path) -> Self {
        Self::start(folder, &["--serve", run_folder.to_str().unwrap()])
    }

    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let inventory = folder.join("inventory.yaml");
        std::fs::create_dir_all(folder).unwrap();
        let mut command = program(folder, &["sim"]);
        command
            .args(arguments)
            .arg("--folder")
            .arg(folder)
            .arg("--inventory")
            .arg(&inventory);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut fleet = Self {
            child: child.spawn().unwrap(),
            inventory,
        };
        fleet.wait_until_ready();
        fleet
    }

    /// Waits for the line that says so; a child that ends before saying it fails the test.
    fn wait_until_ready(&mut self) {
        let stdout = BufReader::new(self.child.stdout.take().unwrap());
        let (ready, is_ready) = mpsc::sync_channel(1);
        thread::spawn(move || {
            // Read to the end, so that the child never waits for us.
            for line in stdout.lines().map_while(Result::ok) {
                if line.contains("ready:") {
                    ready.try_send(()).ok();
                }
            }
        });
        is_ready
            .recv_timeout(READY_WITHIN)
            .expect("`lanewatch sim` never said that it was ready");
        assert!(
            self.inventory.is_file(),
            "`lanewatch sim` is ready but wrote no inventory"
        );
    }

    /// The inventory's path as an argument.
    pub(crate) fn inventory(&self) -> &str {
        self.inventory.to_str().unwrap()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}
