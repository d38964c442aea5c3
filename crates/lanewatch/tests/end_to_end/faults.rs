//! Every fault of the simulator against `collect`: the sick device is named with the step, the time and the reason, within its
//! deadline, and the others of the run deliver as if it were not there.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Fleet, RunFolder, assert_nothing_half_written, lanewatch};

/// The sick one of a fleet of three.
const SICK: &str = "qfx5240-01";
const WELL: [&str; 2] = ["qfx5120-01", "qfx5220-01"];

/// The deadline of the step that a fault is to run into. The others keep theirs, which are ten times that and more: a busy machine must
/// not make a healthy step late.
const DEADLINE: Duration = Duration::from_secs(4);

/// What a device may take beyond its deadline on a busy machine.
const GRACE: Duration = Duration::from_secs(4);

/// The last of the five RPCs, which a session that is spared four replies meets alone.
const LAST_RPC: &str = "pic_detail_0_0";
const BUT_THE_LAST: &str = "spares-replies:4";

/// What a run made of a fleet of three, one of them sick.
struct Seen {
    folder: tempfile::TempDir,
    run: RunFolder,
    /// The sick device's line of what was said to a person.
    told: String,
}

/// Collects from a fleet whose one device has these faults, with these flags and without a second attempt unless the flags ask for it.
fn collect(faults: &[&str], flags: &[&str], status: i32) -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let faults: Vec<String> = faults
        .iter()
        .map(|fault| format!("{SICK}={fault}"))
        .collect();
    let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
    let fleet = Fleet::with_faults(&folder.path().join("sim"), 3, &faults);
    let arguments = ["collect", "-i", fleet.inventory(), "--attempts", "1"];
    // A flag that is given twice is an error, so what a test asks for replaces what stands here.
    let kept = match flags.contains(&"--attempts") {
        true => &arguments[..3],
        false => &arguments[..],
    };
    let ran = lanewatch(folder.path(), &[kept, flags].concat()).expect(status);
    assert_nothing_half_written(folder.path());
    let told = ran.stdout.lines().find(|line| line.contains(SICK));
    Seen {
        told: told.unwrap_or_default().to_owned(),
        run: RunFolder::latest(&folder.path().join("output")),
        folder,
    }
}

impl Seen {
    fn sick(&self) -> &Value {
        self.run.device(SICK)
    }

    fn error(&self) -> &str {
        self.sick()["error"].as_str().unwrap()
    }

    fn attempts(&self) -> &[Value] {
        self.sick()["attempts"]
            .as_array()
            .map_or(&[], Vec::as_slice)
    }

    fn took(&self, device: &str) -> Duration {
        Duration::from_secs_f64(self.run.device(device)["seconds"].as_f64().unwrap())
    }

    /// The healthy devices delivered everything, and none of them waited for the sick one.
    #[track_caller]
    fn assert_others_well(&self) -> &Self {
        let mut delivered = self.run.with_outcome("delivered");
        delivered.retain(|name| *name != SICK);
        assert_eq!(delivered, WELL);
        for device in WELL {
            let rows = &self.run.device(device)["rows"];
            for dataset in ["intf-dom", "lane-dom", "intf-counters"] {
                assert!(rows[dataset].as_u64().unwrap() > 0, "{device}: {rows}");
            }
        }
        self
    }

    /// The sick device failed in this phase, with these words; the words, its address and a time are where a person sees them too.
    #[track_caller]
    fn assert_failed(&self, phase: &str, words: &[&str]) -> &Self {
        self.assert_others_well();
        let sick = self.sick();
        assert_eq!(sick["outcome"], "failed", "{sick}");
        let address = sick["address"].as_str().unwrap();
        for attempt in self.attempts() {
            assert_eq!(attempt["phase"], phase, "{attempt}");
            let error = attempt["error"].as_str().unwrap();
            // Who, in which step, after how long, and what happened.
            let head = format!("{address}: {phase}, after ");
            assert!(error.contains(&head), "no `{head}` in: {error}");
            let (_, after) = error.split_once(&head).unwrap();
            let seconds = after
                .split_once(" s")
                .and_then(|(number, _)| number.parse::<f64>().ok());
            assert!(seconds.is_some(), "no elapsed time in: {error}");
            for words in words {
                assert!(error.contains(words), "no `{words}` in: {error}");
            }
        }
        assert!(!self.attempts().is_empty(), "no reason in the report");
        for words in words {
            assert!(
                self.error().contains(words),
                "no `{words}` in: {}",
                self.error()
            );
        }
        assert!(self.told.contains(address), "{}", self.told);
        self
    }

