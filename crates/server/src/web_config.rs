//! Reads the web configuration file: the format of Prometheus' exporter-toolkit.
//!
//! A key that is not known, or that this endpoint cannot keep to, is an error: a file that asks for more than it gets must not pass.

use std::path::{Path, PathBuf};

use http::header::{HeaderName, HeaderValue};
use inventory::yaml::{Key, Node, Value};
use inventory::{Problem, did_you_mean};
use zeroize::Zeroizing;

/// What the file says.
#[derive(Debug, Default)]
pub(crate) struct WebConfig {
    pub(crate) tls: Option<TlsConfig>,
    /// Headers that each answer gets.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Users with their bcrypt hashes.
    pub(crate) users: Vec<(String, String)>,
}

/// How connections are encrypted.
#[derive(Debug)]
pub(crate) struct TlsConfig {
    pub(crate) certificate: Pem,
    pub(crate) key: Pem,
    /// Whose certificates clients must show; none: they need none.
    pub(crate) clients: Option<Pem>,
    pub(crate) oldest: TlsVersion,
    pub(crate) newest: TlsVersion,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TlsVersion {
    V12,
    V13,
}

/// Certificates or a key, in the file or beside it.
#[derive(Clone)]
pub(crate) enum Pem {
    File(PathBuf),
    Inline(Zeroizing<String>),
}

impl std::fmt::Debug for Pem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => formatter.debug_tuple("File").field(path).finish(),
            Self::Inline(_) => formatter.write_str("Inline"),
        }
    }
}

impl WebConfig {
    /// The files that it names.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        let tls = self.tls.as_ref();
        let pems = tls.into_iter().flat_map(|tls| {
            let always = [Some(&tls.certificate), Some(&tls.key), tls.clients.as_ref()];
            always.into_iter().flatten()
        });
        pems.filter_map(|pem| match pem {
            Pem::File(path) => Some(path.as_path()),
            Pem::Inline(_) => None,
        })
    }

    /// Reads the text of the file at this path. Relative paths in it are relative to its folder.
    ///
    /// # Errors
    ///
    /// The first mistake, with its line.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self, Problem> {
        let node = Node::parse(text)
            .map_err(|error| Problem::new(format!("{}: {error}", path.display())))?;
        let reader = Reader { path };
        let mut config = Self::default();
        if matches!(node.value, Value::Null) {
            return Ok(config);
        }
        const KNOWN: &[&str] = &[
            "tls_server_config",
            "http_server_config",
            "basic_auth_users",
        ];
        for (key, value) in reader.map(&node, "the file")? {
            match key.name.as_str() {
                "tls_server_config" => config.tls = reader.tls(key, value)?,
                "http_server_config" => config.headers = reader.http(value)?,
                "basic_auth_users" => config.users = reader.users(value)?,
                "rate_limit" => {
                    let why = "`rate_limit` is not supported; connections are limited always";
                    return Err(reader.at(key.line, why));
                }
                _ => return Err(reader.unknown(key, KNOWN)),
            }
        }
        Ok(config)
    }
}

struct Reader<'p> {
    path: &'p Path,
}

