//! The house rules that can be read off the source text, one file a rule.
//!
//! A rule looks at the [`checkout`] and answers with findings: where, and what to do about it. To add one, write its
//! file and its line in [`RULES`].

mod changelog;
mod checkout;
mod crate_edges;
mod file_length;
mod machine_paths;
mod module_docs;
mod netconf_knows_no_junos;
mod parsers;
mod patches_in_use;
mod pure_crates;
mod rule;
#[cfg(test)]
mod rule_tests;
mod rust_text;
mod unbounded_queues;
mod unfinished;
mod wall_clock;

pub(crate) use rule::{check, run};

use rule::Rule;

/// All rules, in the order in which they are reported.
const RULES: &[Rule] = &[
    Rule {
        name: "parsers, catalogue and fixtures agree",
        check: parsers::check,
    },
    Rule {
        name: "crates depend as ARCHITECTURE.md says",
        check: crate_edges::check,
    },
    Rule {
        name: "patched libraries are in their place",
        check: patches_in_use::check,
    },
    Rule {
        name: "pure crates stay pure",
        check: pure_crates::check,
    },
    Rule {
        name: "netconf knows no Junos",
        check: netconf_knows_no_junos::check,
    },
    Rule {
        name: "every file says what it is for",
        check: module_docs::check,
    },
    Rule {
        name: "no file holds two ideas",
        check: file_length::check,
    },
    Rule {
        name: "nothing unfinished",
        check: unfinished::check,
    },
    Rule {
        name: "no paths of one machine",
        check: machine_paths::check,
    },
    Rule {
        name: "no queue without a bound",
        check: unbounded_queues::check,
    },
    Rule {
        name: "only the runner reads the clock",
        check: wall_clock::check,
    },
    Rule {
        name: "the changelog has a place for news",
        check: changelog::check,
    },
];
