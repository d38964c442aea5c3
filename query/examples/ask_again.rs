//! `ask_again LAKE TIMES SQL…`: asks each statement so often in one process and prints the seconds of its fastest answer.
//!
//! For `cargo xtask bench lake`, which sets the engine beside another that is asked in the same way: what a process costs to
//! start, and what the first answer has to open, are not counted.
#![expect(clippy::print_stdout, reason = "prints what it measured")]

use std::error::Error;
use std::time::{Duration, Instant};

use lanewatch_query::{Days, Engine, runtime};

/// As much as the program takes when nobody says how much.
const MEMORY: usize = 1_000_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [lake, times, statements @ ..] = arguments.as_slice() else {
        return Err("expected `ask_again LAKE TIMES SQL…`".into());
    };
    let times: usize = times.parse()?;
    let engine = Engine::open(lake, Days::default(), MEMORY)?;
    runtime()?.block_on(async {
        for statement in statements {
            let mut fastest = Duration::MAX;
            for _ in 0..times {
                let began = Instant::now();
                engine.answer(statement).await?;
                fastest = fastest.min(began.elapsed());
            }
            println!("{}", fastest.as_secs_f64());
        }
        Ok(())
    })
}