impl Reader<'_> {
    fn at(&self, line: u64, message: impl Into<String>) -> Problem {
        Problem::at(self.path, line, message)
    }

    fn unknown(&self, key: &Key, known: &[&str]) -> Problem {
        let hint = did_you_mean(&key.name, known.iter().copied());
        self.at(key.line, format!("unknown key `{}`{hint}", key.name))
    }

    fn map<'n>(&self, node: &'n Node, what: &str) -> Result<&'n [(Key, Node)], Problem> {
        let wrong = || {
            let found = node.kind();
            self.at(
                node.line,
                format!("{what} must be a mapping; found {found}"),
            )
        };
        match &node.value {
            Value::Null => Ok(&[]),
            _ => node.entries().ok_or_else(wrong),
        }
    }

    fn text(&self, key: &Key, node: &Node) -> Result<String, Problem> {
        let text = node.text().filter(|text| !text.is_empty());
        text.ok_or_else(|| {
            let found = node.kind();
            self.at(
                key.line,
                format!("`{}` must be text; found {found}", key.name),
            )
        })
    }

    fn file(&self, key: &Key, node: &Node) -> Result<Pem, Problem> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        Ok(Pem::File(folder.join(self.text(key, node)?)))
    }

    fn inline(&self, key: &Key, node: &Node) -> Result<Pem, Problem> {
        Ok(Pem::Inline(Zeroizing::new(self.text(key, node)?)))
    }

    fn version(&self, key: &Key, node: &Node) -> Result<TlsVersion, Problem> {
        match self.text(key, node)?.as_str() {
            "TLS12" => Ok(TlsVersion::V12),
            "TLS13" => Ok(TlsVersion::V13),
            found => Err(self.at(
                key.line,
                format!("`{}` must be `TLS12` or `TLS13`; found `{found}`", key.name),
            )),
        }
    }

    fn tls(&self, section: &Key, node: &Node) -> Result<Option<TlsConfig>, Problem> {
        const KNOWN: &[&str] = &[
            "cert_file",
            "cert",
            "key_file",
            "key",
            "client_ca_file",
            "client_ca",
            "client_auth_type",
            "min_version",
            "max_version",
        ];
        let entries = self.map(node, "`tls_server_config`")?;
        if entries.is_empty() {
            return Ok(None);
        }
        let (mut certificate, mut private_key, mut clients) = (None, None, None);
        let (mut oldest, mut newest) = (TlsVersion::V12, TlsVersion::V13);
        let mut must_show = None;
        for (key, value) in entries {
            let place = match key.name.as_str() {
                "cert_file" | "cert" => &mut certificate,
                "key_file" | "key" => &mut private_key,
                "client_ca_file" | "client_ca" => &mut clients,
                "client_auth_type" => {
                    must_show = Some((key.line, self.client_auth_type(key, value)?));
                    continue;
                }
                "min_version" => {
                    oldest = self.version(key, value)?;
                    continue;
                }
                "max_version" => {
                    newest = self.version(key, value)?;
                    continue;
                }
                "cipher_suites"
                | "curve_preferences"
                | "prefer_server_cipher_suites"
                | "client_allowed_sans" => {
                    let why = format!(
                        "`{}` is not supported; leave it out, or put a proxy in front that keeps to it",
                        key.name
                    );
                    return Err(self.at(key.line, why));
                }
                _ => return Err(self.unknown(key, KNOWN)),
            };
            if place.is_some() {
                let why = format!("`{}` is given twice: as text and as a file", key.name);
                return Err(self.at(key.line, why));
            }
            *place = Some(match key.name.ends_with("_file") {
                true => self.file(key, value)?,
                false => self.inline(key, value)?,
            });
        }
        if oldest > newest {
            let why = "`min_version` is newer than `max_version`";
            return Err(self.at(section.line, why));
        }
        match (&clients, must_show) {
            (Some(_), None | Some((_, false))) => {
                let why = "with `client_ca_file`, `client_auth_type` must be `RequireAndVerifyClientCert`: nobody would be checked";
                return Err(self.at(section.line, why));
            }
            (None, Some((line, true))) => {
                let why = "`RequireAndVerifyClientCert` needs a `client_ca_file`";
                return Err(self.at(line, why));
            }
            _ => {}
        }
        let missing = |name: &str| {
            self.at(
                section.line,
                format!("`tls_server_config` has no `{name}_file`"),
            )
        };
        Ok(Some(TlsConfig {
            certificate: certificate.ok_or_else(|| missing("cert"))?,
            key: private_key.ok_or_else(|| missing("key"))?,
            clients,
            oldest,
            newest,
        }))
    }

    /// Whether clients must show a certificate.
    fn client_auth_type(&self, key: &Key, node: &Node) -> Result<bool, Problem> {
        match self.text(key, node)?.as_str() {
            "NoClientCert" => Ok(false),
            "RequireAndVerifyClientCert" => Ok(true),
            found => Err(self.at(
                key.line,
                format!(
                    "`client_auth_type` must be `NoClientCert` or `RequireAndVerifyClientCert`; found `{found}`"
                ),
            )),
        }
    }

    fn http(&self, node: &Node) -> Result<Vec<(HeaderName, HeaderValue)>, Problem> {
        let mut headers = Vec::new();
        for (key, value) in self.map(node, "`http_server_config`")? {
            match key.name.as_str() {
                "headers" => {
                    for (key, value) in self.map(value, "`headers`")? {
                        headers.push(self.header(key, value)?);
                    }
                }
                "http2" if matches!(value.value, Value::Bool(false)) => {}
                "http2" => {
                    let why =
                        "this endpoint speaks HTTP/1.1 alone: `http2` must be `false`, or left out";
                    return Err(self.at(key.line, why));
                }
                _ => return Err(self.unknown(key, &["headers", "http2"])),
            }
        }
        Ok(headers)
    }

    fn header(&self, key: &Key, node: &Node) -> Result<(HeaderName, HeaderValue), Problem> {
        const KNOWN: &[&str] = &[
            "Strict-Transport-Security",
            "X-Content-Type-Options",
            "X-Frame-Options",
            "X-XSS-Protection",
            "Content-Security-Policy",
        ];
        let known = KNOWN
            .iter()
            .find(|known| known.eq_ignore_ascii_case(&key.name));
        let name = known.and_then(|known| HeaderName::try_from(*known).ok());
        let name = name.ok_or_else(|| self.unknown(key, KNOWN))?;
        let text = self.text(key, node)?;
        let value = HeaderValue::try_from(text).map_err(|_| {
            let why = format!("`{}` holds what no header may hold", key.name);
            self.at(key.line, why)
        })?;
        Ok((name, value))
    }

    fn users(&self, node: &Node) -> Result<Vec<(String, String)>, Problem> {
        let mut users = Vec::new();
        for (key, value) in self.map(node, "`basic_auth_users`")? {
            let hash = self.text(key, value)?;
            if !is_bcrypt(&hash) {
                // The value may be a password in plain text: it is not shown.
                let why = format!(
                    "the password of `{}` must be a bcrypt hash, as `htpasswd -nBC 10 \"\"` makes it",
                    key.name
                );
                return Err(self.at(key.line, why));
            }
            users.push((key.name.clone(), hash));
        }
        Ok(users)
    }
}

