//! No circle of modules: no file of a crate uses a file that uses it, directly or by way of others.
//!
//! Read are `use` and paths, resolved to the file that defines what they name: whoever imports a sibling by way of the re-export
//! in `mod.rs` uses the sibling. A file may use what the modules around it define, so a `mod.rs` and its own files make no circle by
//! themselves. What stands under `#[cfg(test)]` does not count, nor do `tests/` and `benches/`.
//!
//! [`source`] reads a file, [`crates`] resolves the paths of a crate, [`graph`] finds the circles.

mod crates;
mod graph;
mod source;

use super::checkout::Checkout;
use super::rule::Finding;
use crate::workspace::Workspace;

use crates::Crate;

pub(super) fn check(checkout: &Checkout, _: &Workspace) -> Result<Vec<Finding>, String> {
    let mut findings = Vec::new();
    for root in roots(checkout) {
        findings.extend(circles_of(checkout, root)?);
    }
    Ok(findings)
}

/// The files that crates begin with: libraries and programs.
fn roots(checkout: &Checkout) -> impl Iterator<Item = &str> {
    checkout
        .rust()
        .map(|file| file.path.as_str())
        .filter(|path| {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            let in_src = |folder: &str| folder == "src" || folder.ends_with("/src");
            (in_src(folder) && matches!(name, "lib.rs" | "main.rs"))
                || folder.strip_suffix("/bin").is_some_and(in_src)
        })
}

