# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contracts with other libraries: these fail when what is private there changes."""

from __future__ import annotations

import pytest
import urllib3
from ansible_collections.epinio.registries.plugins.module_utils._cluster import errors, libraries
from ansible_collections.epinio.registries.plugins.module_utils._masking import Mask
from kubernetes import client
from kubernetes.config import kube_config


def test_everything_is_installed():
    assert (libraries.missing(), libraries.IMPORT_ERROR, libraries.COLLECTION_MISSING) == (None, None, False)


def test_options_become_a_configuration():
    auth = libraries.auth_spec({"host": "https://localhost/", "api_key": "t0ken", "validate_certs": False})
    assert (auth["host"], auth["api_key"], auth["verify_ssl"]) == ("https://localhost/", "t0ken", False)
    configuration = libraries.configuration(auth, Mask())
    assert (configuration.host, configuration.verify_ssl) == ("https://localhost", False)
    [token] = configuration.auth_settings().values()
    assert (token["key"], token["value"]) == ("authorization", "Bearer t0ken")


def test_options_become_headers(monkeypatch):
    monkeypatch.setenv("K8S_AUTH_ACCEPT", "text/plain")
    found = libraries.headers({"impersonate_user": "jane", "impersonate_groups": ["one", "two"]})
    assert found == {"Impersonate-User": "jane", "Impersonate-Group": ["one", "two"]}


def test_a_client_has_a_pool_that_keeps_as_many_connections_as_it_is_told():
    configuration = client.Configuration()
    configuration.connection_pool_maxsize = 3
    pool = libraries.pool(client.ApiClient(configuration))
    assert isinstance(pool, urllib3.PoolManager)
    assert pool.connection_from_url("http://localhost").pool.maxsize == 3


def test_files_are_removed(tmp_path):
    name = kube_config._create_temp_file_with_content(b"private", str(tmp_path))
    libraries.remove_files()
    assert (list(tmp_path.iterdir()), kube_config._temp_files) == ([], {}), name


USES = {
    "_create_auth_spec": (libraries._core, lambda: libraries.auth_spec({})),
    "_create_configuration": (libraries._core, lambda: libraries.configuration({}, Mask())),
    "_create_headers": (libraries._core, lambda: libraries.headers({})),
    "_cleanup_temp_files": (kube_config, libraries.remove_files),
}


@pytest.mark.parametrize(("function", "use"), USES.items(), ids=USES)
def test_what_is_gone_is_a_clear_error(monkeypatch, function, use):
    owner, call = use
    monkeypatch.delattr(owner, function)
    with pytest.raises(errors.ClusterError, match=rf"{function} failed with AttributeError \(.*\)\. Install another"):
        call()


def test_a_pool_that_is_gone_is_a_clear_error():
    with pytest.raises(errors.ClusterError, match=r"rest_client\.pool_manager failed with AttributeError"):
        libraries.pool(object())
