# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of a PEM bundle."""

from __future__ import annotations

from typing import Any

from ansible_collections.epinio.registries.plugins.module_utils._reading import certificates, pem
from ansible_collections.epinio.registries.plugins.module_utils._reading.catalogue import CATALOGUE
from ansible_collections.epinio.registries.plugins.plugin_utils._values import plain, require_none, unknown


def facts(value: Any, host: Any = None, **more: Any) -> list[dict[str, Any]]:
    """Return what each certificate of a PEM bundle says, in its order; whether it covers a host where one is given."""
    require_none(unknown(more, ("host",)), (), done="read")
    given = plain(value)
    if not isinstance(given, (str, list)):
        require_none([CATALOGUE.problem("certificate_not_pem:item", number=1)], (), done="read")
    read = pem.read(given, host=None)
    require_none(read.problems, (), done="read")
    bundle = certificates.parse_bundle(read.text.encode())
    chain = certificates.is_chain(bundle)
    return [
        {
            **one.facts(),
            "is_authority": one.is_ca,
            "self_signed": one.self_signed,
            **({} if host is None else {"covers": certificates.covers(one, str(plain(host)))}),
            "chain": chain,
        }
        for one in bundle.certificates
    ]
