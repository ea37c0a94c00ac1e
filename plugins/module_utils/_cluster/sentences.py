# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every sentence that is said of a cluster, and of the way to it."""

from __future__ import annotations

from typing import Any, Literal

from ansible_collections.epinio.registries.plugins.module_utils._problems import Catalogue, Sentences

Case = Literal[
    "collection_missing",
    "library_missing",
    "library_changed",
    "namespace_invalid",
    "timeout_invalid",
    "no_configuration",
    "option_wrong",
    "kubeconfig_text",
    "configuration_none",
    "kubeconfig_missing",
    "kubeconfig_unread",
    "kubeconfig_no_yaml",
    "kubeconfig_encrypted",
    "kubeconfig_shape",
    "context_none",
    "context_unknown",
    "cluster_unknown",
    "user_unknown",
    "paths_shape",
    "entry_twice",
    "pattern_unmatched",
    "contexts_none",
    "host_none",
    "host_twice",
    "setting_unknown",
    "plugin_missing",
    "plugin_failed",
    "plugin_endless",
    "plugin_odd",
    "plugin_version",
    "authority_useless",
    "client_key_useless",
    "proxy_login",
    "proxy_refused",
    "proxy_untrusted",
    "proxy_unusable",
    "not_tls",
    "header_broken",
    "anonymous",
    "not_accepted",
    "speaks_https",
    "redirected",
    "something_else",
    "untrusted",
    "client_certificate",
    "timed_out",
    "broken",
    "unreachable",
    "credentials",
    "forbidden",
    "refused",
    "answered",
    "not_found",
    "no_namespace",
    "no_threads",
    "list_endless",
    "list_expired",
    "list_forbidden",
]

