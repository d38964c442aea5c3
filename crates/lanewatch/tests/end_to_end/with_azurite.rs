//! The remote lake in Azurite, Microsoft's own emulator of Azure's blob storage, which checks signatures.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{
    Python, RUN, Ran, big_parquet, closed_port, judge, program, read_back, run, stop,
    write_documents, write_run,
};

const TO: &str = "az://lake/data/lake";
const SYNC: [&str; 6] = ["lake", "sync", "--lake", "lake", "--to", TO];
const READY_WITHIN: Duration = Duration::from_secs(30);

/// The server with an empty container.
struct Azurite {
    child: Child,
    endpoint: String,
}

impl Azurite {
    fn start(folder: &Path) -> Self {
        let server = Path::new(env!("CARGO_BIN_EXE_lanewatch"))
            .ancestors()
            .nth(2)
            .unwrap()
            .join("tools/azurite/node_modules/.bin/azurite-blob");
        let port = closed_port();
        let mut command = Command::new(&server);
        command
            .args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string()])
            .args(["--silent", "--disableTelemetry", "--location"])
            .arg(folder.join("azure"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command.spawn().unwrap_or_else(|error| {
            panic!(
                "{}: {error}: `cargo xtask test` brings it",
                server.display()
            )
        });
        let azurite = Self {
            child,
            endpoint: format!("http://127.0.0.1:{port}"),
        };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < READY_WITHIN, "azurite never answered");
            thread::sleep(Duration::from_millis(20));
        }
        judge(
            Python::Readers,
            "azure_lake.py",
            &["create", &azurite.endpoint],
        );
        azurite
    }

    /// The program with the emulator's variables and one more.
    fn with(&self, folder: &Path, variable: (&str, &str), arguments: &[&str]) -> Ran {
        let mut command = program(folder, arguments);
        let of_azure = std::env::vars().map(|(name, _)| name);
        for name in of_azure.filter(|name| name.starts_with("AZURE_")) {
            command.env_remove(name);
        }
        command
            .env("AZURE_STORAGE_USE_EMULATOR", "true")
            .env("AZURITE_BLOB_STORAGE_URL", &self.endpoint)
            .env(variable.0, variable.1);
        run(&mut command)
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

#[test]
#[ignore = "needs azurite: run by `cargo xtask test`"]
fn a_lake_goes_to_azure_whole_and_a_refusal_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Azurite::start(folder);
    let documents = write_documents(&folder.join("documents"), 3, 4, 1);
    for hours in [0, 1, 24] {
        write_run(folder, &documents, "runner01", RUN + hours * 3600);
    }
    let big = folder.join("lake/dt=2026-02-03/hr=15/intf-counters/big.parquet");
    fs::write(big, big_parquet(folder, 12_500_000)).unwrap();
    let plainly = |arguments: &[&str]| server.with(folder, ("TZ", "UTC"), arguments);

    let wrong = (
        "AZURE_STORAGE_ACCOUNT_KEY",
        "d3Jvbmd3cm9uZ3dyb25nd3Jvbmd3cm9uZw==",
    );
    server
        .with(folder, wrong, &SYNC)
        .expect(5)
        .says(&["key or token is not accepted"])
        .says(&["are safe in"]);
    let nowhere = ["lake", "sync", "--lake", "lake", "--to", "az://nowhere/x"];
    plainly(&nowhere)
        .expect(5)
        .says(&["there is no such container"])
        .says(&["are safe in"]);

    plainly(&SYNC)
        .expect(0)
        .says(&["10 files", "has everything"]);
    plainly(&SYNC)
        .expect(0)
        .says(&["0 files", "has everything"]);
    let arguments = [
        "compare".to_owned(),
        server.endpoint.clone(),
        folder.join("lake").display().to_string(),
    ];
    judge(Python::Readers, "azure_lake.py", &arguments);
    plainly(&read_back(TO))
        .expect(0)
        .says(&["10 files", "all whole"]);

    fs::remove_dir_all(folder.join("lake/.lanewatch/sync")).unwrap();
    plainly(&SYNC)
        .expect(0)
        .says(&["0 files", "10 were there already"]);
    // A rerun of ours takes the place of what it was.
    let documents = write_documents(&folder.join("more"), 5, 4, 2);
    write_run(folder, &documents, "runner01", RUN);
    plainly(&SYNC).expect(0).says(&["3 of them replaced"]);
    judge(Python::Readers, "azure_lake.py", &arguments);
}
