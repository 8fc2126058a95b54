"""Keys and certificates, made by the `openssl` command line as people make them."""

from __future__ import annotations

import base64
import hashlib
import itertools
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness import secrets

_NUMBER = itertools.count(1)

RSA = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
P256 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
P384 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384")


def openssl(*arguments: str | Path, text: str | None = None) -> str:
    """Runs openssl; it must succeed."""
    command = ["openssl", *map(str, arguments)]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Identity:
    """A certificate and its private key."""

    cert: Path
    key: Path

    @property
    def pem(self) -> str:
        return self.cert.read_text()

    @property
    def fingerprint(self) -> str:
        """Lower-case hexadecimal SHA-256 of the DER: AWS IoT's certificateId."""
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.pem)).hexdigest()


class Workshop:
    """Makes identities in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def key(self, kind: tuple[str, ...] = P256) -> Path:
        path = self.folder / f"{next(_NUMBER)}.key"
        openssl("genpkey", *kind, "-out", path)
        secrets.note_private_key(path.read_text())
        return path

    def request(self, key: Path, common_name: str) -> Path:
        """A certificate signing request."""
        path = self.folder / f"{next(_NUMBER)}.csr"
        openssl("req", "-new", "-key", key, "-subj", f"/CN={common_name}", "-out", path)
        return path

    def ca(self, common_name: str = "Fleet CA", kind: tuple[str, ...] = P256) -> Identity:
        key, cert = self.key(kind), self.folder / f"{next(_NUMBER)}.pem"
        openssl("req", "-x509", "-new", "-key", key, "-sha256", "-days", "365",
                "-subj", f"/CN={common_name}", "-addext", "basicConstraints=critical,CA:TRUE", "-out", cert)
        return Identity(cert, key)

    def leaf(
        self, ca: Identity, common_name: str, kind: tuple[str, ...] = P256, *, ended: bool = False
    ) -> Identity:
        """As `openssl x509 -req` makes it without extensions."""
        key = self.key(kind)
        csr, cert = self.request(key, common_name), self.folder / f"{next(_NUMBER)}.pem"
        if ended:
            return Identity(self._ended(ca, csr, cert), key)
        openssl("x509", "-req", "-in", csr, "-CA", ca.cert, "-CAkey", ca.key, "-CAcreateserial",
                "-CAserial", self.folder / "serial", "-days", "90", "-sha256", "-out", cert)
        return Identity(cert, key)

    def self_signed(self, common_name: str) -> Identity:
        key, cert = self.key(), self.folder / f"{next(_NUMBER)}.pem"
        openssl("req", "-x509", "-new", "-key", key, "-days", "30", "-subj", f"/CN={common_name}", "-out", cert)
        return Identity(cert, key)

    def stolen(self, victim: Identity, thief: Path) -> Identity:
        """The victim's certificate with a key that has the victim's public and the thief's private half:
        clients that check whether key and certificate belong together compare public halves only."""
        sec1 = [self._sec1(key) for key in (victim.key, thief)]
        private_half = slice(7, 39)
        forged = bytearray(sec1[0])
        forged[private_half] = sec1[1][private_half]
        path = self.folder / f"{next(_NUMBER)}.key"
        text = base64.encodebytes(bytes(forged)).decode()
        path.write_text(f"-----BEGIN EC PRIVATE KEY-----\n{text}-----END EC PRIVATE KEY-----\n")
        return Identity(victim.cert, path)

    def _sec1(self, key: Path) -> bytes:
        path = self.folder / f"{next(_NUMBER)}.der"
        openssl("ec", "-in", key, "-outform", "DER", "-out", path)
        der = path.read_bytes()
        assert der[5:7] == b"\x04\x20", "a P-256 key begins with its 32 bytes of private half"
        return der

    def _ended(self, ca: Identity, csr: Path, cert: Path) -> Path:
        """A certificate of days long gone: only `openssl ca` can date one."""
        home = self.folder / f"ca-{next(_NUMBER)}"
        home.mkdir()
        (home / "index").touch()
        (home / "serial").write_text(f"{next(_NUMBER) + 4096:04X}\n")
        (home / "ca.cnf").write_text(
            "[ca]\ndefault_ca = own\n[own]\n"
            f"new_certs_dir = {home}\ndatabase = {home}/index\nserial = {home}/serial\n"
            f"certificate = {ca.cert}\nprivate_key = {ca.key}\ndefault_md = sha256\npolicy = any\n"
            "[any]\ncommonName = supplied\n"
        )
        openssl("ca", "-batch", "-notext", "-config", home / "ca.cnf", "-in", csr, "-out", cert,
                "-startdate", "20200101000000Z", "-enddate", "20210101000000Z")
        return cert
