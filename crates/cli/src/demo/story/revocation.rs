//! The thermostat is stolen: its certificate is revoked.

use http::Method;

use super::{ROLE_ALIAS, Story, THING, Who};
use crate::Failure;
use crate::demo::call::Call;
use crate::demo::command::aws;
use crate::demo::step::Expected;

impl Story<'_> {
    pub(super) async fn revocation(&mut self) -> Result<(), Failure> {
        self.chapter("The thermostat is stolen")?;

        self.step("Its certificate is revoked")?;
        let id = self
            .device
            .as_ref()
            .map(|device| device.certificate_id.clone());
        let id = id.unwrap_or_default();
        self.act(
            Who::Administrator,
            aws("iot update-certificate")
                .words("--certificate-id \"$(sed 's|.*/||' certificate-arn)\"")
                .words("--new-status REVOKED"),
            Call::iot_bare(
                Method::PUT,
                &format!("/certificates/{id}?newStatus=REVOKED"),
            ),
            Expected::Done(&[]),
        )
        .await?;

        self.step("The credentials that it holds stop working at once, long before they expire")?;
        self.get_item(Expected::Refused {
            status: 400,
            code: "UnrecognizedClientException",
            message: "The security token included in the request is invalid",
        })
        .await?;

        self.step("And it gets no new ones")?;
        let refused = Expected::Refused {
            status: 403,
            code: "AccessDeniedException",
            message: "Certificate is invalid on this endpoint",
        };
        self.ask(ROLE_ALIAS, THING, refused).await?;
        Ok(())
    }
}
