"""A private key is loaded, or the error names the setting that is wrong."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tap_techwolf.config.private_key import PrivateKeyError, load_private_key
from tests.config.keys import EC_KEY, ENCRYPTED_KEY, KEY, PASSPHRASE, RSA_KEY


@pytest.mark.parametrize(
    ("key", "passphrase"),
    [
        (KEY, None),
        (f"\n {KEY} \n", None),
        (KEY.replace("\n", "\\n"), None),
        (ENCRYPTED_KEY, PASSPHRASE),
    ],
    ids=["plain", "with spaces around", "with literal line breaks", "encrypted"],
)
def test_a_key_is_loaded(key: str, passphrase: str | None) -> None:
    loaded = load_private_key(key, passphrase)
    assert loaded.private_numbers() == RSA_KEY.private_numbers()


def other_form(encoding: Encoding, form: PrivateFormat) -> str:
    return RSA_KEY.private_bytes(encoding, form, NoEncryption()).decode()


PUBLIC_KEY = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("/run/secrets/key", "the path of its file"),
        ("~/key", "the path of its file"),
        ("key.pem", "the path of its file"),
        ("C:\\key.der", "the path of its file"),
        (PUBLIC_KEY.decode(), "is a public key"),
        ("-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----", "is a certificate"),
        (other_form(Encoding.PEM, PrivateFormat.OpenSSH), "ssh-keygen"),
        ('{"kty": "RSA", "d": "x.yz"}', "PEM format"),
        (KEY.splitlines()[1], "PEM format"),
        (KEY[:200], "damaged"),
    ],
    ids=range(10),
)
def test_what_is_no_private_key_is_named(key: str, words: str) -> None:
    with pytest.raises(PrivateKeyError, match=words) as caught:
        load_private_key(key, None)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "passphrase", "setting"),
    [
        ("not a key", None, "private_key"),
        ("not a key", PASSPHRASE, "private_key"),
        (KEY[:200], None, "private_key"),
        (EC_KEY, None, "private_key"),
        (KEY, PASSPHRASE, "private_key_passphrase"),
        (ENCRYPTED_KEY, None, "private_key_passphrase"),
        (ENCRYPTED_KEY, "another-passphrase", "private_key_passphrase"),
        (ENCRYPTED_KEY, "x" * 5000, "private_key_passphrase"),
    ],
    ids=lambda one: one and one.strip()[:30],
)
def test_the_setting_that_is_wrong_is_named(key: str, passphrase: str | None, setting: str) -> None:
    with pytest.raises(PrivateKeyError) as caught:
        load_private_key(key, passphrase)
    assert str(caught.value).startswith(f"'{setting}' ")
    assert key not in str(caught.value)
    assert not passphrase or passphrase not in str(caught.value)
