//! The replies of every platform: well-formed, in the shapes that were promised, and in agreement with the ledger.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy spares test functions but not what they call"
)]

mod support;

use std::time::Duration;

use serde_json::Value;
use sim::{Condition, DeviceSpec, Fleet, FleetSpec, Model, Platform, PortLocation, SimClock};
use support::{START, ask, connect, interfaces, leaves, ledger, values};

const OPTICS: &str = "get-interface-optics-diagnostics-information";
const STATISTICS: &str = "get-interface-information";

/// One device of a platform with one port of each condition; port 0 is healthy.
fn spec(platform: Platform, folder: &std::path::Path) -> FleetSpec {
    let mut device = DeviceSpec::simulated("box", Model::healthy(platform, 1));
    let failing = Condition::FailingLane {
        lane: 2,
        over: Duration::from_secs(1_800),
    };
    for (port, condition) in [
        (1, Condition::Empty),
        (2, Condition::Dark),
        (3, Condition::Copper),
        (5, failing),
    ] {
        device = device.with_condition(PortLocation::new(0, 0, port), condition);
    }
    FleetSpec::new(vec![device], folder, 11)
}

/// The five replies (PIC 0/0) and the extensive statistics, two hours after the start.
async fn replies(platform: Platform, folder: &std::path::Path) -> [String; 6] {
    let clock = SimClock::stopped_at(START);
    let fleet = Fleet::start(spec(platform, folder), clock.clone())
        .await
        .unwrap();
    clock.advance(Duration::from_secs(7_200));
    let mut session = connect(&fleet, &fleet.devices()[0]).await;
    let replies = [
        ask(&mut session, "<get-system-information/>").await,
        ask(&mut session, "<get-chassis-inventory/>").await,
        ask(&mut session, &format!("<{OPTICS}/>")).await,
        ask(&mut session, &format!("<{STATISTICS}/>")).await,
        ask(
            &mut session,
            "<get-pic-detail><fpc-slot>0</fpc-slot><pic-slot>0</pic-slot></get-pic-detail>",
        )
        .await,
        ask(
            &mut session,
            &format!("<{STATISTICS}><extensive/></{STATISTICS}>"),
        )
        .await,
    ];
    session.close().await.unwrap();
    fleet.stop().await;
    replies
}

#[tokio::test]
async fn every_reply_of_every_platform_is_well_formed_and_without_a_declaration() {
    for platform in Platform::ALL {
        let folder = tempfile::tempdir().unwrap();
        for reply in replies(platform, folder.path()).await {
            assert!(
                reply.starts_with("<rpc-reply "),
                "{platform:?}: {}",
                &reply[..40]
            );
            assert!(!reply.contains("rpc-error"), "{platform:?}");
            assert!(leaves(&reply).len() > 5, "{platform:?}");
        }
    }
}

#[tokio::test]
async fn the_ledger_agrees_with_what_arrived() {
    for platform in Platform::ALL {
        let folder = tempfile::tempdir().unwrap();
        let [_, chassis, optics, statistics, ..] = replies(platform, folder.path()).await;
        let lines = ledger(&folder.path().join("ledger.jsonl"));
        let line = |rpc: &str| {
            let found = lines.iter().find(|line| line["rpc"] == rpc);
            found.unwrap_or_else(|| panic!("no line for {rpc}")).clone()
        };
        assert_eq!(line(OPTICS)["time"], START + 7_200);
        agree(
            &interfaces(&optics),
            &line(OPTICS)["interfaces"],
            optics_agree,
        );
        let ports: Vec<_> = interfaces(&statistics)
            .into_iter()
            .filter(|(name, _)| name.contains("-0/") || name.contains("-1/"))
            .collect();
        agree(&ports, &line(STATISTICS)["interfaces"], statistics_agree);
        let serials = line("get-chassis-inventory")["transceivers"].clone();
        let serials = serials.as_object().unwrap();
        assert!(
            serials.len() > 5
                && serials
                    .values()
                    .all(|serial| chassis.contains(serial.as_str().unwrap()))
        );
        assert_eq!(chassis.matches("<name>Xcvr ").count(), serials.len());
    }
}

