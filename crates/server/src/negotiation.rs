//! Which form of the series a client takes: text or OpenMetrics, plain or compressed.

use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_ENCODING, HeaderName};
use metrics::encode::{openmetrics, text};

/// A form of the series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The text format, version 0.0.4.
    Text,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

impl Form {
    /// What the answer says of itself.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Text => text::CONTENT_TYPE,
            Self::OpenMetrics => openmetrics::CONTENT_TYPE,
        }
    }

    /// How well a media range fits: the more exactly it names the form, the higher. None: it does not.
    fn fit(self, range: &str, version: Option<&str>) -> Option<u8> {
        let (own, versions) = match self {
            Self::Text => ("text/plain", ["0.0.4"]),
            Self::OpenMetrics => ("application/openmetrics-text", ["1.0.0"]),
        };
        match range {
            "*/*" => Some(0),
            _ if range == own => match version {
                Some(version) => versions.contains(&version).then_some(3),
                None => Some(2),
            },
            _ => {
                let group = range.strip_suffix("/*")?;
                let is_group = own.split_once('/').is_some_and(|(of, _)| of == group);
                is_group.then_some(1)
            }
        }
    }

    /// How much the client wants this form: the weight of the range that names it most exactly.
    fn weight(self, ranges: &[Range]) -> u16 {
        let fitting = ranges.iter().filter_map(|range| {
            let fit = self.fit(&range.name, range.version.as_deref())?;
            Some((fit, range.weight))
        });
        fitting.max().map_or(0, |(_, weight)| weight)
    }
}

/// An entry of `Accept` or `Accept-Encoding`.
#[derive(Debug)]
struct Range {
    name: String,
    version: Option<String>,
    /// In thousandths.
    weight: u16,
}

/// All entries of a header, also where it comes several times. An entry that cannot be read is none.
fn ranges(headers: &HeaderMap, name: HeaderName) -> Vec<Range> {
    let values = headers.get_all(name).iter();
    let entries = values.filter_map(|value| value.to_str().ok());
    let entries = entries.flat_map(|value| value.split(','));
    entries.filter_map(range).collect()
}

fn range(entry: &str) -> Option<Range> {
    let mut parts = entry.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let (mut version, mut weight) = (None, 1000);
    for (key, value) in parts.filter_map(|part| part.split_once('=')) {
        let value = value.trim().trim_matches('"');
        match key.trim().to_ascii_lowercase().as_str() {
            "version" => version = Some(value.to_owned()),
            "q" => {
                let number: f32 = value.parse().ok()?;
                // From 0 to 1, so it fits.
                weight = (number.clamp(0.0, 1.0) * 1000.0) as u16;
            }
            _ => {}
        }
    }
    Some(Range {
        name: name.to_ascii_lowercase(),
        version,
        weight,
    })
}

/// The form to answer with; none if the client takes neither. Who says nothing gets text, and text wins where both are wanted alike.
pub(crate) fn form(headers: &HeaderMap) -> Option<Form> {
    let ranges = ranges(headers, ACCEPT);
    if ranges.is_empty() {
        return Some(Form::Text);
    }
    let (text, open) = (
        Form::Text.weight(&ranges),
        Form::OpenMetrics.weight(&ranges),
    );
    match (text, open) {
        (0, 0) => None,
        _ if open > text => Some(Form::OpenMetrics),
        _ => Some(Form::Text),
    }
}

/// Whether the client takes gzip.
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    let ranges = ranges(headers, ACCEPT_ENCODING);
    let of = |name| ranges.iter().find(|range| range.name == name);
    let range = of("gzip").or_else(|| of("x-gzip")).or_else(|| of("*"));
    range.is_some_and(|range| range.weight > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(&name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_form_is_the_one_that_the_client_wants_most() {
        let open = Some(Form::OpenMetrics);
        let text = Some(Form::Text);
        let old_prometheus = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        let new_prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        let cases: [(&[&'static str], Option<Form>); 13] = [
            (&[], text),
            (&[old_prometheus], open),
            (&[new_prometheus], open),
            (&["*/*"], text),
            (&["text/html, */*;q=0.1"], text),
            (&["application/*"], open),
            (
                &["text/plain;q=0.9, application/openmetrics-text;q=0.8"],
                text,
            ),
            (&["text/plain;q=0, */*"], open),
            (
                &[
                    "application/openmetrics-text; version=1.0.0; q=0.1",
                    "text/*;q=0.05",
                ],
                open,
            ),
            (&["application/openmetrics-text;version=0.0.1"], None),
            (&["application/json"], None),
            (&["text/plain;q=0"], None),
            (&["TEXT/Plain; Version=\"0.0.4\""], text),
        ];
        for (accept, expected) in cases {
            assert_eq!(form(&headers(ACCEPT, accept)), expected, "{accept:?}");
        }
    }

    #[test]
    fn gzip_is_for_those_who_take_it() {
        let cases = [
            ("gzip", true),
            ("deflate, gzip;q=0.5", true),
            ("gzip;q=0", false),
            ("identity", false),
            ("*", true),
            ("gzip;q=0, *", false),
        ];
        for (accepted, expected) in cases {
            let headers = headers(ACCEPT_ENCODING, &[accepted]);
            assert_eq!(takes_gzip(&headers), expected, "{accepted}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
