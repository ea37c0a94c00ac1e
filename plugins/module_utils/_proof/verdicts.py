# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every sentence that can be said of a leg that was tried. Foreign texts come here masked.

A case is `verdict:case`: what is a problem's code elsewhere is the verdict here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, Literal

from ansible_collections.epinio.registries.plugins.module_utils._problems import Catalogue, Sentences

Case = Literal[
    "unreachable:name",
    "unreachable:time",
    "unreachable:proxy",
    "unreachable:proxy_login",
    "unreachable:connection",
    "unreachable:given_up",
    "unreachable:no_tls",
    "unreachable:no_tls_any_more",
    "unreachable:no_registry",
    "unreachable:token_in_clear",
    "unreachable:internal_token_service",
    "unreachable:upload_elsewhere",
    "untrusted:out_of_date",
    "untrusted:misnamed",
    "untrusted:unknown",
    "untrusted:no_certificate",
    "denied:shut_out",
    "denied:no_common_scheme",
    "denied:no_credentials",
    "denied:login_asked_for_late",
    "denied:login",
    "denied:identity_token",
    "denied:push",
    "denied:read_only",
    "repository_must_exist:not_found",
    "repository_must_exist:closed",
    "inconclusive:python",
    "inconclusive:ping",
    "inconclusive:login",
    "inconclusive:login_not_repeated",
    "inconclusive:no_token_service",
    "inconclusive:token_in_clear",
    "inconclusive:token_in_clear_as_the_registry",
    "inconclusive:token",
    "inconclusive:upload",
    "inconclusive:upload_unanswered",
    "inconclusive:upload_elsewhere",
    "inconclusive:redirected",
    "inconclusive:redirected_nowhere",
    "inconclusive:not_checked",
    "ok:accepted",
    "ok:accepted_in_clear",
]

_NETWORK = "Check the network between this machine and the registry, or raise `timeout`."
_SPEAK_TLS = "Give the registry a certificate, or name the port where it speaks TLS."
_HTTPS = "Give the registry and its token service certificates and https addresses."
_CREATE = "Create the repositories of chart and image there first, or let the registry create them on push."
_OUTSIDE = (
    "Tell the registry its outside address, or let the proxy in front of it pass on `Host` and `X-Forwarded-Proto`."
)
_LOOK = "If the registry is there, write that host into `registry`."
#: What fills the field ``remedy``: after status 429, and after any other.
WAIT = "Wait a while, and check again."
LATER = "Check again later, or look at the log of the registry."
#: What fills ``trusted``.
CERTIFICATE = "the certificate of the destination"
ROOTS = "the system's roots"
#: What fills ``said``, ``through`` and ``note``, which may be empty.
SAYS = " It says: {text}"
THROUGH = " (through the proxy {proxy})"
CANCELLED = ", which was cancelled"
NOT_CANCELLED = "; it could not be cancelled, holds nothing, and expires by itself"