/// `$2b$10$` and 53 more characters; a cost that does not take longer than a scrape.
fn is_bcrypt(hash: &str) -> bool {
    let mut parts = hash.split('$').skip(1);
    let is_known = parts
        .next()
        .is_some_and(|kind| matches!(kind, "2a" | "2b" | "2y"));
    let cost = parts.next().and_then(|cost| cost.parse::<u32>().ok());
    let is_long_enough = parts.next().is_some_and(|rest| rest.len() == 53);
    is_known && cost.is_some_and(|cost| (4..=16).contains(&cost)) && is_long_enough
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$2b$04$......................kRVxP0hJhPuK5bs5s3oGxqqGS0U6CCe";

    fn parse(text: &str) -> Result<WebConfig, String> {
        let parsed = WebConfig::parse(text, Path::new("/etc/web.yml"));
        parsed.map_err(|problem| problem.to_string())
    }

    #[test]
    fn a_file_is_read_as_the_toolkit_reads_it() {
        let hash = format!("$2y$10${}", "a".repeat(53));
        let text = format!(
            "tls_server_config:
  cert_file: server.pem
  key_file: /keys/server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
  min_version: TLS13
http_server_config:
  http2: false
  headers:
    x-frame-options: deny
basic_auth_users:
  prometheus: {hash}
"
        );
        let config = parse(&text).unwrap();
        let files: Vec<_> = config.files().map(Path::to_owned).collect();
        let expected = ["/etc/server.pem", "/keys/server.key", "/etc/ca.pem"];
        assert_eq!(files, expected.map(PathBuf::from));
        assert_eq!(config.tls.unwrap().oldest, TlsVersion::V13);
        assert_eq!(config.users, [("prometheus".to_owned(), hash)]);
        assert_eq!(config.headers[0].0, "x-frame-options");
        assert!(parse("").unwrap().tls.is_none());
        assert!(parse("tls_server_config: {}").unwrap().tls.is_none());
    }

    #[test]
    fn what_cannot_be_kept_to_is_refused_with_its_line() {
        let long = "a".repeat(53);
        let tls = "tls_server_config:\n  cert_file: a\n  key_file: b\n";
        let cases = [
            (
                "tls_server_confg: {}".to_owned(),
                "/etc/web.yml:1: unknown key `tls_server_confg`; did you mean `tls_server_config`?",
            ),
            (
                "tls_server_config:\n  cert_file: a\n".to_owned(),
                "/etc/web.yml:1: `tls_server_config` has no `key_file`",
            ),
            (
                format!("{tls}  cert: x\n"),
                "/etc/web.yml:4: `cert` is given twice",
            ),
            (
                format!("{tls}  client_ca_file: c\n"),
                "nobody would be checked",
            ),
            (
                format!("{tls}  client_auth_type: RequireAndVerifyClientCert\n"),
                "/etc/web.yml:4: `RequireAndVerifyClientCert` needs",
            ),
            (
                format!("{tls}  client_auth_type: RequestClientCert\n"),
                "found `RequestClientCert`",
            ),
            (
                format!("{tls}  min_version: TLS10\n"),
                "`min_version` must be `TLS12` or `TLS13`; found `TLS10`",
            ),
            (
                format!("{tls}  min_version: TLS13\n  max_version: TLS12\n"),
                "newer than `max_version`",
            ),
            (
                format!("{tls}  cipher_suites: [x]\n"),
                "/etc/web.yml:4: `cipher_suites` is not supported",
            ),
            (
                "http_server_config:\n  http2: true\n".to_owned(),
                "HTTP/1.1 alone",
            ),
            (
                "http_server_config:\n  headers:\n    Server: x\n".to_owned(),
                "/etc/web.yml:3: unknown key `Server`",
            ),
            ("rate_limit: {}".to_owned(), "`rate_limit` is not supported"),
            (
                format!("basic_auth_users:\n  a: $2b$31${long}\n"),
                "bcrypt hash",
            ),
            ("- a".to_owned(), "the file must be a mapping; found a list"),
            ("a: 1\na: 2".to_owned(), "line 2: duplicate key `a`"),
        ];
        for (text, expected) in cases {
            let error = parse(&text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn a_password_in_plain_text_is_not_shown() {
        let error = parse("basic_auth_users:\n  a: hunter2\n").unwrap_err();
        assert!(error.contains(":2: the password of `a`"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
        assert!(is_bcrypt(HASH));
    }
}
