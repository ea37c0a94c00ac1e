# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be said of a leg that was tried, in words for people. Foreign texts come here masked."""

from __future__ import annotations

import dataclasses

__all__ = [
    "DENIED",
    "INCONCLUSIVE",
    "MUST_EXIST",
    "OK",
    "UNREACHABLE",
    "UNTRUSTED",
    "VERDICTS",
    "Finding",
    "Stop",
    "worst",
]

UNREACHABLE = "unreachable"
UNTRUSTED = "untrusted"
DENIED = "denied"
MUST_EXIST = "repository_must_exist"
INCONCLUSIVE = "inconclusive"
OK = "ok"
#: The worst first. `inconclusive` is next to `ok`: nothing is known against the destination.
VERDICTS = (UNREACHABLE, UNTRUSTED, DENIED, MUST_EXIST, INCONCLUSIVE, OK)

#: OpenSSL's verify codes: not yet valid or expired; another host name or address.
_OUTDATED, _MISNAMED = frozenset({9, 10}), frozenset({62, 64})
_REACH = {
    "name": "Check `registry`, and name resolution on the machine that runs the check.",
    "time": "Check the network between this machine and the registry, or raise `timeout`.",
    "proxy": "Check `HTTPS_PROXY` and `NO_PROXY`.",
}


@dataclasses.dataclass(frozen=True)
class Finding:
    """What is known of a leg: one of VERDICTS, a sentence, and what to do about it (empty for `ok`)."""

    verdict: str
    message: str
    remedy: str = ""


