//! Service discovery over HTTP: a target for each device of the inventory.

use serde_json::{Map, Value, json};

use crate::collect::Listed;

/// The list as Prometheus' `http_sd_configs` takes it. `address` is where this endpoint is reached.
pub(crate) fn targets(devices: &[Listed], address: &str, is_encrypted: bool) -> Vec<u8> {
    let targets = devices.iter().map(|device| {
        let mut labels = Map::new();
        let mut label = |name: &str, value: &str| {
            labels.insert(name.to_owned(), Value::from(value));
        };
        label("__metrics_path__", "/probe");
        label("__param_target", &device.name);
        label("__scheme__", if is_encrypted { "https" } else { "http" });
        label("instance", &device.name);
        if !device.groups.is_empty() {
            // Commas at both ends: a rule finds a group by `.*,name,.*`.
            label(
                "__meta_lanewatch_groups",
                &format!(",{},", device.groups.join(",")),
            );
        }
        if let Some(model) = &device.model {
            label("__meta_lanewatch_model", model);
        }
        if let Some(shard) = &device.shard {
            label("__meta_lanewatch_shard", shard);
        }
        json!({ "targets": [address], "labels": labels })
    });
    Value::from(targets.collect::<Vec<_>>())
        .to_string()
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_device_is_a_target_and_no_device_is_an_empty_list() {
        let devices = [
            Listed {
                name: "leaf\"1".to_owned(),
                groups: vec!["dc1".to_owned(), "leaves".to_owned()],
                model: Some("qfx5220".to_owned()),
                shard: Some("lab".to_owned()),
            },
            Listed {
                name: "b".to_owned(),
                ..Listed::default()
            },
        ];
        let list: Value = serde_json::from_slice(&targets(&devices, "host:9830", false)).unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&list).unwrap(), @r#"
        [
          {
            "labels": {
              "__meta_lanewatch_groups": ",dc1,leaves,",
              "__meta_lanewatch_model": "qfx5220",
              "__meta_lanewatch_shard": "lab",
              "__metrics_path__": "/probe",
              "__param_target": "leaf\"1",
              "__scheme__": "http",
              "instance": "leaf\"1"
            },
            "targets": [
              "host:9830"
            ]
          },
          {
            "labels": {
              "__metrics_path__": "/probe",
              "__param_target": "b",
              "__scheme__": "http",
              "instance": "b"
            },
            "targets": [
              "host:9830"
            ]
          }
        ]
        "#);
        assert_eq!(targets(&[], "host:9830", true), b"[]");
    }
}
