# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX refuses of a survey, as C(JobTemplateSurveySpec) of AWX 24.6 checks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["refusal"]

#: Types of a question, and the type of a default: scalars all.
_TYPES = {
    "text": str,
    "textarea": str,
    "password": str,
    "multiplechoice": str,
    "multiselect": str,
    "integer": int,
    "float": (float, int),
}


def refusal(survey: Mapping[str, Any]) -> str | None:
    """Return the first thing that AWX has against a survey."""
    for field, kind in {"name": str, "description": str, "spec": list}.items():
        if not isinstance(survey.get(field), kind):
            return f"Field '{field}' is missing from survey spec, or of another type."
    if not survey["spec"]:
        return "'spec' doesn't contain any items."
    variables = [question.get("variable") for question in survey["spec"]]
    if len(set(variables)) < len(variables):
        return "a variable is duplicated"
    return next(filter(None, map(_of_question, survey["spec"])), None)


def _of_question(question: Mapping[str, Any]) -> str | None:
    for field, kind in {"type": str, "question_name": str, "variable": str, "required": bool}.items():
        if not isinstance(question.get(field), kind):
            return f"'{field}' missing from survey question, or of another type"
    kind, default = question["type"], question.get("default", "")
    if kind not in _TYPES:
        return f"{kind} is no type of a question"
    if default != "" and not isinstance(default, _TYPES[kind]):
        return f"the default of {question['variable']} is no {kind}"
    if any(not isinstance(question.get(bound, 0), int) for bound in ("min", "max")):
        return "a limit is expected to be an integer"
    if kind in ("multiplechoice", "multiselect"):
        if "choices" not in question:
            return "choices are missing"
        if default != "" and any(one not in question["choices"] for one in default.splitlines()):
            return "Default choice must be answered from the choices listed."
    return None
