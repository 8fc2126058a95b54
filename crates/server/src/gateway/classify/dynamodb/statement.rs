//! PartiQL statements, as far as authorisation needs them: what is done to which table or index.
//!
//! Only statements in which this can be read in one way pass: one `FROM`, one `SELECT`, no comments,
//! no Ion literals, nothing after a semicolon. The engine's parser accepts more; what is refused here
//! it never sees.

use super::name::is_name;

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// `SELECT`
    Select,
    /// `INSERT`
    Insert,
    /// `UPDATE`, also in its form that begins with `FROM`.
    Update,
    /// `DELETE`
    Delete,
}

/// A statement's verb and target.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statement<'a> {
    /// What is done.
    pub(super) verb: Verb,
    /// To which table.
    pub(super) table: &'a str,
    /// Through which of its indexes.
    pub(super) index: Option<&'a str>,
    /// Whether there is a `WHERE`.
    pub(super) has_where: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// Without its quotes, a doubled quote still doubled: no name has one.
    Quoted(&'a str),
    Literal,
    Symbol(u8),
}

/// Reads a statement; the error says what is wrong with it.
pub(super) fn read(statement: &str) -> Result<Statement<'_>, &'static str> {
    let mut tokens = tokens(statement)?;
    if tokens.last() == Some(&Token::Symbol(b';')) {
        tokens.pop();
    }
    if tokens.contains(&Token::Symbol(b';')) {
        return Err("only one statement is allowed");
    }
    let count = |word: &str| tokens.iter().filter(|token| is_word(token, word)).count();
    let word_at = |at: usize, word: &str| tokens.get(at).is_some_and(|token| is_word(token, word));
    let (selects, froms) = (count("SELECT"), count("FROM"));
    let (verb, target) = if word_at(0, "SELECT") {
        let from = tokens.iter().position(|token| is_word(token, "FROM"));
        (Verb::Select, from.ok_or("the statement has no `FROM`")? + 1)
    } else if word_at(0, "INSERT") && word_at(1, "INTO") {
        (Verb::Insert, 2)
    } else if word_at(0, "UPDATE") {
        (Verb::Update, 1)
    } else if word_at(0, "DELETE") && word_at(1, "FROM") {
        (Verb::Delete, 2)
    } else if word_at(0, "FROM") && count("SET") + count("REMOVE") > 0 {
        (Verb::Update, 1)
    } else {
        return Err(
            "the statement must begin with `SELECT`, `INSERT INTO`, `UPDATE` or `DELETE FROM`",
        );
    };
    let is_plain = match verb {
        Verb::Select => selects == 1 && froms == 1,
        Verb::Delete => selects == 0 && froms == 1,
        Verb::Insert => selects == 0 && froms == 0,
        Verb::Update => selects == 0 && froms == usize::from(word_at(0, "FROM")),
    };
    if !is_plain {
        return Err(
            "the words `SELECT` and `FROM` may stand once; put attributes of that name in double \
             quotes",
        );
    }
    let table = name(tokens.get(target))?;
    let has_index = tokens.get(target + 1) == Some(&Token::Symbol(b'.'));
    let index = if has_index {
        Some(name(tokens.get(target + 2))?)
    } else {
        None
    };
    if has_index && tokens.get(target + 3) == Some(&Token::Symbol(b'.')) {
        return Err("a target is a table or an index of a table");
    }
    Ok(Statement {
        verb,
        table,
        index,
        has_where: count("WHERE") > 0,
    })
}

fn name<'a>(token: Option<&Token<'a>>) -> Result<&'a str, &'static str> {
    match token {
        Some(Token::Word(name) | Token::Quoted(name)) if is_name(name) => Ok(name),
        _ => Err("the statement must name its table and index, in double quotes where in doubt"),
    }
}

fn is_word(token: &Token<'_>, word: &str) -> bool {
    matches!(token, Token::Word(text) if text.eq_ignore_ascii_case(word))
}

fn tokens(statement: &str) -> Result<Vec<Token<'_>>, &'static str> {
    let mut found = Vec::new();
    let mut rest = statement;
    let mut before = b' ';
    while let Some(first) = rest.bytes().next() {
        let second = rest.as_bytes().get(1).copied().unwrap_or(b' ');
        let is_point = first == b'.'
            && second.is_ascii_digit()
            && !(before.is_ascii_alphanumeric() || b"_\"])".contains(&before));
        let (token, length) = match first {
            byte if byte.is_ascii_whitespace() => (None, 1),
            b'-' if second == b'-' => return Err("comments are not allowed in a statement"),
            b'\'' => (Some(Token::Literal), quoted_length(rest, b'\'')?),
            b'"' => {
                let length = quoted_length(rest, b'"')?;
                (rest.get(1..length - 1).map(Token::Quoted), length)
            }
            b'0'..=b'9' => (Some(Token::Literal), number_length(rest)?),
            b'.' if is_point => (Some(Token::Literal), number_length(rest)?),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let length = rest.bytes().take_while(|byte| is_word_byte(*byte)).count();
                (rest.get(..length).map(Token::Word), length)
            }
            b'!' if second != b'=' => return Err("the statement has a character out of place"),
            b'{' | b'}' | b'[' | b']' | b'(' | b')' | b',' | b':' | b'*' | b'?' | b'+' | b'-'
            | b'.' | b';' | b'=' | b'<' | b'>' | b'!' => (Some(Token::Symbol(first)), 1),
            _ => return Err("the statement has a character out of place"),
        };
        found.extend(token);
        let bytes = rest.as_bytes();
        before = bytes.get(length - 1).copied().unwrap_or(b' ');
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(found)
}

