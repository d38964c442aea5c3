//! The house rules that can be read off the source text, one file a rule.
//!
//! A rule looks at the [`checkout`] and answers with findings: where, and what to do about it. To add one, write its
//! file and its line in [`RULES`].

mod changelog;
mod checkout;
mod circles;
mod crate_edges;
mod file_length;
mod machine_paths;
mod module_docs;
mod netconf_knows_no_junos;
mod parsers;
mod pure_crates;
mod rule;
#[cfg(test)]
mod rule_tests;
mod sizes;
mod tokens;

use std::process::ExitCode;

use crate::workspace::Workspace;
use rule::Rule;

/// All rules, in the order in which they are reported.
const RULES: &[Rule] = &[
    Rule {
        name: "parsers, catalogue and fixtures agree",
        figure: None,
        check: parsers::check,
    },
    Rule {
        name: "crates depend as ARCHITECTURE.md says",
        figure: None,
        check: crate_edges::check,
    },
    Rule {
        name: "pure crates stay pure",
        figure: None,
        check: pure_crates::check,
    },
    Rule {
        name: "netconf knows no Junos",
        figure: None,
        check: netconf_knows_no_junos::check,
    },
    Rule {
        name: "every file says what it is for",
        figure: None,
        check: module_docs::check,
    },
    Rule {
        name: "no crate is most of the program",
        figure: None,
        check: sizes::check,
    },
    Rule {
        name: "no circle of modules",
        figure: Some("circles of modules"),
        check: circles::check,
    },
    Rule {
        name: "no file holds two ideas",
        figure: Some("files over 600 lines"),
        check: file_length::check,
    },
    Rule {
        name: "no paths of one machine",
        figure: None,
        check: machine_paths::check,
    },
    Rule {
        name: "the changelog has a place for news",
        figure: None,
        check: changelog::check,
    },
];

/// `cargo xtask tidy`.
pub(crate) fn run(workspace: &Workspace) -> ExitCode {
    match check(workspace) {
        Ok(remark) => {
            println!("{remark}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Checks all rules, so that one run shows everything that is to be mended, and prints the figures that are held to a bar.
pub(crate) fn check(workspace: &Workspace) -> Result<String, String> {
    let checkout = checkout::Checkout::read(&workspace.root)?;
    println!("{}", sizes::table(&checkout));
    let (mut broken, mut figures) = (0, Vec::new());
    for rule in RULES {
        let result = (rule.check)(&checkout, workspace);
        if let (Some(figure), Ok(findings)) = (rule.figure, &result) {
            figures.push(format!("{figure}: {} (bar: 0)", findings.len()));
        }
        match result {
            Ok(findings) if findings.is_empty() => continue,
            Ok(findings) => {
                eprintln!("{}:", rule.name);
                findings.iter().for_each(|finding| eprintln!("  {finding}"));
            }
            Err(message) => eprintln!("{}:\n  not checked: {message}", rule.name),
        }
        broken += 1;
    }
    println!("{}", figures.join("\n"));
    let (rules, files) = (RULES.len(), checkout.files.len());
    if broken > 0 {
        return Err(format!(
            "{broken} of {rules} house rules are broken, see above."
        ));
    }
    Ok(format!("{rules} house rules hold in {files} files"))
}