    /// The last RPC failed with these words, what came before it is delivered.
    #[track_caller]
    fn assert_degraded(&self, words: &[&str]) -> &Self {
        self.assert_others_well();
        let sick = self.sick();
        assert_eq!(sick["outcome"], "degraded", "{sick}");
        assert!(sick["rows"]["lane-dom"].as_u64().unwrap() > 0, "{sick}");
        let [attempt] = self.attempts() else {
            panic!("one attempt: {:?}", self.attempts());
        };
        assert_eq!(
            (&attempt["phase"], &attempt["rpc"]),
            (&"request".into(), &LAST_RPC.into())
        );
        let told = [
            attempt["error"].as_str().unwrap(),
            sick["rpcs"][LAST_RPC]["errors"][0].as_str().unwrap(),
            self.error(),
        ];
        for told in told {
            let head = format!("{}: request, after ", sick["address"].as_str().unwrap());
            assert!(told.contains(&head), "no `{head}` in: {told}");
            for words in words {
                assert!(told.contains(words), "no `{words}` in: {told}");
            }
        }
        self
    }

    /// It was given up when its deadline passed, not before and not long after, and the others were done by then or soon after.
    #[track_caller]
    fn assert_in_time(&self, deadline: Duration) {
        let took = self.took(SICK);
        assert!(
            took >= deadline && took < deadline + GRACE,
            "given up after {took:?}, the deadline is {deadline:?}"
        );
        for device in WELL {
            let took = self.took(device);
            assert!(took < deadline, "{device} was held up: {took:?}");
        }
    }

    /// It was given up at once.
    #[track_caller]
    fn assert_at_once(&self) {
        let took = self.took(SICK);
        assert!(took < GRACE, "took {took:?}");
    }
}

#[test]
fn a_closed_port() {
    collect(&["port-closed"], &[], 3)
        .assert_failed("connect", &["cannot connect", "refused"])
        .assert_at_once();
}

#[test]
fn a_black_hole_before_the_banner() {
    collect(&["black-hole"], &["--version-exchange-timeout", "4s"], 3)
        .assert_failed("SSH version exchange", &["within 4 s", "0 bytes"])
        .assert_in_time(DEADLINE);
}

#[test]
fn a_banner_at_one_byte_a_second() {
    collect(&["slow-banner"], &["--version-exchange-timeout", "4s"], 3)
        .assert_failed(
            "SSH version exchange",
            &["within 4 s", "bytes of it arrived"],
        )
        .assert_in_time(DEADLINE);
}

#[test]
fn a_refused_login_is_tried_once_whatever_is_allowed() {
    let seen = collect(&["refused-login"], &["--attempts", "5"], 3);
    seen.assert_failed("authentication", &["was not let in", "key file"])
        .assert_at_once();
    assert_eq!(seen.attempts().len(), 1);
}

#[test]
fn a_changed_host_key_names_file_and_line() {
    let seen = collect(&["changed-host-key"], &["--attempts", "5"], 3);
    let known_hosts = seen.folder.path().join("sim/known_hosts");
    // The devices' keys stand in their order, and this one is the second.
    let line = format!("{} line 2", known_hosts.canonicalize().unwrap().display());
    seen.assert_failed("host key check", &[&line])
        .assert_at_once();
    assert_eq!(seen.attempts().len(), 1);
}

#[test]
fn no_hello() {
    collect(&["no-hello"], &["--hello-timeout", "4s"], 3)
        .assert_failed("hello", &["no hello within 4 s"])
        .assert_in_time(DEADLINE);
}

#[test]
fn a_cut_in_the_handshake_and_one_in_a_reply() {
    collect(&["cut:700"], &[], 3)
        .assert_failed("SSH key exchange", &["the connection ended"])
        .assert_at_once();
    let seen = collect(&["cut-reply:500", BUT_THE_LAST], &[], 3);
    seen.assert_degraded(&["the connection ended, 500 bytes into a message"])
        .assert_at_once();
}

#[test]
fn garbage_in_place_of_framing() {
    let seen = collect(&["garbage-framing"], &["--raw", "keep"], 3);
    seen.assert_failed("request", &["found a chunk header", "#99999999999"])
        .assert_at_once();
    // What came is kept: it is all that tells what the device did.
    let rpcs = seen.sick()["rpcs"].as_object().unwrap();
    assert!(rpcs.len() >= 4, "{rpcs:?}");
    for (rpc, said) in rpcs {
        let file = said["unreadable_file"].as_str().unwrap_or_default();
        assert_eq!(file, format!("{SICK}_{rpc}_unreadable.bin"), "{said}");
        let kept = std::fs::read(seen.run.path.join(file)).unwrap();
        assert!(kept.starts_with(b"#99999999999\n"), "{kept:?}");
    }
}

