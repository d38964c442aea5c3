//! Classifies the questions of keyboard-interactive: for the secret, for the user's name, or for something else.

use russh::client::Prompt;

/// What a question of keyboard-interactive asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// The user's name.
    UserName,
    /// The password or passcode.
    Secret,
    /// Something that is not configured: an option, a new password, a code from another device.
    Other,
}

impl Question {
    /// Classifies a question by its text and whether its answer is shown.
    pub(super) fn of(prompt: &Prompt) -> Self {
        let text = prompt.prompt.to_lowercase();
        let mut words = text.split(|c: char| !c.is_alphanumeric());
        let any = |wanted: &[&str]| wanted.iter().any(|wanted| text.contains(wanted));
        let is_change = words.any(|word| {
            matches!(
                word,
                "new" | "old" | "current" | "change" | "retype" | "reenter" | "confirm" | "expired"
            )
        });
        let is_choice = any(&[
            "option", "select", "choose", "choice", "re-enter", "(y/n)", "[y/n]",
        ]);
        let asks_password = any(&["password", "passcode", "passphrase", "kennwort", "passwort"]);
        if is_change || is_choice {
            Self::Other
        } else if !prompt.echo || asks_password {
            Self::Secret
        } else if any(&["user", "login", "name", "account"]) {
            Self::UserName
        } else {
            Self::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_for_the_secret_the_name_or_something_else() {
        let of = |prompt: &str, echo| {
            let prompt = prompt.to_owned();
            Question::of(&Prompt { prompt, echo })
        };
        for prompt in [
            "Password: ",
            "TACACS Password: ",
            "PASSCODE: ",
            "lab@r1's password:",
            "",
        ] {
            assert_eq!(of(prompt, false), Question::Secret, "{prompt}");
        }
        assert_eq!(of("Password: ", true), Question::Secret);
        for prompt in ["Username: ", "login: ", "User name:", "Account:"] {
            assert_eq!(of(prompt, true), Question::UserName, "{prompt}");
        }
        let others = [
            ("New password: ", false),
            ("Retype new password: ", false),
            ("(current) UNIX password: ", false),
            ("Passcode or option (1-2): ", true),
            ("Passcode or option (1-2): ", false),
            ("Select a factor: ", true),
            ("Continue? ", true),
            ("", true),
        ];
        for (prompt, echo) in others {
            assert_eq!(of(prompt, echo), Question::Other, "{prompt}");
        }
    }
}
