//! Answers of S3 servers that the store's client would make less of, made into errors that keep what they say.
//!
//! The client reads no header and no body of a redirect without a target, which is how S3 says that a bucket is in another region, and
//! takes a web page with status 200, as a proxy or the login page of a network sends it, for an answer of the store.

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, Method, StatusCode, Uri};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
};

/// The code of an answer that is a web page.
pub(super) const WEB_PAGE: &str = "WebPage";
const REGION: &str = "x-amz-bucket-region";

/// Connects as usual, and reads the answers.
#[derive(Debug, Default)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(Reader { client }))
    }
}

#[derive(Debug)]
struct Reader {
    client: HttpClient,
}

#[async_trait]
impl HttpService for Reader {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let answer = self.client.execute(request).await?;
        if is_elsewhere(&method, answer.status(), answer.headers()) {
            let region = header(answer.headers(), REGION);
            let body = answer.into_body().bytes().await.unwrap_or_default();
            return Ok(refusal(elsewhere(&String::from_utf8_lossy(&body), &region)));
        }
        let is_page = header(answer.headers(), CONTENT_TYPE.as_str()).starts_with("text/html");
        if answer.status().is_success() && is_page && !may_be_a_page(&method, &uri) {
            return Ok(refusal(format!("<Error><Code>{WEB_PAGE}</Code></Error>")));
        }
        Ok(answer)
    }
}

/// Whether an answer says that the bucket is in another region. One to a HEAD has no body that could say it.
fn is_elsewhere(method: &Method, status: StatusCode, headers: &HeaderMap) -> bool {
    let is_bare = status.is_redirection() && status != StatusCode::NOT_MODIFIED;
    let is_head = method == Method::HEAD && status == StatusCode::BAD_REQUEST;
    (is_bare && !headers.contains_key(LOCATION)) || (is_head && headers.contains_key(REGION))
}

/// Objects are whatever somebody has put there; a listing, and the answer to an upload, are not.
fn may_be_a_page(method: &Method, uri: &Uri) -> bool {
    let is_listing = uri
        .query()
        .is_some_and(|query| query.contains("list-type="));
    match *method {
        Method::GET => !is_listing,
        Method::HEAD => true,
        _ => false,
    }
}

/// The server's own words, and the region that it names.
fn elsewhere(body: &str, region: &str) -> String {
    let named = match region {
        "" => String::new(),
        region => format!("<Region>{region}</Region>"),
    };
    match body.contains("<Code>") {
        true => format!("{named}{body}"),
        false => format!("<Error><Code>PermanentRedirect</Code>{named}</Error>"),
    }
}

fn header(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

fn refusal(body: String) -> HttpResponse {
    let mut answer = HttpResponse::new(Bytes::from(body).into());
    *answer.status_mut() = StatusCode::BAD_REQUEST;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_without_a_target_is_a_word_about_the_region() {
        let with = |name: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, "eu-west-1".parse().unwrap());
            headers
        };
        let none = HeaderMap::new();
        for (method, status, headers, is) in [
            (Method::GET, 301, &none, true),
            (Method::PUT, 307, &with(REGION), true),
            (Method::GET, 301, &with("location"), false),
            (Method::GET, 304, &none, false),
            (Method::HEAD, 400, &with(REGION), true),
            (Method::HEAD, 400, &none, false),
            (Method::GET, 200, &with(REGION), false),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(
                is_elsewhere(&method, status, headers),
                is,
                "{method} {status}"
            );
        }
        assert_eq!(
            elsewhere("", "eu-west-1"),
            "<Error><Code>PermanentRedirect</Code><Region>eu-west-1</Region></Error>"
        );
        let own = "<Error><Code>X</Code></Error>";
        assert!(elsewhere(own, "eu-west-1").ends_with(own));
    }

    #[test]
    fn an_object_may_be_a_page_and_a_listing_may_not() {
        let uri = |text: &str| text.parse::<Uri>().unwrap();
        assert!(may_be_a_page(&Method::GET, &uri("http://s/b/a.parquet")));
        assert!(!may_be_a_page(
            &Method::GET,
            &uri("http://s/b?list-type=2&prefix=x")
        ));
        assert!(!may_be_a_page(&Method::PUT, &uri("http://s/b/a.parquet")));
    }
}
