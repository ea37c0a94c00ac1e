# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import datetime
import json

import pytest
from ansible_collections.epinio.registries.plugins.module_utils._audit import inputs
from ansible_collections.epinio.registries.plugins.module_utils._audit.document import document
from ansible_collections.epinio.registries.plugins.module_utils._audit.model import Audit
from ansible_collections.epinio.registries.plugins.module_utils._audit.shapes import LONGEST, Misshapen
from ansible_collections.epinio.registries.tests.support import fleets


def clusters(results, now=fleets.NOW):
    return inputs.clusters_of_run(results, now=now, place="here")


def audit(*sources):
    return Audit(fleets.NOW, inputs.merged(sources))


def written(of):
    return json.loads(json.dumps(document(of, None)))


def letters(of):
    return {f"{cluster.name}/{one.name}": one.credential for cluster, one in of.destinations}


def test_a_document_holds_the_whole_audit():
    whole = audit(clusters(fleets.showcase()))
    again = inputs.audit_of_document(written(whole))
    assert again == whole
    assert written(Audit(again.generated, inputs.merged([again.clusters]))) == written(whole)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        pytest.param({}, "It was not read: the run did not get as far.", id="never got there"),
        pytest.param({"info": {}}, "It was not read: the run did not get as far.", id="no result"),
        pytest.param({"info": {"failed": True, "msg": "no\nroute"}}, "no route", id="a failure, in one line"),
        pytest.param({"info": {"unreachable": True, "msg": "ssh"}}, "ssh", id="a host that Ansible did not reach"),
        pytest.param({"info": {"destinations": []}}, None, id="a cluster without a destination"),
    ],
)
def test_a_cluster_that_was_not_read_is_there(given, error):
    [one] = clusters({"production": given})
    assert (one.name, one.error, one.up, one.destinations) == ("production", error, error is None, ())
    assert one.read == fleets.NOW


def test_what_the_registries_said_belongs_to_its_destination():
    one = fleets.cluster(
        fleets.destination("ghcr"), fleets.destination("new"), checks=[fleets.check("ghcr", "denied:push")]
    )
    [found] = clusters({"a": one})
    by_name = {inner.name: inner for inner in found.destinations}
    assert by_name["ghcr"].check.verdict == "denied"
    assert set(by_name["ghcr"].check.legs) == {"chart", "image"}
    assert not by_name["ghcr"].fit
    assert by_name["new"].check is None
    assert by_name["new"].fit
    assert found.checked == fleets.NOW


def test_registries_that_were_not_asked_say_why():
    [found] = clusters({"a": {**fleets.cluster(fleets.destination("ghcr")), "check": {"failed": True, "msg": "gone"}}})
    assert (found.check_error, found.checked) == ("gone", None)


def test_only_known_fields_go_on():
    extra = fleets.destination("ghcr", password="s3cret", labels={"a": "s3cret"})
    given = fleets.cluster(extra)
    given["info"]["invocation"] = {"module_args": {"api_key": "s3cret"}}
    assert "s3cret" not in json.dumps(written(audit(clusters({"a": given}))))


def test_a_letter_stands_for_what_several_hold_and_for_nothing_else():
    held = {"one": "h1", "same": "h1", "alone": "h2", "none": None}
    one = fleets.cluster(*(fleets.destination(name, credential=token) for name, token in held.items()))
    other = fleets.cluster(fleets.destination("ghcr", credential="h1"), fleets.destination("b", credential="h3"))
    found = audit(clusters({"a": one, "b": other}))
    assert letters(found) == {
        "a/one": "A", "a/same": "A", "a/alone": None, "a/none": None, "b/ghcr": "A", "b/b": None,
    }  # fmt: skip
    assert "h1" not in json.dumps(written(found))


def test_letters_of_different_runs_are_not_the_same():
    """Each run has another key, and what it wrote holds its own letters only."""
    one = fleets.cluster(*(fleets.destination(name, credential="h") for name in ("x", "y")))
    two = inputs.audit_of_document(written(audit(clusters({"b": copy.deepcopy(one)}))))
    found = letters(audit(clusters({"a": one}), two.clusters))
    assert found == {"a/x": "A", "a/y": "A", "b/x": "B", "b/y": "B"}


