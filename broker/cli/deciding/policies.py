"""`xueliang policy`: read, propose and change who may do what; `lint` needs no server, `reset` is the operator's."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Exit, Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import shown
from broker.cli.machine import Data, at_the_machine
from broker.cli.texts import language, tell
from broker.domain.errors import Invalid
from broker.locale import explain as sentence_of
from policies.lint import lint as faults_of

COLUMNS = ("id", "state", "policy", "proposed_by", "proposed_at", "activated_by", "comment")
RULE = ("line", "role", "object", "act", "need", "effect")
OPENING = ("change", "roles", "act", "facts", "holders", "persons")
WAY = ("effect", "facts", "line", "rule")
FAULTY = 2
CURRENT = "current"

Key = Annotated[str, Argument(metavar="ID")]
MaybeKey = Annotated[str, Argument(metavar="ID")]
File = Annotated[Path, Argument(metavar="FILE")]

app = Noun()


@app.verb("show")
def show(policy: MaybeKey = CURRENT, *, as_json: Json = False) -> None:
    """Show the rows of the policy in force, or of another one."""
    with signed_in() as server:
        found = server.get(f"/policies/{policy}")
    if as_json:
        screen.document(found)
        return
    numbered = [(number, line) for number, line in enumerate(found["text"].split("\n"), start=1) if _is_rule(line)]
    cells = ((number, *(cell.strip() for cell in line.split(","))) for number, line in numbered)
    screen.rows(RULE, (dict(zip(RULE, each, strict=False)) for each in cells), as_json=False)


def _is_rule(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


@app.verb("export")
def export(policy: MaybeKey = CURRENT) -> None:
    """Print the text of the policy in force, or of another one, as it was written."""
    with signed_in() as server:
        screen.plain(server.get(f"/policies/{policy}")["text"].rstrip("\n"))


@app.verb("list")
def list_policies(limit: Limit = 50, *, as_json: Json = False) -> None:
    """Show all policies, newest first."""
    with signed_in() as server:
        pages = server.pages("/policies", limit=min(limit, 200))
        found = [policy for policy, _ in zip(pages, range(limit), strict=False)]
    screen.rows(COLUMNS, found if as_json else map(_row, found), as_json=as_json)


@app.verb("lint")
def lint(file: File, *, as_json: Json = False) -> None:
    """Check a policy without proposing it; nobody is asked and nothing is changed."""
    _check(_read(file), file, as_json=as_json)
    if not as_json:
        screen.line("policy.good", file=file)


@app.verb("propose")
def propose(file: File, *, comment: Annotated[str, Option("--comment")], as_json: Json = False) -> None:
    """Propose a policy; somebody else puts it in force."""
    text = _read(file)
    _check(text, file, as_json=as_json)
    with signed_in() as server:
        found = server.post("/policies", {"text": text, "comment": comment})
    screen.fields(found if as_json else _row(found), as_json=as_json)


@app.verb("preview")
def preview(policy: Key, *, as_json: Json = False) -> None:
    """Show who could do what that they could not before, and the reverse."""
    with signed_in() as server:
        found = server.get(f"/policies/{policy}/preview")
    if as_json:
        screen.document(found)
        return
    rows = [_opening(kind, it) for kind in ("opened", "closed") for it in found[kind]]
    screen.rows(OPENING, rows, as_json=False)
    screen.note("policy.replaces", policy=found["replaces"])


@app.verb("activate")
def activate(
    policy: Key,
    *,
    replaces: Annotated[str | None, Option("--replaces", metavar="POLICY")] = None,
    as_json: Json = False,
) -> None:
    """Put a policy in force that somebody else proposed."""
    with signed_in() as server:
        _changed(server.post(f"/policies/{policy}/activate", {"replaces": replaces}), as_json=as_json)


@app.verb("discard")
def discard(policy: Key, *, reason: Annotated[str, Option("--reason")], as_json: Json = False) -> None:
    """Lay a proposal aside for good."""
    with signed_in() as server:
        found = server.post(f"/policies/{policy}/discard", {"reason": reason})
    screen.fields(found if as_json else _row(found), as_json=as_json)


@app.verb("explain")
def explain(
    *,
    role: Annotated[str, Option("--role", metavar="ROLE")],
    act: Annotated[str, Option("--act", metavar="OBJECT:ACT")],
    as_json: Json = False,
) -> None:
    """Show which rows speak of a role and an act, and which facts they need."""
    with signed_in() as server:
        ways = server.get("/policies/explain", role=role, act=act)["ways"]
    screen.rows(WAY, ways if as_json else map(_way, ways), as_json=as_json)


@app.verb("reset")
def reset(*, reason: Annotated[str, Option("--reason")], data: Data = None, as_json: Json = False) -> None:
    """Go back to the policy that the program comes with, as the machine's operator."""
    with at_the_machine(data) as (broker, me):
        found = broker.policies.reset(me, reason)
    _changed({"policy": found.policy, "settled": found.settled}, as_json=as_json)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise Invalid("policy-file", file=str(file), reason=str(error)) from None


def _check(text: str, file: Path, *, as_json: bool) -> None:
    """Tell every fault of a policy, and end there when it has one."""
    faults = faults_of(text)
    if as_json and faults:
        screen.document(
            [{**fault.facts, "slug": fault.slug, "detail": sentence_of(fault, language())} for fault in faults]
        )
    elif faults:
        for fault in faults:
            screen.plain(sentence_of(fault, language()))
        screen.note("policy.faults", count=len(faults), file=file)
    if faults:
        raise Exit(FAULTY)


def _changed(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        screen.document(found)
        return
    screen.line("policy.in-force", policy=found["policy"])
    if not found["settled"]:
        screen.note("policy.unsettled")


def _row(found: Mapping[str, Any]) -> dict[str, Any]:
    by = found["activated_by"]
    told = {
        "state": tell(f"state.{found['state']}"),
        "proposed_by": found["proposed_by"]["login"],
        "proposed_at": shown(found["proposed_at"]),
        "activated_by": by["login"] if by else None,
    }
    return {name: {**found, **told}[name] for name in COLUMNS}


def _opening(kind: str, found: Mapping[str, Any]) -> dict[str, object]:
    return {
        "change": "+" if kind == "opened" else "-",
        "roles": _joined(found["roles"], "*"),
        "act": found["act"],
        "facts": _joined(found["facts"], ""),
        "holders": found["holders"],
        "persons": found["logins"],
    }


def _way(found: Mapping[str, Any]) -> dict[str, object]:
    line = "*" if found["fixed"] else found["row"]
    return {"effect": found["effect"], "facts": _joined(found["facts"], ""), "line": line, "rule": found["rule"]}


def _joined(names: Sequence[str], nothing: str) -> str:
    return "+".join(names) or nothing