#[test]
fn text_before_each_reply_costs_a_note() {
    let seen = collect(&["text-before-reply"], &[], 0);
    seen.assert_others_well();
    assert_eq!(seen.sick()["outcome"], "delivered");
    let notes = seen.sick()["notes"].as_array().unwrap();
    let told: Vec<&str> = notes.iter().filter_map(Value::as_str).collect();
    for rpc in ["system_information", "optics_diagnostics", LAST_RPC] {
        let wanted = format!("before the reply to {rpc}, other bytes came and were passed over");
        let note = told.iter().find(|note| note.starts_with(&wanted));
        let note = note.unwrap_or_else(|| panic!("no `{wanted}` in {told:?}"));
        assert!(note.contains("Fan Tray 1 Failed"), "{note}");
    }
}

#[test]
fn a_wrong_message_id() {
    collect(&["wrong-message-id"], &[], 3)
        .assert_failed("request", &["expected the reply with message-id", "not-1"])
        .assert_at_once();
}

#[test]
fn a_reply_that_never_ends() {
    collect(
        &["endless-reply", BUT_THE_LAST],
        &["--reply-timeout", "4s"],
        3,
    )
    .assert_degraded(&["no complete reply within 4 s", "bytes of it arrived"])
    .assert_in_time(DEADLINE);
}

#[test]
fn a_reply_at_one_byte_a_second_from_its_middle_on() {
    collect(&["slow-reply", BUT_THE_LAST], &["--reply-timeout", "4s"], 3)
        .assert_degraded(&["no complete reply within 4 s", "bytes of it arrived"])
        .assert_in_time(DEADLINE);
}

#[test]
fn a_reply_that_does_not_begin() {
    collect(
        &["late-reply", BUT_THE_LAST],
        &["--first-byte-timeout", "4s"],
        3,
    )
    .assert_degraded(&["no first byte of the reply within 4 s", "0 bytes"])
    .assert_in_time(DEADLINE);
}

#[test]
fn a_device_that_is_slow_with_everything_is_given_up_as_a_whole() {
    let flags = ["--reply-timeout", "3s", "--device-timeout", "4s"];
    let seen = collect(&["endless-reply"], &flags, 3);
    seen.assert_others_well().assert_in_time(DEADLINE);
    assert_eq!(seen.sick()["outcome"], "failed");
    let error = seen.error();
    assert!(
        error.contains("gave up after 4 s (`--device-timeout`)"),
        "{error}"
    );
    assert!(error.contains("no complete reply within 3 s"), "{error}");
}

#[test]
fn a_reply_of_100_megabytes() {
    // Below the limit it is a reply like any other, above it an error.
    let seen = collect(&["huge-reply:100", BUT_THE_LAST], &[], 0);
    seen.assert_others_well();
    assert_eq!(seen.sick()["rpcs"][LAST_RPC]["bytes"], 100_000_000);
    assert_eq!(seen.sick()["outcome"], "delivered");
    let flags = ["--max-reply-size", "10MB"];
    collect(&["huge-reply:100", BUT_THE_LAST], &flags, 3)
        .assert_degraded(&["larger than the limit of 10000000 bytes"])
        .assert_at_once();
}

#[test]
fn an_rpc_error_is_told_in_the_devices_words_and_not_asked_again() {
    let seen = collect(&["rpc-error"], &["--attempts", "5"], 3);
    seen.assert_others_well().assert_at_once();
    assert_eq!(seen.sick()["outcome"], "failed");
    let words = "the simulated device will not answer";
    assert!(seen.error().contains(words), "{}", seen.error());
    for (name, rpc) in seen.sick()["rpcs"].as_object().unwrap() {
        assert!(
            rpc["errors"][0].as_str().unwrap().contains(words),
            "{name}: {rpc}"
        );
    }
    assert_eq!(seen.attempts().len(), 0, "an answer is no failed attempt");
}

#[test]
fn a_session_killed_between_rpcs_is_taken_up_where_it_ended() {
    let flags = ["--attempts", "3", "--retry-pause", "10ms"];
    let seen = collect(&["killed:1"], &flags, 0);
    seen.assert_others_well();
    assert_eq!(seen.sick()["outcome"], "delivered");
    assert_eq!(seen.sick()["rpcs"].as_object().unwrap().len(), 5);
    // Each of the sessions but the last ended before its second request was answered.
    assert_eq!(seen.attempts().len(), 4);
    for attempt in seen.attempts() {
        assert_eq!(attempt["phase"], "request");
        assert!(
            attempt["error"]
                .as_str()
                .unwrap()
                .contains("the connection ended"),
            "{attempt}"
        );
        assert!(
            attempt["paused_seconds"].as_f64().unwrap() <= 0.010,
            "{attempt}"
        );
    }
}

#[test]
fn a_device_that_announces_chunks_and_does_not_send_them_is_understood() {
    let seen = collect(&["false-base-1.1"], &[], 0);
    seen.assert_others_well();
    assert_eq!(seen.sick()["outcome"], "delivered");
}

