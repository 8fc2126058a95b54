//! Sizes and dates that bound what is read and issued, each with its source.

use time::OffsetDateTime;
use time::macros::datetime;

/// Characters in a certificate PEM (AWS IoT model, `CertificatePem`).
pub const CERTIFICATE_PEM_CHARS: usize = 65_536;

/// Characters in a certificate signing request PEM (AWS IoT model, `CertificateSigningRequest`).
pub const SIGNING_REQUEST_PEM_CHARS: usize = 4_096;

/// Bytes in a private key file; an 8192-bit RSA key in PEM is a tenth of it.
pub const KEY_FILE_BYTES: u64 = 65_536;

/// Smallest RSA modulus, in bits (AWS IoT, *X.509 client certificates*).
pub const RSA_BITS_MIN: usize = 2_048;

/// Largest RSA modulus, in bits: beyond it a verification costs more than a device is worth.
pub const RSA_BITS_MAX: usize = 8_192;

/// Characters in one attribute of a name we issue; a thing name, which may go there, has up to 128.
pub const NAME_VALUE_CHARS: usize = 128;

/// When the device certificates that AWS IoT issues expire (AWS IoT, *X.509 client certificates*).
pub const DEVICE_NOT_AFTER: OffsetDateTime = datetime!(2049-12-31 23:59:59 UTC);
