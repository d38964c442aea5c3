//! A dashboard as Grafana's classic JSON, schema version 41, which Grafana 10 to 13 reads.

use serde_json::{Value, json};

use super::panel::{Annotation, Dashboard, Kind, Link, Panel, Query, Variable};
use super::variant::Variant;

/// The columns of Grafana's grid.
const COLUMNS: u8 = 24;

/// The dashboard of a variant.
pub(super) fn dashboard(dashboard: &Dashboard, variant: Variant) -> Value {
    let mut variables = vec![json!({
        "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus",
        "regex": "", "refresh": 1, "hide": 0, "includeAll": false, "multi": false, "options": [], "current": {},
        "skipUrlSync": false,
    })];
    variables.extend(
        dashboard
            .variables
            .iter()
            .map(|found| variable(found, variant)),
    );
    let annotations: Vec<Value> = dashboard
        .annotations
        .iter()
        .map(|found| annotation(found, variant))
        .collect();
    json!({
        "uid": uid(dashboard.file),
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": ["lanewatch", "optics"],
        "editable": false,
        "graphTooltip": 1,
        "id": null,
        "refresh": "1m",
        "schemaVersion": 41,
        "version": 1,
        "time": {"from": "now-6h", "to": "now"},
        "timepicker": {},
        "timezone": "",
        "weekStart": "",
        "fiscalYearStartMonth": 0,
        "liveNow": false,
        "templating": {"list": variables},
        "annotations": {"list": annotations},
        "links": [{
            "type": "dashboards", "title": "Lanewatch", "tags": ["lanewatch"], "asDropdown": true, "icon": "external link",
            "includeVars": true, "keepTime": true, "targetBlank": false, "tooltip": "", "url": "",
        }],
        "panels": panels(dashboard, variant),
    })
}

fn uid(file: &str) -> String {
    format!("lanewatch-{file}")
}

fn datasource() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

fn variable(variable: &Variable, variant: Variant) -> Value {
    let query = variant.expr(variable.query);
    let mut value = json!({
        "name": variable.name, "label": variable.label, "type": "query", "datasource": datasource(),
        "definition": query, "query": {"query": query, "refId": format!("variable-{}", variable.name), "qryType": 1},
        "regex": variable.regex, "refresh": 2, "sort": 7, "hide": if variable.is_hidden { 2 } else { 0 },
        "includeAll": variable.many, "multi": variable.many, "options": [], "current": {}, "skipUrlSync": variable.is_hidden,
    });
    if variable.many {
        value["allValue"] = json!(".*");
        value["current"] = json!({"selected": true, "text": ["All"], "value": ["$__all"]});
    }
    value
}

fn annotation(annotation: &Annotation, variant: Variant) -> Value {
    json!({
        "name": annotation.name, "datasource": datasource(), "enable": true, "hide": false, "iconColor": "blue",
        "expr": variant.expr(annotation.expr), "step": "60s", "titleFormat": annotation.title, "textFormat": "",
        "tagKeys": "", "useValueForTime": "",
    })
}

fn panels(dashboard: &Dashboard, variant: Variant) -> Vec<Value> {
    let mut panels = Vec::new();
    let (mut y, mut id) = (0_u32, 1_u32);
    for row in &dashboard.rows {
        panels.push(json!({
            "id": id, "type": "row", "title": row.title, "collapsed": false, "panels": [],
            "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1},
        }));
        (y, id) = (y + 1, id + 1);
        let (mut x, mut tallest) = (0, 0);
        for panel in &row.panels {
            if x + panel.width > COLUMNS {
                y += u32::from(tallest);
                (x, tallest) = (0, 0);
            }
            let mut value = self::panel(panel, variant);
            value["id"] = json!(id);
            value["gridPos"] = json!({"x": x, "y": y, "w": panel.width, "h": panel.height});
            panels.push(value);
            x += panel.width;
            tallest = tallest.max(panel.height);
            id += 1;
        }
        y += u32::from(tallest);
    }
    panels
}

