"""Load the private key that signs token requests."""

import re

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_KIND = re.compile("-----BEGIN ([A-Z0-9 ]+)-----")
_PATH = re.compile(r"[~./\\].*|.*\.\w{2,4}")


class PrivateKeyError(ValueError):
    """The key or its passphrase cannot be used. The text names the setting, not its value."""


def load_private_key(pem: str, passphrase: str | None) -> RSAPrivateKey:
    r"""Load an RSA private key in PEM format.

    A literal `\n` counts as a line break, as environment variables often contain one that way.

    Raises:
        PrivateKeyError: It is not a key, not an RSA key, or the passphrase is wrong.
    """
    # Slow to import, and not needed with a client secret.
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    text = pem.replace("\\n", "\n").strip().encode()
    password = passphrase.encode() if passphrase else None
    try:
        key = load_pem_private_key(text, password)
    except TypeError:
        # Raised both for a missing passphrase and for an unnecessary one.
        problem = (
            "is set, but the private key is not encrypted"
            if passphrase
            else "is missing: the private key is encrypted"
        )
        raise PrivateKeyError(f"'private_key_passphrase' {problem}") from None
    except (ValueError, UnsupportedAlgorithm):
        # A wrong passphrase raises the same errors as a malformed key.
        if b"ENCRYPTED" in text and passphrase:
            problem = "'private_key_passphrase' does not decrypt the private key"
            raise PrivateKeyError(problem) from None
        raise PrivateKeyError(f"'private_key' {_problem(text.decode())}") from None
    if not isinstance(key, RSAPrivateKey):
        raise PrivateKeyError("'private_key' must be an RSA key, because it signs with RS256")
    return key


def _problem(text: str) -> str:
    """Return what is wrong with a key that cannot be read."""
    found = _KIND.match(text)
    match found and found[1]:
        case None if _PATH.fullmatch(text):
            return "must be the key itself, not the path of its file"
        case None:
            return "must be a private key in PEM format ('-----BEGIN PRIVATE KEY-----' ...)"
        case "OPENSSH PRIVATE KEY":
            return "is in OpenSSH's format: convert a copy with `ssh-keygen -p -m PEM -f FILE`"
        case str(kind) if not kind.endswith("PRIVATE KEY"):
            return f"is a {kind.lower()}: set the private key, which only you have"
        case _:
            return "is damaged: copy all of it, from '-----BEGIN' to '-----'"
