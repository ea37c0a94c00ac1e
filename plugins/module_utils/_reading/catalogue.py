# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that is said of what was read: a secret as Epinio reads it, a registry and an organization, a PEM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

from ansible_collections.epinio.registries.plugins.module_utils._problems import Catalogue, Sentences
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import (
    API_EXPORT_LABEL,
    DOCKERCONFIG,
    NAMESPACE_ANNOTATION,
    TLS_CRT,
)

Leg = Literal["list", "chart", "image"]
#: Why a block of a PEM gives no certificate.
Flaw = Literal["halved", "damaged", "other_kind", "refused"]
#: Problems that a leg reports of a secret, then those of a PEM that somebody gives, then those of a client's logins.
Code = Literal[
    "label_not_true",
    "organization_missing",
    "config_missing",
    "config_not_json",
    "config_wrong_shape",
    "config_foreign_key",
    "config_number_range",
    "auths_missing",
    "auths_empty",
    "auths_several",
    "entry_wrong_type",
    "registry_not_url",
    "registry_not_url:repaired",
    "registry_not_url:secret",
    "registry_without_host",
    "registry_without_host:repaired",
    "registry_without_host:secret",
    "certificate_secret_missing",
    "certificate_key_missing",
    "certificate_unusable",
    "registry_invalid",
    "registry_invalid:repaired",
    "registry_invalid:secret",
    "organization_invalid",
    "organization_invalid:repaired",
    "organization_invalid:secret",
    "organization_too_long",
    "registry_underscore",
    "registry_port_invalid",
    "registry_no_address",
    "registry_not_qualified",
    "registry_is_other_name",
    "registry_key_unmatched",
    "config_unreadable_for_skopeo",
    "credential_helper",
    "auth_not_base64",
    "auth_missing",
    "identity_token",
    "credentials_missing",
    "credentials_differ",
    "certificate_too_large",
    "certificate_private_key",
    "certificate_not_pem",
    "certificate_not_pem:item",
    "certificate_not_pem:file",
    "certificate_not_pem:encoded",
    "certificate_not_pem:bare",
    "certificate_not_pem:binary",
    "certificate_not_pem:utf16",
    "certificate_none:halved",
    "certificate_none:damaged",
    "certificate_none:other_kind",
    "certificate_none:refused",
    "certificate_unreadable:halved",
    "certificate_unreadable:damaged",
    "certificate_unreadable:other_kind",
    "certificate_unreadable:refused",
    "certificate_expired",
    "certificate_expires_soon",
    "certificate_not_yet_valid",
    "certificate_other_host",
    "logins_unreadable:not_json",
    "logins_unreadable:shape",
    "logins_none",
    "login_elsewhere:store",
    "login_elsewhere:helper",
    "login_elsewhere:token",
    "login_unclear:shape",
    "login_unclear:not_base64",
    "login_unclear:not_utf8",
    "login_unclear:no_credentials",
    "login_unclear:differ",
    "login_unclear:twice",
    "login_host_invalid",
    "login_host_invalid:repaired",
    "login_host_invalid:secret",
    "login_file_missing",
    "login_file_missing:variable",
    "login_file_unreadable",
    "login_file_unreadable:json",
    "login_file_unreadable:shape",
    "login_missing",
    "login_missing:nowhere",
]

EVERY: tuple[Leg, ...] = ("list", "chart", "image")
EXPORT: tuple[Leg, ...] = ("chart", "image")
_IMAGE: tuple[Leg, ...] = ("image",)
_WRITE_CONFIG = "Write the docker config again, with nothing but one entry in auths."
_WRITE_ENTRY = "Write auth, username and password again, all three, as strings that agree."
_REPOSITORY = "Use lower-case letters and digits, single separators . _ __ - between them, and one / between parts."
_LOGIN = "Leave that out; user name and password have places of their own."
_CANONICAL = "Write it as host[:port][/path]: no scheme, no trailing slash."


def _pem(message: str, remedy: str) -> Sentences:
    return Sentences(message, remedy, options=("certificate",))


def _caution(message: str, remedy: str) -> Sentences:
    return Sentences(message, remedy, options=("certificate", "certificate_secret"))


def _spelled(code: Code, remedy: str, options: tuple[str, ...]) -> dict[Code, Sentences]:
    """Return the cases of a code that blames the registry or the organization, and quotes it where it may."""
    said = {
        code: Sentences("The {blamed} {value!a} {fault}.", remedy, EXPORT, options),
        f"{code}:repaired": Sentences("The {blamed} {value!a} {fault}.", "Use {better!a}.", EXPORT, options),
        f"{code}:secret": Sentences("The {blamed} {fault}.", _LOGIN, EXPORT, options),
    }
    return cast("dict[Code, Sentences]", said)


