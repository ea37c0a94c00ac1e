# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong with a cluster: two kinds of exceptions, and every sentence that they say."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Literal

from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Change
from ansible_collections.epinio.registries.plugins.module_utils._problems import Catalogue, Sentences

Case = Literal[
    "collection_missing",
    "library_missing",
    "library_changed",
    "namespace_invalid",
    "timeout_invalid",
    "no_configuration",
    "untrusted",
    "client_certificate",
    "timed_out",
    "broken",
    "unreachable",
    "credentials",
    "forbidden",
    "refused",
    "answered",
    "not_found",
    "no_namespace",
    "no_secrets",
    "list_endless",
    "list_expired",
    "list_forbidden",
]

_SENTENCES: Catalogue[Case] = Catalogue(
    {
        "collection_missing": Sentences(
            "The collection kubernetes.core is missing, from which the options of the connection come.",
            "Install it: ansible-galaxy collection install kubernetes.core",
        ),
        "library_missing": Sentences(
            "The Python library kubernetes is missing, or too old, for {python}.",
            "Install it there: python -m pip install 'kubernetes>=24.2.0'",
        ),
        "library_changed": Sentences(
            "{library} is not as it is known here: {function} failed with {reason}.",
            "Install another version of it, or a newer one of epinio.registries.",
        ),
        "namespace_invalid": Sentences("{namespace!a} is not a name of a namespace.", "Correct namespace."),
        "timeout_invalid": Sentences("timeout is {timeout:g} seconds.", "Set it to more than 0."),
        "no_configuration": Sentences(
            "There is no usable Kubernetes configuration: {reason}.",
            "Check kubeconfig, context, host and the K8S_AUTH_* variables.",
        ),
        "untrusted": Sentences(
            "The certificate of the API server at {host} is not trusted: {reason}.",
            "Check ca_cert, or certificate-authority in the kubeconfig.",
        ),
        "client_certificate": Sentences(
            "The API server at {host} does not accept the client certificate: {reason}.",
            "It may have expired; check client_cert and client_key, or the user in the kubeconfig.",
        ),
        "timed_out": Sentences(
            "The API server at {host} did not answer within {timeout:g} seconds.",
            "Check its state and the network, or set timeout higher.",
        ),
        "broken": Sentences(
            "The connection to the API server at {host} broke: {reason}.", "Run again; what is done stays done."
        ),
        "unreachable": Sentences(
            "The API server at {host} cannot be reached: {reason}.",
            "Check host, proxy and the server in the kubeconfig.",
        ),
        "credentials": Sentences(
            "The API server does not accept the credentials: {reason}.",
            "Check the token, or the user in the kubeconfig; it may have expired.",
        ),
        "forbidden": Sentences("A permission is missing: {reason}.", "The guide on least-privilege RBAC has the Role."),
        "refused": Sentences("The API server refused the request: {reason}.", ""),
        "answered": Sentences(
            "The API server answered {method} with an error ({status}): {reason}.", "Run again later."
        ),
        "not_found": Sentences("{reason}", ""),
        "no_namespace": Sentences(
            "There is no namespace {namespace!r}.",
            "Install Epinio first, or set namespace to where it is installed.",
        ),
        "no_secrets": Sentences("The API server answered with something else than secrets.", "Check host and proxy."),
        "list_endless": Sentences("The API server's list of secrets has no end.", "Check host and proxy."),
        "list_expired": Sentences(
            "The API server expired the list of secrets three times while it was read.", "Run again."
        ),
        "list_forbidden": Sentences(
            "Listing secrets is not permitted.", "Grant the verb list on secrets, or give names."
        ),
    }
)


def said(case: Case, **fields: Any) -> str:
    """Return what is said of a case, with these ``fields`` in its sentences."""
    return str(_SENTENCES.problem(case, **fields)).rstrip()


class ClusterError(Exception):
    """The API server could not be asked, or said no; the text says which, and what to do.

    ``refused``: whether the first answer to the request was this refusal, so that nothing can have been written;
    ``deleted``: whether the secret that was to be recreated is deleted, or may be.
    """

    def __init__(self, message: str, *, refused: bool = False, deleted: bool = False) -> None:
        super().__init__(message)
        self.refused = refused
        self.deleted = deleted


class Unreached(ClusterError):
    """No request has been answered yet: a wrong address or authority, rather than a server that restarts."""


class Forbidden(ClusterError):
    """403: a permission is missing."""


class NotFound(ClusterError):
    """404."""


class Gone(ClusterError):
    """410: the continue token of a list has expired."""


class Conflict(Exception):
    """Something else changed, created or deleted secrets since they were read.

    ``ours``: the changes whose request was sent more than once, so that the other may have been this very run;
    ``refused`` and ``deleted`` as in ClusterError.
    """

    def __init__(self, ours: Collection[Change], *, refused: bool = False, deleted: bool = False) -> None:
        super().__init__()
        self.ours = ours
        self.refused = refused
        self.deleted = deleted


def one_line(error: Any) -> str:
    """Return the text of a foreign error as one line, without the Python objects that urllib3 names in it."""
    text = re.sub(r"(?<![\w.])<?[\w.]+(?: object at 0x\w+>|\(host=.{,300}?\)): ", "", str(error))
    return " ".join(text.split()).rstrip(".")
