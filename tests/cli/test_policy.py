"""The commands about policies: checked without a server, proposed through one, reset at the machine."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from broker.bootstrap import Broker, operator
from broker.services.people.accounts import NewPerson
from broker.services.people.sign_in import caller_of
from policies.reading import shipped
from policies.snapshot import version_of
from tests.city import PASSWORD, City
from tests.cli.conftest import Desk, Run

BASELINE = shipped("baseline.csv")
NARROWER = BASELINE.replace("requester, camera, list, -, allow\n", "")


@pytest.fixture
def narrower(tmp_path: Path) -> str:
    file = tmp_path / "policy.csv"
    file.write_text(NARROWER, encoding="utf-8")
    return str(file)


def activated(broker: Broker, key: str) -> str:
    """Put a proposal in force as another security administrator."""
    new = NewPerson("secadmin2", "安全员二", "jc", PASSWORD, (("security_administrator", "jc"),))
    person = broker.accounts.add_person(operator("tests"), new).person.id
    with broker.work() as work:
        caller = caller_of(work, person)
    until = broker.clock.now() + timedelta(minutes=5)
    (found,) = [it for it in broker.policies.page(caller, after=None, limit=9) if str(it.id) == key]
    return broker.policies.activate(replace(caller, second_factor=True, fresh_until=until), found.id).policy


def test_a_file_is_checked_without_a_server(run: Run, narrower: str) -> None:
    good = run("policy", "lint", narrower)
    assert (good.code, "no fault" in good.out) == (0, True)
    Path(narrower).write_text(NARROWER + "auditor, audit, rede, -, allow\n", encoding="utf-8")
    row = len(NARROWER.splitlines()) + 1
    bad = run("policy", "lint", narrower)
    assert bad.code == 2
    assert f'Row {row}, column act: the policy knows no word "rede"; allowed: export, read, verify, *.' in bad.out
    (fault,) = run("policy", "lint", narrower, "--json").value
    assert (fault["row"], fault["column"], fault["value"]) == (row, "act", "rede")
    assert run("policy", "lint", "nowhere.csv").code == 2


def test_a_policy_from_export_to_preview(desk: Desk, broker: Broker, city: City, narrower: str) -> None:
    assert city.departments
    exported = desk("auditor", "policy", "export")
    assert exported.out == BASELINE.rstrip("\n") + "\n"
    proposed = desk.json("secadmin", "policy", "propose", narrower, "--comment", "暂停查询")
    shown = desk("secadmin", "policy", "preview", proposed["id"])
    assert "-\trequester\tcamera:list\t-\t2\tasker, stranger" in shown.out
    refused = desk("secadmin", "policy", "activate", proposed["id"])
    assert (refused.code, "not the person who proposed" in refused.err) == (4, True)
    policy = activated(broker, proposed["id"])
    assert desk.json("auditor", "policy", "show")["policy"] == policy == version_of(NARROWER)
    assert "requester\tcamera\tcoverage" in desk("auditor", "policy", "show").out
    (row,) = desk.json("auditor", "policy", "list")
    assert (row["state"], row["activated_by"]["login"]) == ("ACTIVE", "secadmin2")
    assert "secadmin2" in desk("auditor", "policy", "list").out
    other = desk.json("secadmin", "policy", "propose", narrower, "--comment", "又一次")
    assert desk.json("secadmin", "policy", "discard", other["id"], "--reason", "重复")["state"] == "DISCARDED"


def test_a_faulty_file_is_not_sent(desk: Desk, narrower: str) -> None:
    Path(narrower).write_text(NARROWER + "auditor, footage, clip, -, allow\n", encoding="utf-8")
    ended = desk("secadmin", "policy", "propose", narrower, "--comment", "有错")
    assert (ended.code, "nothing was changed" in ended.err) == (2, True)
    assert desk.json("secadmin", "policy", "list") == []


def test_an_act_is_explained(desk: Desk) -> None:
    ended = desk("auditor", "policy", "explain", "--role", "center_approver", "--act", "access_request:approve")
    deny, *allow = ended.out.splitlines()
    assert deny.startswith("deny\tis_party\t*")
    assert any("not_party" in line for line in allow)


def test_the_operator_goes_back(at_database: Run, broker: Broker, city: City) -> None:
    assert at_database("policy", "reset", "--reason", "试").code == 5
    proposed = broker.policies.propose(city.caller(broker, "secadmin"), NARROWER, "暂停查询")
    activated(broker, str(proposed.id))
    ended = at_database("policy", "reset", "--reason", "误伤过多")
    assert (ended.code, version_of(BASELINE) in ended.out) == (0, True)
