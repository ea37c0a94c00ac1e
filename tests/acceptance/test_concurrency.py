# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Others write at the same time, and the API server goes away or does not know us: nothing is lost, and it is said."""

from __future__ import annotations

import datetime
import random
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.epinio.registries.tests.support import builders
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.acceptance import engine
from tests.acceptance.kube import Api, Event, Secrets, dangling
from tests.acceptance.plays import Play
from tests.control_plane import Cluster, ControlPlane
from tests.faults import Proxy, jitter
from tests.registries.authority import Authority

pytestmark = pytest.mark.faults

CA, OTHER_CA = builders.authority("CA"), builders.authority("other CA")
SECONDS = 120  # more than any run here takes: one that takes longer waits for ever
CONFLICT = r"Something else kept changing secrets while they were written \(\d attempts\)\. Run again when it is done\."
NOTHING = Event("ADDED", {"metadata": {"name": "nothing"}})
NAMES = [f"d{number}" for number in range(10)]


def listed(names: list[str] = NAMES, **options: Any) -> list[dict[str, Any]]:
    return [builders.item(name, **options) for name in names]


@pytest.fixture
def run(secrets: Secrets, proxy: Proxy) -> Callable[..., engine.Outcome]:
    """Run a list through a proxy that delays everything at random."""

    def run_list(items: list[dict[str, Any]], **options: Any) -> engine.Outcome:
        given = {**proxy.connection, "namespace": secrets.namespace, "destinations": items, **options}
        return engine.run("export_registries", given)

    return run_list


def ended(future: Future[engine.Outcome]) -> engine.Outcome | None:
    """Wait for a run; return how it ended, or None where it said that others kept changing what it wrote."""
    failure = future.exception(SECONDS)
    if failure is None:
        return future.result()
    assert re.search(CONFLICT, str(failure)), failure
    return None


@contextmanager
def meanwhile(action: Callable[[random.Random], None]) -> Iterator[None]:
    """Do something again and again while the block runs."""
    over = threading.Event()
    chance = random.Random(7)

    def work() -> None:
        while not over.wait(chance.uniform(0, 0.02)):
            action(chance)

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        try:
            yield
        finally:
            over.set()
            future.result(SECONDS)


def organizations(secrets: Secrets) -> dict[str, str]:
    return {
        name: one["metadata"]["annotations"]["epinio.io/registry-namespace"]
        for name, one in secrets.all().items()
        if name in NAMES
    }


# ------------------------------------------------------------------------------------------------- others write as well


@pytest.mark.parametrize("seed", range(2))
def test_two_runs_with_different_lists(secrets: Secrets, run: Any, proxy: Proxy, seed: int) -> None:
    """Each destination is as one of the two lists says, as a whole, and has its certificate; both runs end."""
    run(listed(certificate=CA))
    proxy.fault = jitter(seed, 0.05)
    one = listed(organization="one", registry_password="of-one", certificate=OTHER_CA)
    two = listed(NAMES[5:], organization="two", registry_password="of-two")
    two += listed(["only-two"])
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(run, items) for items in (one, two)]
        outcomes = [ended(future) for future in futures]
    assert any(outcome is not None for outcome in outcomes)
    assert None in outcomes or dangling(secrets.all(), [NOTHING]) == []
    proxy.reset()
    for name, secret in secrets.all().items():
        if name in NAMES:
            organization = secret["metadata"]["annotations"]["epinio.io/registry-namespace"]
            assert organization in ("acme", "one", "two")
            password = {"acme": "s3cret", "one": "of-one", "two": "of-two"}[organization]
            assert builders.stored(secret)[2] == password, "the one and the other are never mixed"
    assert organizations(secrets).items() >= dict.fromkeys(NAMES[:5], "one").items() or outcomes[0] is None
    for items in (one, two):
        run(items)
        assert run(items).result["changed"] is False
        assert dangling(secrets.all(), [NOTHING]) == []


def test_two_runs_that_create_the_same(secrets: Secrets, run: Any, proxy: Proxy) -> None:
    """What one of them was first with is not reported by the other."""
    proxy.fault = jitter(1, 0.03)
    items = listed(certificate=CA)
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(run, items) for _number in range(2)]
        outcomes = [ended(future) for future in futures]
    proxy.reset()
    created = [name for outcome in outcomes if outcome for name in engine.actions(outcome.result)]
    names = {*NAMES, *(f"{name}-certificate" for name in NAMES)}
    assert set(secrets.all()) == names
    assert len(created) == len(set(created)), "nothing was created twice"
    if None not in outcomes:
        assert set(created) == names
    assert run(items).result["changed"] is False


