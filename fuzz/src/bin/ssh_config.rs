//! Any text as an OpenSSH configuration file, and as the arguments of `ssh`.
#![no_main]
#![expect(
    dead_code,
    unused_imports,
    reason = "the module is the collector's, which uses all of it"
)]

use std::fs;

use ssh_config::{Arguments, Config, HostOptions};

#[path = "../../../crates/collector/src/plan/ssh_config/mod.rs"]
mod ssh_config;

libfuzzer_sys::fuzz_target!(|text: &str| {
    drop(Arguments::parse(text));
    // Files that the input names are not read.
    let is_include = |line: &str| line.to_ascii_lowercase().contains("include");
    if text.lines().any(is_include) {
        return;
    }
    let file = std::env::temp_dir().join(format!("ssh_config.{}", std::process::id()));
    fs::write(&file, text).expect("the temporary folder can be written to");
    match Config::read(&file) {
        Ok(config) => {
            for name in ["leaf-01", "leaf-01.lab.example", ""] {
                if let Err(error) = config.apply(name, "telemetry", &mut HostOptions::default()) {
                    assert!(error.line.is_some_and(|line| line <= text.lines().count()));
                }
            }
        }
        Err(error) => assert!(error.line.is_some_and(|line| line <= text.lines().count())),
    }
});
