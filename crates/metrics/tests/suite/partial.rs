//! A run of part of the fleet: what it leaves of the devices that it did not ask.

use metrics::{Exposition, Health, MetricNames, RpcHealth, encode};
use records::table::Table;

use crate::fleet;
use crate::text_reader::read;

fn health(device: &str, succeeded: Option<i64>) -> Health {
    Health {
        device: device.to_owned(),
        is_up: succeeded.is_some(),
        succeeded,
        seconds: 1.5,
        rpcs: vec![RpcHealth {
            name: "pic_detail_0_0".to_owned(),
            succeeded,
            seconds: 0.25,
        }],
        delivered: succeeded,
        ..Health::default()
    }
}

/// A run of these devices, all with the replies of one fixture.
fn run(devices: &[(&str, Option<i64>)]) -> Exposition {
    let (_, snapshot) = fleet::fleet()
        .into_iter()
        .find(|(name, _)| name == "join/breakout_switch")
        .unwrap();
    let mut exposition = Exposition::new(MetricNames::Both);
    for (device, succeeded) in devices {
        let tables: Vec<Table> = fleet::tables_of(device, snapshot.clone());
        tables.iter().for_each(|table| exposition.add(table));
        exposition.add_health(&health(device, *succeeded));
    }
    exposition
}

fn text(exposition: &Exposition, previous: &str) -> String {
    let text = encode::text::write_over(exposition, previous.as_bytes(), Vec::new()).unwrap();
    String::from_utf8(text).unwrap()
}

fn lines_of(text: &str, device: &str) -> Vec<String> {
    let start = format!("{{device=\"{device}\"");
    let lines = text.lines().filter(|line| line.contains(&start));
    lines.map(str::to_owned).collect()
}

#[test]
fn a_device_that_fails_keeps_the_time_of_its_last_success() {
    let name = "le\"af\\\n1";
    let label = "le\\\"af\\\\\\n1";
    let first = text(&run(&[(name, Some(1_770_132_645))]), "");
    assert!(first.contains(&format!("junos_up{{device=\"{label}\"}} 1\n")));
    let mut second = run(&[(name, None), ("new", None)]);
    assert!(second.needs_previous());
    second.recall(first.as_bytes()).unwrap();
    second.recall(first.as_bytes()).unwrap();
    let second = text(&second, "");
    assert!(second.contains(&format!("junos_up{{device=\"{label}\"}} 0\n")));
    let last = "junos_last_success_timestamp_seconds";
    assert!(second.contains(&format!("{last}{{device=\"{label}\"}} 1770132645\n")));
    assert_eq!(second.matches(last).count(), 3, "help, type and one device");
}

#[test]
fn an_rpc_that_fails_keeps_the_time_of_its_last_good_reply() {
    let rpc = |name: &str, succeeded| RpcHealth {
        name: name.to_owned(),
        succeeded,
        seconds: 0.1,
    };
    let of = |rpcs: Vec<RpcHealth>, delivered: Option<i64>| {
        let mut exposition = Exposition::new(MetricNames::Documented);
        exposition.add_health(&Health {
            device: "a".to_owned(),
            is_up: delivered.is_some(),
            delivered,
            rpcs,
            ..Health::default()
        });
        exposition
    };
    let lines = |text: &str| {
        let lines = text
            .lines()
            .filter(|line| line.starts_with("junos_rpc_last_success"));
        lines
            .filter_map(|line| line.split_once("rpc=").map(|(_, end)| end.to_owned()))
            .collect::<Vec<_>>()
    };
    let first = text(
        &of(
            vec![rpc("x", Some(5)), rpc("y", Some(6)), rpc("z", Some(7))],
            Some(9),
        ),
        "",
    );
    assert_eq!(lines(&first), ["\"x\"} 5", "\"y\"} 6", "\"z\"} 7"]);
    // One fails, and one is no longer asked.
    let mut second = of(vec![rpc("x", None), rpc("y", Some(60))], Some(90));
    second.recall(first.as_bytes()).unwrap();
    let second = text(&second, "");
    assert_eq!(lines(&second), ["\"y\"} 60", "\"x\"} 5"]);
    assert!(second.contains("junos_last_delivery_timestamp_seconds{device=\"a\"} 90\n"));
    // The device does not answer at all.
    let mut third = of(Vec::new(), None);
    third.recall(second.as_bytes()).unwrap();
    let third = text(&third, "");
    assert_eq!(lines(&third), lines(&second));
    assert!(third.contains("junos_last_delivery_timestamp_seconds{device=\"a\"} 90\n"));
}

