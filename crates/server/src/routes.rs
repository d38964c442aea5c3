//! The paths: which request gets which answer.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use collector::LiveSeries;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName,
    HeaderValue, RETRY_AFTER, TRANSFER_ENCODING, VARY, WWW_AUTHENTICATE,
};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use metrics::{Detail, DeviceInfo, Fleet, FleetSeries, Health, MetricNames};
use percent_encoding::percent_decode_str;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::access::Access;
use crate::body::Body;
use crate::collect::Collect;
use crate::negotiation::{self, Form};
use crate::own_series;
use crate::probes::{Probed, Probes};
use crate::service_discovery;
use crate::status::Status;
use crate::web_files::Web;

/// What Prometheus says how long it waits.
const SCRAPE_TIMEOUT: HeaderName = HeaderName::from_static("x-prometheus-scrape-timeout-seconds");
/// So much earlier an answer is sent, that it arrives in time.
const EARLIER: Duration = Duration::from_millis(500);
/// How long a probe may take for those who do not say how long they wait.
const PROBE_DEADLINE: Duration = Duration::from_secs(60);
/// Answers whose series are encoded at the same time.
const ENCODERS: usize = 4;

const JSON: &str = "application/json";
const PLAIN: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

const PAGE: &str = "<!doctype html>
<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Lanewatch</title></head><body>
<h1>Lanewatch</h1>
<ul>
<li><a href=\"/metrics\">Series of the daemon itself</a></li>
<li><a href=\"/metrics?device=*\">Series of all devices</a></li>
<li><a href=\"/sd\">Devices, for service discovery</a></li>
<li><a href=\"/healthz\">Health</a></li>
<li><a href=\"/readyz\">Readiness</a></li>
</ul>
</body></html>
";

/// What all connections share.
pub(crate) struct Routes {
    pub(crate) collect: Arc<dyn Collect>,
    pub(crate) live: LiveSeries,
    pub(crate) status: Arc<Status>,
    pub(crate) probes: Probes,
    access: Access,
    encoders: Arc<Semaphore>,
}

type Answer = Response<Body>;

impl Routes {
    pub(crate) fn new(
        collect: Arc<dyn Collect>,
        live: LiveSeries,
        status: Arc<Status>,
        probes: Probes,
    ) -> Self {
        Self {
            collect,
            live,
            status,
            probes,
            access: Access::default(),
            encoders: Arc::new(Semaphore::new(ENCODERS)),
        }
    }

    /// The answer to a request. `address` is where the connection came in.
    pub(crate) async fn answer<B>(&self, request: Request<B>, web: &Web, address: &str) -> Answer {
        let (head, _) = request.into_parts();
        let is_head = head.method == Method::HEAD;
        let mut answer = if self.access.allows(web, &head.headers).await {
            self.allowed(&head, web, address).await
        } else {
            unauthorized(web)
        };
        for (name, value) in &web.config.headers {
            answer.headers_mut().insert(name, value.clone());
        }
        self.status.count_answer(answer.status().as_u16());
        if is_head {
            *answer.body_mut() = Body::empty();
        }
        answer
    }

    async fn allowed(&self, head: &http::request::Parts, web: &Web, address: &str) -> Answer {
        if has_body(&head.headers) {
            let why = "a request has no body here";
            return text(StatusCode::PAYLOAD_TOO_LARGE, why);
        }
        let path = head.uri.path();
        let known = [
            "/",
            "/metrics",
            "/probe",
            "/sd",
            "/healthz",
            "/-/healthy",
            "/readyz",
            "/-/ready",
        ];
        if !known.contains(&path) {
            return text(
                StatusCode::NOT_FOUND,
                "there is nothing here; `/` lists what there is",
            );
        }
        if !matches!(head.method, Method::GET | Method::HEAD) {
            let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD");
            let allowed = HeaderValue::from_static("GET, HEAD");
            answer.headers_mut().insert(ALLOW, allowed);
            return answer;
        }
        match path {
            "/" => whole(StatusCode::OK, HTML, PAGE.to_owned().into()),
            "/metrics" => self.metrics(head).await,
            "/probe" => self.probe(head).await,
            "/sd" => {
                let host = head.headers.get(HOST).and_then(|host| host.to_str().ok());
                let devices = self.collect.devices();
                let is_encrypted = web.tls.is_some();
                let list =
                    service_discovery::targets(&devices, host.unwrap_or(address), is_encrypted);
                whole(StatusCode::OK, JSON, list.into())
            }
            "/healthz" | "/-/healthy" => judged("healthy", self.status.unhealthy()),
            _ => judged("ready", self.status.unready()),
        }
    }

    async fn metrics(&self, head: &http::request::Parts) -> Answer {
        let Some(form) = negotiation::form(&head.headers) else {
            return not_acceptable();
        };
        let devices = match parameter(head, "device") {
            Err(why) => return text(StatusCode::BAD_REQUEST, &why),
            Ok(None) => return self.own(form),
            Ok(Some(device)) if device == "*" => self.live.fleet().all(),
            Ok(Some(device)) if !self.has(&device) => return no_such(&device),
            Ok(Some(device)) => match self.live.fleet().of(&device) {
                Some(series) => series,
                None => {
                    let why = format!("{device} has not been collected yet");
                    return later(&why);
                }
            },
        };
        self.series(devices, form, &head.headers).await
    }

    fn own(&self, form: Form) -> Answer {
        let facts = self.status.facts().clone();
        let interval = self.status.every.as_secs_f64();
        match own_series::encode(&facts, interval, form) {
            Ok(series) => whole(StatusCode::OK, form.content_type(), series.into()),
            Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        }
    }

