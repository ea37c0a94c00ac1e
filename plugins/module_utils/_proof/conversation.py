# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask one registry and the hosts that it names, and quote what they say without any secret."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask
from ansible_collections.epinio.registries.plugins.module_utils._proof import verdicts
from ansible_collections.epinio.registries.plugins.module_utils._proof.proxies import Proxies
from ansible_collections.epinio.registries.plugins.module_utils._proof.request import Answer, exchange
from ansible_collections.epinio.registries.plugins.module_utils._proof.stream import Deadline
from ansible_collections.epinio.registries.plugins.module_utils._proof.upload import Credentials
from ansible_collections.epinio.registries.plugins.module_utils._proof.verdicts import Case, Stop

_LONGEST_QUOTE = 200
#: An error that is longer is not worth reading; bytes.
_LONGEST_ERROR = 1 << 14


class Conversation:
    """What is asked of one registry for one leg.

    ``peculiar`` tells whether anything was met that the other client may meet otherwise.
    """

    def __init__(
        self, host: str, credentials: Credentials | None, *, tls: ssl.SSLContext, deadline: Deadline, proxies: Proxies
    ) -> None:
        self.host = host
        self.origin = f"https://{host}"
        self.deadline = deadline
        self.peculiar = False
        self._tls = tls
        self._proxies = proxies
        self._asked = self.origin
        self._mask = Mask([credentials.pair, credentials.password, credentials.identity_token] if credentials else [])

    @property
    def in_clear(self) -> bool:
        """Whether the registry is spoken to over plain HTTP."""
        return self.origin.startswith("http://")

    @property
    def there(self) -> str:
        """The host that was asked last: the registry, or one that it named."""
        place = urlsplit(self._asked).netloc
        return place if place == self.host else self.quote(place)

    @property
    def through(self) -> str:
        """What to add about the proxy that the last request went through."""
        proxy = self._proxies.of(urlsplit(self._asked))
        return verdicts.THROUGH.format(proxy=proxy.url.hostname) if proxy else ""

    def ask(
        self, method: str, url: str, authorization: str | None = None, form: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request, with a ``form`` as its body if there is one, and return its answer. Raises Unanswered."""
        self._asked = url
        headers = {"Authorization": authorization} if authorization else {}
        body = None
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(form).encode()
        return exchange(
            method, url, headers=headers, body=body, tls=self._tls, deadline=self.deadline, proxies=self._proxies
        )

    def keep_secret(self, token: str) -> None:
        """Mask this too from now on."""
        self._mask.learn([token])

    def quote(self, text: str) -> str:
        """Return a text that a server chose, fit to be shown."""
        return self._mask.quote(text, _LONGEST_QUOTE)

    def said(self, answer: Answer) -> str:
        """Return what the server says, if that is an error in one of the shapes of registries and token services."""
        body = parsed(answer.body) if len(answer.body) <= _LONGEST_ERROR else None
        errors = body.get("errors") if isinstance(body, dict) else None
        error = errors[0] if isinstance(errors, list) and errors else body
        if not isinstance(error, dict):
            return ""
        said = [error.get(key) for key in ("code", "message", "details", "error", "error_description")]
        text = self.quote(": ".join(part for part in said if isinstance(part, str) and part))
        return verdicts.SAYS.format(text=text) if text else ""

    def odd(self, answer: Answer, case: Case, **fields: str) -> Stop:
        """Return what to say of an answer that proves nothing: this case, or that it is a redirect."""
        if 300 <= answer.status < 400:
            target = self.quote(host_of(joined(self._asked, answer.headers.get("Location"))))
            if not target:
                return Stop("inconclusive:redirected_nowhere", host=self.there, status=answer.status)
            return Stop("inconclusive:redirected", host=self.there, status=answer.status, target=target)
        remedy = verdicts.WAIT if answer.status == 429 else verdicts.LATER
        fields = {"host": self.host, **fields}
        return Stop(case, status=answer.status, said=self.said(answer), remedy=remedy, **fields)


def parsed(body: bytes) -> Any:
    """Return what is in a body of JSON, or None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def joined(base: str, location: str | None) -> str:
    """Return where a `Location` leads, or nothing where that cannot be told."""
    try:
        url = urljoin(base, location) if location else ""
    except ValueError:
        return ""
    return url if host_of(url) else ""


def host_of(url: str) -> str:
    """Return the host of a URL that can be asked, or nothing."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.port != 0 else ""
    except ValueError:
        return ""
