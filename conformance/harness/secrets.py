"""Every secret that the run gets hold of: none may be found in a log."""

from __future__ import annotations

KNOWN: set[str] = set()
_KEY_IDS = ("AKIA", "ASIA")


def note(*secrets: str) -> None:
    """Remembers secrets. What tests sign with in place of one is none: a key's id, or `xxx`."""
    KNOWN.update(
        secret
        for secret in secrets
        if len(secret) >= 16 and len(set(secret)) > 8 and not secret.startswith(_KEY_IDS)
    )


def note_private_key(pem: str) -> None:
    """Remembers the lines of a private key; each of them would be a leak."""
    note(*(line for line in pem.splitlines() if not line.startswith("-----") and len(line) >= 40))