#[test]
fn a_device_that_agrees_to_chunks_and_does_not_send_them_is_named_as_such() {
    let words = [
        "the peer announced base:1.1 but does not send chunks",
        "found \"<rpc-reply",
        "offer it base:1.0 only",
    ];
    let seen = collect(&["false-base-1.1"], &["--netconf-version", "1.1"], 3);
    seen.assert_failed("request", &words).assert_at_once();
}

#[test]
fn what_passes_is_delivered_in_the_end_with_the_reason_for_each_attempt() {
    let flags = ["--attempts", "3", "--retry-pause", "10ms"];
    let seen = collect(&["cut:5", "passes-after:2"], &flags, 0);
    seen.assert_others_well();
    assert_eq!(seen.sick()["outcome"], "delivered");
    let phases: Vec<_> = seen
        .attempts()
        .iter()
        .map(|attempt| &attempt["phase"])
        .collect();
    assert_eq!(phases, ["SSH version exchange"; 2]);
}

/// A quarter of a fleet of forty is sick, each device in its own way, all at once.
#[test]
fn a_fleet_with_a_sick_quarter_loses_that_quarter_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let sick = [
        ("qfx5220-01", "port-closed"),
        ("qfx5240-02", "black-hole"),
        ("qfx5120-03", "slow-banner"),
        ("mx480-04", "cut:700"),
        ("qfx5220-05", "changed-host-key"),
        ("qfx5240-06", "refused-login"),
        ("qfx5120-07", "no-hello"),
        ("mx480-08", "garbage-framing"),
        ("qfx5220-09", "endless-reply"),
        ("qfx5240-10", "rpc-error"),
    ];
    let faults = sick.map(|(device, fault)| format!("{device}={fault}"));
    let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
    let fleet = Fleet::with_faults(&folder.path().join("sim"), 40, &faults);
    let flags = [
        "--attempts",
        "2",
        "--retry-pause",
        "100ms",
        "--version-exchange-timeout",
        "10s",
        "--hello-timeout",
        "10s",
        "--reply-timeout",
        "10s",
        "--device-timeout",
        "25s",
    ];
    let began = Instant::now();
    let arguments = [&["collect", "-i", fleet.inventory()], &flags[..]].concat();
    let ran = lanewatch(folder.path(), &arguments).expect(3);
    ran.says(&["30 of 40 devices delivered"]);
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
    assert_nothing_half_written(folder.path());

    let run = RunFolder::latest(&folder.path().join("output"));
    assert_eq!(run.devices().len(), 40);
    let mut failed = run.with_outcome("failed");
    let mut expected = sick.map(|(device, _)| device).to_vec();
    failed.sort_unstable();
    expected.sort_unstable();
    assert_eq!(failed, expected);
    for (device, fault) in sick {
        let report = run.device(device);
        assert!(!report["error"].as_str().unwrap().is_empty(), "{device}");
        let attempts = report["attempts"].as_array().map_or(0, Vec::len);
        // Tried again where it may pass; not where it is an answer.
        let enough = match fault {
            "changed-host-key" | "refused-login" => attempts == 1,
            "rpc-error" => attempts == 0,
            "garbage-framing" | "endless-reply" => attempts >= 1,
            _ => attempts == 2,
        };
        assert!(
            enough,
            "{device} with {fault}: {attempts} attempts\n{report:#}"
        );
        ran.says(&[device]);
    }
    // The healthy ones were done while the sick ones were still being waited for.
    let seconds = |name: &str| run.device(name)["seconds"].as_f64().unwrap();
    let delivered = run.with_outcome("delivered");
    assert_eq!(delivered.len(), 30);
    let slowest = delivered
        .iter()
        .map(|name| seconds(name))
        .fold(0.0, f64::max);
    assert!(
        slowest < seconds("qfx5240-02"),
        "a healthy device took {slowest} s"
    );
}

#[test]
fn a_fault_that_there_is_none_of_is_a_usage_error_with_the_right_one() {
    let folder = tempfile::tempdir().unwrap();
    let sim = |fault: &str| lanewatch(folder.path(), &["sim", "--fault", fault]).expect(2);
    sim("mx480-01=no-helo").says(&["there is no fault `no-helo`", "did you mean `no-hello`?"]);
    sim("no-hello").says(&["expected DEVICE=FAULT"]);
    sim("mx48-01=no-hello").says(&["`mx48-01`, which is not in this fleet", "is it `mx480-01`?"]);
    sim("mx480-01=cut:x").says(&["a whole number of bytes from 1 up", "`x`"]);
    let help = lanewatch(Path::new("."), &["sim", "--help"]).expect(0);
    for fault in sim::FAULT_KINDS {
        help.says(&[&fault.usage(), fault.about]);
    }
}
