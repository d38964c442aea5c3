//! CHANGELOG.md exists and has an Unreleased heading, so that a change can be noted in the commit that makes it.

use super::checkout::Checkout;
use super::rule::Finding;
use crate::workspace::Workspace;

const CHANGELOG: &str = "CHANGELOG.md";

pub(super) fn check(checkout: &Checkout, _: &Workspace) -> Result<Vec<Finding>, String> {
    let text = checkout.file(CHANGELOG).map_or("", |file| &file.text);
    let heading =
        |line: &str| line.starts_with("## ") && line.to_ascii_lowercase().contains("unreleased");
    if text.lines().any(heading) {
        return Ok(Vec::new());
    }
    Ok(vec![Finding::new(
        CHANGELOG,
        1,
        "there is no `## Unreleased` heading: add it, with the change under it.",
    )])
}

#[cfg(test)]
mod tests {
    use super::super::rule_tests::nowhere;
    use super::*;

    #[test]
    fn a_changelog_without_a_place_for_news_is_found() {
        for (text, found) in [
            ("# Changelog\n\n## [Unreleased]\n", 0),
            ("# Changelog\n\n## 0.1.0\n", 1),
        ] {
            assert_eq!(
                check(&Checkout::of(&[(CHANGELOG, text)]), &nowhere())
                    .unwrap()
                    .len(),
                found
            );
        }
        assert_eq!(check(&Checkout::of(&[]), &nowhere()).unwrap().len(), 1);
    }
}