_SENTENCES: Catalogue[Case] = Catalogue(
    {
        "collection_missing": Sentences(
            "The collection kubernetes.core is missing, which provides the options of the connection.",
            "Install it: ansible-galaxy collection install kubernetes.core",
        ),
        "library_missing": Sentences(
            "The Python library kubernetes is missing, or too old, for {python}.",
            "Install it there: python -m pip install 'kubernetes>=24.2.0'",
        ),
        "library_changed": Sentences(
            "{library} is another version than this collection knows: {function} failed with {reason}.",
            "Install another version of it, or a newer one of epinio.registries.",
        ),
        "namespace_invalid": Sentences("{namespace!a} is not a name of a namespace.", "Correct namespace."),
        "timeout_invalid": Sentences(
            "timeout is {timeout:g} seconds.", "Set it to more than 0, and to no more than a day (86400)."
        ),
        "no_configuration": Sentences(
            "There is no usable Kubernetes configuration: {reason}.",
            "Check kubeconfig, context, host and the K8S_AUTH_* variables.",
        ),
        "option_wrong": Sentences("{where} {wrong}.", "{wanted}"),
        "kubeconfig_text": Sentences(
            "{where} holds the text of a kubeconfig, where the path of a file is wanted.",
            'Give the path, or a mapping: kubeconfig: "{{{{ text | from_yaml }}}}".',
        ),
        "configuration_none": Sentences(
            "Nothing says where the cluster is: no option, no K8S_AUTH_* variable, no KUBECONFIG and no {path}.",
            "Set kubeconfig, or host and api_key.",
        ),
        "kubeconfig_missing": Sentences(
            "There is no kubeconfig at {path} ({where}).",
            "Give the path of a kubeconfig, or host and api_key.",
        ),
        "kubeconfig_unread": Sentences(
            "The kubeconfig at {path} ({where}) cannot be read: {reason}.", "Give a file that you may read."
        ),
        "kubeconfig_no_yaml": Sentences(
            "The kubeconfig at {path} ({where}) is not YAML.", "Give a kubeconfig that kubectl accepts."
        ),
        "kubeconfig_encrypted": Sentences(
            "The kubeconfig at {path} ({where}) is encrypted with Ansible Vault.",
            "Give its path as the option kubeconfig, in a task that runs on the controller.",
        ),
        "kubeconfig_shape": Sentences(
            "The kubeconfig that {where} gives {wrong}.",
            "Compare it with what kubectl config view --raw --flatten shows.",
        ),
        "context_none": Sentences(
            "The kubeconfig that {where} gives has no current-context.", "Set context to one of its contexts: {known}."
        ),
        "context_unknown": Sentences(
            "The kubeconfig that {where} gives has no context {context}.",
            "Set context to one of its contexts: {known}.",
        ),
        "cluster_unknown": Sentences(
            "The context {context} of the kubeconfig that {where} gives names the cluster {cluster}, "
            "which is not there, or has no server.",
            "Add it to clusters, or set context to another one.",
        ),
        "user_unknown": Sentences(
            "The context {context} of the kubeconfig that {where} gives names the user {user}, which is not there.",
            "Add it to users, or set context to another one.",
        ),
        "paths_shape": Sentences(
            "{where} is neither a path nor a list of paths.",
            "Give the path of a kubeconfig file, or a list of such paths.",
        ),
        "entry_twice": Sentences(
            "{entry} is in {first} and in {second} under {list}, with different content.",
            "kubectl would ignore the second: rename one of them, or make an inventory of each file.",
        ),
        "pattern_unmatched": Sentences(
            "contexts has {pattern}, which matches no context.", "Correct or remove it. The contexts are: {known}."
        ),
        "contexts_none": Sentences(
            "No context is left for the inventory.", "Check contexts and exclude. The contexts are: {known}."
        ),
        "host_none": Sentences(
            "The name of the context {context} has no letter and no digit to make a host from.",
            "Rename it (kubectl config rename-context), or add it to exclude.",
        ),
        "host_twice": Sentences(
            "The contexts {contexts} would both be the host {host}.",
            "Rename one (kubectl config rename-context), or add it to exclude.",
        ),
        "setting_unknown": Sentences(
            "{names} is not an option of this inventory.", "Correct it. The options are: {known}."
        ),
        "plugin_missing": Sentences(
            "The credential plugin {command} of the kubeconfig cannot be started: {reason}.",
            "Install it where Ansible runs, and into its PATH.{hint}",
        ),
        "plugin_failed": Sentences(
            "The credential plugin {command} of the kubeconfig failed with status {status}. Its last line: {last}.",
            "Run it by hand, or log in again with its own command.",
        ),
        "plugin_endless": Sentences(
            "The credential plugin {command} of the kubeconfig did not end within {timeout:g} seconds.",
            "It may wait for a browser or for input: log in with its own command first, or set timeout higher.",
        ),
        "plugin_odd": Sentences(
            "The credential plugin {command} of the kubeconfig printed {said}, where an ExecCredential is wanted.",
            "Check its command and args: run it by hand and look at what it prints.",
        ),
        "plugin_version": Sentences(
            "The credential plugin {command} of the kubeconfig speaks {version}, where the kubeconfig says {wanted}.",
            "Set apiVersion of exec to what the plugin prints.",
        ),
        "authority_useless": Sentences(
            "The authority's certificate for the API server cannot be used: {reason}.",
            "Check ca_cert, or certificate-authority in the kubeconfig: a file with certificates in PEM form.",
        ),
        "client_key_useless": Sentences(
            "The client certificate or its key cannot be used: {reason}.",
            "Check client_cert and client_key, or the user in the kubeconfig: PEM without a passphrase, one belonging "
            "to the other.",
        ),
        "proxy_login": Sentences(
            "The proxy {proxy} wants a login (407).",
            "Write user and password into its address, http://USER:PASSWORD@HOST:PORT with special characters as in "
            "%40, or set proxy_headers.proxy_basic_auth to USER:PASSWORD.",
        ),
        "proxy_refused": Sentences(
            "The proxy {proxy} does not lead to the API server at {host}: {reason}.",
            "Check proxy and no_proxy, proxy-url in the kubeconfig, and the variable HTTPS_PROXY.",
        ),
        "proxy_untrusted": Sentences(
            "The certificate of the proxy {proxy} is not trusted: {reason}.",
            "Put its authority into ca_cert, beside that of the API server, or among those of this machine.",
        ),
        "proxy_unusable": Sentences(
            "The proxy {proxy} cannot be used with the Python libraries that are installed.",
            "Use one with http://, or install the others: python -m pip install --upgrade kubernetes PySocks",
        ),
        "not_tls": Sentences(
            "What answers at {host} does not speak HTTPS.",
            "Check the port in host, or in server of the kubeconfig; write http:// if you mean that.",
        ),
        "header_broken": Sentences(
            "{where} has a character that an HTTP header cannot hold, such as a line end.",
            "Give it in one line of ASCII characters.",
        ),
        "anonymous": Sentences(
            "The request went to the API server at {host} without any credentials, as system:anonymous: {reason}.",
            "Set api_key, client_cert and client_key, or kubeconfig, or give the user in the kubeconfig one of them.",
        ),
        "not_accepted": Sentences(
            "The API server at {host} treated the request as one without credentials (system:anonymous): {reason}.",
            "Check the user in the kubeconfig, or client_cert and client_key: they are sent, but not used. "
            "A proxy in between may remove them.",
        ),
        "speaks_https": Sentences(
            "The API server at {host} speaks HTTPS, and was asked over http://.",
            "Write {wanted} into host, or into server of the kubeconfig.",
        ),
        "redirected": Sentences(
            "What answers at {host} is not an API server: it answered {method} {path} with a redirect ({status}) to "
            "{target}.",
            "It may be a login page. Check host, or server in the kubeconfig: scheme, host, port and path.",
        ),
        "something_else": Sentences(
            "What answers at {host} does not answer as an API server: {method} {path} gave {status}, {what}.",
            "Check host, or server in the kubeconfig: scheme, host, port and path; and proxy.",
        ),
        "untrusted": Sentences(
            "The certificate of the API server at {host} is not trusted: {reason}.",
            "Check ca_cert, or certificate-authority in the kubeconfig.",
        ),
        "client_certificate": Sentences(
            "The API server at {host} does not accept the client certificate: {reason}.",
            "It may have expired; check client_cert and client_key, or the user in the kubeconfig.",
        ),
        "timed_out": Sentences(
            "The API server at {host} did not answer within {timeout:g} seconds.",
            "Check its state and the network, or set timeout higher.",
        ),
        "broken": Sentences(
            "The connection to the API server at {host} broke: {reason}.", "Run again; what is done stays done."
        ),
        "unreachable": Sentences(
            "The API server at {host} cannot be reached: {reason}.",
            "Check host, proxy and the server in the kubeconfig.",
        ),
        "credentials": Sentences(
            "The API server does not accept the credentials: {reason}.",
            "Check the token, or the user in the kubeconfig; it may have expired.",
        ),
        "forbidden": Sentences("A permission is missing: {reason}.", "The guide on least-privilege RBAC has the Role."),
        "refused": Sentences("The API server refused the request: {reason}.", ""),
        "answered": Sentences(
            "The API server answered {method} with an error ({status}): {reason}.", "Run again later."
        ),
        "not_found": Sentences("{reason}", ""),
        "no_namespace": Sentences(
            "There is no namespace {namespace!r}.",
            "Install Epinio first, or set namespace to where it is installed.",
        ),
        "no_threads": Sentences(
            "This machine does not let Ansible start more threads.",
            "Raise its limit, or run fewer forks, and run again.",
        ),
        "list_endless": Sentences("The API server's list of secrets has no end.", "Check host and proxy."),
        "list_expired": Sentences(
            "The API server expired the list of secrets three times while it was read.", "Run again."
        ),
        "list_forbidden": Sentences(
            "Listing secrets is not permitted.", "Grant the verb list on secrets, or give names."
        ),
    }
)


def said(case: Case, **fields: Any) -> str:
    """Return what is said of a case, with these ``fields`` in its sentences."""
    return str(_SENTENCES.problem(case, **fields)).rstrip()
