//! Rust source as tokens, for the rules that look for names and literals: comments are gone, and each token knows its line.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The tokens of a file; comments, those of documentation too, are left out.
pub(super) fn tokens(path: &str, text: &str) -> Result<Vec<TokenTree>, String> {
    let stream: TokenStream = text
        .parse()
        .map_err(|error| format!("{path} is not Rust: {error}"))?;
    Ok(list(stream))
}

/// What stands between the delimiters of a group, or at the top of a file, without doc comments.
pub(super) fn list(stream: TokenStream) -> Vec<TokenTree> {
    let all: Vec<TokenTree> = stream.into_iter().collect();
    let mut kept = Vec::with_capacity(all.len());
    let mut rest = &all[..];
    while let Some((first, after)) = rest.split_first() {
        let length = doc_comment(rest);
        if length == 0 {
            kept.push(first.clone());
        }
        rest = rest.get(length.max(1)..).unwrap_or(after);
    }
    kept
}

/// How many tokens the doc comment takes that `rest` begins with; 0 when it begins with something else.
///
/// The parser turns `/// x` into `#[doc = " x"]` and `//! x` into `#![doc = " x"]`.
fn doc_comment(rest: &[TokenTree]) -> usize {
    let [hash, after @ ..] = rest else { return 0 };
    if !is(hash, '#') {
        return 0;
    }
    let (length, group) = match after {
        [bang, group, ..] if is(bang, '!') => (3, group),
        [group, ..] => (2, group),
        [] => return 0,
    };
    match group {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
            let inside: Vec<TokenTree> = group.stream().into_iter().take(2).collect();
            match &inside[..] {
                [name, equals] if word(name) == Some("doc".to_owned()) && is(equals, '=') => length,
                _ => 0,
            }
        }
        _ => 0,
    }
}

/// Calls `visit` with each identifier and each literal, however deep, as they are written, and its line counted from one.
pub(super) fn each_word(tokens: &[TokenTree], visit: &mut dyn FnMut(&str, usize)) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => each_word(&list(group.stream()), visit),
            TokenTree::Ident(ident) => visit(&ident.to_string(), line(token)),
            TokenTree::Literal(literal) => visit(&literal.to_string(), line(token)),
            TokenTree::Punct(_) => {}
        }
    }
}

/// The line of a token, counted from one.
pub(super) fn line(token: &TokenTree) -> usize {
    token.span().start().line
}

/// Whether the token is this mark.
pub(super) fn is(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

/// The token's text if it is an identifier or a keyword, without the `r#` that makes a keyword a name.
pub(super) fn word(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Ident(ident) => {
            let text = ident.to_string();
            Some(text.strip_prefix("r#").unwrap_or(&text).to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_gone_and_names_and_literals_have_their_lines() {
        let text = "//! \"a\" b\n/// c\nfn d() { // e\n  f(\"g\", r#\"h\"#, 'i')\n}\n";
        let mut seen = Vec::new();
        let tokens = tokens("x.rs", text).unwrap();
        each_word(&tokens, &mut |word, line| {
            seen.push((word.to_owned(), line))
        });
        let expected = [
            ("fn", 3),
            ("d", 3),
            ("f", 4),
            ("\"g\"", 4),
            ("r#\"h\"#", 4),
            ("'i'", 4),
        ];
        assert_eq!(seen, expected.map(|(word, line)| (word.to_owned(), line)));
    }
}
