//! The daemon with the thermostat's story in it: CA, device, thing with attributes, policies with
//! variables and conditions, role, alias, table. All by real signed requests.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::client::Client;
use crate::material::Material;
use crate::process::Server;
use crate::record;
use crate::signed::{Signer, unsigned};

const THING: &str = "MyHomeThermostat";
const THING_TYPE: &str = "Thermostat";
const ROLE: &str = "dynamodb-access-role";
const ROLE_ALIAS: &str = "Thermostat-dynamodb-access-role-alias";
const ACCESS_POLICY: &str = "accesspolicyfordynamodb";
const DEVICE_POLICY: &str = "AliceThermostatPolicy";
const DURATION_SECONDS: u32 = 43_200;

/// A started daemon.
pub(crate) struct Thingpass {
    /// The process.
    pub(crate) server: Server,
    /// Port of the device door.
    pub(crate) device_port: u16,
    /// The administrator, at the service door.
    pub(crate) administrator: Signer,
    account: String,
}

impl Thingpass {
    /// Starts the daemon on a directory and waits until it is ready.
    pub(crate) fn start(program: &Path, data_dir: &Path) -> Result<Self> {
        let arguments = [
            "serve".to_owned(),
            format!("--data-dir={}", data_dir.display()),
            "--api-listen=127.0.0.1:0".to_owned(),
            "--device-listen=127.0.0.1:0".to_owned(),
        ];
        let log = log_file(data_dir);
        let mut server = Server::start("thingpass", program, &arguments, Some(&log))?;
        server
            .first_line()
            .with_context(|| std::fs::read_to_string(&log).unwrap_or_default())?;
        let exports = exports(program, data_dir)?;
        let export = |name: &str| {
            let found = exports
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value);
            found
                .cloned()
                .with_context(|| format!("`thingpass env` does not tell {name}"))
        };
        let endpoints = std::fs::read(data_dir.join("endpoints.json"))?;
        let endpoints: Value = serde_json::from_slice(&endpoints)?;
        let administrator = Signer {
            access_key_id: export("AWS_ACCESS_KEY_ID")?,
            secret_access_key: export("AWS_SECRET_ACCESS_KEY")?,
            session_token: None,
            region: export("AWS_REGION")?,
            port: port(&export("AWS_ENDPOINT_URL")?)?,
        };
        Ok(Self {
            server,
            device_port: port(&export("THINGPASS_DEVICE_ENDPOINT")?)?,
            administrator,
            account: text(&endpoints, "/account")?,
        })
    }

    /// Tells the daemon the story.
    pub(crate) async fn configure(&self, material: &Material) -> Result<()> {
        let certificate = self.register(material).await?;
        self.make_role().await?;
        let alias = json!({
            "roleArn": format!("arn:aws:iam::{}:role/{ROLE}", self.account),
            "credentialDurationSeconds": DURATION_SECONDS,
        });
        self.iot(
            &Method::POST,
            &format!("/role-aliases/{ROLE_ALIAS}"),
            &[],
            &alias,
        )
        .await?;
        let document = json!({"policyDocument": self.device_policy().to_string()});
        self.iot(
            &Method::POST,
            &format!("/policies/{DEVICE_POLICY}"),
            &[],
            &document,
        )
        .await?;
        let target = json!({"target": certificate});
        self.iot(
            &Method::PUT,
            &format!("/target-policies/{DEVICE_POLICY}"),
            &[],
            &target,
        )
        .await?;
        let headers = [
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", "DynamoDB_20120810.CreateTable"),
        ];
        let table = record::table().to_string();
        self.send("dynamodb", &Method::POST, "/", &headers, &table)
            .await?;
        Ok(())
    }

    /// The thing, its CA and its certificate; gives the certificate's ARN.
    async fn register(&self, material: &Material) -> Result<String> {
        let code = self
            .iot(&Method::GET, "/registrationcode", &[], &Value::Null)
            .await?;
        let ca_pem = material.ca.certificate().to_pem();
        let ca = json!({
            "caCertificate": ca_pem,
            "verificationCertificate": material.verification_pem(&text(&code, "/registrationCode")?)?,
        });
        self.iot(&Method::POST, "/cacertificate?setAsActive=true", &[], &ca)
            .await?;
        let thing_type = format!("/thing-types/{THING_TYPE}");
        self.iot(&Method::POST, &thing_type, &[], &json!({}))
            .await?;
        let thing = json!({
            "thingTypeName": THING_TYPE,
            "attributePayload": {"attributes": {"Owner": "Alice"}},
        });
        self.iot(&Method::POST, &format!("/things/{THING}"), &[], &thing)
            .await?;
        let device = json!({
            "certificatePem": material.device.certificate.to_pem(),
            "caCertificatePem": ca_pem,
        });
        let registered = self
            .iot(
                &Method::POST,
                "/certificate/register?setAsActive=true",
                &[],
                &device,
            )
            .await?;
        let arn = text(&registered, "/certificateArn")?;
        let principals = format!("/things/{THING}/principals");
        let headers = [("x-amzn-principal", arn.as_str())];
        self.iot(&Method::PUT, &principals, &headers, &Value::Null)
            .await?;
        Ok(arn)
    }

    async fn make_role(&self) -> Result<()> {
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Service": "credentials.iot.amazonaws.com"},
                "Action": "sts:AssumeRole",
            },
        });
        let (trust, seconds) = (trust.to_string(), DURATION_SECONDS.to_string());
        self.iam(&[
            ("Action", "CreateRole"),
            ("RoleName", ROLE),
            ("AssumeRolePolicyDocument", &trust),
            ("MaxSessionDuration", &seconds),
        ])
        .await?;
        let document = self.access_policy().to_string();
        self.iam(&[
            ("Action", "CreatePolicy"),
            ("PolicyName", ACCESS_POLICY),
            ("PolicyDocument", &document),
        ])
        .await?;
        let policy = format!("arn:aws:iam::{}:policy/{ACCESS_POLICY}", self.account);
        self.iam(&[
            ("Action", "AttachRolePolicy"),
            ("RoleName", ROLE),
            ("PolicyArn", &policy),
        ])
        .await
    }

    fn access_policy(&self) -> Value {
        let Signer { region, .. } = &self.administrator;
        let tables = format!("arn:aws:dynamodb:{region}:{}:table", self.account);
        json!({
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": [
                    "dynamodb:GetItem",
                    "dynamodb:BatchGetItem",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                    "dynamodb:DeleteItem",
                ],
                "Resource": format!("{tables}/${{credentials-iot:ThingName}}"),
            },
        })
    }

    fn device_policy(&self) -> Value {
        let Signer { region, .. } = &self.administrator;
        let aliases = format!("arn:aws:iot:{region}:{}:rolealias", self.account);
        json!({
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": "iot:AssumeRoleWithCertificate",
                "Resource": format!(
                    "{aliases}/${{iot:Connection.Thing.ThingTypeName}}-dynamodb-access-role-alias"
                ),
                "Condition": {
                    "StringEquals": {
                        "iot:Connection.Thing.Attributes[Owner]": "Alice",
                        "iot:Connection.Thing.ThingTypeName": THING_TYPE,
                    },
                    "Bool": {"iot:Connection.Thing.IsAttached": "true"},
                },
            },
        })
    }

    /// What the device sends for its credentials.
    pub(crate) fn vend_request(&self) -> Result<Vec<u8>> {
        let mut headers = http::HeaderMap::new();
        headers.insert("host", format!("localhost:{}", self.device_port).parse()?);
        headers.insert("x-amzn-iot-thingname", THING.parse()?);
        let target = format!("/role-aliases/{ROLE_ALIAS}/credentials");
        Ok(unsigned(&Method::GET, &target, &headers, b""))
    }

    /// The device's credentials, ready to sign with, and the size of the answer they came in.
    pub(crate) async fn vend(&self, client: &Client) -> Result<(Signer, usize)> {
        let mut connection = client.connect(self.device_port).await?;
        let reply = connection.exchange(&self.vend_request()?).await?;
        let body = String::from_utf8_lossy(reply.body).into_owned();
        ensure!(
            reply.status == 200,
            "no credentials: {} {body}",
            reply.status
        );
        let answer: Value = serde_json::from_str(&body)?;
        let signer = Signer {
            access_key_id: text(&answer, "/credentials/accessKeyId")?,
            secret_access_key: text(&answer, "/credentials/secretAccessKey")?,
            session_token: Some(text(&answer, "/credentials/sessionToken")?),
            ..self.administrator.clone()
        };
        connection.close().await;
        Ok((signer, body.len()))
    }

    async fn iot(
        &self,
        method: &Method,
        target: &str,
        headers: &[(&'static str, &str)],
        body: &Value,
    ) -> Result<Value> {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let answer = self.send("iot", method, target, headers, &body).await?;
        if answer.is_empty() {
            Ok(Value::Null)
        } else {
            Ok(serde_json::from_str(&answer)?)
        }
    }

    async fn iam(&self, members: &[(&str, &str)]) -> Result<()> {
        let mut form = "Version=2010-05-08".to_owned();
        for (name, value) in members {
            let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
            let _ = write!(form, "&{name}={value}");
        }
        let headers = [(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        )];
        self.send("iam", &Method::POST, "/", &headers, &form)
            .await?;
        Ok(())
    }

    async fn send(
        &self,
        service: &str,
        method: &Method,
        target: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Result<String> {
        let request = self
            .administrator
            .request(service, method, target, headers, body)?;
        let mut connection = Client::anonymous()?
            .connect(self.administrator.port)
            .await?;
        let reply = connection.exchange(&request).await?;
        let answer = String::from_utf8_lossy(reply.body).into_owned();
        ensure!(
            reply.status == 200,
            "{service} {method} {target}: {} {answer}",
            reply.status
        );
        connection.close().await;
        Ok(answer)
    }
}

fn log_file(data_dir: &Path) -> PathBuf {
    data_dir.with_extension("log")
}

fn text(value: &Value, pointer: &str) -> Result<String> {
    let found = value
        .pointer(pointer)
        .and_then(Value::as_str)
        .map(str::to_owned);
    found.with_context(|| format!("`{pointer}` is missing"))
}

fn port(address: &str) -> Result<u16> {
    let (_, port) = address
        .rsplit_once(':')
        .with_context(|| format!("`{address}` has no port"))?;
    Ok(port.trim_end_matches('/').parse()?)
}

fn exports(program: &Path, data_dir: &Path) -> Result<Vec<(String, String)>> {
    let output = Command::new(program)
        .arg("env")
        .arg("--data-dir")
        .arg(data_dir)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`thingpass env` failed: {said}");
    Ok(read_exports(&String::from_utf8(output.stdout)?))
}

fn read_exports(text: &str) -> Vec<(String, String)> {
    let exports = text
        .lines()
        .filter_map(|line| line.strip_prefix("export ")?.split_once('='));
    exports
        .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_are_read_with_and_without_quotes() {
        let read = read_exports("export A=b\nexport C='d e'\n");
        assert_eq!(read, [("A".into(), "b".into()), ("C".into(), "d e".into())]);
    }

    #[test]
    fn the_port_stands_behind_the_last_colon() {
        assert_eq!(port("https://localhost:4566").unwrap(), 4566);
        assert!(port("localhost").is_err());
    }
}
