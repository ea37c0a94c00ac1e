# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX refuses of a survey, and what it makes of one that nobody fills in, as AWX 24.6 does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["defaults", "refusal"]

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


def defaults(survey: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables of a job that is launched without answers, or by a schedule.

    C(SurveyJobTemplateMixin) leaves out each default that would be no answer to its question; the form sends none then.
    """
    given = [question for question in survey["spec"] if question.get("default") is not None]
    return {question["variable"]: question["default"] for question in given if _answers(question["default"], question)}


def _answers(default: Any, question: Mapping[str, Any]) -> bool:
    kind = question["type"]
    if kind == "multiplechoice":
        return default in question["choices"]
    if kind in ("integer", "float"):
        return isinstance(default, _TYPES[kind])
    if kind == "multiselect":
        return isinstance(default, list)
    return len(default) >= (question.get("min") or 0)


def refusal(survey: Mapping[str, Any]) -> str | None:
    """Return the first thing that AWX has against a survey, as C(JobTemplateSurveySpec) checks it."""
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
