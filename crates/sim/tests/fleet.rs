//! A fleet as its clients and its owner meet it: logins, errors, refusals, recordings, start, stop and start again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy spares test functions but not what they call"
)]

mod support;

use std::{fs, time::Duration};

use netconf::{Phase, ssh::Method};
use sim::{
    Condition, DeviceKind, DeviceSpec, Error, Fleet, FleetSpec, Model, Platform, PortLocation,
    RecordedReply, Recording, SimClock,
    inventory::{self, Login},
    spec,
};
use support::{START, ask, connect, try_connect};

async fn start(devices: Vec<DeviceSpec>, folder: &std::path::Path) -> Fleet {
    Fleet::start(
        FleetSpec::new(devices, folder, 5),
        SimClock::starting_at(START),
    )
    .await
    .unwrap()
}

#[tokio::test]
async fn password_and_key_are_accepted_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = start(spec::mixed(1, 5), folder.path()).await;
    let device = &fleet.devices()[0];
    let password = |text: &str| Method::Password(text.to_owned().into());
    let session = try_connect(&fleet, device, password("lanewatch"))
        .await
        .unwrap();
    assert!(
        session
            .peer()
            .capabilities()
            .any(|capability| capability == "http://xml.juniper.net/netconf/junos/1.0")
    );
    session.close().await.unwrap();
    connect(&fleet, device).await.close().await.unwrap();
    let refused = try_connect(&fleet, device, password("guess"))
        .await
        .unwrap_err();
    assert_eq!(refused.phase(), Phase::Authentication);
    fleet.stop().await;
}

#[tokio::test]
async fn an_unknown_operation_is_a_syntax_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = start(spec::mixed(1, 5), folder.path()).await;
    let mut session = connect(&fleet, &fleet.devices()[0]).await;
    let reply = session.request("<get-weather/>").await.unwrap();
    assert_eq!(reply.errors[0].message.as_deref(), Some("syntax error"));
    assert!(
        String::from_utf8_lossy(&reply.bytes).contains("<bad-element>get-weather</bad-element>")
    );
    for (operation, element) in [
        ("<get-pic-detail/>", "fpc-slot"),
        (
            "<get-pic-detail><fpc-slot>0</fpc-slot></get-pic-detail>",
            "pic-slot",
        ),
        (
            "<get-pic-detail><fpc-slot>0</fpc-slot><pic-slot>9</pic-slot></get-pic-detail>",
            "pic-slot",
        ),
        ("<command>request system zeroize</command>", "system"),
    ] {
        let reply = ask(&mut session, operation).await;
        assert!(
            reply.contains(&format!("<bad-element>{element}</bad-element>")),
            "{operation}: {reply}"
        );
    }
    // The session goes on.
    assert!(
        ask(&mut session, "<get-system-information/>")
            .await
            .contains("<host-name>qfx5220-01<")
    );
    session.close().await.unwrap();
    fleet.stop().await;
}

#[tokio::test]
async fn several_sessions_of_one_device_do_not_wait_for_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = start(spec::mixed(1, 5), folder.path()).await;
    let device = &fleet.devices()[0];
    let mut sessions = Vec::new();
    for _ in 0..6 {
        sessions.push(connect(&fleet, device).await);
    }
    let ids: std::collections::BTreeSet<_> = sessions
        .iter()
        .map(|session| session.peer().session_id)
        .collect();
    assert_eq!(ids.len(), 6);
    for session in sessions.iter_mut().rev() {
        assert!(
            ask(session, "<get-chassis-inventory/>")
                .await
                .contains("QFX5220-32CD")
        );
    }
    drop(sessions);
    fleet.stop().await;
}

#[tokio::test]
async fn an_unreachable_device_refuses_and_keeps_its_port() {
    let folder = tempfile::tempdir().unwrap();
    let gone = DeviceSpec::new("gone", DeviceKind::Unreachable);
    let fleet = start(vec![gone], folder.path()).await;
    let address = fleet.devices()[0].address;
    let refused = tokio::net::TcpStream::connect(address).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    assert!(
        tokio::net::TcpListener::bind(address).await.is_err(),
        "the port is taken"
    );
    fleet.stop().await;
}

#[tokio::test]
async fn recorded_replies_are_served_with_the_requests_id() {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("system.xml.zst");
    let text = "<rpc-reply xmlns:junos=\"http://xml.juniper.net/junos/18.1R1/junos\" message-id=\"42\">\n<system-information><host-name>old</host-name></system-information>\n</rpc-reply>";
    fs::write(&saved, zstd::encode_all(text.as_bytes(), 3).unwrap()).unwrap();
    let replies = vec![RecordedReply {
        operation: "<get-system-information/>".to_owned(),
        path: saved,
    }];
    let device = DeviceSpec::new("saved", DeviceKind::Recorded(Recording { replies }));
    let fleet = start(vec![device], folder.path()).await;
    let mut session = connect(&fleet, &fleet.devices()[0]).await;
    // A wrong message-id would be an error of the client.
    let reply = ask(&mut session, "<get-system-information/>").await;
    assert!(
        reply.contains("<host-name>old</host-name>") && !reply.contains("\"42\""),
        "{reply}"
    );
    let other = session.request("<get-chassis-inventory/>").await.unwrap();
    assert_eq!(other.errors[0].message.as_deref(), Some("syntax error"));
    session.close().await.unwrap();
    fleet.stop().await;
}

