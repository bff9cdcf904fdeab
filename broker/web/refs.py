"""References on the wire: the id for programs, the name for the reader."""

from typing import Self
from uuid import UUID

from broker.domain.catalog.catalog import Camera
from broker.domain.ids import CameraId, DepartmentId, PersonId
from broker.domain.people.accounts import Department, Person
from broker.services.people.names import Known
from broker.web.values import Out


class DepartmentRef(Out):
    """A department, told by code and name; one that is closed is history."""

    id: UUID
    code: str
    name: str
    name_en: str
    closed: bool = False

    @classmethod
    def of(cls, department: Department) -> Self:
        return cls(
            id=department.id, code=department.code, name=department.name, name_en=department.name_en,
            closed=department.closed,
        )  # fmt: skip

    @classmethod
    def named(cls, key: DepartmentId, known: Known) -> Self:
        found = known.departments.get(key)
        return cls(id=key, code="", name="", name_en="") if found is None else cls.of(found)


class PersonRef(Out):
    """A person, told by login and name."""

    id: UUID
    login: str
    name: str

    @classmethod
    def of(cls, person: Person) -> Self:
        return cls(id=person.id, login=person.login, name=person.name)

    @classmethod
    def named(cls, key: PersonId, known: Known) -> Self:
        found = known.persons.get(key)
        return cls(id=key, login="", name="") if found is None else cls.of(found)


class CameraRef(Out):
    """A camera, told by name and GB/T 28181 code."""

    id: UUID
    name: str
    gb_code: str | None

    @classmethod
    def of(cls, camera: Camera) -> Self:
        return cls(id=camera.id, name=camera.name, gb_code=camera.gb_code)

    @classmethod
    def named(cls, key: CameraId, known: Known) -> Self:
        found = known.cameras.get(key)
        return cls(id=key, name="", gb_code=None) if found is None else cls.of(found)