/// A finding for each circle of the crate.
fn circles_of(checkout: &Checkout, root: &str) -> Result<Vec<Finding>, String> {
    let krate = Crate::read(checkout, root)?;
    let graph = krate.graph();
    let name = |file: usize| krate.files.get(file).map_or("", String::as_str);
    let mut findings = Vec::new();
    for circle in graph.circles() {
        let steps = circle.shortest.iter().zip(circle.shortest.iter().skip(1));
        let uses = steps.filter_map(|(&from, &to)| Some((from, to, graph.found(from, to)?)));
        let uses: Vec<_> = uses.collect();
        let Some((first, _, found)) = uses.first() else {
            continue;
        };
        let line = found.line;
        let told = uses.iter().map(|(from, to, found)| {
            format!(
                "{}:{} uses `{}` of {}",
                name(*from),
                found.line,
                found.path,
                name(*to)
            )
        });
        let told: Vec<String> = told.collect();
        let message = format!(
            "a circle of {} files: {}: move what both need to a file that uses neither.",
            circle.files.len(),
            told.join(", ")
        );
        findings.push(Finding::new(name(*first), line, message));
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::super::rule_tests::nowhere;
    use super::*;

    /// The messages for a crate of these files below `src/`.
    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<(String, &str)> = files
            .iter()
            .map(|(path, text)| (format!("crates/x/src/{path}"), *text))
            .collect();
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(path, text)| (path.as_str(), *text))
            .collect();
        let findings = check(&Checkout::of(&files), &nowhere()).unwrap();
        findings.iter().map(ToString::to_string).collect()
    }

    #[track_caller]
    fn assert_circles(expected: usize, files: &[(&str, &str)]) {
        let found = found(files);
        assert_eq!(found.len(), expected, "{found:?}");
    }

    #[test]
    fn two_files_that_use_each_other_are_named_with_the_places() {
        let found = found(&[
            ("lib.rs", "mod a;\nmod b;\n"),
            (
                "a.rs",
                "//! a\nuse crate::b::{self, B as Other};\npub struct A;\n",
            ),
            ("b.rs", "pub struct B;\nfn f() { g(|| super::a::A); }\n"),
        ]);
        assert_eq!(
            found,
            [
                "crates/x/src/a.rs:2: a circle of 2 files: crates/x/src/a.rs:2 uses `crate::b::B` of crates/x/src/b.rs, \
                 crates/x/src/b.rs:2 uses `super::a::A` of crates/x/src/a.rs: move what both need to a file that uses neither."
            ]
        );
    }

    #[test]
    fn a_sibling_by_way_of_the_parents_re_export_is_the_sibling() {
        assert_circles(
            0,
            &[
                ("lib.rs", "mod room;\n"),
                (
                    "room/mod.rs",
                    "mod a;\nmod b;\npub use a::A;\nuse b::B;\nfn f(_: B) {}\n",
                ),
                ("room/a.rs", "pub struct A;\n"),
                ("room/b.rs", "use super::A;\npub struct B(A);\n"),
            ],
        );
    }

    #[test]
    fn a_file_may_use_what_the_modules_around_it_define() {
        let child = (
            "room/a.rs",
            "use crate::Error;\nuse super::Kind;\npub struct A;\n",
        );
        let room = (
            "room/mod.rs",
            "mod a;\npub struct Kind;\nfn f() { a::A; }\n",
        );
        assert_circles(
            0,
            &[
                (
                    "lib.rs",
                    "mod room;\npub struct Error;\nfn f() { room::f() }\n",
                ),
                room,
                child,
            ],
        );
    }

    #[test]
    fn a_module_that_hands_a_name_on_does_not_use_it_and_one_that_works_with_it_does() {
        let lib = ("lib.rs", "mod room;\nmod b;\n");
        let a = ("room/a.rs", "use crate::b::B;\npub struct A;\n");
        let b = ("b.rs", "use crate::room::Kind;\npub struct B;\n");
        let room = "mod a;\npub use a::A;\npub struct Kind;\n";
        assert_circles(0, &[lib, ("room/mod.rs", room), a, b]);
        assert_circles(
            1,
            &[
                lib,
                ("room/mod.rs", &format!("{room}fn f(_: A) {{}}\n")),
                a,
                b,
            ],
        );
    }

    #[test]
    fn a_module_that_is_only_named_is_not_used_but_what_is_reached_through_it_is() {
        let a = (
            "json/mod.rs",
            "pub mod writer;\nuse crate::table::T;\nfn f(_: T) {}\n",
        );
        let writer = ("json/writer.rs", "pub fn w() {}\n");
        let through = (
            "table.rs",
            "use super::json;\npub struct T;\nfn f() { json::writer::w() }\n",
        );
        assert_circles(
            0,
            &[("lib.rs", "mod json;\nmod table;\n"), a, writer, through],
        );
        let of_it = (
            "table.rs",
            "use super::json;\npub struct T;\nfn f() { json::f() }\n",
        );
        assert_circles(
            1,
            &[("lib.rs", "mod json;\nmod table;\n"), a, writer, of_it],
        );
    }

    #[test]
    fn tests_comments_strings_and_other_crates_do_not_count() {
        assert_circles(
            0,
            &[
                ("lib.rs", "mod a;\nmod b;\n"),
                ("a.rs", "use super::b::B;\npub struct A;\n"),
                (
                    "b.rs",
                    "//! [`super::a::A`]\n/// super::a::A\npub struct B; // super::a::A\nconst S: &str = \"super::a::A\";\n\
                     use ::a::A;\nuse a::{A as C, super_a};\n#[cfg(test)]\nuse super::a::{A};\n\
                     #[cfg(test)]\n#[derive(Debug)]\nmod tests { use super::super::a::A; }\n",
                ),
            ],
        );
    }

    #[test]
    fn macros_globs_inline_modules_and_longer_ways_are_seen() {
        let lib = ("lib.rs", "mod a;\nmod b;\nmod c;\n");
        let c = (
            "c.rs",
            "pub mod inside { use super::super::a::A; pub fn go() {} }\n",
        );
        assert_circles(
            1,
            &[
                lib,
                (
                    "a.rs",
                    "use crate::b::*;\npub struct A;\nfn f() { println!(\"{}\", B::new()) }\n",
                ),
                ("b.rs", "pub struct B;\nfn f() { crate::c::inside::go() }\n"),
                c,
            ],
        );
    }
}