#: The worst verdict first. `inconclusive` is next to `ok`: nothing is known against the destination.
CASES: Catalogue[Case] = Catalogue(
    {
        "unreachable:name": Sentences(
            "{host} cannot be asked: {why}{through}.",
            "Check `registry`, and name resolution on the machine that runs the check.",
        ),
        "unreachable:time": Sentences("{host} cannot be asked: {why}{through}.", _NETWORK),
        "unreachable:proxy": Sentences(
            "{host} cannot be asked: {why}{through}.", "Check `HTTPS_PROXY` and `NO_PROXY`."
        ),
        "unreachable:proxy_login": Sentences(
            "{host} cannot be asked: {why}{through}.",
            "Put user name and password into the address of the proxy, as in "
            "`HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT`, with %40 for @, %3A for : and %2F for / in them.",
        ),
        "unreachable:connection": Sentences(
            "{host} cannot be asked: {why}{through}.",
            "Check `registry` and its port, and that this machine can reach it.",
        ),
        "unreachable:given_up": Sentences("There was no answer in time.", _NETWORK),
        "unreachable:no_tls": Sentences("{host} does not speak TLS, and {client} pushes only over HTTPS.", _SPEAK_TLS),
        "unreachable:no_tls_any_more": Sentences(
            "{host} does not speak TLS, and {client} pushes only over HTTPS, but for that of Epinio before 1.14.1.",
            f"{_SPEAK_TLS} For an earlier Epinio, `allow_http: true` checks the chart push over plain HTTP.",
        ),
        "unreachable:no_registry": Sentences(
            "There is no registry at {host} (status 404 for /v2/).",
            "Check `registry`: it is often another host than that of the web pages.",
        ),
        "unreachable:token_in_clear": Sentences(
            "The address of the token service of {host} begins with http://, and Helm asks none over plain HTTP. "
            "Before Epinio 1.14.1 it does, with the password for anyone to read.",
            _HTTPS,
        ),
        "unreachable:internal_token_service": Sentences(
            "{host} names a token service at {target}, an address of a private network and not its own, which Helm "
            "does not ask. Before Epinio 1.14.1 it does.",
            "Let the registry name its token service (`realm`) by a host name.",
        ),
        "unreachable:upload_elsewhere": Sentences(
            "{host} accepted an upload session, but wants the upload at {target}, where Helm does not send it{note}. "
            "Before Epinio 1.14.1 it does.",
            _OUTSIDE,
        ),
        "untrusted:out_of_date": Sentences(
            "{host} cannot be trusted by {trusted}: {why}.",
            "Renew the certificate that is out of date: the server's, or one that it is signed with.",
        ),
        "untrusted:misnamed": Sentences(
            "{host} cannot be trusted by {trusted}: {why}.",
            "Use a host name that the server's certificate covers, or give the server another certificate.",
        ),
        "untrusted:unknown": Sentences(
            "{host} cannot be trusted by {trusted}: {why}.",
            "Put the CA certificates of the registry and of its token service into `certificate`, and let the server "
            "send its intermediate certificates.",
        ),
        "untrusted:no_certificate": Sentences(
            "The certificate of the destination holds no certificate that can be read.",
            "Write `certificate` again, as PEM.",
        ),
        "denied:shut_out": Sentences(
            "{host} refuses every request (status 403).{said}",
            "Ask its operator whether this address may use it.",
        ),
        "denied:no_common_scheme": Sentences(
            "There is no login to {host} for this leg: what the registry asks for first is neither Basic nor Bearer.",
            "Let the registry, or the proxy in front of it, offer Basic or Bearer first.",
        ),
        "denied:no_credentials": Sentences(
            "This leg finds no credentials for {host}, which accepts no upload without them.",
            "Write the destination with a user name and a password.",
        ),
        "denied:login_asked_for_late": Sentences(
            "{host} takes no upload without a login, and does not ask for one where this leg looks.",
            "Let the registry ask for a login on /v2/.",
        ),
        "denied:login": Sentences(
            "{host} refuses the login (status {status}). It was tried once for all destinations with this registry "
            "and these credentials.{said}",
            "Check user name and password. They may be for another registry, expired or locked.",
        ),
        "denied:identity_token": Sentences(
            "{host} refuses the `identitytoken` of the docker config, which skopeo sends instead of the password "
            "(status {status}).{said}",
            "Write the destination again, with only user name and password.",
        ),
        "denied:push": Sentences(
            "The login is accepted, but it may not push to {place} (status {status}).{said}",
            "Give this user, token or robot the right to pull and to push there, or correct `organization`.",
        ),
        "denied:read_only": Sentences(
            "{host} takes no uploads (status 405).{said}",
            "See whether the registry is read-only, or a mirror.",
        ),
        "repository_must_exist:not_found": Sentences(
            "There is nothing to push to in {place} yet: the registry knows no such repository (status 404).{said}",
            _CREATE,
        ),
        "repository_must_exist:closed": Sentences(
            "There is nothing to push to in {place} yet: the registry closes the connection instead of an answer, as "
            "some do then.",
            _CREATE,
        ),
        "inconclusive:python": Sentences(
            "The answer of {host} was not read: {why}.",
            "Run the check with a Python that this version of the collection supports.",
        ),
        "inconclusive:ping": Sentences("{host} does not answer as a registry (status {status}).{said}", "{remedy}"),
        "inconclusive:login": Sentences("{host} does not answer the login (status {status}).{said}", "{remedy}"),
        "inconclusive:login_not_repeated": Sentences(
            "An earlier login at {host} with the same credentials got no answer, and was not repeated.",
            "See what was found for the first destination with them.",
        ),
        "inconclusive:no_token_service": Sentences(
            "{host} asks for a token without saying where to get one.",
            "Check the settings of the registry's token authentication (`realm`).",
        ),
        "inconclusive:token_in_clear": Sentences(
            "The token service of {host} would be asked over plain HTTP, as its address says, with the password for "
            "anyone to read. This check did not.",
            _HTTPS,
        ),
        "inconclusive:token_in_clear_as_the_registry": Sentences(
            "The token service of {host} would be asked over plain HTTP, because the registry speaks that itself, "
            "with the password for anyone to read. This check did not.",
            _HTTPS,
        ),
        "inconclusive:token": Sentences("The token service {host} gives no token (status {status}).{said}", "{remedy}"),
        "inconclusive:upload": Sentences(
            "{host} does not plainly accept an upload to {place} (status {status}).{said}", "{remedy}"
        ),
        "inconclusive:upload_unanswered": Sentences(
            "The check asked for an upload session in {place}, and {why}.", LATER
        ),
        "inconclusive:upload_elsewhere": Sentences(
            "{host} accepted an upload session, but wants the upload at {target}, another address of it{note}.",
            _OUTSIDE,
        ),
        "inconclusive:redirected": Sentences(
            "{host} redirects to {target} (status {status}), which was not followed.", _LOOK
        ),
        "inconclusive:redirected_nowhere": Sentences(
            "{host} redirects to nowhere (status {status}), which was not followed.", _LOOK
        ),
        "inconclusive:not_checked": Sentences(
            "Not checked, because the time for all destinations was over.",
            "Allow more time, or check fewer at a time.",
        ),
        "ok:accepted": Sentences("A push to {place} works: the registry accepted an upload session{note}.", ""),
        "ok:accepted_in_clear": Sentences(
            "A push to {place} works in clear, before Epinio 1.14.1: the registry accepted an upload session{note}.",
            "",
        ),
    }
)
UNREACHABLE = "unreachable"
UNTRUSTED = "untrusted"
INCONCLUSIVE = "inconclusive"
OK = "ok"
VERDICTS = tuple(CASES.codes)


@dataclasses.dataclass(frozen=True)
class Finding:
    """What is known of a leg: one of VERDICTS, a sentence, and what to do about it (empty for `ok`)."""

    verdict: str
    message: str
    remedy: str

    @classmethod
    def of(cls, case: Case, **fields: Any) -> Finding:
        """Return what there is to say in this case, with these ``fields`` in its sentences."""
        said = CASES.problem(case, **fields)
        return cls(said.code, said.message, said.remedy)


class Stop(Exception):
    """The way to an accepted upload ends here."""

    def __init__(self, case: Case, **fields: Any) -> None:
        self.finding = Finding.of(case, **fields)
        super().__init__(self.finding.message)


def worst(verdicts: Iterable[str]) -> str:
    """Return the worst of some verdicts: what holds for all of them together."""
    return min(verdicts, key=VERDICTS.index)
