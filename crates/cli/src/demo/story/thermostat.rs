//! The thermostat: a thing, its certificate, and the two attached to each other.

use std::path::Path;

use http::Method;
use serde_json::json;
use thingpass_domain::id::CertificateId;
use time::Duration;

use super::authority::{issue, signing};
use super::{Device, OTHER_THING, Story, THING, THING_TYPE, Who};
use crate::Failure;
use crate::demo::call::Call;
use crate::demo::client::Client;
use crate::demo::command::aws;
use crate::demo::folder::CERTIFICATE_ARN_FILE;
use crate::demo::step::Expected;

/// How long a device certificate lasts.
const CERTIFICATE_DAYS: u32 = 365;

impl Story<'_> {
    pub(super) async fn thermostat(&mut self) -> Result<(), Failure> {
        self.chapter("A thermostat")?;

        self.step("A kind of device: a thing type")?;
        self.act(
            Who::Administrator,
            aws("iot create-thing-type").option("--thing-type-name", THING_TYPE),
            Call::iot(
                Method::POST,
                &format!("/thing-types/{THING_TYPE}"),
                &json!({}),
            ),
            Expected::Done(&["thingTypeArn"]),
        )
        .await?;

        self.step("Alice's thermostat, and her neighbour's: two things of that type")?;
        self.thing(THING, "Alice").await?;
        self.thing(OTHER_THING, "Bob").await?;

        self.step("The maker puts a key and a certificate into Alice's thermostat")?;
        let Some((device, pem)) = self.issue_device()? else {
            return Ok(());
        };
        let arn = device.certificate_arn.clone();
        self.device = Some(device);

        self.step("Its certificate is registered, vouched for by the maker's CA")?;
        let ca_pem = self
            .maker
            .as_ref()
            .map(|maker| maker.certificate().to_pem());
        self.act(
            Who::Administrator,
            aws("iot register-certificate")
                .words("--certificate-pem file://device.pem")
                .words("--ca-certificate-pem file://ca.pem")
                .words("--status ACTIVE")
                .words("--query certificateArn --output text | tee certificate-arn"),
            Call::iot(
                Method::POST,
                "/certificate/register",
                &json!({"certificatePem": pem, "caCertificatePem": ca_pem, "status": "ACTIVE"}),
            ),
            Expected::Done(&["certificateArn"]),
        )
        .await?;

        self.step("It is attached to the thing: this certificate is that thermostat")?;
        self.act(
            Who::Administrator,
            aws("iot attach-thing-principal")
                .option("--thing-name", THING)
                .words("--principal \"$(cat certificate-arn)\""),
            Call::iot_bare(Method::PUT, &format!("/things/{THING}/principals"))
                .with_header("x-amzn-principal", &arn),
            Expected::Done(&[]),
        )
        .await?;
        Ok(())
    }

    async fn thing(&mut self, name: &str, owner: &str) -> Result<(), Failure> {
        let attributes = json!({"attributes": {"Owner": owner}});
        self.act(
            Who::Administrator,
            aws("iot create-thing")
                .option("--thing-name", name)
                .option("--thing-type-name", THING_TYPE)
                .option("--attribute-payload", &attributes.to_string()),
            Call::iot(
                Method::POST,
                &format!("/things/{name}"),
                &json!({"thingTypeName": THING_TYPE, "attributePayload": attributes}),
            ),
            Expected::Done(&["thingArn"]),
        )
        .await?;
        Ok(())
    }

    /// Makes key and certificate; the device and its certificate's PEM.
    fn issue_device(&mut self) -> Result<Option<(Device, String)>, Failure> {
        let Some(maker) = &self.maker else {
            return Ok(None);
        };
        let issued = issue(maker, THING, Duration::days(i64::from(CERTIFICATE_DAYS)))?;
        let pem = issued.certificate.to_pem();
        let id = CertificateId::from_fingerprint(issued.certificate.fingerprint()).to_string();
        let (region, account) = (&self.endpoints.region, &self.endpoints.account);
        let arn = format!("arn:aws:iot:{region}:{account}:cert/{id}");
        self.folder.write("device.pem", &pem)?;
        self.folder.write("device.key", &issued.key_pem)?;
        self.folder.write(CERTIFICATE_ARN_FILE, &arn)?;
        let subject = issued.certificate.subject();
        let commands = signing("device", &format!("/CN={THING}"), CERTIFICATE_DAYS);
        self.made(
            &commands,
            &format!("device.pem: {subject}; its key stays in device.key"),
        )?;
        let ca = Path::new(&self.endpoints.ca);
        let client = Client::device(ca, issued.certificate.der(), &issued.key_pem)?;
        let device = Device {
            client,
            certificate_id: id,
            certificate_arn: arn,
        };
        Ok(Some((device, pem)))
    }
}
