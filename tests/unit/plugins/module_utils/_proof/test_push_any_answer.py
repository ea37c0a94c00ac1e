# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every leg, whatever registries and token services answer."""

from __future__ import annotations

import base64
import dataclasses
import http.client
import json
from collections.abc import Iterator
from typing import get_args
from unittest import mock
from urllib.parse import urlsplit

from ansible_collections.epinio.registries.plugins.module_utils._proof import conversation
from ansible_collections.epinio.registries.plugins.module_utils._proof.clients import HELM, SKOPEO, Client
from ansible_collections.epinio.registries.plugins.module_utils._proof.login import Session
from ansible_collections.epinio.registries.plugins.module_utils._proof.push import Push
from ansible_collections.epinio.registries.plugins.module_utils._proof.request import Answer, trust
from ansible_collections.epinio.registries.plugins.module_utils._proof.stream import Deadline, Kind, Unanswered
from ansible_collections.epinio.registries.plugins.module_utils._proof.upload import Credentials, Upload
from ansible_collections.epinio.registries.plugins.module_utils._proof.verdicts import VERDICTS, Finding
from hypothesis import given
from hypothesis import strategies as st

TLS = trust(None, system=True)
USER = Credentials("user", "Canary/Password")
HOST = "registry.example:5000"
SECRETS = (USER.password, base64.b64encode(USER.pair.encode()).decode())
TOKEN = "T0kenCanary"

realms = st.sampled_from(
    [
        "https://auth.example/token",
        f"https://{HOST}/token",
        "http://auth.example/token",
        "/token",
        "",
        "https://[",
        "x:y",
    ]
)
challenges = st.one_of(
    st.sampled_from(["Basic", 'Basic realm="x"', "Negotiate", "Negotiate, Basic", "", '"', USER.password, USER.basic]),
    realms.map(lambda realm: f'Bearer realm="{realm}",service="s"'),
)
locations = st.sampled_from(
    ["/v2/team/x", "", f"https://{HOST}/x?a=b", f"http://{HOST}/x", "https://other.example/x", "http://other.example/x",
     "https://registry.example/x", "http://[", "//", "?", f"https://{USER.password}.example/", "x" * 300]
)  # fmt: skip
bodies = st.sampled_from(
    ["", "{}", "[", json.dumps({"token": "T0kenCanary"}), json.dumps({"access_token": "T0kenCanary"}),
     json.dumps({"errors": [{"code": "DENIED", "message": f"{USER.basic} T0kenCanary {USER.password}"}]}),
     json.dumps({"details": USER.pair.upper()})]
)  # fmt: skip


@st.composite
def answers(draw: st.DrawFn) -> Answer | Unanswered:
    if draw(st.integers(0, 9)) == 0:
        kind = draw(st.sampled_from(get_args(Kind)))
        return Unanswered(kind, "why", sent=draw(st.booleans()))
    headers = http.client.HTTPMessage()
    for challenge in draw(st.lists(challenges, max_size=2)):
        headers["WWW-Authenticate"] = challenge
    if draw(st.booleans()):
        headers["Location"] = draw(locations)
    status = draw(st.sampled_from([200, 201, 202, 204, 301, 307, 400, 401, 403, 404, 405, 429, 500]))
    return Answer(status, headers, draw(bodies).encode())


@dataclasses.dataclass(frozen=True)
class Asked:
    method: str
    url: str
    authorization: str | None
    answer: Answer | Unanswered

    @property
    def accepted(self) -> bool:
        return isinstance(self.answer, Answer) and self.answer.status == 202 and bool(self.answer.headers["Location"])


def push(
    client: Client, said: Iterator[Answer | Unanswered], *, bundle: bytes | None, session: Session
) -> tuple[Finding, list[Asked]]:
    asked = []

    def exchange(method: str, url: str, *, headers: dict[str, str], **_options: object) -> Answer:
        answer = next(said)
        asked.append(Asked(method, url, headers.get("Authorization"), answer))
        if isinstance(answer, Unanswered):
            raise answer
        return answer

    with mock.patch.object(conversation, "exchange", exchange):
        return Push(client, Upload(f"{HOST}/team", USER, bundle), session, TLS, Deadline(60)).run(), asked


likely = st.one_of(st.just(None), answers())


@st.composite
def conversations(draw: st.DrawFn) -> list[Answer | Unanswered]:
    """Draw what a registry says, beginning like one that works, so that all of the way is gone often enough."""
    challenge = http.client.HTTPMessage()
    challenge["WWW-Authenticate"] = draw(challenges)
    upload = http.client.HTTPMessage()
    upload["Location"] = draw(locations)
    token = json.dumps({"token": "T0kenCanary"}).encode()
    good = [Answer(401, challenge), *[Answer(200, http.client.HTTPMessage(), token)] * draw(st.integers(1, 2))]
    good.append(Answer(202, upload))
    odd = draw(st.lists(likely, min_size=len(good), max_size=len(good)))
    return [other or usual for other, usual in zip(odd, good)] + draw(st.lists(answers(), min_size=8, max_size=8))


@given(
    st.sampled_from([HELM, SKOPEO]), conversations(), conversations(), st.sampled_from([None, b"bundle"]), st.booleans()
)
def test_whatever_is_answered(
    client: Client,
    first: list[Answer | Unanswered],
    second: list[Answer | Unanswered],
    bundle: bytes | None,
    allow_http: bool,
) -> None:
    session = Session(allow_http=allow_http)
    finding, asked = push(client, iter(first), bundle=bundle, session=session)
    again, asked_again = push(client, iter(second), bundle=bundle, session=session)

    for found, requests in ((finding, asked), (again, asked_again)):
        assert found.verdict in VERDICTS
        assert bool(found.remedy) == (found.verdict != "ok")
        taken = any(one.authorization == f"Bearer {TOKEN}" for one in requests)
        for secret in (*SECRETS, TOKEN) if taken else SECRETS:
            assert secret.lower() not in f"{found.message} {found.remedy}".lower()
    if finding.verdict == "ok":
        assert any(one.method == "POST" and one.accepted for one in asked)

    for one in asked + asked_again:
        place = urlsplit(one.url)
        if one.authorization:
            assert place.netloc in {HOST, "auth.example"}, one
            assert place.scheme == "https" or (allow_http and place.netloc == HOST and client is HELM), one
        if one.method != "GET":
            assert place.netloc != "auth.example"

    passwords = [one for one in asked + asked_again if (one.authorization or "").startswith("Basic ")]
    if passwords and isinstance(passwords[0].answer, Answer) and passwords[0].answer.status == 401:
        assert len(passwords) == 1
