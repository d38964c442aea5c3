//! Each step of docs/moving-over.md, its commands as they stand there, gives the rows of the original.

use std::fs;
use std::path::Path;

use super::{TABLES, assert_holds_its_rows, rows_of};
use crate::harness::original_run::{self, RUN};
use crate::harness::{Cell, Fleet, Ran, program, run};

/// The commands below a heading of docs/moving-over.md.
fn commands_of(step: usize) -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/moving-over.md");
    let page = fs::read_to_string(page).unwrap();
    let heading = format!("\n## Step {step}: ");
    let (_, section) = page.split_once(&heading).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1);
    let blocks: Vec<_> = blocks
        .map(|block| block.split("```").next().unwrap())
        .collect();
    assert!(!blocks.is_empty(), "step {step} has no command");
    blocks.concat()
}

/// Runs the commands of a step in a folder.
fn run_step(folder: &Path, step: usize) -> Ran {
    let mut command = program(folder, &[]);
    let bin = Path::new(command.get_program())
        .parent()
        .unwrap()
        .to_owned();
    let path = std::env::var("PATH").unwrap();
    let mut shell = std::process::Command::new("sh");
    shell
        .args(["-e", "-c", &commands_of(step)])
        .current_dir(folder);
    shell
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("HOME", folder);
    // The variables that the program is kept from.
    for (name, value) in command.env("LC_ALL", "C.UTF-8").get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    run(&mut shell).expect(0)
}

#[test]
fn each_step_of_moving_over_gives_the_rows_of_the_original() {
    let devices = original_run::devices();
    for step in 1..=4 {
        let folder = tempfile::tempdir().unwrap();
        // Before step 2 the playbook has merged; from then on we do.
        original_run::write(&folder.path().join("output"), &devices, step == 1);
        run_step(folder.path(), step);
        let rows = rows_of(&folder.path().join("raw_ml_data"));
        let whole = if step < 3 { &TABLES[..] } else { &TABLES[..2] };
        assert_holds_its_rows(&rows, &devices, whole);
    }
}

#[test]
fn the_last_step_of_moving_over_gives_the_rows_of_the_original() {
    let devices = original_run::devices();
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved");
    original_run::write_saved(&saved, &devices);
    let fleet = Fleet::serving(&folder.path().join("served"), &saved);
    fs::copy(&fleet.inventory, folder.path().join("inventory.yaml")).unwrap();
    run_step(folder.path(), 5);
    let mut rows = rows_of(&folder.path().join("raw_ml_data"));
    for row in rows.values_mut().flatten() {
        let Some(Cell::Integer(began)) = row.insert("run_timestamp".to_owned(), Cell::Integer(RUN))
        else {
            panic!("{row:?}")
        };
        assert!(began > RUN);
    }
    assert_holds_its_rows(&rows, &devices, &TABLES[..2]);
}
