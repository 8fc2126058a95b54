//! Writing results and errors.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use serde_json::Value;

use crate::error::Fault;

/// The response of `action`: members become elements, arrays `<member>` lists, all else escaped
/// text; nulls are left out. A key that cannot name an element becomes an `<entry>` with `<key>` and
/// `<value>`, as awsQuery writes maps. For `null` there is no result element, as AWS has it for
/// operations that return nothing; an operation whose result merely has no members (UpdateRole)
/// keeps it, for clients look for it. Characters that XML 1.0 cannot hold become U+FFFD.
pub fn output(action: &str, xmlns: &str, result: &Value, request_id: &str) -> String {
    document(|writer| {
        element(
            writer,
            &format!("{action}Response"),
            Some(xmlns),
            |writer| {
                if result.is_object() {
                    element(writer, &format!("{action}Result"), None, |writer| {
                        value(writer, result)
                    })?;
                }
                element(writer, "ResponseMetadata", None, |writer| {
                    text(writer, "RequestId", request_id)
                })
            },
        )
    })
}

/// The error document.
pub(crate) fn error(xmlns: &str, fault: &Fault, request_id: &str) -> String {
    let blame = if fault.status.is_server_error() {
        "Receiver"
    } else {
        "Sender"
    };
    document(|writer| {
        element(writer, "ErrorResponse", Some(xmlns), |writer| {
            element(writer, "Error", None, |writer| {
                text(writer, "Type", blame)?;
                text(writer, "Code", &fault.code)?;
                text(writer, "Message", &fault.message)?;
                fault
                    .members
                    .iter()
                    .try_for_each(|(name, value)| text(writer, name, value))
            })?;
            text(writer, "RequestId", request_id)
        })
    })
}

type Out = Writer<Vec<u8>>;

fn document(write: impl FnOnce(&mut Out) -> io::Result<()>) -> String {
    let mut writer = Writer::new(Vec::with_capacity(512));
    // Memory takes every write, and what was written is text.
    match write(&mut writer) {
        Ok(()) => String::from_utf8(writer.into_inner()).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

fn element(
    writer: &mut Out,
    name: &str,
    xmlns: Option<&str>,
    inner: impl FnOnce(&mut Out) -> io::Result<()>,
) -> io::Result<()> {
    let mut start = BytesStart::new(name);
    if let Some(xmlns) = xmlns {
        start.push_attribute(("xmlns", xmlns));
    }
    writer.write_event(Event::Start(start))?;
    inner(writer)?;
    writer.write_event(Event::End(BytesEnd::new(name)))
}

fn text(writer: &mut Out, name: &str, content: &str) -> io::Result<()> {
    element(writer, name, None, |writer| characters(writer, content))
}

fn value(writer: &mut Out, value: &Value) -> io::Result<()> {
    match value {
        Value::Null => Ok(()),
        Value::Bool(flag) => characters(writer, if *flag { "true" } else { "false" }),
        Value::Number(number) => characters(writer, &number.to_string()),
        Value::String(content) => characters(writer, content),
        Value::Array(members) => members.iter().try_for_each(|member| {
            element(writer, "member", None, |writer| self::value(writer, member))
        }),
        Value::Object(members) => members
            .iter()
            .filter(|(_, member)| !member.is_null())
            .try_for_each(|(name, member)| named(writer, name, member)),
    }
}

fn named(writer: &mut Out, name: &str, member: &Value) -> io::Result<()> {
    if is_element_name(name) {
        return element(writer, name, None, |writer| value(writer, member));
    }
    element(writer, "entry", None, |writer| {
        text(writer, "key", name)?;
        element(writer, "value", None, |writer| value(writer, member))
    })
}

fn is_element_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

fn characters(writer: &mut Out, content: &str) -> io::Result<()> {
    let mut escaped = String::with_capacity(content.len());
    for character in content.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // A reader would take a bare one for a line feed.
            '\r' => escaped.push_str("&#13;"),
            '\t' | '\n' => escaped.push(character),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            plain => escaped.push(plain),
        }
    }
    writer.write_event(Event::Text(BytesText::from_escaped(escaped)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const IAM: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

    #[test]
    fn a_result_is_written_as_iam_writes_it() {
        let result = json!({"Roles": [{"RoleName": "a<&>\"b", "Max": 3600, "Tags": []}],
                            "IsTruncated": false, "Marker": null});
        assert_eq!(
            output("ListRoles", IAM, &result, "id-1"),
            "<ListRolesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListRolesResult>\
             <Roles><member><RoleName>a&lt;&amp;&gt;&quot;b</RoleName><Max>3600</Max><Tags></Tags>\
             </member></Roles><IsTruncated>false</IsTruncated></ListRolesResult><ResponseMetadata>\
             <RequestId>id-1</RequestId></ResponseMetadata></ListRolesResponse>"
        );
    }

    #[test]
    fn an_operation_that_returns_nothing_has_no_result() {
        let xml = output("DeleteRole", IAM, &Value::Null, "id");
        assert!(
            !xml.contains("DeleteRoleResult") && xml.contains("<RequestId>id<"),
            "{xml}"
        );
        let xml = output("UpdateRole", IAM, &json!({}), "id");
        assert!(
            xml.contains("<UpdateRoleResult></UpdateRoleResult>"),
            "{xml}"
        );
    }

    #[test]
    fn no_text_can_break_out_of_its_element() {
        let hostile = "\0\u{b}\u{ffff}]]></A><B a='x'>\r\n\t";
        let xml = output("A", IAM, &json!({"A": hostile, "x><y": "1"}), "id");
        assert!(
            xml.contains("<A>\u{fffd}\u{fffd}\u{fffd}]]&gt;&lt;/A&gt;&lt;B a='x'&gt;&#13;\n\t</A>")
        );
        assert!(
            xml.contains("<entry><key>x&gt;&lt;y</key><value>1</value></entry>"),
            "{xml}"
        );
    }
}
