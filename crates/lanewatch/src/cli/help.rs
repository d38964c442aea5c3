//! The end of each command's help: examples and exit statuses. The manual pages have the same as sections.

/// The heading of the examples.
pub(super) const EXAMPLES: &str = "Examples:";
/// The heading of the exit statuses.
pub(super) const EXIT_STATUS: &str = "Exit status:";

/// The exit statuses of a command that contacts devices or reads what they sent.
pub(super) const DELIVERING: &str = "  0  all devices delivered\n  1  an error that is no device's fault\n  2  usage or \
     configuration: nothing was contacted\n  3  some devices failed and the rest are delivered, or the interface filter left nothing\n  4  no device delivered\n  \
     5  delivered and safe on this disk, but the remote lake is behind\n  130, 143  stopped by Ctrl-C, by SIGTERM";

/// The exit statuses of the daemon.
pub(super) const SERVING: &str = "  0  stopped between passes\n  1  an error that is no device's fault\n  2  usage or configuration: nothing was \
     contacted\n  6  another daemon has the state folder\n  7  stopped during a pass: what had come was delivered\n  130, 143  ended at once by a second \
     Ctrl-C or SIGTERM";

/// The exit statuses of a command that answers or writes without a device.
pub(super) const PLAIN: &str = "  0  done\n  1  something went wrong on this machine\n  2  usage or configuration: nothing was done";

/// The exit statuses of `check`.
pub(super) const CHECKED: &str = "  0  all devices are ready\n  2  usage or configuration: nothing was contacted\n  3  some devices \
     are not ready\n  4  no device has let us in\n  130, 143  stopped by Ctrl-C, by SIGTERM";

/// The exit statuses of `findings`: having some is no failure.
pub(super) const FINDING: &str = "  0  the findings are shown, none or many\n  1  something went wrong on this machine\n  \
     2  usage, or there is no such run";

/// The exit statuses of a push.
pub(super) const PUSHED: &str = "  0  the gateway has the series\n  1  the gateway refuses them\n  2  usage or configuration: nothing was contacted\n  \
     5  the gateway was not reached in time; the data is safe on this disk";

/// The exit statuses of a sync.
pub(super) const REMOTE: &str = "  0  the remote has everything\n  1  a file on this disk is damaged, or the remote has another of its name\n  \
     2  usage or configuration: nothing was contacted\n  5  the remote is behind; the data is safe on this disk";

/// The exit statuses of pruning by age.
pub(super) const PRUNED: &str = "  0  done\n  1  a file could not be removed\n  2  usage or configuration: nothing was removed\n  5  a remote was not given \
     all that would go: nothing was removed";

/// The exit statuses of a compaction.
pub(super) const COMPACTED: &str = "  0  done\n  1  a file is damaged, or the disk refused: that hour is as it was\n  2  usage or configuration: nothing was changed";

/// The exit statuses of a comparison of the lake with its remote.
pub(super) const VERIFIED: &str = "  0  every file is whole, and at the remote if that was asked for\n  1  a file on this disk is damaged\n  \
     2  usage or configuration: nothing was read\n  5  the remote lacks a file or has another";

/// The text below the options: each example is a command line and what it is for.
pub(super) fn after(examples: &[(&str, &str)], exit_statuses: &str) -> String {
    let mut text = EXAMPLES.to_owned();
    for (command, purpose) in examples {
        text += &format!("\n  {command}\n      {purpose}");
    }
    format!("{text}\n\n{EXIT_STATUS}\n{exit_statuses}")
}

/// The sections of such a text: a heading, and the lines below it.
pub(super) fn sections(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut sections: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in text.lines() {
        match (line.strip_suffix(':'), sections.last_mut()) {
            (Some(heading), _) if !line.starts_with(' ') => sections.push((heading, Vec::new())),
            (_, Some((_, lines))) => lines.push(line),
            (_, None) => sections.push(("Notes", vec![line])),
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_a_section_for_each_heading() {
        let text = after(
            &[("lanewatch plan -i fleet.yaml", "see what a run does")],
            "  0  done",
        );
        let expected = vec![
            (
                "Examples",
                vec![
                    "  lanewatch plan -i fleet.yaml",
                    "      see what a run does",
                    "",
                ],
            ),
            ("Exit status", vec!["  0  done"]),
        ];
        assert_eq!(sections(&text), expected);
    }
}
