//! Authorities for tests, and certificates that they signed.

use serde_json::{Value, json};
use thingpass_domain::clock::Clock;
use thingpass_domain::entropy::{SystemEntropy, bytes};
use thingpass_pki::DnAttribute;
use thingpass_pki::issue::{Authority, KeyKind};
use time::{Duration, OffsetDateTime};

use super::get_registration_code::GetRegistrationCode;
use super::register_ca_certificate::RegisterCACertificate;
use crate::api::iot::certificate::register_certificate_without_ca::RegisterCertificateWithoutCA;
use crate::api::testing::Bench;

/// A CA `Fleet CA`; each has a key of its own under the same name. What it signs is valid from the
/// day before to the day after.
pub(in crate::api::iot) struct FleetCa {
    authority: Authority,
    now: OffsetDateTime,
}

impl FleetCa {
    pub(in crate::api::iot) fn new(bench: &Bench) -> Self {
        Self::valid(bench, -1..1)
    }

    /// Valid in these days, counted from now.
    pub(in crate::api::iot) fn valid(bench: &Bench, days: std::ops::Range<i32>) -> Self {
        let now = bench.clock.now();
        let (from, to) = (
            now + Duration::DAY * days.start,
            now + Duration::DAY * days.end,
        );
        let serial: [u8; 16] = bytes(&SystemEntropy).unwrap();
        Self {
            authority: Authority::generate("Fleet CA", from, to, serial).unwrap(),
            now,
        }
    }

    pub(in crate::api::iot) fn pem(&self) -> String {
        self.authority.certificate().to_pem()
    }

    pub(in crate::api::iot) fn device_pem(&self, common_name: &str) -> String {
        self.sign(common_name, -1..1)
    }

    pub(in crate::api::iot) fn ended_device_pem(&self, common_name: &str) -> String {
        self.sign(common_name, -2..-1)
    }

    /// Registers it, ACTIVE, with a verification certificate.
    pub(in crate::api::iot) async fn register(&self, bench: &Bench) -> Value {
        let code = registration_code(bench).await;
        let input = json!({
            "caCertificate": self.pem(),
            "verificationCertificate": self.device_pem(&code),
            "setAsActive": true,
        });
        bench.call::<RegisterCACertificate>(input).await.unwrap()
    }

    fn sign(&self, common_name: &str, days: std::ops::Range<i32>) -> String {
        let (from, to) = (
            self.now + Duration::DAY * days.start,
            self.now + Duration::DAY * days.end,
        );
        let serial: [u8; 16] = bytes(&SystemEntropy).unwrap();
        let subject = [(DnAttribute::CommonName, common_name)];
        let issued = self
            .authority
            .issue_device(&subject, KeyKind::P256, from, to, serial);
        issued.unwrap().certificate.to_pem()
    }
}

pub(in crate::api::iot) async fn registration_code(bench: &Bench) -> String {
    let told = bench.call::<GetRegistrationCode>(json!({})).await.unwrap();
    told["registrationCode"].as_str().unwrap().to_owned()
}

/// Registers a new device certificate, INACTIVE and without a CA.
pub(in crate::api::iot) async fn register_device(bench: &Bench) -> Value {
    let pem = FleetCa::new(bench).device_pem("device");
    let registered = bench
        .call::<RegisterCertificateWithoutCA>(json!({"certificatePem": pem}))
        .await;
    registered.unwrap()
}

/// A CA that has another certificate for the same name and key, valid from 1960 to 2200.
pub(in crate::api::iot) const TWIN_CA: &str = "\
-----BEGIN CERTIFICATE-----
MIIBJzCBzqADAgECAgEBMAoGCCqGSM49BAMCMBIxEDAOBgNVBAMMB1R3aW4gQ0Ew
IBcNNjAwMTAxMDAwMDAwWhgPMjIwMDAxMDEwMDAwMDBaMBIxEDAOBgNVBAMMB1R3
aW4gQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQMCAkkeC+HJNC1v8bOSxEw
P37XKRtc84YGaw8fajbxbZahKRhrqmtZdoxKSR0HyqL2Dxq18Sk0BVt7fUSTOyOp
oxMwETAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCWKN7e8e0r
5uy2pmW7UHCypRod9OGZe6yFDB8RIlw+OAIgSRWv/MlhGxIsdu+dGqljLqJW0h8N
Qpl/C/Kar4u/1tw=
-----END CERTIFICATE-----
";

/// The other certificate.
pub(in crate::api::iot) const TWIN_OTHER_CA: &str = "\
-----BEGIN CERTIFICATE-----
MIIBJzCBzqADAgECAgECMAoGCCqGSM49BAMCMBIxEDAOBgNVBAMMB1R3aW4gQ0Ew
IBcNNjAwMTAxMDAwMDAwWhgPMjIwMDAxMDEwMDAwMDBaMBIxEDAOBgNVBAMMB1R3
aW4gQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQMCAkkeC+HJNC1v8bOSxEw
P37XKRtc84YGaw8fajbxbZahKRhrqmtZdoxKSR0HyqL2Dxq18Sk0BVt7fUSTOyOp
oxMwETAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCd9xxRfhm8
4lblvVVxAY9hmK8TtB9N1Um3WebdWOonugIgOTH/o2cR77SLU1+fSKDtcsCHCnkp
NvJYF3VKhzHf2mU=
-----END CERTIFICATE-----
";

/// A certificate that both may have signed.
pub(in crate::api::iot) const TWIN_DEVICE: &str = "\
-----BEGIN CERTIFICATE-----
MIIBETCBuKADAgECAgEDMAoGCCqGSM49BAMCMBIxEDAOBgNVBAMMB1R3aW4gQ0Ew
IBcNNjAwMTAxMDAwMDAwWhgPMjIwMDAxMDEwMDAwMDBaMBExDzANBgNVBAMMBmRl
dmljZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABDbyOjCMDIQoTwp3wAuDB/Ek
xCTjxoMe2FbQLLYOpEx3upc2zN2jur7QBUXRoGp7eACeUDGwyY4nggNAk10zLJIw
CgYIKoZIzj0EAwIDSAAwRQIgJCJodrGZhltnoYSHEzLWDOk7GgvVi5mspn85jK94
HG8CIQDvxpnvB5OJH5bkWRNEHOBzLSA9uWw7cpCVsieUP4PlbA==
-----END CERTIFICATE-----
";
