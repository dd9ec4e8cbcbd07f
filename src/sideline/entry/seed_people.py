"""Who works in the demo organisation; every name is invented."""

from typing import NamedTuple

PASSWORD = "sideline-demo-2026"  # noqa: S105 - shown to everybody, on purpose
"""Every demo user's password; the demo listens on this machine only."""

DOMAIN = "brightlamp.example"


class SeedTeam(NamedTuple):
    """A team and the team it is nested in."""

    name: str
    parent: str | None = None


class SeedUser(NamedTuple):
    """A demo user: who, shipped role, home team, teams they answer for."""

    name: str
    email_name: str
    role: str
    team: str | None = None
    supervises: tuple[str, ...] = ()
    is_bot: bool = False


TEAMS = (
    SeedTeam("Customer care"),
    SeedTeam("Orders", "Customer care"),
    SeedTeam("Deliveries", "Customer care"),
    SeedTeam("Accounts"),
)

USERS = (
    SeedUser("Sofia Lindqvist", "supervisor", "supervisor", "Customer care", ("Customer care",)),
    SeedUser("Noah Adeyemi", "supervisor2", "supervisor", "Accounts", ("Accounts",)),
    SeedUser("Mara Kowalski", "coach", "quality_manager", "Customer care"),
    SeedUser("Ivo Brandt", "auditor", "auditor"),
    SeedUser("Greta Olsen", "admin", "administrator"),
    SeedUser("Emil Santos", "agent", "agent", "Orders"),
    SeedUser("Lea Fontaine", "agent2", "agent", "Deliveries"),
    SeedUser("Ana Petrova", "ana", "agent", "Orders", is_bot=True),
    SeedUser("Ben Whitfield", "ben", "agent", "Orders", is_bot=True),
    SeedUser("Chidi Okoro", "chidi", "agent", "Orders", is_bot=True),
    SeedUser("Dana Weiss", "dana", "agent", "Deliveries", is_bot=True),
    SeedUser("Eva Moreau", "eva", "agent", "Deliveries", is_bot=True),
    SeedUser("Finn Jansen", "finn", "agent", "Deliveries", is_bot=True),
    SeedUser("Hana Sato", "hana", "agent", "Accounts", is_bot=True),
    SeedUser("Jon Rivera", "jon", "agent", "Accounts", is_bot=True),
)

HINTED = ("supervisor", "agent", "coach", "admin", "auditor")
"""Users whom the sign-in page and the terminal name, the supervisor first."""

GROUPS = {"New starters": ("agent", "agent2", "finn"), "Peak-season crew": ("ana", "ben", "dana", "eva")}

CAMPAIGNS = ("Spring catalogue", "Late parcels", "Win back")
LISTS = ("Newsletter readers", "Orders of last week", "Closed accounts")


class SeedQueue(NamedTuple):
    """A queue, its address, the team that answers for it; all agents of that team take its calls."""

    name: str
    slug: str
    team: str
    members: tuple[str, ...] = ()
    """Who takes its calls, by e-mail name; empty: all agents of the team."""


QUEUES = (
    SeedQueue("Orders", "orders", "Orders"),
    SeedQueue("Deliveries", "deliveries", "Deliveries"),
    SeedQueue("Accounts", "accounts", "Accounts"),
    SeedQueue("Your own calls", "yours", "Customer care", ("agent", "agent2")),
)
"""The last has no bots: whoever calls it is answered by the person who signed in as an agent."""

RESULT_CODES = (
    ("solved", "Solved"),
    ("follow_up", "Follow-up needed"),
    ("refund", "Refund"),
    ("new_delivery", "New delivery"),
    ("wrong_number", "Wrong number"),
)

CUSTOMERS = (
    "Alma Reyes", "Tom Becker", "Priya Nair", "Luca Ferri", "Ines Duarte", "Oskar Holm",
    "Yara Haddad", "Miles Carter", "Zofia Nowak", "Pavel Horak", "Greta Blom", "Samir Aziz",
)  # fmt: skip


def email_of(name: str) -> str:
    """Return the sign-in of the demo user with this e-mail name."""
    return f"{name}@{DOMAIN}"