    async fn probe(&self, head: &http::request::Parts) -> Answer {
        let Some(form) = negotiation::form(&head.headers) else {
            return not_acceptable();
        };
        let device = match parameter(head, "target") {
            Err(why) => return text(StatusCode::BAD_REQUEST, &why),
            Ok(None) => {
                let why = "`target` is missing: /probe?target=NAME, with a name of the inventory";
                return text(StatusCode::BAD_REQUEST, why);
            }
            Ok(Some(device)) => device,
        };
        for name in ["module", "auth"] {
            if !matches!(parameter(head, name), Ok(None)) {
                let why =
                    format!("there is no `{name}` here: the inventory and the catalogue decide");
                return text(StatusCode::BAD_REQUEST, &why);
            }
        }
        if !self.has(&device) {
            return no_such(&device);
        }
        let deadline = deadline(&head.headers);
        let series = match self.probes.probe(&device, deadline).await {
            Probed::Series(series) => series,
            Probed::TimedOut => match down(&device, deadline) {
                Some(series) => series,
                None => return later("the deadline came first"),
            },
            Probed::Refused(why) => return later(&why),
        };
        self.series(series, form, &head.headers).await
    }

    fn has(&self, device: &str) -> bool {
        let devices = self.collect.devices();
        devices.iter().any(|listed| listed.name == device)
    }

    async fn series(&self, series: FleetSeries, form: Form, headers: &HeaderMap) -> Answer {
        // It is never closed.
        let Ok(permit) = Arc::clone(&self.encoders).acquire_owned().await else {
            return later("the endpoint stops");
        };
        let gzip = negotiation::takes_gzip(headers);
        let body = Body::of(series, form, gzip, permit);
        let mut answer = whole(StatusCode::OK, form.content_type(), body);
        let headers = answer.headers_mut();
        let vary = HeaderValue::from_static("Accept, Accept-Encoding");
        headers.insert(VARY, vary);
        if gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        answer
    }
}

/// What is known of a device that did not answer in time.
fn down(device: &str, waited: Duration) -> Option<FleetSeries> {
    let mut fleet = Fleet::new(MetricNames::Documented, Detail::Full);
    let tables = fleet.pack([]);
    let health = Health {
        device: device.to_owned(),
        seconds: waited.as_secs_f64(),
        ..Health::default()
    };
    let info = DeviceInfo {
        device: device.to_owned(),
        ..DeviceInfo::default()
    };
    fleet.put(tables, &health, &info, None, 0);
    fleet.of(device)
}

/// How long a probe may take: a little less than the scraper waits.
fn deadline(headers: &HeaderMap) -> Duration {
    let given = headers.get(SCRAPE_TIMEOUT).and_then(|it| it.to_str().ok());
    let seconds = given.and_then(|seconds| seconds.parse::<f64>().ok());
    let waits = seconds
        .filter(|seconds| *seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    match waits {
        None => PROBE_DEADLINE,
        Some(waits) => waits.saturating_sub(EARLIER).max(waits / 2),
    }
}

/// The value of a parameter of the query.
///
/// # Errors
///
/// It is given twice, or it is no UTF-8.
fn parameter(head: &http::request::Parts, name: &str) -> Result<Option<String>, String> {
    let query = head.uri.query().unwrap_or("");
    let mut found = None;
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if decoded(key)? != name {
            continue;
        }
        if found.is_some() {
            return Err(format!("`{name}` is given twice"));
        }
        found = Some(decoded(value)?.into_owned());
    }
    Ok(found)
}

fn decoded(text: &str) -> Result<Cow<'_, str>, String> {
    let spaced: Cow<'_, str> = match text.contains('+') {
        true => Cow::Owned(text.replace('+', " ")),
        false => Cow::Borrowed(text),
    };
    let decoded = percent_decode_str(&spaced).decode_utf8();
    let decoded = decoded.map_err(|_| "the query is no UTF-8".to_owned())?;
    Ok(Cow::Owned(decoded.into_owned()))
}

/// Whether the client says that it sends a body.
fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH);
    headers.contains_key(TRANSFER_ENCODING) || length.is_some_and(|length| length != "0")
}

fn whole(status: StatusCode, content_type: &'static str, body: Body) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn text(status: StatusCode, sentence: &str) -> Answer {
    whole(status, PLAIN, format!("{sentence}\n").into())
}

fn no_such(device: &str) -> Answer {
    let device = device.escape_debug();
    let why = format!("the inventory has no device `{device}`; nothing else is contacted");
    text(StatusCode::NOT_FOUND, &why)
}

fn later(why: &str) -> Answer {
    let mut answer = text(StatusCode::SERVICE_UNAVAILABLE, why);
    let after = HeaderValue::from_static("10");
    answer.headers_mut().insert(RETRY_AFTER, after);
    answer
}

fn not_acceptable() -> Answer {
    let why = "the series are there as `text/plain; version=0.0.4` and as `application/openmetrics-text; version=1.0.0`";
    text(StatusCode::NOT_ACCEPTABLE, why)
}

fn unauthorized(web: &Web) -> Answer {
    let mut answer = text(StatusCode::UNAUTHORIZED, "credentials are needed");
    let mut ask = |scheme: &'static str| {
        let headers = answer.headers_mut();
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
    };
    if !web.config.users.is_empty() {
        ask("Basic realm=\"lanewatch\"");
    }
    if web.token.is_some() {
        ask("Bearer realm=\"lanewatch\"");
    }
    answer
}

fn judged(word: &str, why_not: Option<String>) -> Answer {
    let status = match why_not {
        None => StatusCode::OK,
        Some(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let json = match why_not {
        None => json!({ word: true }),
        Some(why) => json!({ word: false, "why": why }),
    };
    whole(status, JSON, format!("{json}\n").into())
}

#[cfg(test)]
#[path = "routes_tests.rs"]
pub(crate) mod tests;