_FLAWS: Mapping[Flaw, tuple[str, str]] = {
    "halved": (
        "Block {number} of the PEM has no pair of a BEGIN and an END line, or they differ",
        "Give the whole file: each block begins with -----BEGIN CERTIFICATE----- and ends with "
        "-----END CERTIFICATE-----.",
    ),
    "damaged": (
        "Block {number} of the PEM is cut off or damaged: decoded, it is not a certificate",
        "Copy the certificate again, the whole of it.",
    ),
    "other_kind": (
        "Block {number} of the PEM is not a certificate: its first line says {label!s}",
        "Give only the certificates. openssl pkcs7 -print_certs takes them out of a PKCS7.",
    ),
    "refused": (
        "Go, in which Epinio is written, refuses the certificate in block {number} of the PEM: {reason}",
        "Take it out if it is not needed, or have it issued again without that.",
    ),
}


def _flaw(flaw: Flaw, first: str) -> Sentences:
    message, remedy = _FLAWS[flaw]
    return _pem(f"{first}{message}.", remedy)


_NOTHING = "No certificate can be read. "
_NONE: Mapping[Code, Sentences] = {
    "certificate_none:halved": _flaw("halved", _NOTHING),
    "certificate_none:damaged": _flaw("damaged", _NOTHING),
    "certificate_none:other_kind": _flaw("other_kind", _NOTHING),
    "certificate_none:refused": _flaw("refused", _NOTHING),
}
_UNREADABLE: Mapping[Code, Sentences] = {
    "certificate_unreadable:halved": _flaw("halved", ""),
    "certificate_unreadable:damaged": _flaw("damaged", ""),
    "certificate_unreadable:other_kind": _flaw("other_kind", ""),
    "certificate_unreadable:refused": _flaw("refused", ""),
}

_TERMS = ("terms",)
_FILE = ("config_file",)
_WHOLE_FILE = "Give the content of docker's config.json or podman's auth.json, the whole of it."
_ANEW = "Log in again with `podman login --authfile FILE HOST`, which writes nothing but the login into a new file."
_ONE_LOGIN = f"{_ANEW[:-1]}; or write user name and password where they are wanted, by hand."
_LOGINS: Mapping[Code, Sentences] = {
    "logins_unreadable:not_json": Sentences("It is not JSON, as a docker config is.", _WHOLE_FILE),
    "logins_unreadable:shape": Sentences(
        "It is JSON but not a docker config: it, its auths or its credHelpers is not an object.", _WHOLE_FILE
    ),
    "logins_none": Sentences("Its auths has no entry, so nobody is logged in.", _ANEW),
    "login_elsewhere:store": Sentences(
        "A credential store (credsStore) keeps the password, and an entry beside it may be an old one.", _ONE_LOGIN
    ),
    "login_elsewhere:helper": Sentences("A program (credHelpers) gives out the password.", _ONE_LOGIN),
    "login_elsewhere:token": Sentences(
        "It is an identitytoken, which the registry gave for a password and Epinio cannot log in with.", _ONE_LOGIN
    ),
    "login_unclear:shape": Sentences("The entry is not an object, or a field of it is not text.", _ONE_LOGIN),
    "login_unclear:not_base64": Sentences("The auth of the entry is not base64.", _ONE_LOGIN),
    "login_unclear:not_utf8": Sentences("User name or password of the entry are not UTF-8.", _ONE_LOGIN),
    "login_unclear:no_credentials": Sentences("The entry has no user name and password.", _ONE_LOGIN),
    "login_unclear:differ": Sentences(
        "The username and password of the entry say something else than its auth.", _ONE_LOGIN
    ),
    "login_unclear:twice": Sentences(
        "Several entries are for this registry, and have different logins.",
        "Keep the right one, and remove the others.",
    ),
    "login_host_invalid": Sentences("Term {number} {value!s} {fault}.", _CANONICAL, options=_TERMS),
    "login_host_invalid:repaired": Sentences("Term {number} {value!s} {fault}.", "Use {better!s}.", options=_TERMS),
    "login_host_invalid:secret": Sentences("Term {number} {fault}.", "Give only the host.", options=_TERMS),
    "login_file_missing": Sentences(
        "There is no {file}, which the option config_file names.", "Correct the option.", options=_FILE
    ),
    "login_file_missing:variable": Sentences(
        "There is no {file}, which the environment variable {variable} names.",
        "Correct the variable, or take it away so that podman's and docker's usual places are searched.",
        options=_FILE,
    ),
    "login_file_unreadable": Sentences(
        "{file} cannot be read: {reason}.", "Let the user that runs Ansible read it.", options=_FILE
    ),
    "login_file_unreadable:json": Sentences(
        "{file} is not JSON.", "Write it again, for example with podman login --authfile.", options=_FILE
    ),
    "login_file_unreadable:shape": Sentences(
        "{file} is JSON, but not a docker config.",
        "Let auths be an object that holds an object for each registry, with texts in it.",
        options=_FILE,
    ),
    "login_missing": Sentences(
        "{file} has no entry for {host}.",
        "Add one, for example with podman login --authfile {file} {host}, or set missing=empty if none may be there.",
        options=_TERMS,
    ),
    "login_missing:nowhere": Sentences(
        "No docker config has an entry for {host}. Searched: {file}.",
        "Log in with podman login {host}, or name a docker config in config_file or REGISTRY_AUTH_FILE.",
        options=_TERMS,
    ),
}

