//! The device gets credentials for its certificate, and uses them.

use http::Method;
use serde_json::json;

use super::documents::{ITEM_FILE, KEY_FILE};
use super::{
    DURATION_SECONDS, OTHER_ROLE_ALIAS, OTHER_THING, ROLE, ROLE_ALIAS, Story, THING, Who,
    documents, keys_of,
};
use crate::Failure;
use crate::demo::call::Call;
use crate::demo::command::aws;
use crate::demo::step::Expected;

impl Story<'_> {
    pub(super) async fn credentials(&mut self) -> Result<(), Failure> {
        self.chapter("The thermostat gets credentials")?;

        self.step("Where devices ask")?;
        let device = &self.endpoints.device;
        let address = device.strip_suffix(":443").unwrap_or(device);
        let endpoint = json!({"endpointAddress": address});
        self.act(
            Who::Administrator,
            aws("iot describe-endpoint").option("--endpoint-type", "iot:CredentialProvider"),
            Call::iot_bare(
                Method::GET,
                "/endpoint?endpointType=iot%3ACredentialProvider",
            ),
            Expected::Answer(endpoint),
        )
        .await?;

        self.step(
            "It asks by its certificate. The alias wants 12 hours, the role allows 1: refused",
        )?;
        let refused = Expected::Refused {
            status: 400,
            code: "InvalidRequestException",
            message: "exceeds the MaxSessionDuration set for the role",
        };
        self.ask(ROLE_ALIAS, THING, refused).await?;

        self.step("The role is made to allow 12 hours")?;
        self.act(
            Who::Administrator,
            aws("iam update-role")
                .option("--role-name", ROLE)
                .option("--max-session-duration", DURATION_SECONDS),
            Call::iam(
                "UpdateRole",
                &[("RoleName", ROLE), ("MaxSessionDuration", DURATION_SECONDS)],
            ),
            Expected::Done(&[]),
        )
        .await?;

        self.step(
            "It asks again and gets credentials, kept in `credentials`, profile `thermostat`",
        )?;
        let shown = &[
            "accessKeyId",
            "secretAccessKey",
            "sessionToken",
            "expiration",
        ];
        let answer = self.ask(ROLE_ALIAS, THING, Expected::Done(shown)).await?;
        self.thermostat = answer.and_then(|answer| {
            keys_of(
                &answer,
                ["accessKeyId", "secretAccessKey"],
                Some("sessionToken"),
            )
        });
        if let Some(keys) = &self.thermostat {
            self.folder.keep_keys("thermostat", keys)?;
        }

        self.chapter("It works, and only where it may")?;
        self.use_them().await?;
        self.overstep().await
    }

    async fn use_them(&mut self) -> Result<(), Failure> {
        self.step("It signs with them and writes its temperature into its own table")?;
        self.put_item(THING, Expected::Done(&["TableName", "CapacityUnits"]))
            .await?;

        self.step("It reads the record back")?;
        self.get_item(Expected::Answer(json!({"Item": documents::item()})))
            .await
    }

    async fn overstep(&mut self) -> Result<(), Failure> {
        self.step("The table of another thing is not its own: refused")?;
        self.put_item(
            OTHER_THING,
            Expected::Refused {
                status: 400,
                code: "AccessDeniedException",
                message: "is not authorized to perform: dynamodb:PutItem on resource:",
            },
        )
        .await?;

        self.step("Nor can it ask in the name of another thing: refused")?;
        let denied = |message| Expected::Refused {
            status: 403,
            code: "AccessDeniedException",
            message,
        };
        self.ask(ROLE_ALIAS, OTHER_THING, denied("Invalid thing name passed"))
            .await?;

        self.step("Nor use the alias of another type of device: refused")?;
        self.ask(OTHER_ROLE_ALIAS, THING, denied("Access Denied"))
            .await?;
        Ok(())
    }

    async fn put_item(&mut self, table: &str, expected: Expected) -> Result<(), Failure> {
        self.act(
            Who::Thermostat,
            aws("dynamodb put-item")
                .option("--table-name", table)
                .words(&format!("--item file://{ITEM_FILE}"))
                .words("--return-consumed-capacity TOTAL"),
            Call::tables("DynamoDB_20120810.PutItem", &documents::put_item(table)),
            expected,
        )
        .await?;
        Ok(())
    }

    /// The thermostat reads its record.
    pub(super) async fn get_item(&mut self, expected: Expected) -> Result<(), Failure> {
        self.act(
            Who::Thermostat,
            aws("dynamodb get-item")
                .option("--table-name", THING)
                .words(&format!("--key file://{KEY_FILE}")),
            Call::tables("DynamoDB_20120810.GetItem", &documents::get_item()),
            expected,
        )
        .await?;
        Ok(())
    }
}
