"""The options of a source, parted into those that anybody who keeps it may see and those that are sealed."""

import json
from collections.abc import Mapping
from dataclasses import replace

from adapters.described import carries_password, described
from broker.domain.catalog.catalog import Source
from broker.domain.errors import Conflict
from storage.secrets import SecretBox


class SourceSecrets:
    """The only place where the secret options of sources are opened; what it returns goes to the gateway alone."""

    def __init__(self, box: SecretBox) -> None:
        self._box = box

    def options_of(self, source: Source, *, even_stopped: bool = False) -> dict[str, object]:
        """Return all options of a source, the secret ones in the open.

        Raises:
            Conflict: `source-stopped`, nobody is to ask it anything now.
            Unavailable: the key is missing, or is not the one they were sealed under.
        """
        if source.stopped and not even_stopped:
            raise Conflict("source-stopped")
        opened: dict[str, object] = {}
        if source.sealed:
            opened = json.loads(self._box.open(source.sealed, source.place))
        return {**source.options, **opened}

    def with_options(self, source: Source, options: Mapping[str, object]) -> Source:
        """Return the source with these options, the secret ones sealed.

        Secret is what the adapter says, and every address with a password in it.

        Raises:
            UnknownAdapter, AdapterNotLoadable: nobody can say which options are secret.
            Unavailable: the key is missing or cannot be read.
        """
        known = described(source.adapter).secrets
        hidden = {name: value for name, value in options.items() if name in known or carries_password(value)}
        plain = {name: value for name, value in options.items() if name not in hidden}
        sealed = self._box.seal(json.dumps(hidden, sort_keys=True).encode(), source.place) if hidden else b""
        return replace(source, options=plain, secrets=tuple(sorted(hidden)), sealed=sealed)

    def shown(self, source: Source) -> dict[str, object]:
        """Return the options that may be shown; none where nobody can say which are secret."""
        known = described(source.adapter).secrets
        return {
            name: value for name, value in source.options.items() if name not in known and not carries_password(value)
        }

    def is_current(self, source: Source) -> bool:
        """Say whether all secrets are sealed, and under the key that seals now."""
        sealed_all = len(self.shown(source)) == len(source.options)
        return sealed_all and (not source.sealed or self._box.is_current(source.sealed))