_CASES: Mapping[Code, Sentences] = {
    "label_not_true": Sentences(f'The label {API_EXPORT_LABEL} is not "true".', 'Set the label to "true".', legs=EVERY),
    "organization_missing": Sentences(
        f"The annotation {NAMESPACE_ANNOTATION} is missing.", "Set it to the organization.", legs=EVERY
    ),
    "config_missing": Sentences(f"The key {DOCKERCONFIG} is missing.", _WRITE_CONFIG, legs=EVERY),
    "config_not_json": Sentences("The docker config is not JSON by Go's rules.", _WRITE_CONFIG, legs=EVERY),
    "config_wrong_shape": Sentences("The docker config is not an object of objects.", _WRITE_CONFIG, legs=EVERY),
    "config_foreign_key": Sentences(
        "A key beside auths, such as credsStore, does not hold an object.", _WRITE_CONFIG, legs=EVERY
    ),
    "config_number_range": Sentences(
        "A number in the docker config is too large to be read.", _WRITE_CONFIG, legs=("list",)
    ),
    "auths_missing": Sentences("The docker config has no auths (in lower case).", _WRITE_CONFIG, legs=EVERY),
    "auths_empty": Sentences("The docker config has no entry in auths.", _WRITE_CONFIG, legs=EVERY),
    "auths_several": Sentences(
        "The docker config has more than one entry in auths.", "Keep one entry for each destination.", legs=EVERY
    ),
    "entry_wrong_type": Sentences(
        "An entry, in auths or in a section beside it such as credHelpers, is not an object, or has a field that is "
        "not text.",
        _WRITE_CONFIG,
        legs=EXPORT,
    ),
    **_spelled("registry_not_url", _CANONICAL, ("registry", "organization")),
    **_spelled("registry_without_host", _CANONICAL, ("registry",)),
    "certificate_secret_missing": Sentences(
        "The secret that certs names does not exist in the namespace.",
        "Create it, or correct the name; look for a line end behind it.",
        legs=EXPORT,
    ),
    "certificate_key_missing": Sentences(
        f"The certificate secret has no key {TLS_CRT}.", f"Put the PEM into {TLS_CRT}.", legs=EXPORT
    ),
    "certificate_unusable": Sentences(
        f"No certificate in {TLS_CRT} can be read.",
        "Replace it with a PEM that holds at least one complete certificate.",
        legs=EXPORT,
    ),
    **_spelled("registry_invalid", _CANONICAL, ("registry",)),
    **_spelled("organization_invalid", _REPOSITORY, ("organization", "registry")),
    "organization_too_long": Sentences(
        "Registry and organization are so long that the name of an image can pass skopeo's limit of 255 characters.",
        "Use a shorter organization.",
        legs=_IMAGE,
        options=("organization",),
    ),
    "registry_underscore": Sentences(
        "skopeo takes a registry with an underscore for a part of the image's name, and finds no host to push to.",
        "Use a host name without an underscore.",
        legs=_IMAGE,
        options=("registry",),
    ),
    "registry_port_invalid": Sentences(
        "The registry's port is not valid: ports go from 1 to 65535.",
        "Correct the port, or leave it out if it is 443.",
        legs=EXPORT,
        options=("registry",),
    ),
    "registry_no_address": Sentences(
        "The registry's host cannot be an address: it is neither an IPv4 address nor a host name with parts of at most "
        "63 characters.",
        "Correct the host.",
        legs=EXPORT,
        options=("registry",),
    ),
    "registry_not_qualified": Sentences(
        "skopeo pushes to docker.io, because the registry's first part has neither dot nor port.",
        "Name the host with its domain or port, or docker.io if that is meant.",
        legs=_IMAGE,
        options=("registry",),
    ),
    "registry_is_other_name": Sentences(
        "skopeo pushes to docker.io, and the registry is another name of that.",
        "Write docker.io.",
        legs=_IMAGE,
        options=("registry",),
    ),
    "registry_key_unmatched": Sentences(
        "skopeo finds no credentials under this registry key and would push without.",
        _CANONICAL,
        legs=_IMAGE,
        options=("registry",),
    ),
    "config_unreadable_for_skopeo": Sentences("skopeo cannot parse the docker config.", _WRITE_CONFIG, legs=_IMAGE),
    "credential_helper": Sentences(
        "skopeo would ask a credential helper that its pod does not have.", _WRITE_CONFIG, legs=_IMAGE
    ),
    "auth_not_base64": Sentences("The auth field is not base64.", _WRITE_ENTRY, legs=_IMAGE),
    "auth_missing": Sentences(
        "The auth field is missing or holds no user:password; skopeo reads nothing else and would push without.",
        _WRITE_ENTRY,
        legs=_IMAGE,
    ),
    "identity_token": Sentences(
        "skopeo sends the identitytoken instead of the password to a registry that has a token service.",
        "Take identitytoken out of the entry; auth, username and password are enough.",
        legs=_IMAGE,
    ),
    "credentials_missing": Sentences("The user name or the password is empty.", _WRITE_ENTRY, legs=EXPORT),
    "credentials_differ": Sentences(
        "skopeo takes other credentials from auth than Helm takes from username and password.",
        _WRITE_ENTRY,
        legs=_IMAGE,
    ),
    "certificate_too_large": _pem(
        "The PEM is larger than the 1 MiB that Kubernetes keeps in a secret.",
        "Give only the CA certificates that this registry needs.",
    ),
    "certificate_private_key": _pem(
        "A private key is in the PEM; Epinio's image push would mount it into its pod.",
        "Give only the certificates.",
    ),
    "certificate_not_pem": _pem(
        "It is not PEM: it has no -----BEGIN line.",
        "Give the text of the file with its line ends; not base64 of it, and not the file's name.",
    ),
    "certificate_not_pem:item": _pem(
        "Item {number} of the list is not text.", "Give one PEM text, or a list of PEM texts."
    ),
    "certificate_not_pem:file": _pem(
        "It is the name of a file, not the content of the file.",
        "Give the content, with lookup('ansible.builtin.file', NAME).",
    ),
    "certificate_not_pem:encoded": _pem(
        "It is base64 of a PEM.", "Decode it with the filter ansible.builtin.b64decode."
    ),
    "certificate_not_pem:bare": _pem(
        "It is the base64 of a certificate without the lines around it.",
        "Put a line -----BEGIN CERTIFICATE----- before it, and a line -----END CERTIFICATE----- behind it.",
    ),
    "certificate_not_pem:binary": _pem(
        "It is not text; perhaps it is a certificate in DER.",
        "Make a PEM of it: openssl x509 -inform der -in FILE -out FILE.pem",
    ),
    "certificate_not_pem:utf16": _pem(
        "It is a PEM in UTF-16, with a zero byte beside each letter.", "Save the file as UTF-8."
    ),
    **_NONE,
    **_UNREADABLE,
    "certificate_expired": _caution(
        "The certificate of {subject} expired on {at:%Y-%m-%d %H:%M} UTC.", "Replace it with a valid one."
    ),
    "certificate_expires_soon": _caution(
        "The certificate of {subject} expires on {at:%Y-%m-%d %H:%M} UTC.", "Replace it before that."
    ),
    "certificate_not_yet_valid": _caution(
        "The certificate of {subject} is not valid before {at:%Y-%m-%d %H:%M} UTC.",
        "Wait until then, or check the clock.",
    ),
    "certificate_other_host": _caution(
        "The PEM is one self-signed server certificate, and its names do not cover the registry's host.",
        "Use the registry's own certificate, or that of the CA which signed it.",
    ),
    **_LOGINS,
}

CATALOGUE: Catalogue[Code] = Catalogue(_CASES)
