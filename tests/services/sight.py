"""Who may know of what, read off the bare rows by the domain's sentences; nothing of the program's own is asked."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

Row = dict[str, Any]
KEPT_LOCKS = {"operator", "security_administrator", "center_approver", "department_authorizer", "auditor"}


class Sight:
    """All rows of a database, and what each person may see of them."""

    def __init__(self, connection: Connection) -> None:
        def rows(table: str) -> list[Row]:
            return [dict(row) for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()]  # noqa: S608  # names from this very file

        self.now = datetime.now(UTC)
        self.departments = {row["id"]: row for row in rows("department")}
        self.owners = {row["id"]: row["owner_id"] for row in rows("camera")}
        self.homes = {row["id"]: row["department_id"] for row in rows("person")}
        self.held = rows("role_assignment")
        self.things = {
            kind: {row["id"]: row for row in rows(table)}
            for kind, table in {
                "access_request": "access_request", "grant": "access_grant", "retrieval": "retrieval",
                "attachment": "attachment", "notice": "notice", "register": "access_register", "lock": "lock",
                "delegation": "delegation", "absence": "absence",
            }.items()
        }  # fmt: skip
        self.named = {(row["request_id"], row["person_id"]) for row in rows("request_person")}
        self.granted = {(row["grant_id"], row["person_id"]) for row in rows("grant_person")}
        self.told = {(row["notice_id"], row["person_id"]) for row in rows("notice_recipient")}
        self.items = rows("request_item")
        self.lines = rows("request_line")
        self.offices = {person: set(self._offices(person)) for person in self.homes}
        approved = {line["item_id"] for line in self.lines if line["approved_begin"]}
        self._parts: dict[UUID, set[UUID]] = {}
        for item in self.items:
            if item["id"] in approved:
                self._parts.setdefault(item["request_id"], set()).add(item["department_id"])
        self._cameras: dict[UUID, set[UUID]] = {}
        for line in self.lines:
            if line["authorized_begin"]:
                self._cameras.setdefault(line["item_id"], set()).add(line["camera_id"])

    def sees(self, person: UUID, kind: str, key: object) -> bool:
        """Say whether the person may know of one thing."""
        answer: bool = getattr(self, f"_{kind}")(person, self.things[kind][key])
        return answer

    def _offices(self, person: UUID) -> Iterator[tuple[str, UUID]]:
        """Yield the roles a person holds now with their departments, lent ones too."""
        for row in self.held:
            if row["person_id"] == person and self._standing(row):
                yield row["role"], row["department_id"]
        for row in self.things["delegation"].values():
            lent = (row["from_person_id"], row["role"], row["department_id"])
            begun = row["ended_at"] is None and row["valid_from"] <= self.now < row["valid_until"]
            held = any(
                (it["person_id"], it["role"], it["department_id"]) == lent and self._standing(it) for it in self.held
            )
            if row["to_person_id"] == person and begun and held:
                yield row["role"], row["department_id"]

    def _standing(self, row: Row) -> bool:
        begun = row["valid_from"] is None or row["valid_from"] <= self.now
        return row["withdrawn_at"] is None and begun and (row["valid_until"] is None or self.now < row["valid_until"])

    def _over(self, person: UUID, role: str, place: UUID | None) -> bool:
        """Say whether the person holds the role in a department or anywhere above it."""
        while place is not None:
            if (role, place) in self.offices[person]:
                return True
            place = self.departments[place]["parent_id"]
        return False

    def _decides(self, person: UUID, request: Row) -> bool:
        """Say whether the person approves for the center of a request, or for the one it was escalated to."""
        return any(self._over(person, "center_approver", request[it]) for it in ("center_id", "escalated_to"))

    def _access_request(self, person: UUID, row: Row) -> bool:
        if row["requester_id"] == person or self._over(person, "auditor", row["department_id"]):
            return True
        if row["state"] == "DRAFT":
            return False
        return (row["id"], person) in self.named or self._decides(person, row) or self._owns_a_part(person, row)

    def _owns_a_part(self, person: UUID, row: Row) -> bool:
        """An owner hears of a request once a camera of the own was approved, of an emergency at once."""
        return any(self._over(person, "department_authorizer", it) for it in self._parts.get(row["id"], ()))

    def _grant(self, person: UUID, row: Row) -> bool:
        request = self.things["access_request"][row["request_id"]]
        if (row["id"], person) in self.granted or request["requester_id"] == person or self._decides(person, request):
            return True
        places = {row["department_id"], *(self.owners[camera] for camera in self._cameras.get(row["item_id"], ()))}
        return any(self._over(person, role, it) for role in ("department_authorizer", "auditor") for it in places)

    def _retrieval(self, person: UUID, row: Row) -> bool:
        return bool(row["person_id"] == person and any(role == "investigator" for role, _ in self.offices[person]))

    def _attachment(self, person: UUID, row: Row) -> bool:
        request = self.things["access_request"][row["request_id"]]
        return row["removed_at"] is None and self._access_request(person, request)

    def _notice(self, person: UUID, row: Row) -> bool:
        return (row["id"], person) in self.told

    def _register(self, person: UUID, row: Row) -> bool:
        """Own looks, looks under own decisions, at own cameras, by one's people."""
        return (
            row["person_id"] == person
            or self._over(person, "center_approver", row["center_id"])
            or self._over(person, "department_authorizer", row["owner_id"])
            or any(self._over(person, "auditor", row[it]) for it in ("department_id", "owner_id"))
        )

    def _lock(self, person: UUID, row: Row) -> bool:
        place = next(key for key, it in self.departments.items() if it["path"] == row["path"])
        if self._over(person, "auditor", place):
            return True
        if row["kind"] == "person":
            return self._over(person, "security_administrator", place)
        return self._over(person, "department_authorizer", place) or self._speaks_for(person, place)

    def _speaks_for(self, person: UUID, place: UUID | None) -> bool:
        """A center speaks for the place it belongs to and for all below."""
        centers = [key for key, it in self.departments.items() if it["kind"] == "center"]
        decided = {self.departments[it]["parent_id"] for it in centers if self._over(person, "center_approver", it)}
        while place is not None:
            if place in decided:
                return True
            place = self.departments[place]["parent_id"]
        return False

    def _delegation(self, person: UUID, row: Row) -> bool:
        own = person in {row["from_person_id"], row["to_person_id"]}
        return own or self._keeps(person, self.homes[row["from_person_id"]])

    def _absence(self, person: UUID, row: Row) -> bool:
        return row["person_id"] == person or self._keeps(person, self.homes[row["person_id"]])

    def _keeps(self, person: UUID, home: UUID) -> bool:
        return self._over(person, "security_administrator", home) or self._over(person, "auditor", home)
