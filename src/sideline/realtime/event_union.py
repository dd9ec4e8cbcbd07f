"""Every event that a socket may bring, as one union: the component ``Event`` of the OpenAPI document.

The web app's types are generated from it, so an event that a slice adds and
nobody handles there is a compile error. A test sees to it that none is missing.
"""

from typing import Any, get_args

from sideline.engagements.events import (
    EngagementEnded,
    EngagementLost,
    EngagementMuted,
    EngagementRequested,
    EngagementResumed,
    EngagementShownToAgent,
    EngagementStarted,
    EngagementSwitched,
)
from sideline.interactions.events import (
    CustomerCallChanged,
    InteractionChanged,
    InteractionEnded,
    InteractionStarted,
    LegReconnectWanted,
    LegStateChanged,
    PbxReachChanged,
    QueueChanged,
)
from sideline.kit.event_log import Event
from sideline.people.events import (
    GroupChanged,
    PhonesChanged,
    PolicyChanged,
    PresenceChanged,
    RightsChanged,
    RoleChanged,
    SignInEnded,
    TeamChanged,
    UserChanged,
)

AnyEvent = (
    PresenceChanged
    | UserChanged
    | TeamChanged
    | GroupChanged
    | RoleChanged
    | PolicyChanged
    | PhonesChanged
    | RightsChanged
    | SignInEnded
    | InteractionStarted
    | InteractionChanged
    | InteractionEnded
    | CustomerCallChanged
    | LegStateChanged
    | LegReconnectWanted
    | QueueChanged
    | PbxReachChanged
    | EngagementRequested
    | EngagementStarted
    | EngagementSwitched
    | EngagementMuted
    | EngagementLost
    | EngagementResumed
    | EngagementEnded
    | EngagementShownToAgent
)
"""Every event; ``type`` tells which."""

EVENT_TYPES: tuple[type[Event], ...] = get_args(AnyEvent)

COMPONENT = "Event"
"""Name of the union in the OpenAPI document."""


def name_the_union(document: dict[str, Any]) -> None:
    """Give the union a name in ``document`` (OpenAPI), and its members the ``at`` that the wire adds.

    What is generated from Python types can only write a union out where it is
    used; TypeScript wants to switch over it by name.
    """
    schemas = document["components"]["schemas"]
    tags: dict[str, str] = {}
    for kind in EVENT_TYPES:
        schema = schemas[kind.__name__]
        schema["properties"]["at"] = {"type": "string", "format": "date-time", "description": "When it happened."}
        schema["required"] = sorted({*schema.get("required", ()), "at", "type"})
        tags[str(kind.__struct_config__.tag)] = f"#/components/schemas/{kind.__name__}"
    schemas[COMPONENT] = {
        "oneOf": [{"$ref": reference} for reference in tags.values()],
        "discriminator": {"propertyName": "type", "mapping": tags},
        "description": "Something that happened; type tells what.",
    }
    schemas["EventsOut"]["properties"]["events"]["items"] = {"$ref": f"#/components/schemas/{COMPONENT}"}
