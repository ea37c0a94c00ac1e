# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong between the collection and an API server."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from .proxy import Answer, Exchange, Request

__all__ = ["KINDS", "Fault", "answer", "at", "jitter"]

#: What happens to one request.
Fault = Callable[[Exchange], None]


def answer(code: int, reason: str, message: str, **headers: str) -> Fault:
    """Return the fault that answers with a Kubernetes Status instead of forwarding."""
    return lambda exchange: exchange.reply(Answer.of_status(code, reason, message, **headers))


def cut_before(exchange: Exchange) -> None:
    """Hang up before the server acts."""
    exchange.cut()


def cut_after(exchange: Exchange) -> None:
    """Hang up after the server acted, so that nobody hears of it."""
    exchange.forward()
    exchange.cut()


def truncated(exchange: Exchange) -> None:
    """Send half of the answer, and hang up."""
    whole = exchange.forward()
    exchange.reply(whole, bytes_sent=len(whole.body) // 2)


def invalid_json(exchange: Exchange) -> None:
    """Send half of the answer as if it were the whole."""
    whole = exchange.forward()
    exchange.reply(Answer(whole.status, whole.body[: len(whole.body) // 2]))


def web_page(exchange: Exchange) -> None:
    """Answer as a proxy or a login page would."""
    exchange.reply(Answer(200, b"<!DOCTYPE html><title>Sign in</title>", {"Content-Type": "text/html"}))


def never_before(exchange: Exchange) -> None:
    """Never answer, nor let the server act."""
    exchange.hang()


def never_after(exchange: Exchange) -> None:
    """Let the server act, and never answer."""
    exchange.forward()
    exchange.hang()


def latency(exchange: Exchange) -> None:
    """Be slow."""
    time.sleep(0.1)
    exchange.reply(exchange.forward())


def refused(exchange: Exchange) -> None:
    """Refuse all connections for a while, as a server that restarts does."""
    exchange.proxy.down(0.3)


def down(exchange: Exchange) -> None:
    """Refuse all connections from now on."""
    exchange.proxy.down()


#: Every kind, by the name that test reports show.
KINDS: dict[str, Fault] = {
    "refused": refused,
    "down": down,
    "cut-before": cut_before,
    "cut-after": cut_after,
    "latency": latency,
    "401": answer(401, "Unauthorized", "Unauthorized"),
    "403": answer(403, "Forbidden", 'secrets is forbidden: User "robot" cannot do that in the namespace'),
    "409": answer(409, "Conflict", "the object has been modified; please apply your changes to the latest version"),
    "410": answer(410, "Expired", "The provided continue parameter is too old to display a consistent list result."),
    "429": answer(429, "TooManyRequests", "Too many requests, please try again later.", **{"Retry-After": "1"}),
    "429-long": answer(429, "TooManyRequests", "Too many requests, please try again later.", **{"Retry-After": "600"}),
    "500": answer(500, "InternalError", "Internal error occurred: etcdserver: leader changed"),
    "503": answer(503, "ServiceUnavailable", "apiserver not ready"),
    "504": answer(504, "Timeout", "Timeout: request did not complete within the allotted timeout"),
    "truncated": truncated,
    "invalid-json": invalid_json,
    "web-page": web_page,
    "never-before": never_before,
    "never-after": never_after,
}


def at(verb: str, position: int, fault: Fault, *, times: int = 1) -> Callable[[Request], Fault | None]:
    """Return what a proxy's `fault` needs to strike ``times`` requests of one verb, from ``position`` on (0…)."""
    seen = 0

    def choose(request: Request) -> Fault | None:  # called under the proxy's lock
        nonlocal seen
        if request.verb != verb:
            return None
        seen += 1
        return fault if position < seen <= position + times else None

    return choose


def jitter(seed: int, longest: float) -> Callable[[Request], Fault | None]:
    """Return what a proxy's `fault` needs to delay every request and every answer by random times, in seconds.

    Most by little, and some by so much that everything else overtakes them.
    """
    chance = random.Random(seed)

    def choose(_request: Request) -> Fault:
        before, after = (longest * chance.random() ** 6 for _way in ("there", "back"))

        def wait(exchange: Exchange) -> None:
            time.sleep(before)
            said = exchange.forward()
            time.sleep(after)
            exchange.reply(said)

        return wait

    return choose
