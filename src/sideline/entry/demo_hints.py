"""The demo's sign-ins as the sign-in page offers them."""

from sideline.entry.seed_people import HINTED, PASSWORD, USERS, email_of
from sideline.people.sign_in.schemas import SignInHint
from sideline.rules.shipped_roles import SHIPPED_ROLES


def demo_hints() -> list[SignInHint]:
    """Return the demo users whom the sign-in page names, the supervisor first."""
    by_email_name = {user.email_name: user for user in USERS}
    return [
        SignInHint(
            email=email_of(name),
            password=PASSWORD,
            name=by_email_name[name].name,
            role=SHIPPED_ROLES[by_email_name[name].role].name,
        )
        for name in HINTED
    ]
