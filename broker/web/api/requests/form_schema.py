"""The form of an access request, told so that a console or another department's application can build it."""

from datetime import timedelta
from typing import Any, Self

from broker.domain.deciding.rulebook import Rulebook
from broker.domain.footage.grants import Action, Condition
from broker.web.api.requests.request_forms import RequestIn
from broker.web.values import Out

DIALECT = "https://json-schema.org/draft/2020-12/schema"
HOUR = timedelta(hours=1)


class ChoiceOut(Out):
    """One entry of a list: its code, and its name in both languages."""

    code: str
    name: str
    name_en: str


class BasisOut(ChoiceOut):
    """A statutory basis; `pattern` is what the case or notice number looks like under it."""

    law: str
    pattern: str
    example: str


class FormLimits(Out):
    """What a request, and a department in one day, may ask for."""

    cameras: int
    hours_per_camera: int
    requests_per_day: int
    camera_hours_per_day: int


class FormOut(Out):
    """The JSON Schema (2020-12) of the body of a request, and the lists and limits it goes by."""

    rulebook: int
    json_schema: dict[str, Any]
    bases: list[BasisOut]
    matters: list[ChoiceOut]
    actions: list[Action]
    conditions: list[Condition]
    limits: FormLimits

    @classmethod
    def of(cls, rules: Rulebook) -> Self:
        return cls(
            rulebook=rules.version,
            json_schema=schema_of(rules),
            bases=[
                BasisOut(
                    code=it.code, name=it.name, name_en=it.name_en, law=it.law, pattern=_whole(it.case_pattern),
                    example=it.case_example,
                )
                for it in rules.purpose.bases
            ],
            matters=[ChoiceOut(code=it.code, name=it.name, name_en=it.name_en) for it in rules.purpose.matters],
            actions=sorted(Action),
            conditions=sorted(Condition),
            limits=FormLimits(
                cameras=rules.limits.cameras, hours_per_camera=rules.limits.hours_per_camera,
                requests_per_day=rules.limits.requests_per_day, camera_hours_per_day=rules.limits.camera_hours_per_day,
            ),
        )  # fmt: skip


def schema_of(rules: Rulebook) -> dict[str, Any]:
    """Return the schema that the API checks bodies by, narrowed to what the rulebook lets through.

    What needs the database or the clock (who may look, how much was asked today) is told by the dry run.
    """
    schema = RequestIn.model_json_schema()
    schema.pop("examples", None)
    purpose = schema["$defs"]["PurposeIn"]
    purpose["properties"]["basis"] = _choices([(it.code, it.name, it.name_en) for it in rules.purpose.bases])
    purpose["properties"]["matter"] = _choices([(it.code, it.name, it.name_en) for it in rules.purpose.matters])
    purpose["properties"]["reason"] |= {"minLength": rules.purpose.shortest_reason}
    purpose["allOf"] = [
        {
            "if": {"properties": {"basis": {"const": it.code}}, "required": ["basis"]},
            "then": {
                "properties": {"case_number": {"pattern": _whole(it.case_pattern), "examples": [it.case_example]}}
            },
        }
        for it in rules.purpose.bases
    ]
    schema["properties"]["lines"] |= {"minItems": 1}
    schema["properties"]["investigators"] |= {"minItems": 1}
    longest = max(route.longest_validity for route in rules.routes)
    schema["$defs"]["TermsIn"]["properties"]["valid_days"] |= {"maximum": longest.days}
    return {"$schema": DIALECT, **schema}


def _choices(listed: list[tuple[str, str, str]]) -> dict[str, Any]:
    return {"oneOf": [{"const": code, "title": name, "description": name_en} for code, name, name_en in listed]}


def _whole(pattern: str) -> str:
    """Return the pattern for a browser, which asks whether it occurs; here the whole number has to fit."""
    return f"^(?:{pattern})$"
