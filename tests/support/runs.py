# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of the engine against the API server in memory, and what somebody else does meanwhile."""

from __future__ import annotations

from ansible_collections.epinio.registries.plugins.module_utils._runs import engine

FORBIDDEN = (403, {}, {"message": 'secrets is forbidden: User "tester" cannot do that'})


def params(api, **options):
    """Return the options of a module that asks this server."""
    return {"host": api.url, "api_key": "t0ken", "namespace": "epinio", "timeout": 5.0, **options}


def run_list(api, *items, check_mode=False, diff=False, **options):
    """Write a list of destinations; return the outcome."""
    given = params(api, destinations=list(items), **{"prune": False, "prune_all": False, "prune_except": (), **options})
    return engine.run("export_registries", given, check_mode=check_mode, diff=diff)


def actions(outcome):
    """Return what was done with each secret of a result, and which of its fields changed."""
    return {
        kind: {entry["name"]: (entry["action"], entry["fields"]) for entry in outcome[kind]}
        for kind in ("destinations", "certificates")
    }


def beside(api, method, name, action, answer=None):
    """Do something as the first such write of a secret arrives (of any secret, for POST), before it is acted on."""

    def fault(asked, path):
        if asked == method and path.endswith("/secrets" if method == "POST" else f"/{name}"):
            api.faults.clear()
            action()
            return answer
        return None

    api.faults.append(fault)