fn panel(panel: &Panel, variant: Variant) -> Value {
    let steps: Vec<Value> = panel
        .colours
        .iter()
        .map(|(from, colour)| json!({"value": from, "color": colour}))
        .collect();
    let mut defaults = json!({
        "unit": variant.unit(panel.unit),
        "thresholds": {"mode": "absolute", "steps": steps},
        "color": {"mode": "thresholds"},
        "mappings": mappings(panel),
        "links": [],
    });
    let mut overrides = Vec::new();
    let mut transformations = json!([]);
    let (kind, options) = match panel.kind {
        Kind::Stat => (
            "stat",
            json!({
                "colorMode": "background", "graphMode": "none", "justifyMode": "auto", "orientation": "auto", "textMode": "auto",
                "wideLayout": true, "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": false},
            }),
        ),
        Kind::Lines { log } => {
            defaults["color"] = json!({"mode": "palette-classic"});
            let scale = if log {
                json!({"type": "log", "log": 10})
            } else {
                json!({"type": "linear"})
            };
            defaults["custom"] = json!({
                "drawStyle": "line", "lineWidth": 1, "fillOpacity": 0, "pointSize": 4, "showPoints": "auto", "spanNulls": false,
                "scaleDistribution": scale, "axisPlacement": "auto", "thresholdsStyle": {"mode": "off"},
            });
            overrides = limits(panel);
            ("timeseries", lines_options())
        }
        Kind::Timeline => {
            defaults["custom"] = json!({"fillOpacity": 80, "lineWidth": 0});
            (
                "state-timeline",
                json!({
                    "mergeValues": true, "showValue": "never", "alignValue": "left", "rowHeight": 0.9, "perPage": 40,
                    "legend": {"displayMode": "list", "placement": "bottom", "showLegend": true},
                    "tooltip": {"mode": "single", "sort": "none"},
                }),
            )
        }
        Kind::Table {
            value,
            descending,
            link,
        } => {
            overrides = table_overrides(value, link);
            transformations = table_columns(value);
            (
                "table",
                json!({
                    "showHeader": true, "cellHeight": "sm", "footer": {"show": false, "reducer": ["sum"], "countRows": false, "fields": ""},
                    "sortBy": [{"displayName": value, "desc": descending}],
                }),
            )
        }
        Kind::Grid { down, across } => {
            defaults["custom"] = json!({"align": "center", "cellOptions": {"type": "color-background", "mode": "basic"}});
            transformations = json!([
                {"id": "groupingToMatrix", "options": {"rowField": down, "columnField": across, "valueField": "Value", "emptyValue": "null"}},
            ]);
            let name = format!("{down}\\{across}");
            overrides = vec![json!({
                "matcher": {"id": "byName", "options": name},
                "properties": [{"id": "custom.cellOptions", "value": {"type": "auto"}}, {"id": "custom.align", "value": "left"}],
            })];
            (
                "table",
                json!({"showHeader": true, "cellHeight": "sm", "footer": {"show": false, "reducer": ["sum"], "countRows": false, "fields": ""}, "sortBy": [{"displayName": name, "desc": false}]}),
            )
        }
        Kind::HeatMap => {
            defaults["color"] = json!({"mode": "scheme"});
            (
                "heatmap",
                json!({
                    "calculate": false, "cellGap": 1, "cellValues": {"unit": variant.unit(panel.unit)},
                    "color": {"mode": "scheme", "scheme": "Turbo", "steps": 64, "fill": "dark-orange", "scale": "exponential", "exponent": 0.25, "reverse": false},
                    "exemplars": {"color": "rgba(255,0,255,0.7)"}, "filterValues": {"le": 1e-9}, "legend": {"show": true},
                    "rowsFrame": {"layout": "auto"}, "showValue": "never", "tooltip": {"mode": "single", "yHistogram": true, "showColorScale": true},
                    "yAxis": {"axisPlacement": "left", "reverse": false, "axisLabel": "symbol errors in a codeword"},
                }),
            )
        }
        Kind::Bars => (
            "bargauge",
            json!({
                "displayMode": "basic", "orientation": "horizontal", "showUnfilled": true, "valueMode": "color", "namePlacement": "auto",
                "sizing": "auto", "minVizHeight": 16, "minVizWidth": 8, "maxVizHeight": 300,
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": false},
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": false, "calcs": []},
            }),
        ),
    };
    json!({
        "type": kind, "title": panel.title, "description": panel.description, "datasource": datasource(),
        "targets": panel.queries.iter().enumerate().map(|(at, query)| target(panel, query, at, variant)).collect::<Vec<_>>(),
        "fieldConfig": {"defaults": defaults, "overrides": overrides},
        "options": options, "transformations": transformations,
    })
}

