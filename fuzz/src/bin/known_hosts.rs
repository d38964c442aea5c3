//! Any bytes as a `known_hosts` file, asked for hosts with and without a port.
#![no_main]

use netconf::ssh::known_hosts_lines;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let lines = String::from_utf8_lossy(bytes).lines().count();
    for (host, port) in [
        ("leaf-01", 22),
        ("192.0.2.1", 830),
        ("2001:db8::1", 830),
        ("", 0),
    ] {
        let found = known_hosts_lines(bytes, host, port);
        assert!(
            found.iter().all(|(line, _)| (1..=lines).contains(line)),
            "{found:?} of {lines}"
        );
    }
});