type Leaves = [(String, String)];

fn agree(
    arrived: &[(String, Vec<(String, String)>)],
    said: &Value,
    check: impl Fn(&Leaves, &Value),
) {
    assert_eq!(arrived.len(), said.as_object().unwrap().len());
    arrived
        .iter()
        .for_each(|(name, leaves)| check(leaves, &said[name]));
}

fn number(text: &str) -> f64 {
    text.parse()
        .unwrap_or_else(|_| panic!("{text} is no number"))
}

fn optics_agree(leaves: &Leaves, said: &Value) {
    if said["state"] == "not_supported" {
        let absent = values(leaves, "optics-diagnostics/optic-diagnostics-not-available");
        assert_eq!(absent, ["Not supported"]);
        return;
    }
    let temperature = values(leaves, "optics-diagnostics/module-temperature")[0];
    let celsius = temperature.split_once(" degrees C").unwrap().0;
    assert_eq!(said["temperature_c"].as_f64(), Some(number(celsius)));
    let volts = values(leaves, "optics-diagnostics/module-voltage")[0];
    assert_eq!(said["voltage_v"].as_f64(), Some(number(volts)));
    let lanes = said["lanes"].as_array().unwrap();
    let block = "optics-diagnostics/optics-diagnostics-lane-values";
    let indices = values(leaves, &format!("{block}/lane-index"));
    let (place, received) = if indices.is_empty() {
        ("optics-diagnostics", "rx-signal-avg-optical-power-dbm")
    } else {
        (block, "laser-rx-optical-power-dbm")
    };
    let received = values(leaves, &format!("{place}/{received}"));
    let launched = values(leaves, &format!("{place}/laser-output-power-dbm"));
    let bias = values(leaves, &format!("{place}/laser-bias-current"));
    assert_eq!(
        [received.len(), launched.len(), bias.len()],
        [lanes.len(); 3]
    );
    for (at, lane) in lanes.iter().enumerate() {
        if let Some(index) = indices.get(at) {
            assert_eq!(lane["lane"].as_f64(), Some(number(index)));
        }
        assert_eq!(lane["tx_power_dbm"].as_f64(), Some(number(launched[at])));
        assert_eq!(lane["bias_ma"].as_f64(), Some(number(bias[at])));
        if lane["state"] == "no_light" {
            assert!(["- Inf", "-Inf"].contains(&received[at]));
        } else {
            assert_eq!(lane["rx_power_dbm"].as_f64(), Some(number(received[at])));
        }
    }
}

fn statistics_agree(leaves: &Leaves, said: &Value) {
    assert_eq!(
        values(leaves, "oper-status"),
        [said["oper"].as_str().unwrap()]
    );
    let counted = |name: &str| {
        let found = values(leaves, &format!("ethernet-fec-statistics/{name}"));
        found.first().map(|text| text.parse::<u64>().unwrap())
    };
    assert_eq!(counted("fec_ccw_count"), said["fec_ccw"].as_u64());
    assert_eq!(counted("fec_nccw_count"), said["fec_nccw"].as_u64());
    let ratio = values(leaves, "ethernet-fec-statistics/pre-fec-ber");
    assert_eq!(ratio.first().copied(), said["pre_fec_ber"].as_str());
    let block = "ethernet-fechistogram-statistics";
    let live = values(leaves, &format!("{block}/sym-live-err"));
    let harvested = values(leaves, &format!("{block}/sym-harvest-err"));
    let bins: Vec<u64> = live
        .iter()
        .zip(harvested)
        .map(|(live, harvested)| live.parse::<u64>().unwrap() + harvested.parse::<u64>().unwrap())
        .collect();
    match said["bins"].as_array() {
        None => assert!(bins.is_empty()),
        Some(said_bins) => {
            let said_bins: Vec<u64> = said_bins.iter().map(|bin| bin.as_u64().unwrap()).collect();
            assert_eq!(bins, said_bins);
            assert_eq!(said["fec_ccw"].as_u64(), Some(bins[1..].iter().sum()));
        }
    }
}

