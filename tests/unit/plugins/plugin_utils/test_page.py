# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page says; how it looks and behaves is for tests/report, in a browser."""

from __future__ import annotations

import base64
import copy
import datetime
import hashlib
import re
from html.parser import HTMLParser

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._audit import inputs, since
from ansible_collections.epinio.registries.plugins.module_utils._audit.model import Audit
from ansible_collections.epinio.registries.plugins.plugin_utils import _page
from ansible_collections.epinio.registries.tests.support import fleets


def audit(results, now=fleets.NOW):
    return Audit(now, inputs.merged([inputs.clusters_of_run(results, now=now, place="runner")]))


def page(results):
    return _page.page(audit(results), None, None)


class Text(HTMLParser):
    """The text of a page, and its tags."""

    def __init__(self, page):
        super().__init__()
        self.text, self.tags = [], []
        self.feed(page)

    def handle_data(self, data):
        if self.tags and self.tags[-1] not in ("style", "script"):
            self.text.append(data)

    def handle_starttag(self, tag, _attrs):
        if tag != "wbr":  # where a line may be broken: there is one for each slash
            self.tags.append(tag)

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


@pytest.mark.parametrize(
    ("results", "said"),
    [
        pytest.param({}, "No cluster was asked.", id="no cluster"),
        pytest.param({"a": fleets.cluster()}, "No cluster has a destination.", id="no destination"),
        pytest.param(
            {"a": fleets.cluster(fleets.destination("x"))},
            "Every destination can be used, as Epinio reads them.",
            id="only read",
        ),
        pytest.param(
            {"a": fleets.cluster(fleets.destination("x"), checks=[fleets.check("x")])},
            "Every destination can be pushed to.",
            id="asked",
        ),
        pytest.param({"a": fleets.down()}, "1 cluster could not be read.", id="not read"),
        pytest.param(
            {"a": fleets.down(), "b": fleets.cluster(fleets.broken("x"), fleets.destination("y"))},
            "1 of 2 destinations cannot be used, and 1 cluster could not be read.",
            id="both",
        ),
        pytest.param(
            {"a": fleets.cluster(fleets.destination("x", certificate=fleets.certificate("CN=x", 5)))},
            "1 certificate expires within 30 days.",
            id="soon",
        ),
        pytest.param(
            {
                "a": fleets.cluster(
                    fleets.destination("x", certificate=fleets.certificate("CN=x", 5, "x")),
                    fleets.destination("y", certificate=fleets.certificate("CN=y", -5, "y")),
                )
            },
            "2 certificates expire within 30 days or have done so already.",
            id="soon and already",
        ),
    ],
)
def test_the_first_sentence(results, said):
    assert said in Text(page(results)).words


def test_what_stands_in_the_rows():
    words = Text(page(fleets.showcase())).words
    for said in ("edge-lisbon https://10.0.4.17:6443 did not answer", "denied", "expires soon", "expired", "2 h ago"):
        assert said in words
    assert "Argo CD (label argocd.argoproj.io/instance: exports)" in words
    assert "5 destinations on 5 clusters, at ghcr.io" in words


def test_a_registry_that_gave_no_proof_is_a_warning():
    one = fleets.cluster(fleets.destination("x"), checks=[fleets.check("x", "inconclusive:not_checked", seconds=3)])
    assert '<tbody class="warn">' in page({"a": one})


def test_the_same_sentence_for_several_legs_stands_once():
    words = Text(
        page({"a": fleets.cluster(fleets.broken("x", "organization_missing", ("list", "chart", "image")))})
    ).words
    assert words.count("Set it to the organization.") == 1
    assert "list, chart, image: organization_missing" in words


def test_what_happened_since():
    now, before = audit(fleets.showcase()), audit(fleets.earlier(), fleets.NOW - datetime.timedelta(days=1))
    words = Text(_page.page(now, since.changes(before, now), before.generated)).words
    assert "Since 2026-11-26 06:00 UTC" in words
    assert "production-us/harbor denied: The login is accepted" in words
    nothing = Text(_page.page(now, [], before.generated)).words
    assert "Nothing is new, gone, repaired or broken." in nothing
    assert "Since" not in Text(page(fleets.showcase())).words


def test_credentials_that_were_not_compared():
    results = copy.deepcopy(fleets.showcase())
    for one in results.values():
        for destination in one["info"].get("destinations", ()):
            del destination["credential"]
    assert "Credentials were not compared." in Text(page(results)).words


def test_the_policy_names_the_one_style_and_the_one_script():
    whole = page(fleets.showcase())
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', whole)
    for tag in ("style", "script"):
        [content] = re.findall(rf"<{tag}>(.*?)</{tag}>", whole, re.S)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src &#39;sha256-{digest}&#39;" in policy
    assert policy.startswith("default-src &#39;none&#39;;")
    assert " style=" not in whole
    assert not re.search(r"\bon[a-z]+=", whole.partition("<script>")[0])


def test_nothing_of_others_becomes_markup():
    """Every text of a cluster is markup; the page has the same tags as with plain ones."""
    plain, hostile = fleets.showcase(), fleets.showcase()

    def poison(value):
        if isinstance(value, dict):
            return {key: inner if key in kept else poison(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [poison(inner) for inner in value]
        return f'{value}"><img src=x onerror=alert(1)><script>alert(2)</script>' if isinstance(value, str) else value

    kept = {"at", "expires", "not_before", "not_after", "leg", "verdict", "name", "credential", "fingerprint_sha256"}
    hostile = {f"{name}<script>alert(3)</script>": poison(one) for name, one in hostile.items()}
    assert "<script>alert" not in page(hostile)
    assert Text(page(hostile)).tags == Text(page(plain)).tags


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        pytest.param(-5, "just now", id="a clock that is ahead"),
        pytest.param(59, "just now", id="less than a minute"),
        pytest.param(60, "1 min ago", id="a minute"),
        pytest.param(7199, "1 h ago", id="less than two hours"),
        pytest.param(172800, "2 d ago", id="two days"),
    ],
)
def test_ages(seconds, said):
    assert _page._age(fleets.NOW, fleets.NOW - datetime.timedelta(seconds=seconds)) == said