def test_somebody_edits_what_is_written(secrets: Secrets, run: Any, proxy: Proxy) -> None:
    """What others put into labels and annotations is still there afterwards, however often they write in between."""
    run(listed())
    proxy.fault = jitter(3, 0.03)
    counts = dict.fromkeys(NAMES, 0)

    def edit(chance: random.Random) -> None:
        name = chance.choice(NAMES)
        counts[name] += 1
        secrets.patch(name, {"metadata": {"labels": {"edited": str(counts[name])}}})

    with ThreadPoolExecutor(1) as pool, meanwhile(edit):
        outcome = ended(pool.submit(run, listed(organization="changed")))
    proxy.reset()
    assert sum(counts.values()) > 3
    labels = {name: one["metadata"]["labels"].get("edited", "0") for name, one in secrets.all().items()}
    assert labels == {name: str(count) for name, count in counts.items()}, "no edit was lost"
    if outcome is not None:
        assert organizations(secrets) == dict.fromkeys(NAMES, "changed")
    run(listed(organization="changed"))
    assert organizations(secrets) == dict.fromkeys(NAMES, "changed")


def test_somebody_edits_the_data_in_between(secrets: Secrets, run: Any, proxy: Proxy) -> None:
    """A certificate that somebody else adds is seen by the next attempt, and not overwritten unseen."""
    run(listed(["one"]))
    edited = threading.Event()

    def first_write(request: Any) -> None:
        if request.method == "PUT" and not edited.is_set():
            edited.set()
            secrets.patch("one", {"data": {"stray": "eA=="}})

    proxy.fault = first_write
    result = run(listed(["one"], organization="changed")).result
    assert edited.is_set()
    [entry] = result["destinations"]
    assert set(entry["fields"]) >= {"organization", "data_keys"}, "the report says that the stray key went"
    assert "stray" not in secrets.get("one")["data"]


def test_somebody_deletes_what_is_written(secrets: Secrets, run: Any, proxy: Proxy) -> None:
    run(listed(certificate=CA))
    proxy.fault = jitter(5, 0.03)

    def delete(chance: random.Random) -> None:
        secrets.delete_if_there(chance.choice(NAMES))

    with ThreadPoolExecutor(1) as pool, meanwhile(delete):
        ended(pool.submit(run, listed(organization="changed", certificate=CA)))
    proxy.reset()
    run(listed(organization="changed", certificate=CA))
    assert organizations(secrets) == dict.fromkeys(NAMES, "changed")


def test_pruning_beside_a_run_that_adds_and_beside_deletions(secrets: Secrets, run: Any, proxy: Proxy) -> None:
    run(listed(certificate=CA))
    proxy.fault = jitter(9, 0.03)
    new = listed(["new0", "new1"], certificate=CA)
    with ThreadPoolExecutor(2) as pool:
        pruning = pool.submit(run, listed(["kept"]), prune=True)
        adding = pool.submit(run, new)
        for name in NAMES[:3]:
            secrets.delete_if_there(name)
        outcomes = [ended(pruning), ended(adding)]
    proxy.reset()
    if None not in outcomes:
        assert not set(NAMES) & set(secrets.all())
    run(new)
    run([*new, *listed(["kept"])], prune=True)
    assert set(secrets.all()) == {"kept", "new0", "new0-certificate", "new1", "new1-certificate"}


@pytest.mark.parametrize("seed", range(5))
def test_certificates_that_one_run_removes_and_another_names(
    secrets: Secrets, run: Any, proxy: Proxy, seed: int
) -> None:
    """Both see them without a destination; when both are done, none is missing."""
    items = listed(certificate=CA)
    run(items)
    for name in NAMES:
        secrets.delete_if_there(name)
    proxy.fault = jitter(seed, 0.03)
    with ThreadPoolExecutor(2) as pool:
        naming = pool.submit(run, items)
        pruning = pool.submit(run, listed(["kept"]), prune=True, prune_except=NAMES)
        outcomes = [ended(naming), ended(pruning)]
    proxy.reset()
    assert None not in outcomes
    assert dangling(secrets.all(), [NOTHING]) == []
    assert set(secrets.all()) == {"kept", *NAMES, *(f"{name}-certificate" for name in NAMES)}
    assert run(items).result["changed"] is False


def test_an_immutable_secret_that_is_deleted_meanwhile(secrets: Secrets, run: Any, proxy: Proxy) -> None:
    run(listed(["one"]))
    secrets.patch("one", {"immutable": True})

    def gone(request: Any) -> None:
        if request.method == "DELETE":
            secrets.delete_if_there("one")

    proxy.fault = gone
    run(listed(["one"], organization="changed", registry_password="changed", recreate=True))
    proxy.reset()
    assert builders.stored(secrets.get("one"))[2] == "changed"


# -------------------------------------------------------------------------------------- the API server goes, or says no


@pytest.fixture
def own(control_plane: ControlPlane) -> Iterator[Secrets]:
    """A namespace of a control plane that may be stopped."""
    with closing(Api(control_plane)) as api:
        yield Secrets(api, api.namespace())


