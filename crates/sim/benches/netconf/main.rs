//! What sessions and replies cost our client, beside ncclient and OpenSSH, from one run with the simulator as the server.
//!
//! The simulator is a process of its own (this program again, as `serve`), so that only the client's processor time is counted: of a
//! client in this process from /proc/self/stat, of a child from what its parent is told when it ends. The kernel counts in ticks of
//! 10 ms, so every figure is over many sessions or replies.
//!
//! A session is: connect, check the host key, log in with an Ed25519 key, hello, one small RPC, close.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

mod clients;
mod process;
mod server;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use clients::Sessions;
use server::Server;

/// Processor time of a 5 MB reply above that of its decryption.
const MOST_ABOVE_DECRYPTION: Duration = Duration::from_millis(15);
/// Resident memory of an idle session, in KiB.
const MOST_IDLE_KIB: f64 = 80.0;

/// How many sessions run at a time, and the least ratio of our sessions per processor second to ncclient's (one thread a session).
const LEAST_ADVANTAGE: [(usize, f64); 2] = [(1, 14.0), (20, 18.0)];
/// Ours and ncclient's sessions take turns, and of each the cheapest round counts: whatever else the machine does only adds.
const ROUNDS: usize = 6;

/// Of each kind of client. Enough of them for the tick and for the processor's changes of speed, few enough for a coffee.
const OUR_SESSIONS: usize = 2000;
const NCCLIENT_SESSIONS: usize = 40;
const SSH_SESSIONS: usize = 60;
const LARGE_REPLIES: usize = 40;
const IDLE_SESSIONS: usize = 200;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    if std::env::args().nth(1).as_deref() == Some(server::ROLE) {
        return runtime.block_on(server::serve());
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [role, rest @ ..] = arguments.as_slice()
        && role == clients::IDLE
    {
        let server = Arc::new(Server::elsewhere(rest)?);
        let measured = runtime.block_on(clients::idle_session_kib_here(&server, IDLE_SESSIONS))?;
        println!("{measured}");
        return Ok(());
    }
    let server = Arc::new(Server::start()?);
    runtime.block_on(compare(&server))
}

async fn compare(server: &Arc<Server>) -> Result<()> {
    let idle_kib = clients::idle_session_kib(server, ROUNDS)?;

    println!("sessions: connect, host key, login by key, hello, one small RPC, close\n");
    println!(
        "{:<36}{:>12}{:>16}{:>18}",
        "client", "sessions/s", "CPU ms/session", "sessions/CPU s"
    );
    let mut ours = [const { None }; LEAST_ADVANTAGE.len()];
    let mut theirs = [const { None }; LEAST_ADVANTAGE.len()];
    for _ in 0..ROUNDS {
        for (at, (at_once, _)) in LEAST_ADVANTAGE.into_iter().enumerate() {
            let measured = clients::ours(server, OUR_SESSIONS, at_once).await?;
            keep_least(&mut ours[at], Some(measured));
            let measured = clients::ncclient(server, NCCLIENT_SESSIONS, at_once)?;
            keep_least(&mut theirs[at], measured);
        }
    }
    let mut advantages = Vec::new();
    for (((at_once, least), ours), theirs) in LEAST_ADVANTAGE.into_iter().zip(ours).zip(theirs) {
        let Some(ours) = ours else { continue };
        show(&format!("lanewatch's netconf, {at_once} at a time"), &ours);
        let name = format!("ncclient, {at_once} at a time");
        match theirs {
            Some(theirs) => {
                show(&name, &theirs);
                let advantage = ours.per_cpu_second() / theirs.per_cpu_second();
                advantages.push((name, advantage, least));
            }
            None => println!("{name:<36}not measured: {} is not set", clients::PYTHON),
        }
    }
    match clients::openssh(server, SSH_SESSIONS)? {
        Some(theirs) => show("OpenSSH, `ssh -s HOST netconf`", &theirs),
        None => println!("{:<36}not measured: there is no ssh", "OpenSSH"),
    }

    println!("\na reply of 5 MB, on a session that is open\n");
    println!("{:<36}{:>14}", "client", "CPU ms/reply");
    let whole = clients::large_replies(server, LARGE_REPLIES).await?;
    let bare = clients::large_replies_decrypted(server, LARGE_REPLIES).await?;
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    println!("{:<36}{:>14.2}", "lanewatch's netconf", milliseconds(whole));
    println!(
        "{:<36}{:>14.2}",
        "the SSH library alone, data dropped",
        milliseconds(bare)
    );
    if let Some(ssh) = clients::openssh_large_reply(server)? {
        println!(
            "{:<36}{:>14.2}",
            "OpenSSH, login included",
            milliseconds(ssh)
        );
    }
    let above = whole.saturating_sub(bare);

    println!("\n{:<52}{:>10}{:>10}", "bar", "measured", "");
    for (name, advantage, least) in advantages {
        let what = format!("sessions per CPU second over {name}: {least:.0} or more");
        bar(&what, &format!("{advantage:.1}"), advantage >= least);
    }
    let what = format!(
        "CPU of a 5 MB reply above decryption: {} ms or less",
        MOST_ABOVE_DECRYPTION.as_millis()
    );
    bar(
        &what,
        &format!("{:.2} ms", milliseconds(above)),
        above <= MOST_ABOVE_DECRYPTION,
    );
    let what = format!("memory of an idle session: {MOST_IDLE_KIB:.0} KiB or less");
    bar(
        &what,
        &format!("{idle_kib:.1} KiB"),
        idle_kib <= MOST_IDLE_KIB,
    );
    Ok(())
}

fn keep_least(least: &mut Option<Sessions>, measured: Option<Sessions>) {
    let Some(measured) = measured else { return };
    if least
        .as_ref()
        .is_none_or(|least| measured.cpu_ms() < least.cpu_ms())
    {
        *least = Some(measured);
    }
}

fn show(client: &str, sessions: &Sessions) {
    println!(
        "{client:<36}{:>12.1}{:>16.2}{:>18.1}",
        sessions.per_second(),
        sessions.cpu_ms(),
        sessions.per_cpu_second()
    );
}

fn bar(what: &str, measured: &str, is_met: bool) {
    let verdict = if is_met { "met" } else { "MISSED" };
    println!("{what:<62}{measured:>12}  {verdict}");
}