/// The length of what stands in quotes, quotes included; a doubled quote stands for one.
fn quoted_length(text: &str, quote: u8) -> Result<usize, &'static str> {
    let mut at = 1;
    let bytes = text.as_bytes();
    loop {
        let next = bytes
            .get(at..)
            .and_then(|rest| rest.iter().position(|byte| *byte == quote));
        at += next.ok_or("a quote is not closed")? + 1;
        if bytes.get(at) != Some(&quote) {
            return Ok(at);
        }
        at += 1;
    }
}

/// The length of a number, which no letter may follow.
fn number_length(text: &str) -> Result<usize, &'static str> {
    let digits = |from: usize, points: bool| {
        let rest = text.as_bytes().get(from..).unwrap_or_default();
        rest.iter()
            .take_while(|byte| byte.is_ascii_digit() || (points && **byte == b'.'))
            .count()
    };
    let byte = |at: usize| text.as_bytes().get(at).copied().unwrap_or(b' ');
    let mut length = digits(0, true);
    if matches!(byte(length), b'e' | b'E') {
        let sign = usize::from(matches!(byte(length + 1), b'+' | b'-'));
        let exponent = digits(length + 1 + sign, false);
        if exponent == 0 {
            return Err("a number is not well formed");
        }
        length += 1 + sign + exponent;
    }
    if is_word_byte(byte(length)) || byte(length) == b'.' {
        return Err("a number is not well formed");
    }
    Ok(length)
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(statement: &str) -> Option<(Verb, &str, Option<&str>)> {
        read(statement)
            .ok()
            .map(|found| (found.verb, found.table, found.index))
    }

    #[test]
    fn every_form_names_its_target() {
        use Verb::{Delete, Insert, Select, Update};
        for (statement, expected) in [
            ("SELECT * FROM Tab", (Select, "Tab", None)),
            (
                "select a, \"from\".b[0] from \"T-1.x\" where a = 'FROM x' ;",
                (Select, "T-1.x", None),
            ),
            (
                "SELECT * FROM \"Tab\".\"In-1\" WHERE a=.5",
                (Select, "Tab", Some("In-1")),
            ),
            ("SELECT * FROM Tab . Idx", (Select, "Tab", Some("Idx"))),
            (
                "INSERT INTO \"Tab\" VALUE {'pk': 'x''y', 'n': 1e5}",
                (Insert, "Tab", None),
            ),
            (
                "UPDATE \"Tab\" SET a = 1 REMOVE b WHERE pk = ?",
                (Update, "Tab", None),
            ),
            (
                "FROM \"Tab\" WHERE pk = 'a' SET x = 1",
                (Update, "Tab", None),
            ),
            (
                "DELETE FROM Tab WHERE pk = 'a' RETURNING ALL OLD *",
                (Delete, "Tab", None),
            ),
        ] {
            assert_eq!(target(statement), Some(expected), "{statement}");
        }
        assert!(read("SELECT * FROM Tab WHERE a = 1").unwrap().has_where);
        assert!(!read("SELECT \"where\" FROM Tab").unwrap().has_where);
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for statement in [
            "",
            ";",
            "SELECT",
            "SELECT *",
            "SELECT * FROM",
            "SELECT * FROM 'Tab'",
            "SELECT * FROM ?",
            "SELECT * FROM \"\"",
            "SELECT * FROM \"T\"\"b\"",
            "SELECT * FROM \"Tab\".\"a\".\"b\"",
            "SELECT * FROM \"Tab\".'Idx'",
            "SELECT a, FROM FROM Tab",
            "SELECT a[FROM] FROM Tab",
            "SELECT a.from FROM Tab",
            "SELECT * FROM Tab WHERE a IN (SELECT b FROM Other)",
            "SELECT * FROM Tab -- FROM Other",
            "SELECT * /* FROM Tab */ FROM Other",
            "SELECT `FROM Tab` FROM Other",
            "SELECT 1FROM Tab",
            "SELECT 1e5FROM Tab",
            "SELECT 1eFROM Tab",
            "SELECT * FROM Tab; DELETE FROM Other",
            "SELECT * FROM Tab\u{a0}WHERE a = 1",
            "ſELECT * FROM Tab",
            "\"SELECT\" * FROM Tab",
            "EXISTS(SELECT * FROM Tab WHERE a = 1)",
            "INSERT INTO Tab VALUE (SELECT * FROM Other)",
            "INSERT INTO 'Tab' VALUE {}",
            "UPDATE Tab SET a = 'x",
            "UPDATE SELECT SET a = 1",
            "DELETE Tab",
            "DELETE FROM FROM",
            "FROM Tab",
            "FROM Tab SELECT a",
            "SELECT * FROM \"arn:aws:dynamodb:us-east-1:123456789012:table/Tab\"",
        ] {
            assert_eq!(target(statement), None, "{statement}");
        }
    }
}
