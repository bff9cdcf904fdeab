"""The fields of the camera record that a city defines for itself."""

from collections.abc import Sequence

from broker.domain.catalog.camera_fields import CustomField, defined
from broker.domain.people.accounts import Caller
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import Work


class CameraFields:
    """Definitions; the values stand in the points."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def all(self, caller: Caller) -> Sequence[CustomField]:
        """Return every field by key, retired ones too; there are at most a hundred."""
        with self._work() as work:
            self._policy.require(caller, "camera_field:list", caller.roles(work.now), facts.of_person(caller))
            return list(work.camera_fields.all().values())

    def define(self, caller: Caller, wanted: CustomField) -> CustomField:
        """Define a field, or change what is said about it; the same again changes nothing.

        Raises:
            Invalid: the key or the codes are none.
            Conflict: the field holds another kind of value, or there are as many fields as there can be.
        """
        with self._work() as work:
            permit = self._policy.require(
                caller, "camera_field:define", caller.roles(work.now), facts.of_person(caller)
            )
            work.camera_fields.hold()
            known = work.camera_fields.all()
            before = known.get(wanted.key)
            after, entry = defined(before, wanted, len(known))
            if before is not None and after.rule == before.rule and _flags(after) == _flags(before):
                return before
            work.camera_fields.save(before, after)
            work.audit.append(permit, (entry,))
            work.commit(permit)
            return after


def _flags(field: CustomField) -> tuple[bool, bool]:
    return field.mandatory, field.retired
