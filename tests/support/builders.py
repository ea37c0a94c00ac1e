# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options, secrets and certificates that the tests start from."""

from __future__ import annotations

import base64
import datetime
import functools
import json

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.datetime.now(datetime.timezone.utc)


def item(name, **options):
    """Return the options of one valid destination."""
    return {
        "name": name,
        "registry": "registry.example.com",
        "organization": "acme",
        "registry_username": "robot",
        "registry_password": "s3cret",
        "state": "present",
        "update_password": "always",
        **options,
    }


def auth(username, password):
    """Return base64 of user name and password as HTTP Basic has it."""
    return base64.b64encode(f"{username}:{password}".encode()).decode()


def docker_config(registry, username, password):
    """Return a complete docker config."""
    return {"auths": {registry: {"auth": auth(username, password), "username": username, "password": password}}}


def one_entry(**fields):
    """Return the bytes of a docker config whose only entry holds these fields."""
    return json.dumps({"auths": {"registry.example.com": fields}}).encode()


def secret(name, data, *, labels=None, annotations=None):
    """Return a Kubernetes secret with these bytes."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": "epinio",
            "labels": dict(labels or {}),
            "annotations": dict(annotations or {}),
        },
        "type": "Opaque",
        "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
    }


def destination_secret(name, *, config=None, style="complete", labels=None, annotations=None, data=None):
    """Return an authentication secret as people write it by hand."""
    config = config or docker_config("registry.example.com", "robot", "s3cret")
    text = json.dumps(config, indent=4, sort_keys=True) + "\n" if style == "pretty" else json.dumps(config)
    written = secret(
        name,
        {".dockerconfigjson": text.encode()},
        labels={"epinio.io/api-export-registry": "true", **(labels or {})},
        annotations={"epinio.io/registry-namespace": "acme", **(annotations or {})},
    )
    written["data"].update(data or {})
    if style == "dockerconfigjson type":
        written["type"] = "kubernetes.io/dockerconfigjson"
    return written


def certificate_secret(name, pem, *, managed=None):
    """Return a certificate secret."""
    return secret(name, {"tls.crt": pem.encode()}, labels={"epinio.registries/managed": managed} if managed else None)


def waiting(raw, *, deleted=False):
    """Return the secret with a finalizer, and deleted already if so."""
    raw["metadata"]["finalizers"] = ["example.com/hold"]
    if deleted:
        raw["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    return raw


def stored(raw):
    """Return registry, user name and password that an authentication secret holds."""
    ((registry, entry),) = json.loads(base64.b64decode(raw["data"][".dockerconfigjson"]))["auths"].items()
    assert entry["auth"] == auth(entry["username"], entry["password"])
    return registry, entry["username"], entry["password"]


@functools.cache
def _key():
    return ec.generate_private_key(ec.SECP256R1())


PRIVATE_KEY = _key().private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)


@functools.cache
def authority(common_name, *, days=365, since=1, ca=True, names=()):
    """Return a self-signed certificate as PEM text; ``days`` and ``since`` are its validity around now."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - datetime.timedelta(days=since))
        .not_valid_after(NOW + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False
        )
    return builder.sign(_key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
