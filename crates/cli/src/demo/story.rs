//! The story: a thermostat that holds nothing but a certificate writes into a table.
//!
//! It follows the AWS Security Blog, "How to Eliminate the Need for Hardcoded AWS Credentials in
//! Devices by Using the AWS IoT Credentials Provider", whose names and documents it uses:
//! <https://aws.amazon.com/blogs/security/how-to-eliminate-the-need-for-hardcoded-aws-credentials-in-devices-by-using-the-aws-iot-credentials-provider/>

mod access;
mod authority;
mod credentials;
mod documents;
mod permission;
mod revocation;
mod thermostat;

use std::collections::BTreeSet;
use std::path::Path;

use thingpass_domain::audit::Decision;
use thingpass_pki::issue::Authority;
use thingpass_server::audit_log;
use thingpass_server::boot::{ADMINISTRATOR_FILE, Administrator};
use thingpass_server::data_dir::DataDir;
use thingpass_server::serve::Endpoints;

use super::call::Call;
use super::client::{Answer, Client, Unanswered};
use super::command::{Command, shell};
use super::folder::Folder;
use super::keys::Keys;
use super::step::Expected;
use super::terminal::{Terminal, note};
use super::{second_shell, shorten};
use crate::Failure;

/// The thing, and its table.
pub(crate) const THING: &str = "MyHomeThermostat";
const THING_TYPE: &str = "Thermostat";
/// Another thing of the same kind, and its table.
const OTHER_THING: &str = "NeighboursThermostat";
const ROLE: &str = "dynamodb-access-role";
const ROLE_ALIAS: &str = "Thermostat-dynamodb-access-role-alias";
/// An alias of the same role for another kind of device.
const OTHER_ROLE_ALIAS: &str = "Boiler-dynamodb-access-role-alias";
const ACCESS_POLICY: &str = "accesspolicyfordynamodb";
const PASS_ROLE_POLICY: &str = "passrolepermission";
const IOT_POLICY: &str = "AliceThermostatPolicy";
const USER: &str = "alice";
/// Twelve hours, the longest that an alias may ask for.
const DURATION_SECONDS: &str = "43200";

/// Who acts. The AWS CLI knows them by the keys of the environment, or by a profile.
#[derive(Debug, Clone, Copy)]
enum Who {
    Administrator,
    Alice,
    Thermostat,
}

/// The story as far as it has been told.
pub(crate) struct Story<'a> {
    endpoints: &'a Endpoints,
    data_dir: &'a DataDir,
    terminal: &'a Terminal,
    folder: Folder,
    client: Client,
    administrator: Keys,
    alice: Option<Keys>,
    thermostat: Option<Keys>,
    maker: Option<Authority>,
    device: Option<Device>,
    steps: usize,
    /// The numbers of the steps that went otherwise.
    went_otherwise: BTreeSet<usize>,
}

/// The thermostat: its certificate, and its own way to the credentials endpoint.
struct Device {
    client: Client,
    certificate_id: String,
    certificate_arn: String,
}

impl<'a> Story<'a> {
    /// Writes the files that the commands name, and tells where everything is.
    pub(crate) fn begin(
        endpoints: &'a Endpoints,
        data_dir: &'a DataDir,
        terminal: &'a Terminal,
    ) -> Result<Self, Failure> {
        let folder = Folder::make(data_dir)?;
        for (name, document) in documents::all(&endpoints.account, &endpoints.region) {
            folder.write(name, &documents::pretty(&document)?)?;
        }
        let story = Self {
            client: Client::new(Path::new(&endpoints.ca))?,
            administrator: administrator(data_dir)?,
            endpoints,
            data_dir,
            terminal,
            folder,
            alice: None,
            thermostat: None,
            maker: None,
            device: None,
            steps: 0,
            went_otherwise: BTreeSet::new(),
        };
        story.introduce()?;
        Ok(story)
    }

    /// Tells it from the first step to the last.
    pub(crate) async fn tell(&mut self) -> Result<(), Failure> {
        self.authority().await?;
        self.thermostat().await?;
        self.access().await?;
        self.permission().await?;
        self.credentials().await?;
        self.revocation().await
    }

    /// How many steps went otherwise.
    pub(crate) fn end(self) -> Result<usize, Failure> {
        let Self {
            steps,
            went_otherwise,
            ..
        } = self;
        let outcome = match went_otherwise.len() {
            0 => "each went as told".to_owned(),
            count => format!("{count} of them went otherwise"),
        };
        note(&format!("\n{steps} steps, {outcome}."))?;
        Ok(went_otherwise.len())
    }

    fn introduce(&self) -> Result<(), Failure> {
        let Endpoints {
            api,
            device,
            region,
            account,
            ..
        } = self.endpoints;
        note(&format!(
            "A thermostat that holds nothing but a certificate gets credentials and writes its \
             temperature into a table, and into no other.\n\n\
             \x20 account   {account} in {region}\n\
             \x20 services  {api}\n\
             \x20 devices   https://{device}\n\
             \x20 files     {}",
            self.data_dir.path().display()
        ))?;
        second_shell::invite(self.data_dir.path())
    }

    fn chapter(&self, title: &str) -> Result<(), Failure> {
        self.terminal.heading(title)
    }

    fn step(&mut self, headline: &str) -> Result<(), Failure> {
        self.steps += 1;
        self.terminal.step(self.steps, headline)
    }

