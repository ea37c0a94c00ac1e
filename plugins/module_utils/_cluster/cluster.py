# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The secrets of one namespace: observe what a run has to know, in as few round trips as that takes."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ansible_collections.epinio.registries.plugins.module_utils._cluster import answers
from ansible_collections.epinio.registries.plugins.module_utils._cluster import apply as _apply
from ansible_collections.epinio.registries.plugins.module_utils._cluster.api import JSON, Api
from ansible_collections.epinio.registries.plugins.module_utils._cluster.connection import connected
from ansible_collections.epinio.registries.plugins.module_utils._cluster.errors import (
    ClusterError,
    Conflict,
    Forbidden,
    Gone,
    NotFound,
)
from ansible_collections.epinio.registries.plugins.module_utils._cluster.sentences import said
from ansible_collections.epinio.registries.plugins.module_utils._desired.changes import Change, Observed
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask
from ansible_collections.epinio.registries.plugins.module_utils._reading.secret import (
    API_EXPORT_LABEL,
    MANAGED_LABEL,
    Secret,
    is_secret_name,
)

__all__ = ["Cluster", "ClusterError", "Conflict", "Forbidden", "connect"]

#: Items of one page of a LIST.
PAGE = 500
#: Pages of one LIST: more secrets than etcd holds.
_PAGES = 10_000
_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


@contextlib.contextmanager
def connect(params: Mapping[str, Any], mask: Mask | None = None) -> Iterator[Cluster]:
    """Open a cluster by kubernetes.core's options (and ``namespace``, ``timeout``); leave nothing behind.

    ``mask`` knows what no text may hold of the other options; it learns the credentials for the cluster.
    """
    with connected(params, mask or Mask()) as api:
        yield Cluster(api)


class Cluster:
    """The secrets of one namespace of one API server."""

    def __init__(self, api: Api) -> None:
        self.namespace = api.namespace
        self._api = api
        self._path = f"/api/v1/namespaces/{quote(api.namespace, safe='')}/secrets"

    @property
    def verified(self) -> bool:
        """Return whether the API server has to prove who it is, or is this machine."""
        return self._api.verified

    def list(self, selector: str | None, *, accept: str = JSON) -> Sequence[Mapping[str, Any]]:
        """Return all secrets that a label selector matches, read in pages."""
        for _attempt in range(3):
            items: list[Mapping[str, Any]] = []
            query = {"limit": str(PAGE), **({"labelSelector": selector} if selector else {})}
            for _number in range(_PAGES):
                try:
                    page = self._api.request("GET", self._path, answers.is_page, query=query, accept=accept)
                except Gone:  # the continue token is too old: begin again
                    break
                items += page.get("items") or ()
                token = (page.get("metadata") or {}).get("continue")
                if not token:
                    return items
                query["continue"] = token
            else:
                raise ClusterError(said("list_endless"))
        raise ClusterError(said("list_expired"))

    def read(self, name: str) -> Secret | None:
        """Return one secret, or none; what Kubernetes allows no secret to be called is none."""
        if not is_secret_name(name):
            return None
        try:
            path = f"{self._path}/{quote(name, safe='')}"
            return Secret.from_api(self._api.request("GET", path, lambda answer: answers.is_secret(answer, name)))
        except NotFound:
            return None

    def observe(
        self, *, wanted: Collection[str] = (), content: Collection[str] = (), alone: Collection[str] = ()
    ) -> Observed:
        """Read what a run has to know: two LISTs side by side where these are enough.

        ``wanted``: names whose existence matters; ``content``: names whose content matters too; ``alone``: what else to
        read one by one where listing is not permitted.
        """
        try:
            found = self._labelled()
        except Forbidden as error:
            return self._observe_alone({*wanted, *content, *alone}, error)
        missing = {*wanted, *content} - found.keys()
        labels = self._labels(missing, check_namespace=not found)
        # What carries a label was created since it was listed by that.
        labelled = {name for name, its in labels.items() if {API_EXPORT_LABEL, MANAGED_LABEL} & its.keys()}
        read = labels.keys() & {*content, *labelled}
        return Observed({**found, **self._read(read)}, frozenset(labels.keys() - read))

    def observe_destinations(self, names: Sequence[str] | None = None) -> Observed:
        """Read every destination, or those of these names, and the certificate secrets that they name."""
        observed = self.observe(content=names or (), alone=names or ())
        if not observed.listed and names is None:
            raise ClusterError(said("list_forbidden"))
        found = self._read(_named(observed.destinations(names)) - observed.secrets.keys())
        return dataclasses.replace(observed, secrets={**observed.secrets, **found})

    def apply(self, changes: Sequence[Change], notes: _apply.Notes) -> None:
        """Make the changes, phase after phase; ``notes`` are taken of each."""
        _apply.apply(self._api, self._path, changes, notes)

    def _labelled(self) -> dict[str, Secret]:
        """List what carries Epinio's label, and beside it what carries ours alone."""
        selectors = (API_EXPORT_LABEL, f"{MANAGED_LABEL},!{API_EXPORT_LABEL}")
        return {
            raw["metadata"]["name"]: Secret.from_api(raw)
            for raws in self._api.gather(selectors, self.list)
            for raw in raws
        }

    def _labels(self, missing: Collection[str], *, check_namespace: bool) -> dict[str, Mapping[str, Any]]:
        """Return the labels of those of the missing names that exist, and look after the namespace meanwhile."""

        def list_names() -> Sequence[Mapping[str, Any]]:
            return self.list(None, accept=_METADATA_LIST)

        asked: list[Callable[[], Any]] = [self._check_namespace] if check_namespace else []
        if missing:
            asked.append(list_names)
        answers = self._api.gather(asked, lambda ask: ask()) if asked else []
        everything = answers[-1] if missing else ()
        labels = {raw["metadata"]["name"]: raw["metadata"].get("labels") or {} for raw in everything}
        return {name: labels[name] for name in labels.keys() & missing}

    def _read(self, names: Iterable[str]) -> dict[str, Secret]:
        """Read secrets one by one, side by side; those that are not there are left out."""
        ordered = sorted(names)
        secrets = self._api.gather(ordered, self.read) if ordered else []
        return {name: secret for name, secret in zip(ordered, secrets) if secret is not None}

    def _observe_alone(self, names: Collection[str], denied: Forbidden) -> Observed:
        try:
            known = self._read(names)
            known.update(self._read(_named(known.values()) - {*names}))
        except Forbidden:
            raise denied from None
        if not known:
            self._check_namespace()
        return Observed(known, listed=False)

    def _check_namespace(self) -> None:
        """Raise where the namespace is missing: the API server lists no secrets there, and no error."""
        try:
            path = f"/api/v1/namespaces/{quote(self.namespace, safe='')}"
            self._api.request("GET", path, lambda answer: answers.is_namespace(answer, self.namespace))
        except NotFound:
            raise ClusterError(self._api.failures.no_namespace) from None
        except Forbidden:
            pass  # who may not look cannot be told


def _named(secrets: Iterable[Secret]) -> set[str]:
    """Return the names of the certificate secrets that destinations name."""
    return {secret.certificate_secret for secret in secrets if secret.certificate_secret}
