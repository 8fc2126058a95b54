//! What the reader sees: steps, commands, outcomes, on lines of at most a hundred columns.

use std::io::IsTerminal;

use super::command::Command;
use crate::{Failure, say};

/// How long a line may be.
const COLUMNS: usize = 100;
/// Where commands and outcomes begin: under the headlines.
const INDENT: &str = "    ";
/// Room for the name of a detail, and for its text.
const LABEL_COLUMNS: usize = 9;
const DETAIL_COLUMNS: usize = COLUMNS - INDENT.len() - 2 - LABEL_COLUMNS;

/// Where the story is told.
#[derive(Debug)]
pub(crate) struct Terminal {
    in_colour: bool,
}

/// How a terminal shows a text.
#[derive(Clone, Copy)]
enum Colour {
    Bold,
    Cyan,
    Dim,
    Green,
    Red,
}

impl Terminal {
    /// Standard output, in colour where somebody can see it and has not said `NO_COLOR`.
    pub(crate) fn standard() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            in_colour: std::io::stdout().is_terminal() && !unwanted,
        }
    }

    /// Without colour.
    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self { in_colour: false }
    }

    /// The heading of a part of the story.
    pub(crate) fn heading(&self, text: &str) -> Result<(), Failure> {
        let rule = "─".repeat(COLUMNS.saturating_sub(text.chars().count() + 4));
        say(&format!(
            "\n{}",
            self.paint(Colour::Bold, &format!("── {text} {rule}"))
        ))
    }

    /// A step's number and headline.
    pub(crate) fn step(&self, number: usize, headline: &str) -> Result<(), Failure> {
        let mut lines = wrap(headline, COLUMNS - INDENT.len()).into_iter();
        let first = lines.next().unwrap_or_default();
        let first = self.paint(Colour::Bold, &format!("{number:>2}. {first}"));
        say(&format!("\n{first}"))?;
        lines.try_for_each(|line| say(&format!("{INDENT}{}", self.paint(Colour::Bold, &line))))
    }

    /// The command that does what is done.
    pub(crate) fn command(&self, command: &Command) -> Result<(), Failure> {
        let prompts = std::iter::once("$ ").chain(std::iter::repeat("  "));
        let lines = command.lines(COLUMNS - INDENT.len() - 2);
        lines.iter().zip(prompts).try_for_each(|(line, prompt)| {
            say(&format!(
                "{INDENT}{}",
                self.paint(Colour::Cyan, &format!("{prompt}{line}"))
            ))
        })
    }

    /// It went as told.
    pub(crate) fn passed(&self, text: &str) -> Result<(), Failure> {
        marked(&self.paint(Colour::Green, "✓"), text)
    }

    /// It went otherwise.
    pub(crate) fn failed(&self, text: &str) -> Result<(), Failure> {
        marked(&self.paint(Colour::Red, "✗"), text)
    }

    /// A named text under an outcome.
    pub(crate) fn detail(&self, label: &str, text: &str) -> Result<(), Failure> {
        self.labelled(label, &wrap(text, DETAIL_COLUMNS))
    }

    /// The command that tells more about a refusal.
    pub(crate) fn more(&self, command: &Command) -> Result<(), Failure> {
        self.labelled("more", &command.lines(DETAIL_COLUMNS))
    }

    fn labelled(&self, label: &str, lines: &[String]) -> Result<(), Failure> {
        let labels = std::iter::once(label).chain(std::iter::repeat(""));
        lines.iter().zip(labels).try_for_each(|(line, label)| {
            let label = self.paint(Colour::Dim, &format!("{label:<LABEL_COLUMNS$}"));
            say(&format!("{INDENT}  {label}{line}"))
        })
    }

    fn paint(&self, colour: Colour, text: &str) -> String {
        if !self.in_colour {
            return text.to_owned();
        }
        let code = match colour {
            Colour::Bold => 1,
            Colour::Cyan => 36,
            Colour::Dim => 2,
            Colour::Green => 32,
            Colour::Red => 31,
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// A remark beside the story.
pub(crate) fn note(text: &str) -> Result<(), Failure> {
    wrap(text, COLUMNS).iter().try_for_each(|line| say(line))
}

fn marked(mark: &str, text: &str) -> Result<(), Failure> {
    let marks = std::iter::once(mark).chain(std::iter::repeat(" "));
    let lines = wrap(text, COLUMNS - INDENT.len() - 2);
    lines
        .iter()
        .zip(marks)
        .try_for_each(|(line, mark)| say(&format!("{INDENT}{mark} {line}")))
}

/// Text on lines of at most `columns`, indented as its own lines are; a word that is longer than a
/// line is broken.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let lines = text.lines().flat_map(|line| {
        let words = line.trim_start_matches(' ');
        let indent = " ".repeat(line.len() - words.len());
        let room = columns.saturating_sub(indent.len()).max(1);
        wrap_line(words, room)
            .into_iter()
            .map(move |line| format!("{indent}{line}"))
    });
    lines.collect()
}

fn wrap_line(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').flat_map(|word| break_word(word, columns)) {
        if line.is_empty() {
            line = word;
        } else if width(&line) + 1 + width(&word) <= columns {
            line.push(' ');
            line.push_str(&word);
        } else {
            lines.push(std::mem::replace(&mut line, word));
        }
    }
    lines.push(line);
    lines
}

/// A word in parts of at most `columns`, broken behind a separator of ARNs if there is one.
fn break_word(word: &str, columns: usize) -> Vec<String> {
    let mut parts = vec![String::new()];
    for letter in word.chars() {
        if let Some(part) = parts.last_mut() {
            part.push(letter);
            if width(part) > columns {
                let end = part.rfind(['/', ':']).map_or(0, |at| at + 1);
                let cut = if end > 0 && end < part.len() {
                    end
                } else {
                    part.len() - letter.len_utf8()
                };
                let rest = part.split_off(cut);
                parts.push(rest);
            }
        }
    }
    parts
}

fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("one\n\ntwo", 7), ["one", "", "two"]);
        assert_eq!(wrap("", 7), Vec::<String>::new());
        assert_eq!(wrap("a b\n  one two", 7), ["a b", "  one", "  two"]);
    }

    #[test]
    fn a_word_longer_than_a_line_is_broken_within() {
        assert_eq!(wrap("ab cdefghijk l", 4), ["ab", "cdef", "ghij", "k l"]);
        assert_eq!(wrap("éééé", 2), ["éé", "éé"]);
        assert_eq!(wrap("a:b/cdefgh", 6), ["a:b/", "cdefgh"]);
    }

    #[test]
    fn colour_is_only_for_those_who_see_it() {
        assert_eq!(Terminal::plain().paint(Colour::Red, "x"), "x");
        let coloured = Terminal { in_colour: true };
        assert_eq!(coloured.paint(Colour::Green, "✓"), "\x1b[32m✓\x1b[0m");
    }
}
