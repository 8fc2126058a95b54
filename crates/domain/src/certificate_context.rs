//! What a certificate puts into the context of IoT policies: `iot:Certificate.*` (AWS IoT
//! developer guide, "X.509 certificate policy variables").

use thingpass_pki::{AlternativeNames, Certificate, DistinguishedName, DnAttribute};
use thingpass_policy::Context;

/// Adds every variable of the certificate, and `iot:Certificate.AvailableKeys`.
///
/// A bare name stands for the first value, `.1` for the second and so on, `.List` for all.
pub(crate) fn insert(context: &mut Context, certificate: &Certificate) {
    let mut keys = Vec::new();
    let mut put = |name: String, values: &[String]| {
        let Some(first) = values.first() else { return };
        context.insert(name.clone(), first.clone());
        for (index, value) in values.iter().enumerate().skip(1) {
            context.insert(format!("{name}.{index}"), value.clone());
        }
        context.insert_list(format!("{name}.List"), values.to_vec());
        keys.push(name);
    };
    put_name(&mut put, "Subject", certificate.subject());
    put_name(&mut put, "Issuer", certificate.issuer());
    put_alternatives(&mut put, "Subject", certificate.subject_alternative_names());
    put_alternatives(&mut put, "Issuer", certificate.issuer_alternative_names());
    let serial = [certificate.serial_hex().to_owned()];
    put("iot:Certificate.SerialNumber".to_owned(), &serial);
    context.insert_list("iot:Certificate.AvailableKeys", keys);
}

fn put_name(put: &mut impl FnMut(String, &[String]), whose: &str, name: &DistinguishedName) {
    for attribute in DnAttribute::ALL {
        let key = format!("iot:Certificate.{whose}.{}", attribute.aws_name());
        put(key, name.values(attribute));
    }
}

fn put_alternatives(
    put: &mut impl FnMut(String, &[String]),
    whose: &str,
    names: &AlternativeNames,
) {
    for (kind, values) in [
        ("RFC822Name", &names.rfc822),
        ("DNSName", &names.dns),
        ("DirectoryName", &names.directory),
        ("UniformResourceIdentifier", &names.uri),
        ("IPAddress", &names.ip),
    ] {
        put(
            format!("iot:Certificate.{whose}.AlternativeName.{kind}"),
            values,
        );
    }
}
