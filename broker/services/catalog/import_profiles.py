"""Ways of reading lists that are kept: saved, listed, put away, and suggested for a list whose headings are alike."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from broker.domain.catalog.coordinates import System
from broker.domain.catalog.imports import ImportProfile, Reading
from broker.domain.errors import Conflict, Invalid
from broker.domain.ids import ProfileId, new_id
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller
from broker.services.catalog.catalog_files.aliases import FIELDS
from broker.services.catalog.catalog_files.own_fields import OwnFields
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import Work

ALIKE = 0.6
"""Share of headings from which on a profile is suggested."""


class ImportProfiles:
    """Profiles belong to the whole city: whoever imports may make one and use one."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def page(self, caller: Caller, *, after: str, limit: int) -> Sequence[ImportProfile]:
        """Return the profiles in use, by name."""
        with self._work() as work:
            self._policy.require(caller, "camera:import", caller.roles(work.now), facts.of_person(caller))
            return work.import_profiles.page(after=after, limit=limit)

    def save(
        self, caller: Caller, name: str, mapping: Mapping[str, str], *, headings: Sequence[str], coordinates: System,
    ) -> ImportProfile:  # fmt: skip
        """Keep a way of reading under a name, in the place of the one that has it.

        Raises:
            Invalid: the mapping names a field that there is not.
            Conflict: the name is that of a profile that was put away.
        """
        with self._work() as work:
            permit = self._policy.require(caller, "camera:import", caller.roles(work.now), facts.of_person(caller))
            targets = (*FIELDS, *OwnFields.of(work.camera_fields.all()).fields)
            for field in mapping:
                if field not in targets:
                    raise Invalid("list-map-field", pointer="/mapping", field=field[:80], allowed=", ".join(targets))
            known = next((found for found in work.import_profiles.page(limit=1000) if found.name == name), None)
            if known is None and work.import_profiles.taken(name):
                raise Conflict("import-profile-retired", name=name)
            base = known or ImportProfile(ProfileId(new_id()), name, {}, ())
            after = replace(
                base, mapping=dict(mapping), headings=tuple(headings), coordinates=coordinates, version=base.version + 1
            )
            work.import_profiles.save(known, after)
            data = {"name": name, "mapping": dict(mapping), "coordinates": coordinates.value}
            work.audit.append(permit, (Entry(after.stream, "import_profile:saved", data),))
            work.commit(permit)
            return after

    def retire(self, caller: Caller, key: ProfileId) -> ImportProfile:
        """Put a profile away; imports that used it keep what they were read with."""
        with self._work() as work:
            permit = self._policy.require(caller, "camera:import", caller.roles(work.now), facts.of_person(caller))
            known = work.import_profiles.load(key, lock=True)
            if known.retired:
                return known
            after = replace(known, retired=True, version=known.version + 1)
            work.import_profiles.save(known, after)
            work.audit.append(permit, (Entry(after.stream, "import_profile:retired", {"name": known.name}),))
            work.commit(permit)
            return after


def suggested(profiles: Sequence[ImportProfile], columns: Sequence[str]) -> ImportProfile | None:
    """Return the profile whose headings are most like those of a list, None where none is like enough."""
    headings = frozenset(columns)
    best = max(profiles, key=lambda profile: profile.fits(headings), default=None)
    return best if best is not None and best.fits(headings) >= ALIKE else None


def reading_of(
    profile: ImportProfile | None, mapping: Mapping[str, str] | None, coordinates: System | None, *, strict: bool
) -> Reading:
    """Return how a list is read: by the profile, and by what is said by hand before it."""
    kept = dict(profile.mapping) if profile else {}
    system = coordinates or (profile.coordinates if profile else System.WGS84)
    return Reading(kept | dict(mapping or {}), system, strict)