#[tokio::test]
async fn conditions_show_where_they_should() {
    let folder = tempfile::tempdir().unwrap();
    let [_, chassis, optics, statistics, detail, extensive] =
        replies(Platform::Qfx5220, folder.path()).await;
    let optics = interfaces(&optics);
    let statistics = interfaces(&statistics);
    let of = |list: &[(String, Vec<(String, String)>)], name: &str| {
        let found = list.iter().find(|(own, _)| own == name);
        found.map(|(_, leaves)| leaves.clone())
    };
    let oper = |name: &str| values(&of(&statistics, name).unwrap(), "oper-status")[0].to_owned();
    // Empty: an interface that is down, and nothing else.
    assert_eq!(of(&optics, "et-0/0/1"), None);
    assert!(!chassis.contains("<name>Xcvr 1</name>"));
    assert!(!detail.contains("<port-number>1</port-number>"));
    assert_eq!(oper("et-0/0/1"), "down");
    // Dark: launched but not received.
    let dark = of(&optics, "et-0/0/2").unwrap();
    let lane = "optics-diagnostics/optics-diagnostics-lane-values";
    assert_eq!(
        values(&dark, &format!("{lane}/laser-rx-optical-power-dbm")),
        ["-Inf"; 4]
    );
    assert_eq!(
        values(&dark, &format!("{lane}/rx-loss-of-signal-alarm")),
        ["On"; 4]
    );
    assert_eq!(oper("et-0/0/2"), "down");
    // Copper: up, without optics.
    assert!(chassis.contains("QSFP56-DD-400G-CU-1M"));
    assert_eq!(oper("et-0/0/3"), "up");
    // Failing: one lane low, the link's tail filled and codewords lost.
    let failing = of(&optics, "et-0/0/5").unwrap();
    assert_eq!(
        values(&failing, &format!("{lane}/laser-rx-power-low-alarm")),
        ["Off", "Off", "On", "Off"]
    );
    let failing = of(&statistics, "et-0/0/5").unwrap();
    let ratio: f64 = values(&failing, "ethernet-fec-statistics/pre-fec-ber")[0]
        .parse()
        .unwrap();
    assert!((1e-4..=6e-4).contains(&ratio), "{ratio}");
    assert_ne!(
        values(&failing, "ethernet-fec-statistics/fec_nccw_count"),
        ["0"]
    );
    let tail = values(&failing, "ethernet-fechistogram-statistics/sym-harvest-err");
    assert!(tail[11..].iter().all(|bin| *bin != "0"), "{tail:?}");
    // Healthy.
    let healthy = of(&statistics, "et-0/0/0").unwrap();
    let ratio: f64 = values(&healthy, "ethernet-fec-statistics/pre-fec-ber")[0]
        .parse()
        .unwrap();
    assert!((1e-9..=1e-6).contains(&ratio), "{ratio}");
    assert!(values(&healthy, "traffic-statistics/input-bytes").is_empty());
    let extensive = of(&interfaces(&extensive), "et-0/0/0").unwrap();
    assert_eq!(
        values(&extensive, "traffic-statistics/input-bytes").len(),
        1
    );
}

