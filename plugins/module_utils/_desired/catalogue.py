# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that is said of options, and of options compared with what is in the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ansible_collections.epinio.registries.plugins.module_utils._problems import Catalogue, Sentences
from ansible_collections.epinio.registries.plugins.module_utils._reading.agreement import Doubt

#: Problems of options alone, then those of options beside what is there; behind a colon, which of its sentences.
Case = Literal[
    "option_required",
    "option_required:organizations",
    "name_invalid",
    "name_invalid:beyond_repair",
    "name_invalid:namespace",
    "name_too_long",
    "name_too_long:with_certificate",
    "name_reserved",
    "name_duplicate",
    "option_empty",
    "option_unknown",
    "option_unknown:beside",
    "option_unknown:within",
    "option_unknown:none",
    "list_wanted",
    "list_wanted:text",
    "list_wanted:mapping",
    "list_wanted:one",
    "list_wanted:null",
    "item_wanted",
    "item_wanted:list",
    "names_wanted",
    "mapping_wanted",
    "choice_wanted",
    "boolean_wanted",
    "number_wanted",
    "number_wanted:no_time",
    "not_text:number",
    "not_text:date",
    "not_text:boolean",
    "not_text:list",
    "not_text:mapping",
    "not_text:other",
    "not_text:encrypted",
    "not_text:not_utf8",
    "control_character",
    "control_character:within",
    "invisible_character",
    "invisible_character:blank",
    "username_colon",
    "registry_not_canonical",
    "registry_not_canonical:beyond_repair",
    "registry_not_canonical:secret",
    "organization_repeats_registry",
    "organization_repeats_registry:beyond_repair",
    "organization_too_deep",
    "metadata_reserved",
    "metadata_invalid:key",
    "metadata_invalid:value",
    "metadata_invalid:shape",
    "metadata_invalid:label",
    "metadata_invalid:size",
    "secret_conflict",
    "certificate_conflict",
    "secret_taken:certificate",
    "secret_taken:name",
    "secret_foreign:certificate",
    "secret_foreign:name",
    "secret_foreign:absent",
    "secret_too_large:destination",
    "secret_too_large:certificate",
    "immutable",
    "immutable:type",
    "finalizers",
    "being_deleted",
    "deletion_waits",
    "deletion_waits:still",
    "recreate_keeps_password",
    Doubt,
    "password_for_another",
    "password_only_there",
    "password_unwanted",
    "certificate_missing",
    "certificate_missing:rendered",
    "certificate_unusable:no_key",
    "certificate_unusable:no_certificate",
    "certificate_dropped",
    "certificate_dropped:removed",
    "certificate_in_use:absent",
    "certificate_in_use:recreate",
    "private_key_exposed",
    "list_forbidden:prune",
    "list_forbidden:certificate",
    "list_forbidden:absent",
    "list_forbidden:recreate",
    "prune_everything",
    "password_unused",
    "altered",
    "owned",
    "owned:removal",
    "login_not_there",
]

_NAMES = ("name", "certificate_secret")
_METADATA = ("labels", "annotations")
_CREDENTIALS = ("registry_username", "registry_password")
_TEXTS = ("name", "registry", "organization", *_CREDENTIALS, "certificate", "certificate_secret", "names")
_DESTINATIONS = ("destinations",)
_QUOTE = "Put it in quotes where it is written."
_LIST = "Begin each destination with `- name:`; [] means that there is none."
_GRANT = "Grant the verb list on secrets."
_ALWAYS = "Use update_password: always for this run."
_SHORTEN = "Shorten it."
_TOO_LONG = "It has {length} characters; {longest} are allowed here."
_TOO_LARGE = "The secret {secret!r} would hold more than 1 MiB, which Kubernetes refuses."
_BY_HAND = (
    "If nothing takes the finalizers away, do so by hand, in the namespace of Epinio: kubectl edit secret {secret}."
)
_ONE_WRITER = (
    "Let only one of them write it: take it out there first, or out of this list; the migration guide says how."
)
_KEEP_CERTIFICATE = (
    "If that was not meant, give it with certificate or name its secret with certificate_secret; look whether a "
    "variable is empty."
)
_OTHER_NAME = "Use another name; delete that secret by hand if it has to go."
_RECREATE = "Set recreate: true to delete it and create it again."


def _unclear(why: str) -> Sentences:
    return Sentences(f"The stored password cannot be kept: {why}", _ALWAYS, options=("update_password",))