class Stop(Exception):
    """The way to an accepted upload ends here."""

    def __init__(self, verdict: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.finding = Finding(verdict, message, remedy)


def worst(verdicts: list[str]) -> str:
    """Return the worst of some verdicts: what holds for all of them together."""
    return min(verdicts, key=VERDICTS.index)


def unreachable(host: str, kind: str, why: str) -> Stop:
    remedy = _REACH.get(kind, "Check `registry` and its port, and that this machine can reach it.")
    return Stop(UNREACHABLE, f"{host} cannot be asked: {why}.", remedy)


def no_tls(host: str, client: str, *, bundle: bool) -> Stop:
    where = " where the destination has a certificate" if bundle and client == "Helm" else ""
    return Stop(
        UNREACHABLE,
        f"{host} does not speak TLS, and {client} pushes over HTTPS alone{where}.",
        "Give the registry a certificate, or name the port where it speaks TLS.",
    )


def no_registry(host: str) -> Stop:
    return Stop(
        UNREACHABLE,
        f"There is no registry at {host} (status 404 for /v2/).",
        "Check `registry`: it is often another host than that of the web pages.",
    )


def untrusted(host: str, code: int, why: str, *, bundle: bool) -> Stop:
    trusted = "the certificate of the destination" if bundle else "the system's roots"
    if code in _OUTDATED:
        remedy = "Renew the certificate that is out of date: the server's, or one that it is signed with."
    elif code in _MISNAMED:
        remedy = "Use a host name that the server's certificate covers, or give the server another certificate."
    else:
        remedy = (
            "Put the CA certificates of the registry and of its token service into `certificate`, and let the server "
            "send its intermediate certificates."
        )
    return Stop(UNTRUSTED, f"{host} cannot be trusted by {trusted}: {why}.", remedy)


def shut_out(host: str, said: str) -> Stop:
    return Stop(
        DENIED,
        f"{host} refuses to be talked to (status 403).{said}",
        "Ask its operator whether this address may use it.",
    )


def no_common_scheme(host: str) -> Stop:
    return Stop(
        DENIED,
        f"There is no login to {host} for this leg: what the registry asks for first is neither Basic nor Bearer.",
        "Let the registry, or the proxy before it, offer Basic or Bearer in front of anything else.",
    )


def password_in_clear(host: str) -> Stop:
    return Stop(
        INCONCLUSIVE,
        f"{host} speaks plain HTTP: Helm would send it the password for anyone to read. This check did not.",
        "Give the registry a certificate, or allow plain HTTP for this check.",
    )


def token_service_in_clear(host: str, *, registry_too: bool) -> Stop:
    why = "because the registry speaks that itself" if registry_too else "as its address says"
    return Stop(
        INCONCLUSIVE,
        f"The token service of {host} would be asked over plain HTTP, {why}, with the password for anyone to read. "
        "This check did not.",
        "Give the registry and its token service certificates and https addresses.",
    )


def no_token_service(host: str) -> Stop:
    return Stop(
        INCONCLUSIVE,
        f"{host} asks for a token without saying where to get one.",
        "Check the settings of the registry's token authentication (`realm`).",
    )


def refused(host: str, status: int, said: str) -> Stop:
    return Stop(
        DENIED,
        f"{host} refuses the login (status {status}). It was tried once for all destinations with this registry and "
        f"these credentials.{said}",
        "Check user name and password: whether they are for this registry, and have not expired or been locked.",
    )


def not_repeated(host: str) -> Stop:
    return Stop(
        INCONCLUSIVE,
        f"An earlier login at {host} with the same credentials got no answer, and was not repeated.",
        "See what was found for the first destination with them.",
    )


def may_not_push(place: str, status: int, said: str) -> Stop:
    return Stop(
        DENIED,
        f"The login is accepted, but it may not push to {place} (status {status}).{said}",
        "Give this user, token or robot the right to pull and to push there, or correct `organization`.",
    )


def anonymous(host: str, *, has_credentials: bool) -> Stop:
    if has_credentials:
        return Stop(
            DENIED,
            f"{host} takes no upload without a login, and does not ask for one where this leg heeds it.",
            "Let the registry ask for a login on /v2/.",
        )
    return Stop(
        DENIED,
        f"This leg finds no credentials for {host}, which takes no upload without.",
        "Write the destination with a user name and a password.",
    )


def must_exist(place: str, why: str) -> Stop:
    return Stop(
        MUST_EXIST,
        f"There is nothing to push to in {place} yet: {why}",
        "Create the repositories of chart and image there first, or let the registry create them on push.",
    )


def read_only(host: str, said: str) -> Stop:
    return Stop(
        DENIED, f"{host} takes no uploads (status 405).{said}", "See whether the registry is read-only, or a mirror."
    )


def odd(what: str, status: int, said: str) -> Stop:
    remedy = (
        "Wait a while, and check again." if status == 429 else "Check again later, or look at the log of the registry."
    )
    return Stop(INCONCLUSIVE, f"{what} (status {status}).{said}", remedy)


def redirected(host: str, status: int, target: str) -> Stop:
    return Stop(
        INCONCLUSIVE,
        f"{host} redirects to {target or 'nowhere'} (status {status}), which was not followed.",
        "If the registry is there, write that host into `registry`.",
    )


def half_opened(place: str, why: str) -> Stop:
    return Stop(
        INCONCLUSIVE,
        f"An upload session was asked for in {place}, and {why}.",
        "Check again later, or look at the log of the registry.",
    )


def sent_elsewhere(host: str, scheme: str, note: str) -> Stop:
    return Stop(
        INCONCLUSIVE,
        f"{host} accepted an upload session, but wants the upload at another address of it, over {scheme}{note}.",
        "Tell the registry its outside address, or let the proxy before it pass on `Host` and `X-Forwarded-Proto`.",
    )


def may_push(place: str, note: str) -> Finding:
    return Finding(OK, f"{place} can be pushed to: the registry accepted an upload session{note}.")


def no_certificate() -> Stop:
    return Stop(
        UNTRUSTED,
        "The certificate of the destination holds no certificate that can be read.",
        "Write `certificate` anew, as PEM.",
    )


def not_checked() -> Stop:
    return Stop(
        INCONCLUSIVE,
        "Not checked: the time for all destinations was over.",
        "Allow more time, or check fewer at a time.",
    )


def given_up() -> Stop:
    return Stop(UNREACHABLE, "There was no answer in time.", _REACH["time"])