@pytest.mark.parametrize("stop", ["restart", "kill"])
def test_the_api_server_starts_anew_in_the_middle_of_a_run(
    control_plane: ControlPlane, own: Secrets, stop: str
) -> None:
    """A run waits for it within its time."""
    items = listed([f"d{number:03}" for number in range(150)], certificate=CA)
    given = {"kubeconfig": str(control_plane.kubeconfig), "namespace": own.namespace, "destinations": items}
    there, since = own.now()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(engine.run, "export_registries", {**given, "timeout": 60})
        while len(own.all()) < 20:
            assert not future.done()
        assert dangling(there, own.events(since)) == []
        if stop == "kill":
            control_plane.kill()
            control_plane.start()
        else:
            control_plane.restart()
        there, since = own.now()
        outcome = future.result(SECONDS)
    assert outcome.result["counts"] == {"created": 300, "changed": 0, "removed": 0, "kept": 0}
    assert dangling(there, own.events(since)) == []
    assert engine.run("export_registries", given).result["changed"] is False


def client_certificate(folder: Path, ca: tuple[Path, Path], *, days: int) -> tuple[Path, Path]:
    """Write a client certificate of the administrators' group that ends in so many days, and its key."""
    issuer = x509.load_pem_x509_certificate(ca[0].read_bytes())
    signer = serialization.load_pem_private_key(ca[1].read_bytes(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "system:masters"),
        x509.NameAttribute(NameOID.COMMON_NAME, "jane"),
    ]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(names))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=3))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(signer, hashes.SHA256())  # type: ignore[arg-type]
    )
    files = (folder / f"{days}.crt", folder / f"{days}.key")
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


def info(connection: Mapping[str, Any]) -> engine.Outcome:
    return engine.run("export_registry_info", connection)


def test_an_expired_client_certificate(control_plane: ControlPlane, own: Secrets, tmp_path: Path) -> None:
    authority = tmp_path / "ca.crt"
    authority.write_text(str(control_plane.certificate_authority))
    given = {"host": control_plane.url, "ca_cert": str(authority), "namespace": own.namespace, "api_key": None}
    valid, expired = (
        {**given, **dict(zip(("client_cert", "client_key"), map(str, files)))}
        for files in (client_certificate(tmp_path, control_plane.client_ca, days=days) for days in (1, -1))
    )
    assert info(valid).result["destinations"] == []
    with pytest.raises(engine.Failure, match=r"^The API server does not accept the .*; it may have expired\."):
        info(expired)


def test_an_authority_that_did_not_sign(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.crt"
    wrong.write_bytes(Authority("another").pem)
    given = {"host": cluster.url, "api_key": cluster.admin_token, "namespace": namespace, "ca_cert": str(wrong)}
    with pytest.raises(
        engine.Failure, match=r"^The certificate of the API server at \S+ is not trusted: .* Check ca_cert"
    ):
        info(given)


def test_nobody_there(proxy: Proxy, namespace: str) -> None:
    proxy.down()
    with pytest.raises(
        engine.Failure, match=r"^The API server at \S+ cannot be reached: .*Connection refused\. Check host, proxy"
    ):
        info({**proxy.connection, "namespace": namespace})


def test_whole_runs_say_the_same(play: Play, cluster: Cluster, namespace: str, proxy: Proxy, tmp_path: Path) -> None:
    """Four ways not to be let in, each with its remedy, in one run as a user sees it."""
    wrong = tmp_path / "wrong.crt"
    wrong.write_bytes(Authority("another").pem)
    ways = {
        "unreachable": {**proxy.connection, "host": "https://127.0.0.1:1"},
        "wrong authority": {**proxy.connection, "ca_cert": str(wrong)},
        "wrong token": {"host": cluster.url, "validate_certs": False, "api_key": "wrong"},
        "no namespace": {"kubeconfig": str(cluster.kubeconfig), "namespace": "not-there"},
    }
    ran = play(
        *(
            {
                "name": name,
                "epinio.registries.export_registry": {"namespace": namespace, **builders.item("a"), **given},
                "ignore_errors": True,
            }
            for name, given in ways.items()
        )
    )
    said = {name: ran.result(name)["msg"] for name in ways}
    assert re.search(r"cannot be reached: .* Check host", said["unreachable"])
    assert re.search(r"is not trusted: .* Check ca_cert", said["wrong authority"])
    assert re.search(r"does not accept the credentials: Unauthorized\. Check the token", said["wrong token"])
    assert re.search(r"no namespace 'not-there'\. Install Epinio first", said["no namespace"])
    assert all(ran.result(name)["changed"] is False for name in ways)
    assert "InsecureRequestWarning" not in ran.stdout + ran.stderr  # a worker may write nothing by itself