    /// Something that is done without the daemon.
    fn made(&self, commands: &[Command], outcome: &str) -> Result<(), Failure> {
        commands
            .iter()
            .try_for_each(|command| self.terminal.command(command))?;
        self.terminal.passed(outcome)
    }

    /// A signed request, and the command that sends the same.
    async fn act(
        &mut self,
        who: Who,
        command: Command,
        call: Call,
        expected: Expected,
    ) -> Result<Option<Answer>, Failure> {
        let (command, keys) = match who {
            Who::Administrator => (command, Some(&self.administrator)),
            Who::Alice => (command.option("--profile", USER), self.alice.as_ref()),
            Who::Thermostat => (
                command.option("--profile", "thermostat"),
                self.thermostat.as_ref(),
            ),
        };
        self.terminal.command(&command)?;
        let Some(keys) = keys else {
            return self
                .skipped("there are no keys to sign with")
                .map(|()| None);
        };
        let Endpoints { api, region, .. } = self.endpoints;
        let answer = self.client.signed(api, region, keys, call).await;
        self.judge(answer, &expected)
    }

    /// The device asks for credentials, as curl does it.
    async fn ask(
        &mut self,
        role_alias: &str,
        thing: &str,
        expected: Expected,
    ) -> Result<Option<Answer>, Failure> {
        self.terminal
            .command(&shell(&format!("ROLE_ALIAS={role_alias}")))?;
        let command = shell("curl")
            .words("--cacert \"$THINGPASS_CA\"")
            .words("--cert device.pem --key device.key")
            .option("--header", &format!("x-amzn-iot-thingname: {thing}"))
            .words("\"https://$THINGPASS_DEVICE_ENDPOINT/role-aliases/$ROLE_ALIAS/credentials\"");
        self.terminal.command(&command)?;
        let Some(device) = &self.device else {
            return self.skipped("there is no device").map(|()| None);
        };
        let authority = &self.endpoints.device;
        let answer = device
            .client
            .credentials(authority, role_alias, thing)
            .await;
        self.judge(answer, &expected)
    }

    /// Tells what came of it; the answer, if it is the one that was expected.
    fn judge(
        &mut self,
        answer: Result<Answer, Unanswered>,
        expected: &Expected,
    ) -> Result<Option<Answer>, Failure> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(unanswered) => return self.skipped(&unanswered.to_string()).map(|()| None),
        };
        match expected.judge(&answer) {
            Ok(outcome) => {
                self.terminal.passed(&outcome)?;
                if let Expected::Refused { .. } = expected {
                    self.explain(&answer)?;
                }
                Ok(Some(answer))
            }
            Err(difference) => {
                self.went_otherwise.insert(self.steps);
                self.terminal.failed(&difference)?;
                self.explain(&answer)?;
                Ok(None)
            }
        }
    }

    fn skipped(&mut self, why: &str) -> Result<(), Failure> {
        self.went_otherwise.insert(self.steps);
        self.terminal.failed(why)
    }

    /// What the client was told, and the reason, which stands in the audit log only.
    fn explain(&self, answer: &Answer) -> Result<(), Failure> {
        let message = answer.message();
        if !message.is_empty() {
            self.terminal
                .detail("message", &shorten::certificate_ids(&message))?;
        }
        let path = self.data_dir.audit_log();
        let events = audit_log::find(&path, &answer.request_id)
            .map_err(|error| Failure::failed(format!("`{}`: {error}", path.display())))?;
        for event in events
            .iter()
            .filter(|event| event.decision == Decision::Deny)
        {
            let mut text = format!("{}: {}", event.reason.check.as_prose(), event.reason.text);
            for finding in &event.reason.findings {
                text.push_str("\n- ");
                text.push_str(finding);
            }
            self.terminal
                .detail("reason", &shorten::certificate_ids(&text))?;
        }
        let directory = self.data_dir.path().display().to_string();
        let command = shell("thingpass audit explain")
            .words(&answer.request_id)
            .option("--data-dir", &directory);
        self.terminal.more(&command)
    }

    /// The text of a policy as it is sent.
    fn document(&self, name: &str) -> String {
        let documents = documents::all(&self.endpoints.account, &self.endpoints.region);
        let found = documents.into_iter().find(|(file, _)| *file == name);
        found.map_or_else(String::new, |(_, document)| document.to_string())
    }

    fn role_arn(&self) -> String {
        format!("arn:aws:iam::{}:role/{ROLE}", self.endpoints.account)
    }

    fn policy_arn(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:policy/{name}", self.endpoints.account)
    }
}

fn administrator(data_dir: &DataDir) -> Result<Keys, Failure> {
    let json = data_dir
        .read(ADMINISTRATOR_FILE)
        .map_err(Failure::failed)?
        .unwrap_or_default();
    let Administrator {
        access_key_id,
        secret_access_key,
    } = serde_json::from_slice(&json).map_err(Failure::failed)?;
    Ok(Keys {
        access_key_id,
        secret_access_key,
        session_token: None,
    })
}

/// The keys of an answer whose members are called so.
fn keys_of(answer: &Answer, names: [&str; 2], token: Option<&str>) -> Option<Keys> {
    let [id, secret] = names;
    Some(Keys {
        access_key_id: answer.member(id)?,
        secret_access_key: answer.member(secret)?.into(),
        session_token: match token {
            Some(token) => Some(answer.member(token)?.into()),
            None => None,
        },
    })
}
