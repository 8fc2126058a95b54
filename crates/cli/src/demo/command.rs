//! Commands for a shell, as the demo prints them: they work when they are pasted.

use crate::env::quote;

/// A command: pieces that a line may end between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command(Vec<String>);

/// A command of the AWS CLI, for example `aws("iot list-things")`.
pub(crate) fn aws(operation: &str) -> Command {
    Command(vec![format!("aws {operation}")])
}

/// Any other command, for example `shell("openssl req -x509")`.
pub(crate) fn shell(words: &str) -> Command {
    Command(vec![words.to_owned()])
}

impl Command {
    /// The same with an option and its value, quoted where the shell wants it.
    pub(crate) fn option(self, name: &str, value: &str) -> Self {
        self.words(&format!("{name} {}", quote(value)))
    }

    /// The same with words as they stand: flags, or text that the shell is to expand.
    pub(crate) fn words(mut self, words: &str) -> Self {
        self.0.push(words.to_owned());
        self
    }

    /// The command on lines of at most `columns`, as far as its pieces allow.
    pub(crate) fn lines(&self, columns: usize) -> Vec<String> {
        const CONTINUED: &str = " \\";
        let mut lines: Vec<String> = Vec::new();
        for piece in &self.0 {
            match lines.last_mut() {
                Some(line) if width(line) + 1 + width(piece) + width(CONTINUED) <= columns => {
                    line.push(' ');
                    line.push_str(piece);
                }
                Some(line) => {
                    line.push_str(CONTINUED);
                    lines.push(format!("  {piece}"));
                }
                None => lines.push(piece.clone()),
            }
        }
        lines
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_and_words_are_not() {
        let command = aws("iot create-thing")
            .option("--thing-name", "MyHomeThermostat")
            .option("--attribute-payload", r#"{"attributes":{"Owner":"Alice"}}"#)
            .words("--principal \"$(cat certificate-arn)\"");
        assert_eq!(
            command.lines(200),
            [
                r#"aws iot create-thing --thing-name MyHomeThermostat --attribute-payload '{"attributes":{"Owner":"Alice"}}' --principal "$(cat certificate-arn)""#
            ]
        );
    }

    #[test]
    fn a_long_command_goes_on_in_the_next_line() {
        let command = aws("iot x")
            .option("--a", "1")
            .option("--b", "2")
            .option("--c", "3");
        let lines = command.lines(18);
        assert_eq!(lines, ["aws iot x --a 1 \\", "  --b 2 --c 3"]);
        assert!(lines.iter().all(|line| width(line) <= 18));
    }

    #[test]
    fn a_piece_that_is_too_long_has_a_line_of_its_own() {
        let command = shell("a").words("bbbbbbbbbb").words("c");
        assert_eq!(command.lines(5), ["a \\", "  bbbbbbbbbb \\", "  c"]);
    }
}