#[tokio::test]
async fn stopping_ends_open_sessions_and_frees_ports_tasks_and_names() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = start(spec::mixed(2, 5), folder.path()).await;
    let addresses: Vec<_> = fleet
        .devices()
        .iter()
        .map(|device| device.address)
        .collect();
    let mut open = connect(&fleet, &fleet.devices()[0]).await;
    // One that speaks no SSH and one that logs in no further.
    let mut mute = tokio::net::TcpStream::connect(addresses[1]).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut mute, b"SSH-2.0-x\r\n")
        .await
        .unwrap();
    let silent = tokio::net::TcpStream::connect(addresses[1]).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), fleet.stop())
        .await
        .expect("stops in time");
    assert!(open.request("<get-system-information/>").await.is_err());
    for address in addresses {
        assert!(tokio::net::TcpStream::connect(address).await.is_err());
    }
    drop((open, mute, silent));
    no_task_is_left().await;
}

#[tokio::test]
async fn a_fleet_that_is_dropped_takes_everything_along() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = start(spec::mixed(2, 5), folder.path()).await;
    let address = fleet.devices()[0].address;
    let mut open = connect(&fleet, &fleet.devices()[0]).await;
    drop(fleet);
    assert!(open.request("<get-system-information/>").await.is_err());
    drop(open);
    no_task_is_left().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

/// The clients' own tasks may take a moment to notice that the other side has gone.
async fn no_task_is_left() {
    let metrics = tokio::runtime::Handle::current().metrics();
    for _ in 0..100 {
        if metrics.num_alive_tasks() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} tasks are left", metrics.num_alive_tasks());
}

#[tokio::test]
async fn a_fleet_that_starts_again_in_its_folder_has_the_same_keys_and_a_new_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let first = start(spec::mixed(1, 5), folder.path()).await;
    let mut session = connect(&first, &first.devices()[0]).await;
    ask(&mut session, "<get-chassis-inventory/>").await;
    session.close().await.unwrap();
    assert_eq!(support::ledger(first.ledger()).len(), 1);
    let key = fs::read(first.user_key()).unwrap();
    first.stop().await;
    let again = start(spec::mixed(1, 5), folder.path()).await;
    assert_eq!(fs::read(again.user_key()).unwrap(), key);
    assert!(support::ledger(again.ledger()).is_empty());
    connect(&again, &again.devices()[0])
        .await
        .close()
        .await
        .unwrap();
    again.stop().await;
}

#[tokio::test]
async fn a_fleet_that_makes_no_sense_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let start = |devices| {
        Fleet::start(
            FleetSpec::new(devices, folder.path(), 1),
            SimClock::stopped_at(START),
        )
    };
    let healthy = || DeviceSpec::simulated("a", Model::healthy(Platform::Qfx5220, 1));
    let twice = start(vec![healthy(), healthy()]).await.unwrap_err();
    assert!(matches!(twice, Error::SameName(name) if name == "a"));
    let nowhere = healthy().with_condition(PortLocation::new(0, 0, 99), Condition::Dark);
    let nowhere = start(vec![nowhere]).await.unwrap_err();
    assert_eq!(nowhere.to_string(), "a: qfx5220-32cd has no port 0/0/99");
    let replies = vec![RecordedReply {
        operation: "get-system-information".to_owned(),
        path: "x.xml".into(),
    }];
    let recorded = DeviceSpec::new("r", DeviceKind::Recorded(Recording { replies }));
    assert!(matches!(
        start(vec![recorded]).await.unwrap_err(),
        Error::Operation { .. }
    ));
    let mut crowded = FleetSpec::new(
        vec![
            healthy(),
            DeviceSpec::simulated("b", Model::healthy(Platform::Mx480, 1)),
        ],
        folder.path(),
        1,
    );
    crowded.first_port = Some(u16::MAX);
    let crowded = Fleet::start(crowded, SimClock::stopped_at(START))
        .await
        .unwrap_err();
    assert!(matches!(crowded, Error::NoPortLeft { .. }), "{crowded}");
}

#[tokio::test]
async fn the_inventory_names_the_fleets_devices_and_the_login() {
    let folder = tempfile::tempdir().unwrap();
    let fleet = start(spec::mixed(3, 5), folder.path()).await;
    let yaml = inventory::render(&fleet, &fleet.devices()[..2], "fabric", Login::Key);
    let port = fleet.devices()[1].address.port();
    let host = format!(
        "        \"qfx5240-01\":\n          ansible_host: \"127.0.0.1\"\n          ansible_port: {port}\n          hardware_model: \"qfx5240-64od\"\n"
    );
    assert!(
        yaml.starts_with("all:\n  children:\n    \"fabric\":\n      hosts:\n"),
        "{yaml}"
    );
    assert!(yaml.contains(&host) && !yaml.contains("qfx5120"), "{yaml}");
    assert!(yaml.contains("lanewatch_known_hosts: ") && !yaml.contains("password"));
    let yaml = inventory::render(&fleet, fleet.devices(), "fabric", Login::Password);
    assert!(yaml.contains("ansible_password: \"lanewatch\"") && !yaml.contains("private_key"));
    fleet.stop().await;
}