_CASES: Mapping[Case, Sentences] = {
    "option_required": Sentences(
        "It is missing or empty.",
        "Set {option}.",
        options=("name", "registry", "organization", *_CREDENTIALS, "certificate", "dest", "inputs", "store"),
    ),
    "option_required:organizations": Sentences(
        "No organization is given for it.",
        "Add it to organizations, as a key {value!a} with the organization behind it.",
        options=("organizations",),
    ),
    "login_not_there": Sentences(
        "There is no login for {value!s}.",
        "Correct it, or log in there; there is one for: {known!s}.",
        options=("only",),
    ),
    "name_invalid": Sentences("{value!a} {fault}.", "Use {better!a}.", options=_NAMES),
    "name_invalid:beyond_repair": Sentences(
        "{value!a} {fault}.",
        "Use lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit.",
        options=_NAMES,
    ),
    "name_invalid:namespace": Sentences(
        "{value!a} is not a name of a namespace.", "Correct {option}.", options=("namespace",)
    ),
    "name_too_long": Sentences(_TOO_LONG, "Use a shorter name.", options=_NAMES),
    "name_too_long:with_certificate": Sentences(
        _TOO_LONG,
        "Use a shorter name, or give the certificate secret a name of its own with certificate_secret.",
        options=("name",),
    ),
    "name_reserved": Sentences(
        "{value!s} is where Epinio keeps its own registry credentials.", "Use another name.", options=_NAMES
    ),
    "name_duplicate": Sentences(
        "{value!a} is already at destinations[{earlier}].", "Keep one of the two.", options=("name",)
    ),
    "option_empty": Sentences(
        "It is empty: mostly a variable or a lookup gave nothing.",
        "Check where it comes from; if you want none, leave it out, for instance with the filter default(omit, true).",
        options=("certificate", "certificate_secret", "labels", "annotations", "namespace", "names", "prune_except"),
    ),
    "option_unknown": Sentences("unknown option {given}.", "Did you mean {meant}?"),
    "option_unknown:beside": Sentences(
        "unknown option {given}.", "Put it beside destinations, not into one of its items."
    ),
    "option_unknown:within": Sentences(
        "unknown option {given}.", "Did you mean {meant}? It belongs to each item of destinations, behind `- name:`."
    ),
    "option_unknown:none": Sentences("unknown option {given}.", "These are known here: {known}."),
    "list_wanted": Sentences("It is {kind}, where a list of destinations is wanted.", _LIST, options=_DESTINATIONS),
    "list_wanted:text": Sentences(
        "It is text, where a list of destinations is wanted.",
        "Give it as JSON with braces around (-e '{{\"NAME\": [...]}}', where -e NAME='[...]' gives text), or make a "
        "list of the text with the filter from_yaml.",
        options=_DESTINATIONS,
    ),
    "list_wanted:mapping": Sentences(
        "It is a mapping, where a list of destinations is wanted.",
        "Begin each destination with `- name:`; or, if the mapping has to stay, loop with export_registry over what "
        "the filter dict2items makes of it.",
        options=_DESTINATIONS,
    ),
    "list_wanted:one": Sentences(
        "It is one destination, where a list of them is wanted.",
        "Begin it with `- name:`, or put it in brackets.",
        options=_DESTINATIONS,
    ),
    "list_wanted:null": Sentences(
        "It is missing, null or empty, where a list of destinations is wanted.", _LIST, options=_DESTINATIONS
    ),
    "item_wanted": Sentences(
        "It is {kind}, where the options of a destination are wanted.",
        "Begin each destination with `- name:`, and indent its other options as far as `name`.",
    ),
    "item_wanted:list": Sentences(
        "It is a list, where the options of a destination are wanted.",
        "Take one pair of brackets or one `-` away, or use the filter flatten on the whole list.",
    ),
    "names_wanted": Sentences(
        "It is {kind}, where a list of names is wanted.",
        "Give a list of texts.",
        options=("names", "prune_except", "fail_on", "only", "impersonate_groups"),
    ),
    "mapping_wanted": Sentences(
        "It is {kind}, where a mapping of keys and texts is wanted.",
        'Write each as `key: "text"`, or make a mapping of a text with the filter from_yaml.',
        options=(*_METADATA, "organizations", "names", "proxy_headers"),
    ),
    "choice_wanted": Sentences(
        "It does not take this value.",
        "Use {choices}.",
        options=("state", "update_password", "fail_on", "passwords", "verify"),
    ),
    "boolean_wanted": Sentences(
        "It is neither true nor false.",
        "Use true or false.",
        options=(
            *("adopt", "recreate", "prune", "prune_all", "allow_http", "managed_only", "include_unusable", "backup"),
            *("validate_certs", "persist_config"),
        ),
    ),
    "number_wanted": Sentences("It is not a number.", "Give seconds.", options=("timeout", "total_timeout")),
    "number_wanted:no_time": Sentences(
        "It is not a time that a run can wait.",
        "Set it to more than 0, and to no more than a day (86400).",
        options=("timeout", "total_timeout"),
    ),
    "not_text:number": Sentences(
        "It is a number, not text: YAML reads 0123 as 83, 12:30 as 750 and 1e3 as 1000, so what you wrote is lost.",
        _QUOTE,
        options=_TEXTS,
    ),
    "not_text:date": Sentences(
        "It is a date, not text: YAML reads 2026-11-27 as one, so what you wrote may be lost.",
        _QUOTE,
        options=(*_TEXTS, *_METADATA),
    ),
    "not_text:boolean": Sentences(
        "It is true or false, not text: YAML also reads yes, no, on and off so, and what you wrote is lost.",
        _QUOTE,
        options=_TEXTS,
    ),
    "not_text:list": Sentences(
        "It is a list, not text.",
        "Take the item that is meant with the filter first, or make one text of all with the filter join.",
        options=_TEXTS,
    ),
    "not_text:mapping": Sentences(
        "It is a mapping, not text.",
        "Take the key that is meant, or make JSON of it all with the filter to_json.",
        options=_TEXTS,
    ),
    "not_text:other": Sentences("It is not text.", "Make text of it with the filter string.", options=_TEXTS),
    "not_text:encrypted": Sentences(
        "It is encrypted, and none of the vault passwords of this run decrypts it.",
        "Give its vault password, for instance with --vault-id. A render in check mode does without that of a "
        "registry_password.",
        options=_TEXTS,
    ),
    "not_text:not_utf8": Sentences(
        "It cannot be written as UTF-8.", "Check how the value was read.", options=_CREDENTIALS
    ),
    "control_character": Sentences(
        "It begins or ends with a control character, mostly the line end of a file.",
        "Remove it with the filter trim.",
        options=_CREDENTIALS,
    ),
    "control_character:within": Sentences(
        "It holds a control character, which registries, Helm and skopeo do not read in the same way.",
        "Remove it, and check how the value was read. Line ends alone are allowed, and only within a password.",
        options=_CREDENTIALS,
    ),
    "invisible_character": Sentences(
        "It {where} an invisible character: {character}.",
        "Take it out, for instance with the filter regex_replace('{escaped}', ''), and save the file it comes from "
        "without it.",
        options=_TEXTS,
    ),
    "invisible_character:blank": Sentences(
        "It {where} an invisible blank.", "Remove it, for instance with the filter trim.", options=_TEXTS
    ),
    "username_colon": Sentences(
        "It holds a colon; everything behind the colon would become part of the password (RFC 7617).",
        "Use the user name that the registry gave, without a colon.",
        options=("registry_username",),
    ),
    "registry_not_canonical": Sentences("{value!a} {fault}.", "Use {better!a}.", options=("registry",)),
    "registry_not_canonical:beyond_repair": Sentences(
        "{value!a} {fault}.",
        "Use the registry's host name: host[:port][/path], in lower case, without scheme.",
        options=("registry",),
    ),
    "registry_not_canonical:secret": Sentences(
        "It {fault}.",
        "Write only the host; the others go into registry_username and registry_password.",
        options=("registry",),
    ),
    "organization_repeats_registry": Sentences(
        "{value!a} begins with the registry {registry!a}, which would then be there twice.",
        "Use {better!a}.",
        options=("organization",),
    ),
    "organization_repeats_registry:beyond_repair": Sentences(
        "{value!a} begins with the registry {registry!a}, which would then be there twice.",
        "Leave the registry out.",
        options=("organization",),
    ),
    "organization_too_deep": Sentences(
        "{value!a} has one level too many: on Docker Hub there is one name before that of the image, the organization.",
        "Use {better!a}.",
        options=("registry", "organization"),
    ),
    "metadata_reserved": Sentences("{key!a} belongs to Epinio or to this collection.", "Remove it.", options=_METADATA),
    "metadata_invalid:key": Sentences(
        "{key!a} is not a Kubernetes key.",
        "Use [prefix/]name, the name at most 63 letters, digits, '-', '_' and '.'.",
        options=_METADATA,
    ),
    "metadata_invalid:value": Sentences("The value of {key!a} is {kind}, not text.", _QUOTE, options=_METADATA),
    "metadata_invalid:shape": Sentences(
        "The value of {key!a} is {kind}, not text.", "Make text of it, with the filter to_json.", options=_METADATA
    ),
    "metadata_invalid:label": Sentences(
        "The value of {key!a} is not a label value.",
        "Use at most 63 letters, digits, '-', '_' and '.', or an annotation.",
        options=("labels",),
    ),
    "metadata_invalid:size": Sentences(
        "They hold {size} bytes; {largest} are allowed.", "Shorten them.", options=("annotations",)
    ),
    "secret_conflict": Sentences(
        "Its certificate secret {value!a} is also the authentication secret of {other}.",
        "Give one of the two another name.",
        options=_NAMES,
    ),
    "certificate_conflict": Sentences(
        "The certificate secret {value!a} would get another certificate by destinations[{earlier}].",
        "Use one certificate, or two certificate secrets.",
        options=("certificate",),
    ),
    "secret_taken:certificate": Sentences(
        "The secret {secret!r} is the authentication secret of a destination.",
        "Use another name for the certificate secret.",
        options=("certificate_secret", "name"),
    ),
    "secret_taken:name": Sentences(
        "The secret {secret!r} is there already and is a {kind} of this collection.", _OTHER_NAME, options=("name",)
    ),
    "secret_foreign:certificate": Sentences(
        "The secret {secret!r} was not made by this collection and holds more than tls.crt.",
        "Use another name, or name that secret with certificate_secret alone and leave certificate out.",
        options=("certificate_secret", "name"),
    ),
    "secret_foreign:name": Sentences(
        "The secret {secret!r} is there already and is not an export destination.", _OTHER_NAME, options=("name",)
    ),
    "secret_foreign:absent": Sentences(
        "The secret {secret!r} was not made by this collection.",
        "Check the name; delete it by hand if it has to go.",
        options=("name",),
    ),
    "secret_too_large:destination": Sentences(_TOO_LARGE, _SHORTEN, options=("registry_password",)),
    "secret_too_large:certificate": Sentences(_TOO_LARGE, _SHORTEN, options=("certificate",)),
    "immutable": Sentences(
        "The secret {secret!r} is immutable and must change ({fields}).", _RECREATE, options=("recreate",)
    ),
    "immutable:type": Sentences(
        "The secret {secret!r} has a type that needs other keys and must change ({fields}).",
        _RECREATE,
        options=("recreate",),
    ),
    "finalizers": Sentences(
        "The secret {secret!r} must be deleted before it, or its certificate, is created again, and has finalizers: "
        "something else decides when it is gone.",
        "Delete it by hand, and run again when it is gone.",
        options=("recreate",),
    ),
    "being_deleted": Sentences(
        "The secret {secret!r} is being deleted since {since}, and waits for its finalizers ({finalizers}); what is "
        "written to it goes with it.",
        f"Run again when it is gone. {_BY_HAND}",
        options=("name", "certificate_secret"),
    ),
    "deletion_waits": Sentences(
        "Its removal only marks the secret {secret!r} for deletion: it is there until what set its finalizers "
        "({finalizers}) takes them away.",
        _BY_HAND,
        options=("name",),
    ),
    "deletion_waits:still": Sentences(
        "The secret {secret!r} is still there: it is being deleted since {since}, and waits for its finalizers "
        "({finalizers}).",
        _BY_HAND,
        options=("name",),
    ),
    "recreate_keeps_password": Sentences(
        "The secret {secret!r} must be deleted and created again; if that is interrupted, a password that only the "
        "cluster knows is lost.",
        _ALWAYS,
        options=("update_password",),
    ),
    "password_unclear:several": _unclear("the docker config has more than one entry."),
    "password_unclear:no_entry": _unclear("the docker config has no entry."),
    "password_unclear:not_base64": _unclear("its auth is not base64."),
    "password_unclear:not_utf8": _unclear("its auth is not UTF-8."),
    "password_unclear:no_credentials": _unclear("the docker config has no user name and password."),
    "password_unclear:differ": _unclear("its username and password say something else than its auth."),
    "password_unclear:unreadable": _unclear("the docker config cannot be read."),
    "password_for_another": Sentences(
        "It differs from what is stored, and update_password: on_create would send the stored password there.",
        _ALWAYS,
        options=("registry", "registry_username"),
    ),
    "password_only_there": Sentences(
        "update_password: on_create keeps a password that only the cluster knows, so that no manifest can hold it.",
        "Use update_password: always, or leave this destination to the module.",
        options=("update_password",),
    ),
    "password_unwanted": Sentences(
        "The secret store has the password, and none belongs here.",
        "Take it out of this list.",
        options=("registry_password",),
    ),
    "certificate_missing": Sentences(
        "There is no secret {secret!r}; Epinio would list the destination and fail to export.",
        "Create it first, for instance with export_registry_certificate, or give the certificate here.",
        options=("certificate_secret",),
    ),
    "certificate_missing:rendered": Sentences(
        "The list does not bring the secret {secret!r}, and nothing is looked up in a cluster here.",
        "Give the certificate here, or name the secret in allow_external if somebody else makes it.",
        options=("certificate_secret",),
    ),
    "certificate_unusable:no_key": Sentences(
        "The secret {secret!r} has no key tls.crt; Epinio's export would fail.",
        "Correct that secret.",
        options=("certificate_secret",),
    ),
    "certificate_unusable:no_certificate": Sentences(
        "The secret {secret!r} has no certificate in tls.crt; Epinio's export would fail.",
        "Correct that secret.",
        options=("certificate_secret",),
    ),
    "certificate_dropped": Sentences(
        "The item has no certificate, so that the destination no longer uses the one in the secret {secret!r}.",
        _KEEP_CERTIFICATE,
        options=("certificate",),
    ),
    "certificate_dropped:removed": Sentences(
        "The item has no certificate, so that the certificate secret {secret!r} is removed.",
        _KEEP_CERTIFICATE,
        options=("certificate",),
    ),
    "certificate_in_use:absent": Sentences(
        "These destinations name it: {users}.",
        "Remove them first, or give them another certificate.",
        options=("state",),
    ),
    "certificate_in_use:recreate": Sentences(
        "The certificate secret {secret!r} must be deleted and created again, and destinations outside this call name "
        "it: {users}.",
        "Use another certificate secret, or put them into one list with this certificate.",
        options=("recreate",),
    ),
    "private_key_exposed": Sentences(
        "The secret {secret!r} also holds a private key; Epinio's export job mounts every key of it.",
        "Keep the certificate in a secret of its own.",
        options=("certificate_secret",),
    ),
    "list_forbidden:prune": Sentences(
        "Pruning needs to know every destination of the namespace.",
        "Grant the verb list on secrets, or leave prune out.",
        options=("prune",),
    ),
    "list_forbidden:certificate": Sentences(
        "The certificate secret {secret!r} would go, and it is not known whether another destination names it without "
        "listing secrets.",
        _GRANT,
    ),
    "list_forbidden:absent": Sentences(
        "Without listing secrets it is not known whether a destination names the certificate secret.",
        _GRANT,
        options=("state",),
    ),
    "list_forbidden:recreate": Sentences(
        "Without listing secrets it is not known which destinations name the certificate secret {secret!r}.",
        _GRANT,
        options=("recreate",),
    ),
    "prune_everything": Sentences(
        "The list has no destination that is to be present, so prune would remove every managed one.",
        "Set prune_all: true if that is what you want.",
        options=("prune",),
    ),
    "password_unused": Sentences(
        "No destination of the namespace logs in to {registry!a} with this user name.",
        "Compare both with what export_registry_info shows.",
        options=("registry", "registry_username"),
    ),
    "altered": Sentences(
        "The API server did not store the secret {secret!r} as it was sent ({fields}): an admission policy or a "
        "webhook of the cluster changes it on the way.",
        "Write the same into the list, or ask who runs the cluster to make an exception for this secret.",
        options=("name",),
    ),
    "owned": Sentences(
        "The secret {secret!r} also belongs to {owner}, which may change it back or delete it.",
        _ONE_WRITER,
        options=("name",),
    ),
    "owned:removal": Sentences(
        "The secret {secret!r} also belongs to {owner}, which may create it again.",
        _ONE_WRITER,
        options=("name",),
    ),
}

CATALOGUE: Catalogue[Case] = Catalogue(_CASES)
