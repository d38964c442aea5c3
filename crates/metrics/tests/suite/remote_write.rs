//! Requests, decoded by a protobuf library: labels sorted, one sample a series, and nothing lost or double at the cuts.

use std::collections::{BTreeMap, BTreeSet};

use metrics::encode::remote_write::{Request, Requests, id};
use metrics::{Exposition, Family, Health, Kind, MetricNames, Series};
use prost::Message;

use crate::fleet;

#[derive(Clone, PartialEq, Message)]
struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    timeseries: Vec<TimeSeries>,
}

#[derive(Clone, PartialEq, Message)]
struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Sample>,
}

#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Sample {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    timestamp: i64,
}

fn decode(request: &Request) -> WriteRequest {
    let body = snap::raw::Decoder::new()
        .decompress_vec(&request.body)
        .unwrap();
    let decoded = WriteRequest::decode(body.as_slice()).unwrap();
    assert_eq!(decoded.encode_to_vec(), body, "the canonical encoding");
    assert_eq!(decoded.timeseries.len(), request.samples);
    decoded
}

fn requests(exposition: &Exposition, most: usize, external: &[(&str, &str)]) -> Vec<Request> {
    let mut requests = Requests::new(1_770_132_700_123, most);
    let mut cut = Vec::new();
    exposition
        .for_each_series(|series| {
            cut.extend(requests.add(series, external)?);
            Ok::<(), metrics::Error>(())
        })
        .unwrap();
    cut.extend(requests.finish().unwrap());
    cut
}

#[test]
fn every_series_is_in_one_request_with_its_labels_in_order() {
    let exposition = fleet::exposition(MetricNames::Both);
    let mut expected = BTreeMap::new();
    exposition
        .for_each_series(|series| {
            let mut labels = BTreeMap::from([("__name__".to_owned(), series.family.name.clone())]);
            let own = series.labels.iter().filter(|(_, text)| !text.is_empty());
            labels.extend(own.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
            labels.insert("job".to_owned(), "lanewatch".to_owned());
            expected.insert(labels, series.value);
            Ok::<(), metrics::Error>(())
        })
        .unwrap();
    for most in [1_000, usize::MAX] {
        let requests = requests(
            &exposition,
            most,
            &[("job", "lanewatch"), ("device", "not this")],
        );
        let mut found = BTreeMap::new();
        for request in &requests {
            assert!(request.samples <= most);
            for series in decode(request).timeseries {
                let names: Vec<_> = series
                    .labels
                    .iter()
                    .map(|label| label.name.as_str())
                    .collect();
                assert!(names.is_sorted() && names[0] == "__name__", "{names:?}");
                assert!(series.labels.iter().all(|label| !label.value.is_empty()));
                let [sample] = *series.samples.as_slice() else {
                    panic!("{} samples", series.samples.len())
                };
                assert_eq!(sample.timestamp, 1_770_132_700_123);
                let labels = series
                    .labels
                    .into_iter()
                    .map(|label| (label.name, label.value));
                assert_eq!(found.insert(labels.collect(), sample.value), None, "twice");
            }
        }
        assert_eq!(found, expected);
    }
}

#[test]
fn a_series_is_taken_once_and_a_stale_marker_is_the_one_that_receivers_know() {
    let family = Family {
        name: "up".to_owned(),
        kind: Kind::Gauge,
        unit: "",
        help: String::new(),
    };
    let series = Series {
        family: &family,
        labels: &[("z", "1"), ("a", "2"), ("empty", "")],
        value: 1.0,
    };
    let mut requests = Requests::new(-1, 10);
    assert_eq!(requests.add(&series, &[]).unwrap(), None);
    assert_eq!(
        requests
            .add(
                &Series {
                    value: 2.0,
                    ..series
                },
                &[]
            )
            .unwrap(),
        None
    );
    let gone = Series {
        labels: &[("z", "2")],
        ..series
    };
    assert_eq!(requests.add_stale(&gone, &[]).unwrap(), None);
    let decoded = decode(&requests.finish().unwrap().unwrap()).timeseries;
    assert_eq!(decoded.len(), 2);
    let labels: Vec<_> = decoded[0]
        .labels
        .iter()
        .map(|l| (l.name.as_str(), l.value.as_str()))
        .collect();
    assert_eq!(labels, [("__name__", "up"), ("a", "2"), ("z", "1")]);
    assert_eq!(
        (decoded[0].samples[0].value, decoded[0].samples[0].timestamp),
        (1.0, -1)
    );
    assert_eq!(decoded[1].samples[0].value.to_bits(), 0x7ff0_0000_0000_0002);
    assert_eq!(
        Requests::new(0, 10).finish().unwrap(),
        None,
        "no empty request"
    );
}

#[test]
fn a_series_is_known_by_its_name_and_labels_in_any_order() {
    let family = |name: &str| Family {
        name: name.to_owned(),
        kind: Kind::Gauge,
        unit: "",
        help: String::new(),
    };
    let (a, b) = (family("a"), family("b"));
    let of = |family, labels| {
        id(
            &Series {
                family,
                labels,
                value: 0.0,
            },
            &[("job", "x")],
        )
    };
    assert_eq!(
        of(&a, &[("x", "1"), ("y", "2")]),
        of(&a, &[("y", "2"), ("x", "1")])
    );
    let others = [
        of(&a, &[("x", "1"), ("y", "2")]),
        of(&b, &[("x", "1"), ("y", "2")]),
        of(&a, &[("x", "1y"), ("", "2")]),
        of(&a, &[("x", "1"), ("y", "3")]),
    ];
    assert_eq!(others.iter().collect::<BTreeSet<_>>().len(), others.len());
    // The same in every version: a stale marker depends on it.
    assert_eq!(of(&a, &[("x", "1")]).0, of(&family("a"), &[("x", "1")]).0);
}

#[test]
fn hostile_names_are_carried_as_they_are() {
    let name = "a\"b\\c\nd}\u{fffd}";
    let mut exposition = Exposition::new(MetricNames::Documented);
    exposition.add_health(&Health {
        device: name.to_owned(),
        ..Health::default()
    });
    let requests = requests(&exposition, 100, &[]);
    let series = decode(&requests[0]).timeseries;
    assert!(
        series.iter().all(|series| series.labels[1].value == name),
        "{series:?}"
    );
}
