"""The fields that a city defined for itself, as targets of a mapping: `custom.<key>`, read as those of the record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from broker.domain.catalog.camera_fields import CustomField
from broker.services.catalog.catalog_files.columns import Glance
from broker.services.catalog.catalog_files.record_cells import record_glance, record_reader

PREFIX = "custom."


@dataclass(frozen=True)
class OwnFields:
    """The fields in use, by target; a retired one is no target, its values stay as they are."""

    fields: Mapping[str, CustomField] = field(default_factory=dict)

    @classmethod
    def of(cls, defined: Mapping[str, CustomField]) -> "OwnFields":
        return cls({PREFIX + key: own for key, own in defined.items() if not own.retired})

    @property
    def aliases(self) -> dict[str, tuple[str, ...]]:
        """The headings of each target: its own name first, as an export writes it."""
        return {target: (target, own.zh, own.en) for target, own in self.fields.items()}

    @property
    def readers(self) -> dict[str, Callable[[object], object]]:
        return {target: record_reader(own.rule) for target, own in self.fields.items()}

    @property
    def glances(self) -> dict[str, Glance]:
        found = {target: record_glance(own.rule) for target, own in self.fields.items()}
        return {target: glance for target, glance in found.items() if glance is not None}

    @property
    def mandatory(self) -> Sequence[str]:
        """The keys that a new point must have."""
        return [own.key for own in self.fields.values() if own.mandatory]


NO_FIELDS = OwnFields()
