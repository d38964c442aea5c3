//! Quotes bytes from a peer in one line of text.

/// The first bytes of a peer's message, escaped for one line of text.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    const SHOWN: usize = 80;
    let head = bytes.get(..SHOWN).unwrap_or(bytes).escape_ascii();
    let more = if bytes.len() > SHOWN { "…" } else { "" };
    format!("{head}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_bytes_are_escaped_and_cut() {
        assert_eq!(excerpt(b"a\r\n\x1b[1m\xff"), r"a\r\n\x1b[1m\xff");
        let long = excerpt(&[b'x'; 200]);
        assert_eq!(long.chars().count(), 81);
        assert!(long.ends_with('…'));
    }
}
