//! restJson1: members travel in the path, the query, headers and a JSON body.

use http::HeaderMap;
use serde_json::{Map, Value};

use crate::error::SerializationError;
use crate::json_1_0;
use crate::percent::{self, Plus};

/// Where a member travels, when not in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// A `{label}` of the path.
    Label,
    /// A query parameter.
    Query,
    /// A header.
    Header,
}

/// What a member's text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Itself.
    Text,
    /// A signed 64-bit number.
    Integer,
    /// `true` or `false`.
    Boolean,
}

/// How one member of an input travels.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// The name of the member in the input.
    pub member: &'static str,
    /// Where it travels.
    pub location: Location,
    /// Its name there.
    pub name: &'static str,
    /// What its text stands for.
    pub kind: Kind,
}

/// Gathers a request into one object under member names: first the bound members in the order of
/// `bindings`, then those of the body. Absent members are left out, and query parameters nobody
/// bound are ignored. `labels` are decoded; `query` is raw, and a `+` in it is a plus, as the
/// signature has it. Refused: a query key or bound header given twice, text that is not UTF-8 or not
/// of its kind, a body that is not an object, and a body member that is bound elsewhere.
pub fn input(
    bindings: &[Binding],
    labels: &[(&str, String)],
    query: Option<&str>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, SerializationError> {
    let parameters = query_parameters(query.unwrap_or_default())?;
    let mut object = Map::new();
    for binding in bindings {
        let text = match binding.location {
            Location::Label => value_of(labels, binding.name),
            Location::Query => parameters.get(binding.name).and_then(Value::as_str),
            Location::Header => header_text(headers, binding.name)?,
        };
        match text {
            Some(text) => object.insert(binding.member.to_owned(), value(binding, text)?),
            None if binding.location == Location::Label => {
                return Err(SerializationError::Member(binding.member.to_owned()));
            }
            None => None,
        };
    }
    for (member, value) in json_1_0::object(body)? {
        if bindings.iter().any(|binding| binding.member == member) {
            return Err(SerializationError::Misplaced(member));
        }
        object.insert(member, value);
    }
    Ok(Value::Object(object))
}

/// The path of an operation, for example `/things/{thingName}/principals`. A label takes a whole
/// segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathTemplate(&'static str);

impl PathTemplate {
    /// Takes the template as AWS models write it.
    pub const fn new(template: &'static str) -> Self {
        Self(template)
    }

    /// The template as written.
    pub const fn as_str(&self) -> &'static str {
        self.0
    }

    /// Matches a raw path: splits it at `/` and decodes afterwards, so an encoded `%2F` stays
    /// inside its segment. Gives the decoded labels. A label never takes an empty segment, `.` or
    /// `..`: signatures may be made over a path reduced of those, so they must not mean anything.
    pub fn matches(&self, raw_path: &str) -> Option<Vec<(&'static str, String)>> {
        let mut labels = Vec::new();
        let mut segments = raw_path.split('/');
        for expected in self.0.split('/') {
            let segment = segments.next()?;
            match expected
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix('}'))
            {
                Some(_) if matches!(segment, "" | "." | "..") => return None,
                Some(label) => labels.push((label, percent::decode(segment, Plus::Literal)?)),
                None if segment == expected => {}
                None => return None,
            }
        }
        segments.next().is_none().then_some(labels)
    }
}

fn query_parameters(query: &str) -> Result<Map<String, Value>, SerializationError> {
    let mut parameters = Map::new();
    for (name, value) in percent::pairs(query) {
        let decoded =
            |text| percent::decode(text, Plus::Literal).ok_or(SerializationError::Encoding);
        let (name, value) = (decoded(name)?, decoded(value)?);
        if parameters
            .insert(name.clone(), Value::String(value))
            .is_some()
        {
            return Err(SerializationError::Doubled(name));
        }
    }
    Ok(parameters)
}

fn value_of<'a>(labels: &'a [(&str, String)], name: &str) -> Option<&'a str> {
    labels
        .iter()
        .find(|(label, _)| *label == name)
        .map(|(_, text)| text.as_str())
}

fn header_text<'a>(
    headers: &'a HeaderMap,
    name: &str,
) -> Result<Option<&'a str>, SerializationError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(SerializationError::Doubled(name.to_owned()));
    }
    let text = std::str::from_utf8(value.as_bytes()).map_err(|_| SerializationError::Encoding)?;
    Ok(Some(text.trim()))
}

