"""Reads the private key that signs token requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


class PrivateKeyError(ValueError):
    """The key or its passphrase cannot be used; the text tells which and holds neither.

    Attributes:
        setting: The setting that is wrong.
    """

    def __init__(self, setting: str, problem: str) -> None:
        """Keep what is wrong.

        Args:
            setting: `private_key` or `private_key_passphrase`.
            problem: What is wrong with it, to follow the setting's name.
        """
        super().__init__(problem)
        self.setting = setting


def load_private_key(pem: str, passphrase: str | None) -> RSAPrivateKey:
    r"""Read an RSA private key.

    Args:
        pem: The PEM text; a literal `\n` stands for a line break, as environment
            variables carry it.
        passphrase: What the key is encrypted with, if it is.

    Returns:
        The key, ready to sign.

    Raises:
        PrivateKeyError: It is no key, no RSA key, or the passphrase does not fit.
    """
    # Both are slow to import, and a run with a client secret needs neither.
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    text = pem.replace("\\n", "\n").strip().encode()
    password = passphrase.encode() if passphrase else None
    try:
        key = load_pem_private_key(text, password)
    except TypeError:
        # cryptography raises TypeError for both: a passphrase missing, or one too many.
        problem = (
            "is set, but the private key is not encrypted"
            if passphrase
            else "is missing: the private key is encrypted"
        )
        raise PrivateKeyError("private_key_passphrase", problem) from None
    except (ValueError, UnsupportedAlgorithm):
        if b"ENCRYPTED" in text and passphrase:
            problem = "does not open the private key"
            raise PrivateKeyError("private_key_passphrase", problem) from None
        problem = "must be a private key in PEM form ('-----BEGIN PRIVATE KEY-----' ...)"
        raise PrivateKeyError("private_key", problem) from None
    if not isinstance(key, RSAPrivateKey):
        raise PrivateKeyError("private_key", "must be an RSA key: assertions are signed with RS256")
    return key
