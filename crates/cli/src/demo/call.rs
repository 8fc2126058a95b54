//! Requests of the signed services, as they go over the wire.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;

/// A request before it is signed.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) service: &'static str,
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Call {
    /// An operation of AWS IoT that sends a body.
    pub(crate) fn iot(method: Method, target: &str, body: &Value) -> Self {
        let mut call = Self::iot_bare(method, target);
        call.body = body.to_string();
        call.headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        call
    }

    /// An operation of AWS IoT without a body.
    pub(crate) fn iot_bare(method: Method, target: &str) -> Self {
        Self {
            service: "iot",
            method,
            target: target.to_owned(),
            headers: HeaderMap::new(),
            body: String::new(),
        }
    }

    /// An operation of IAM.
    pub(crate) fn iam(action: &str, parameters: &[(&str, &str)]) -> Self {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action)
            .append_pair("Version", "2010-05-08");
        form.extend_pairs(parameters);
        let content_type = "application/x-www-form-urlencoded; charset=utf-8";
        Self {
            service: "iam",
            method: Method::POST,
            target: "/".to_owned(),
            headers: [(CONTENT_TYPE, HeaderValue::from_static(content_type))]
                .into_iter()
                .collect(),
            body: form.finish(),
        }
    }

    /// An operation of DynamoDB. `target` is its `X-Amz-Target`.
    pub(crate) fn tables(target: &'static str, body: &Value) -> Self {
        let headers = [
            (
                CONTENT_TYPE,
                HeaderValue::from_static("application/x-amz-json-1.0"),
            ),
            (
                HeaderName::from_static("x-amz-target"),
                HeaderValue::from_static(target),
            ),
        ];
        Self {
            service: "dynamodb",
            method: Method::POST,
            target: "/".to_owned(),
            headers: headers.into_iter().collect(),
            body: body.to_string(),
        }
    }

    /// The same with a header more; a value that no header can carry is left out.
    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_iam_are_a_form() {
        let call = Call::iam("CreateUser", &[("UserName", "a b&c")]);
        assert_eq!(
            call.body,
            "Action=CreateUser&Version=2010-05-08&UserName=a+b%26c"
        );
    }
}