def test_the_cluster_counts_that_was_read_last():
    late, early = fleets.cluster(fleets.destination("late")), fleets.cluster(fleets.destination("early"), hours=3)
    for order in ([late, early], [early, late]):
        assert list(letters(audit(*(clusters({"a": one}) for one in order)))) == ["a/late"]


@pytest.mark.parametrize(
    ("number", "letter"),
    [
        pytest.param(0, "A", id="the first"),
        pytest.param(25, "Z", id="the last with one letter"),
        pytest.param(26, "AA", id="the first with two letters"),
        pytest.param(51, "AZ", id="the last behind A"),
        pytest.param(52, "BA", id="the first behind B"),
        pytest.param(702, "AAA", id="the first with three letters"),
    ],
)
def test_letters_go_on_behind_z(number, letter):
    assert inputs.letter(number) == letter


def test_texts_of_others_come_in_one_line_and_not_without_end():
    given = fleets.destination("a\u202eb\x00\nc", username="x" * 5000)
    [one] = clusters({"a\x1b[2J": fleets.cluster(given)})
    assert one.name == "a [2J"
    [inner] = one.destinations
    assert inner.name == "a b c"
    assert len(inner.username) == LONGEST + 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"listed": "yes"}, "a.info.destinations[0].listed is not a boolean.", id="a text for a boolean"),
        pytest.param({"name": 5}, "a.info.destinations[0].name is not a text.", id="a number for a text"),
        pytest.param({"legs": []}, "a.info.destinations[0].legs is not a mapping.", id="a list for a mapping"),
        pytest.param({"problems": {}}, "a.info.destinations[0].problems is not a list.", id="a mapping for a list"),
        pytest.param({"problems": ["x"]}, "a.info.destinations[0].problems[0] is not a mapping.", id="texts in a list"),
        pytest.param(
            {"certificate": {"expires": "tomorrow"}},
            "a.info.destinations[0].certificate.expires is not a time such as 2027-01-31T12:00:00Z.",
            id="no moment",
        ),
    ],
)
def test_the_first_field_is_named_that_is_not_what_it_should_be(change, said):
    given = {"info": {"destinations": [fleets.destination("ghcr", certificate=None) | change], "certificates": []}}
    with pytest.raises(Misshapen) as raised:
        clusters({"a": given})
    assert str(raised.value) == said


def test_users_of_a_certificate_are_texts():
    given = fleets.cluster(fleets.destination("a", certificate=fleets.certificate("CN=x", 5)))
    given["info"]["certificates"][0]["destinations"] = [1]
    with pytest.raises(Misshapen, match=r"a.info.certificates\[0\].destinations is not a list of texts."):
        clusters({"a": given})


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        pytest.param([], Misshapen, id="no mapping"),
        pytest.param({"schema": 2}, inputs.UnknownSchema, id="another schema"),
        pytest.param({}, inputs.UnknownSchema, id="no schema"),
        pytest.param({"schema": 1}, Misshapen, id="no time"),
    ],
)
def test_what_is_no_document(document, kind):
    with pytest.raises(kind):
        inputs.audit_of_document(document)


def test_a_certificate_of_an_early_year_is_in_nobodys_way():
    held = fleets.certificate("CN=x", 5)
    held["certificates"][0]["not_before"] = "0001-01-01T00:00:00Z"
    whole = audit(clusters({"a": fleets.cluster(fleets.destination("a", certificate=held))}))
    assert inputs.audit_of_document(written(whole)) == whole
    assert '"0001-01-01T00:00:00Z"' in json.dumps(written(whole))


def test_an_audit_without_a_cluster_is_as_old_as_itself():
    assert Audit(fleets.NOW, ()).oldest == fleets.NOW
    old = audit(clusters({"a": fleets.cluster(hours=5), "b": fleets.cluster()}))
    assert fleets.NOW - old.oldest == datetime.timedelta(hours=5)
