//! Parses and writes the text form of a vault value: a header line, then hexadecimal digits in lines of 80.
//!
//! ```text
//! $ANSIBLE_VAULT;1.2;AES256;label
//! 6238…      hex( hex(salt) \n hex(hmac) \n hex(ciphertext) )
//! ```

use std::fmt;

const HEADER: &str = "$ANSIBLE_VAULT";
const LINE: usize = 80;

/// A vault value, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Envelope {
    /// The vault id, `default` if it has none.
    pub(super) label: String,
    pub(super) salt: Vec<u8>,
    pub(super) mac: Vec<u8>,
    pub(super) ciphertext: Vec<u8>,
}

/// Whether a text says of itself that it is encrypted.
pub fn is_encrypted(text: &str) -> bool {
    text.starts_with(HEADER)
}

impl Envelope {
    /// Takes a text apart.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as the end of a sentence.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut lines = text.lines();
        let mut header = lines
            .next()
            .unwrap_or_default()
            .trim()
            .split(';')
            .map(str::trim);
        if header.next() != Some(HEADER) {
            return Err("it does not begin with `$ANSIBLE_VAULT;`");
        }
        if !matches!(header.next(), Some("1.1" | "1.2")) {
            return Err("its version is not 1.1 or 1.2");
        }
        if header.next() != Some("AES256") {
            return Err("its cipher is not AES256");
        }
        let label = header.next().unwrap_or(super::DEFAULT_LABEL).to_owned();
        let digits: String = lines.map(str::trim).collect();
        let inner = from_hex(digits.as_bytes()).ok_or("its body is not hexadecimal")?;
        let mut parts = inner.splitn(3, |byte| *byte == b'\n').map(from_hex);
        match (parts.next(), parts.next(), parts.next()) {
            (Some(Some(salt)), Some(Some(mac)), Some(Some(ciphertext))) => Ok(Self {
                label,
                salt,
                mac,
                ciphertext,
            }),
            _ => Err("its body does not hold a salt, a checksum and a ciphertext; is it cut off?"),
        }
    }
}

impl fmt::Display for Envelope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = [&self.salt, &self.mac, &self.ciphertext]
            .map(|part| to_hex(part))
            .join("\n");
        let body = to_hex(inner.as_bytes());
        if self.label == super::DEFAULT_LABEL {
            writeln!(formatter, "{HEADER};1.1;AES256")?;
        } else {
            writeln!(formatter, "{HEADER};1.2;AES256;{}", self.label)?;
        }
        let mut rest = body.as_str();
        while !rest.is_empty() {
            let (line, more) = rest.split_at(LINE.min(rest.len()));
            writeln!(formatter, "{line}")?;
            rest = more;
        }
        Ok(())
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
        .collect()
}
