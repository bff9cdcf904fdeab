"""The outcome of a policy decision, in the form that a change of state has to carry."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Permit:
    """Proof that the policy was asked and said yes: who, which act, under which policy version.

    Only the authorizer makes one; the trace cannot be written and a unit of work cannot be committed without it.
    """

    actor: str
    act: str
    policy: str
