//! What it costs to find the end of a 5 MB reply: both framings, read in pieces from the size of a packet to the whole.
//!
//! A decoder that looks at its whole buffer again at each read shows here as a column that grows without end.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use netconf::Framing;
use netconf::framing::{Decoder, encode};

/// Of the reply, in bytes.
const REPLY_BYTES: usize = 5_000_000;

/// What one read brings, in bytes: SSH packets of small and usual size, a socket's buffer, everything.
const READ_BYTES: [usize; 5] = [512, 4_096, 32_768, 262_144, REPLY_BYTES * 2];

/// Rounds of which the fastest counts: whatever else the machine does only adds.
const ROUNDS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    println!("milliseconds for a reply of {REPLY_BYTES} bytes, by bytes a read\n");
    print!("{:<16}", "framing");
    for read_bytes in READ_BYTES {
        let head = match read_bytes {
            all if all > REPLY_BYTES => "all".to_owned(),
            some => some.to_string(),
        };
        print!("{head:>10}");
    }
    println!();
    let line = b"<reading unit=\"dBm\">-1.23</reading>\n";
    let reply: Vec<u8> = line.iter().copied().cycle().take(REPLY_BYTES).collect();
    for (name, framing) in [
        ("end-of-message", Framing::EndOfMessage),
        ("chunked", Framing::Chunked),
    ] {
        let sent: Vec<u8> = encode(&reply, framing)
            .flat_map(|piece| piece.into_owned())
            .collect();
        print!("{name:<16}");
        for read_bytes in READ_BYTES {
            let mut fastest = Duration::MAX;
            for _ in 0..ROUNDS {
                let began = Instant::now();
                let message = decode(&sent, framing, read_bytes)?;
                fastest = fastest.min(began.elapsed());
                if message.len() != REPLY_BYTES {
                    return Err("the reply came back with another length".into());
                }
            }
            print!("{:>10.2}", fastest.as_secs_f64() * 1e3);
        }
        println!();
    }
    Ok(())
}

fn decode(sent: &[u8], framing: Framing, read_bytes: usize) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut decoder = Decoder::new(2 * REPLY_BYTES);
    decoder.set_framing(framing);
    for piece in sent.chunks(read_bytes) {
        decoder.push(black_box(piece));
        if let Some(message) = decoder.next_message()? {
            return Ok(message);
        }
    }
    Err("the reply has no end".into())
}