#[test]
fn a_run_of_part_of_the_fleet_keeps_the_others_as_they_were() {
    let whole = text(
        &run(&[
            ("a", Some(1)),
            ("b", Some(2)),
            ("c", Some(3)),
            ("d\"", Some(4)),
        ]),
        "",
    );
    let mut part = run(&[("b", Some(20))]);
    assert!(!part.needs_previous());
    part.keep(["a", "d\""]);
    assert!(part.needs_previous());
    let written = text(&part, &whole);
    for device in ["a", "d\\\""] {
        let lines = lines_of(&written, device);
        assert_eq!(lines, lines_of(&whole, device));
        assert!(lines.len() > 100, "{}", lines.len());
    }
    assert!(
        lines_of(&written, "c").is_empty(),
        "a device that left the fleet is gone"
    );
    let b = lines_of(&written, "b");
    assert_eq!(b.len(), lines_of(&whole, "b").len());
    assert!(b.contains(&"junos_last_success_timestamp_seconds{device=\"b\"} 20".to_owned()));
    // Each family in one piece, with its comments.
    let read = read(&written).unwrap();
    assert_eq!(read.families.len(), written.matches("# TYPE ").count());
    // The whole fleet again, without anything of the text before.
    let again = run(&[
        ("a", Some(1)),
        ("b", Some(2)),
        ("c", Some(3)),
        ("d\"", Some(4)),
    ]);
    assert_eq!(text(&again, &written), whole);
}

#[test]
fn a_run_in_which_a_family_has_no_sample_keeps_those_of_others() {
    let whole = text(&run(&[("a", Some(1)), ("b", Some(2))]), "");
    let mut part = Exposition::new(MetricNames::Documented);
    part.add_health(&health("b", None));
    part.keep(["a"]);
    let written = text(&part, &whole);
    assert_eq!(lines_of(&written, "a"), lines_of(&whole, "a"));
    assert!(
        read(&written)
            .unwrap()
            .families
            .contains_key("junos_optics_rx_power_dbm")
    );
}

#[test]
fn a_file_of_another_maker_costs_nothing_but_its_lines() {
    let mut part = run(&[("b", Some(20))]);
    part.keep(["a"]);
    let alone = text(&part, "");
    let long = "x".repeat(200_000);
    for other in [
        "\n\n",
        "junos_up{device=\"a",
        "junos_up{device=\"a\"\n",
        "} \n{} {\n# HELP\n#\n",
        "node_load1 0.5\nno_device{x=\"device=\\\"a\\\"\"} 1\n",
        &long,
        &format!("{long}\njunos_up{{host=\"a\"}} 1\n"),
    ] {
        assert_eq!(
            text(&part, other),
            alone,
            "{}",
            &other[..other.len().min(40)]
        );
    }
    let bytes = b"junos_up{device=\"a\xff\"} 1\n".as_slice();
    let written = encode::text::write_over(&part, bytes, Vec::new()).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), alone);
    // Families in another order: none comes in two pieces.
    let family =
        |name: &str| format!("# HELP {name} x\n# TYPE {name} gauge\n{name}{{device=\"a\"}} 1\n");
    let unsorted = ["z", "junos_up", "a", "z"].map(family).concat();
    read(&text(&part, &unsorted)).unwrap();
}