fn target(panel: &Panel, query: &Query, at: usize, variant: Variant) -> Value {
    let is_table = matches!(panel.kind, Kind::Table { .. } | Kind::Grid { .. });
    let is_now = is_table || matches!(panel.kind, Kind::Stat | Kind::Bars);
    let letter = char::from(b'A' + u8::try_from(at).unwrap());
    json!({
        "refId": letter.to_string(), "datasource": datasource(), "editorMode": "code",
        "expr": variant.expr(&query.expr), "legendFormat": query.legend,
        "format": if is_table { "table" } else { "time_series" },
        "instant": is_now, "range": !is_now, "exemplar": false,
    })
}

fn lines_options() -> Value {
    json!({
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc", "hideZeros": false},
    })
}

fn mappings(panel: &Panel) -> Value {
    if panel.words.is_empty() {
        return json!([]);
    }
    let words = panel
        .words
        .iter()
        .enumerate()
        .map(|(index, (value, word))| (value.to_string(), json!({"text": word, "index": index})));
    json!([{"type": "value", "options": words.collect::<serde_json::Map<_, _>>()}])
}

/// Limits are dashed and never part of a legend's colours.
fn limits(panel: &Panel) -> Vec<Value> {
    let limits = panel.queries.iter().enumerate();
    let limits = limits
        .filter(|(_, query)| query.is_limit)
        .map(|(at, query)| {
            let letter = char::from(b'A' + u8::try_from(at).unwrap());
            let colour = if query.legend.contains("warning") {
                "yellow"
            } else {
                "red"
            };
            json!({
                "matcher": {"id": "byFrameRefID", "options": letter.to_string()},
                "properties": [
                    {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [8, 6]}},
                    {"id": "custom.showPoints", "value": "never"},
                    {"id": "color", "value": {"mode": "fixed", "fixedColor": colour}},
                ],
            })
        });
    limits.collect()
}

fn table_overrides(value: &str, link: Option<Link>) -> Vec<Value> {
    let mut overrides = vec![json!({
        "matcher": {"id": "byName", "options": value},
        "properties": [{"id": "custom.cellOptions", "value": {"type": "color-text"}}],
    })];
    let url = match link {
        None => return overrides,
        Some(Link::Device) => format!("/d/{}?var-device=${{__data.fields.device}}", uid("device")),
        Some(Link::Interface) => format!(
            "/d/{}?var-device=${{__data.fields.device}}&var-interface=${{__data.fields.interface}}",
            uid("interface")
        ),
    };
    let (column, title) = match link {
        Some(Link::Interface) => ("interface", "The interface"),
        _ => ("device", "The device"),
    };
    overrides.push(json!({
        "matcher": {"id": "byName", "options": column},
        "properties": [{"id": "links", "value": [{"title": title, "url": format!("{url}&${{datasource:queryparam}}&${{__url_time_range}}")}]}],
    }));
    overrides
}

/// The time of an instant says nothing, and the value has a name.
fn table_columns(value: &str) -> Value {
    json!([
        {"id": "organize", "options": {
            "excludeByName": {"Time": true, "__name__": true, "job": true, "instance": true},
            "indexByName": {}, "renameByName": {"Value": value},
        }},
    ])
}
