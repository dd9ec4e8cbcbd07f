"""Who is asking: the signed-in user of a request, as every slice's routes get it."""

import msgspec

from sideline.kit.problems import NotFound, Refused
from sideline.rules.permissions import Actor, Nothing, Permission, Resource, can, scope_of
from sideline.rules.refusals import Refusal, RefusalCode


class SignedIn(msgspec.Struct, frozen=True):
    """A user who signed in with a browser, or a program with that user's API key.

    Injected into handlers as the dependency ``me``; absent sign-in answers 401.
    """

    user_id: str
    name: str
    actor: Actor
    time_zone: str
    team_id: str | None
    address: str
    """Network address the request came from, for the audit."""
    sign_in_id: str | None = None
    """None for an API key."""

    @property
    def subject(self) -> str:
        """Return who sends, as far as idempotency is concerned."""
        return f"user:{self.user_id}"

    def may_at_all(self, permission: Permission) -> bool:
        """Return whether the user holds ``permission`` in any scope."""
        return not isinstance(scope_of(self.actor, permission), Nothing)

    def require(self, permission: Permission, resource: Resource, *, sees: Permission, what: str) -> None:
        """Refuse with 404 what the user may not see, with 403 what they may see but not do."""
        if can(self.actor, permission, resource):
            return
        if not can(self.actor, sees, resource):
            raise NotFound(what)
        raise Refused(Refusal(RefusalCode.NOT_ALLOWED, {"permission": permission}))

    def require_at_all(self, permission: Permission) -> None:
        """Refuse with 403 unless the user holds ``permission`` in some scope."""
        if not self.may_at_all(permission):
            raise Refused(Refusal(RefusalCode.NOT_ALLOWED, {"permission": permission}))