fn value(binding: &Binding, text: &str) -> Result<Value, SerializationError> {
    let malformed = || SerializationError::Member(binding.member.to_owned());
    match binding.kind {
        Kind::Text => Ok(text.into()),
        Kind::Integer if text.starts_with('+') => Err(malformed()),
        Kind::Integer => text
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| malformed()),
        Kind::Boolean => text
            .parse::<bool>()
            .map(Value::from)
            .map_err(|_| malformed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use serde_json::json;

    const BINDINGS: [Binding; 4] = [
        bind("thingName", Location::Label, "thingName", Kind::Text),
        bind(
            "expectedVersion",
            Location::Query,
            "expectedVersion",
            Kind::Integer,
        ),
        bind("recursive", Location::Query, "recursive", Kind::Boolean),
        bind(
            "principal",
            Location::Header,
            "x-amzn-principal",
            Kind::Text,
        ),
    ];

    const fn bind(
        member: &'static str,
        location: Location,
        name: &'static str,
        kind: Kind,
    ) -> Binding {
        Binding {
            member,
            location,
            name,
            kind,
        }
    }

    fn read(query: &str, body: &str) -> Result<Value, SerializationError> {
        let labels = [("thingName", "a/b".to_owned())];
        input(
            &BINDINGS,
            &labels,
            Some(query),
            &HeaderMap::new(),
            body.as_bytes(),
        )
    }

    #[test]
    fn members_come_together_under_their_names() {
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-amzn-principal",
            HeaderValue::from_static("arn:aws:iot:r:1:cert/x"),
        );
        let labels = [("thingName", "t".to_owned())];
        let query = Some("recursive=false&expectedVersion=-7&other=%2B+");
        let got = input(
            &BINDINGS,
            &labels,
            query,
            &headers,
            br#"{"attributes":{"a":null}}"#,
        )
        .unwrap();
        assert_eq!(
            got,
            json!({"thingName": "t", "expectedVersion": -7, "recursive": false,
                   "principal": "arn:aws:iot:r:1:cert/x", "attributes": {"a": null}})
        );
    }

    #[test]
    fn absent_members_are_left_out_but_a_label_must_be_there() {
        assert_eq!(read("", "").unwrap(), json!({"thingName": "a/b"}));
        assert!(input(&BINDINGS, &[], None, &HeaderMap::new(), b"").is_err());
    }

    #[test]
    fn what_is_ambiguous_or_malformed_is_refused() {
        for (query, body) in [
            ("recursive=true&recursive=true", ""),
            ("x=1&x=2", ""),
            ("recursive=TRUE", ""),
            ("recursive", ""),
            ("expectedVersion=1.0", ""),
            ("expectedVersion=%2B1", ""),
            ("expectedVersion=9223372036854775808", ""),
            ("x=%zz", ""),
            ("x=%ff", ""),
            ("", r#"{"thingName":"other"}"#),
            ("", r#"{"principal":"p"}"#),
            ("", "[1]"),
        ] {
            assert!(read(query, body).is_err(), "{query} {body}");
        }
    }

    #[test]
    fn a_bound_header_given_twice_is_refused() {
        let mut headers = HeaderMap::new();
        headers.append("x-amzn-principal", HeaderValue::from_static("a"));
        headers.append("x-amzn-principal", HeaderValue::from_static("b"));
        let labels = [("thingName", "t".to_owned())];
        let got = input(&BINDINGS, &labels, None, &headers, b"");
        assert_eq!(
            got,
            Err(SerializationError::Doubled("x-amzn-principal".to_owned()))
        );
    }

    #[test]
    fn an_encoded_slash_stays_inside_its_segment() {
        const POLICIES: PathTemplate = PathTemplate::new("/attached-policies/{target}");
        assert_eq!(
            POLICIES.matches("/attached-policies/arn%3Aaws%3Aiot%3Acert%2Fabc"),
            Some(vec![("target", "arn:aws:iot:cert/abc".to_owned())])
        );
        assert_eq!(POLICIES.matches("/attached-policies/cert/abc"), None);
    }

    #[test]
    fn a_template_takes_whole_paths_only() {
        const TEMPLATE: PathTemplate = PathTemplate::new("/things/{thingName}/principals");
        assert!(TEMPLATE.matches("/things/a+b/principals").is_some());
        for other in [
            "",
            "/",
            "things/a/principals",
            "/things/a/principals/",
            "/things//principals",
            "/things/./principals",
            "/things/../principals",
            "//things/a/principals",
            "/Things/a/principals",
            "/things/%/principals",
            "/things/%ff/principals",
            "/things/a",
        ] {
            assert_eq!(TEMPLATE.matches(other), None, "{other}");
        }
    }
}
