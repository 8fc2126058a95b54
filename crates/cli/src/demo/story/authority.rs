//! A private CA, and the proof that its key is ours.

use http::Method;
use serde_json::json;
use thingpass_domain::clock::{Clock, SystemClock};
use thingpass_domain::entropy::{self, SystemEntropy};
use thingpass_pki::DnAttribute;
use thingpass_pki::issue::{Authority, Issued, KeyKind};
use time::Duration;

use super::{Story, Who};
use crate::Failure;
use crate::demo::call::Call;
use crate::demo::command::{Command, aws, shell};
use crate::demo::step::Expected;

const MAKER: &str = "Thermostat Maker CA";
/// Clocks may differ a little.
const BACKDATED: Duration = Duration::minutes(5);

impl Story<'_> {
    pub(super) async fn authority(&mut self) -> Result<(), Failure> {
        self.chapter("A private CA")?;

        self.step("The maker of the thermostat has a certificate authority of its own")?;
        let (from, until) = (
            SystemClock.now() - BACKDATED,
            SystemClock.now() + Duration::days(3650),
        );
        let maker = Authority::generate(MAKER, from, until, serial()?).map_err(Failure::failed)?;
        let ca_pem = maker.certificate().to_pem();
        self.folder.write("ca.pem", &ca_pem)?;
        self.folder.write("ca.key", &maker.key_pem())?;
        let command = shell("openssl req -x509 -nodes")
            .words("-newkey ec -pkeyopt ec_paramgen_curve:P-256")
            .words("-keyout ca.key -out ca.pem")
            .words("-days 3650")
            .option("-subj", &format!("/CN={MAKER}"));
        self.made(
            &[command],
            &format!("ca.pem: {}", maker.certificate().subject()),
        )?;

        self.step("Thingpass gives a registration code, which the CA has to sign")?;
        let code = self
            .act(
                Who::Administrator,
                aws("iot get-registration-code"),
                Call::iot_bare(Method::GET, "/registrationcode"),
                Expected::Done(&["registrationCode"]),
            )
            .await?;
        let code = code
            .and_then(|answer| answer.member("registrationCode"))
            .unwrap_or_default();

        self.step("The CA signs a verification certificate whose common name is the code")?;
        let proof = issue(&maker, &code, Duration::days(1))?;
        let proof_pem = proof.certificate.to_pem();
        self.folder.write("verification.pem", &proof_pem)?;
        self.folder.write("verification.key", &proof.key_pem)?;
        let code = "$(aws iot get-registration-code --query registrationCode --output text)";
        let commands = signing("verification", &format!("\"/CN={code}\""), 1);
        let subject = proof.certificate.subject().to_string();
        let told = crate::demo::shorten::certificate_ids(&subject);
        self.made(
            &commands,
            &format!("verification.pem: {told}, signed by {MAKER}"),
        )?;

        self.step("The CA is registered: it may vouch for devices from now on")?;
        self.act(
            Who::Administrator,
            aws("iot register-ca-certificate")
                .words("--ca-certificate file://ca.pem")
                .words("--verification-certificate file://verification.pem")
                .words("--set-as-active"),
            Call::iot(
                Method::POST,
                "/cacertificate?setAsActive=true",
                &json!({"caCertificate": ca_pem, "verificationCertificate": proof_pem}),
            ),
            Expected::Done(&["certificateArn"]),
        )
        .await?;
        self.maker = Some(maker);
        Ok(())
    }
}

/// The openssl commands that make a key and have the CA sign a certificate for it. The subject stands
/// as it is to stand in the shell.
pub(super) fn signing(name: &str, subject: &str, days: u32) -> [Command; 2] {
    [
        shell("openssl req -nodes")
            .words("-newkey ec -pkeyopt ec_paramgen_curve:P-256")
            .words(&format!("-keyout {name}.key -out {name}.csr"))
            .words(&format!("-subj {subject}")),
        shell(&format!("openssl x509 -req -in {name}.csr"))
            .words("-CA ca.pem -CAkey ca.key -CAcreateserial")
            .words(&format!("-days {days} -out {name}.pem")),
    ]
}

/// A certificate of this authority with a new key.
pub(super) fn issue(
    authority: &Authority,
    common_name: &str,
    lifetime: Duration,
) -> Result<Issued, Failure> {
    let now = SystemClock.now();
    let subject = [(DnAttribute::CommonName, common_name)];
    authority
        .issue_device(
            &subject,
            KeyKind::P256,
            now - BACKDATED,
            now + lifetime,
            serial()?,
        )
        .map_err(Failure::failed)
}

fn serial() -> Result<[u8; 16], Failure> {
    entropy::bytes(&SystemEntropy).map_err(Failure::failed)
}