#[tokio::test]
async fn both_families_keep_their_manners() {
    let folder = tempfile::tempdir().unwrap();
    let [.., optics, statistics, detail, _] = replies(Platform::Qfx5120, folder.path()).await;
    assert!(optics.contains("<rx-signal-avg-optical-power-dbm>- Inf<"));
    assert!(optics.contains("<laser-rx-power-low-alarm>on<") && !optics.contains(">Off<"));
    assert!(
        statistics.contains("<enabled_fec_mode>FEC74<")
            && statistics.contains("<enabled_fec_mode>NONE<")
    );
    assert!(!statistics.contains("fechistogram"));
    assert!(detail.contains("<fiber-mode>n/a<") && detail.contains("SFP28-25G-CU"));

    let folder = tempfile::tempdir().unwrap();
    let [.., optics, statistics, _, _] = replies(Platform::Qfx5240, folder.path()).await;
    assert!(optics.contains("<laser-rx-optical-power-dbm>-Inf<"));
    let optics = interfaces(&optics);
    let lanes = |name: &str| {
        let (_, leaves) = optics.iter().find(|(own, _)| own == name).unwrap();
        values(
            leaves,
            "optics-diagnostics/optics-diagnostics-lane-values/lane-index",
        )
        .join(" ")
    };
    assert_eq!(lanes("et-0/0/0"), "0 1 2 3 4 5 6 7");
    assert_eq!(lanes("et-0/0/4:0"), "0 1 2 3");
    assert_eq!(lanes("et-0/0/4:1"), "4 5 6 7");
    assert!(statistics.contains("<speed>800Gbps<") && statistics.contains("<speed>400Gbps<"));

    let folder = tempfile::tempdir().unwrap();
    let [system, chassis, ..] = replies(Platform::Mx480, folder.path()).await;
    assert!(system.contains("<re-name>member0</re-name>"));
    let below_mic =
        "chassis-module/chassis-sub-module/chassis-sub-sub-module/chassis-sub-sub-sub-module/name";
    let names = leaves(&chassis);
    assert!(
        names
            .iter()
            .any(|(path, text)| path.ends_with(below_mic) && text == "Xcvr 0")
    );
}

#[tokio::test]
async fn the_same_second_gives_the_same_bytes_however_it_was_reached() {
    let ask_all = async |steps: &[u64]| {
        let folder = tempfile::tempdir().unwrap();
        let clock = SimClock::stopped_at(START);
        let fleet = Fleet::start(spec(Platform::Qfx5220, folder.path()), clock.clone())
            .await
            .unwrap();
        let mut session = connect(&fleet, &fleet.devices()[0]).await;
        let mut reply = String::new();
        for step in steps {
            clock.advance(Duration::from_secs(*step));
            reply = ask(&mut session, &format!("<{STATISTICS}/>")).await;
        }
        reply.push_str(&ask(&mut session, &format!("<{OPTICS}/>")).await);
        session.close().await.unwrap();
        fleet.stop().await;
        reply
    };
    let (at_once, in_steps) = (ask_all(&[3_601]).await, ask_all(&[1, 599, 1, 3_000]).await);
    assert_eq!(interfaces_of(&at_once).len(), 2);
    assert_eq!(interfaces_of(&at_once), interfaces_of(&in_steps));
}

/// What stands inside the two payloads, message-ids left out.
fn interfaces_of(replies: &str) -> Vec<&str> {
    let payloads = replies.split("</rpc-reply>");
    payloads
        .filter_map(|reply| reply.split_once("<interface-information"))
        .map(|(_, payload)| payload)
        .collect()
}

#[tokio::test]
async fn names_and_wildcards_choose_interfaces() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = Fleet::start(
        spec(Platform::Qfx5240, folder.path()),
        SimClock::stopped_at(START),
    )
    .await
    .unwrap();
    let mut session = connect(&fleet, &fleet.devices()[0]).await;
    let mut names = async |pattern: &str| {
        let operation =
            format!("<{STATISTICS}><interface-name>{pattern}</interface-name></{STATISTICS}>");
        let reply = ask(&mut session, &operation).await;
        let names: Vec<String> = interfaces(&reply)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        names.join(" ")
    };
    assert_eq!(names("et-0/0/12:1").await, "et-0/0/12:1");
    assert_eq!(names("et-0/0/4*").await.split(' ').count(), 13);
    assert_eq!(names("lo*").await, "lo0");
    assert_eq!(names("*").await.split(' ').count(), 64 + 8 + 4);
    let absent = session
        .request(&format!(
            "<{STATISTICS}><interface-name>xe-9/9/9</interface-name></{STATISTICS}>"
        ))
        .await
        .unwrap();
    assert_eq!(
        absent.errors[0].message.as_deref(),
        Some("device xe-9/9/9 not found")
    );
    session.close().await.unwrap();
    fleet.stop().await;
}
