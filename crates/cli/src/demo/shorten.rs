//! Long things told short: secrets never in full, fingerprints by their first digits.

/// The hex digits of a certificate id.
const CERTIFICATE_ID_DIGITS: usize = 64;
/// Hex digits of it that are told.
const DIGITS_TOLD: usize = 8;

/// A member of an answer, fit to be shown.
pub(crate) fn member(name: &str, value: &str) -> String {
    let name = name.to_ascii_lowercase();
    if name.contains("secret") {
        return "****".to_owned();
    }
    if name.contains("token") {
        return format!("**** ({} characters)", value.chars().count());
    }
    if name == "accesskeyid" {
        return format!("{}…", value.chars().take(4).collect::<String>());
    }
    certificate_ids(value)
}

/// The text with every certificate id cut to its first digits.
pub(crate) fn certificate_ids(text: &str) -> String {
    let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let mut short = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if is_digit(first) {
            rest.find(|c| !is_digit(c)).unwrap_or(rest.len())
        } else {
            rest.find(is_digit).unwrap_or(rest.len())
        };
        let (run, after) = rest.split_at(end);
        if is_digit(first) && run.len() == CERTIFICATE_ID_DIGITS {
            short.extend(run.chars().take(DIGITS_TOLD));
            short.push('…');
        } else {
            short.push_str(run);
        }
        rest = after;
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_never_told_in_full() {
        assert_eq!(member("secretAccessKey", "wJalrXUtnFEMI"), "****");
        assert_eq!(member("SecretAccessKey", "wJalrXUtnFEMI"), "****");
        assert_eq!(member("sessionToken", "abcdef"), "**** (6 characters)");
        assert_eq!(member("accessKeyId", "ASIAQWERTYUIOPASDFGH"), "ASIA…");
        assert_eq!(member("thingName", "MyHomeThermostat"), "MyHomeThermostat");
    }

    #[test]
    fn a_certificate_id_is_told_by_its_first_digits_wherever_it_stands() {
        let id = "0123456789abcdef".repeat(4);
        assert_eq!(
            certificate_ids(&format!("cert/{id} é {id}")),
            "cert/01234567… é 01234567…"
        );
        assert_eq!(
            certificate_ids("account 123456789012"),
            "account 123456789012"
        );
        assert_eq!(certificate_ids(&format!("{id}0")), format!("{id}0"));
        assert_eq!(certificate_ids(""), "");
    }
}
