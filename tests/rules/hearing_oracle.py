"""Who hears whom, said a second time, one pair at a time and from the promises' wording.

It shares no code with ``sideline.rules.audibility``: that builds sets for
groups, this asks of each speaker and listener whether the one hears the other.
"""

from collections.abc import Iterator

from hypothesis import strategies as st

from sideline.rules.audibility import MUSIC, Listening, Mode, Party, Purpose, Route, Routes, World


def expected_routes(world: World) -> Routes:
    people = {party.id for party in world.parties} | {each.supervisor for each in world.listenings}
    heard = {Route(s, t) for s in people for t in people if s != t and _hears_person(world, s, t)}
    heard |= {Route(MUSIC, party.id) for party in world.parties if _hears_music(world, party, heard)}
    return frozenset(heard)


def _hears_person(world: World, speaker: str, listener: str) -> bool:
    for party in world.parties:
        if party.id == listener and (_speaks_to(world, speaker, party.group) or _whispers_to(world, speaker, party)):
            return True
    return any(
        target.id == engagement.target and _speaks_to(world, speaker, target.group)
        for engagement in world.listenings
        if engagement.supervisor == listener
        for target in world.parties
    )


def _speaks_to(world: World, speaker: str, group: str) -> bool:
    return any(voice == speaker and place == group for voice, place in _open_voices(world))


def _open_voices(world: World) -> Iterator[tuple[str, str]]:
    for party in world.parties:
        if not party.is_muted:
            yield party.id, party.group
        for engagement in world.listenings:
            if (engagement.target, engagement.mode, engagement.is_muted) == (party.id, Mode.BARGE, False):
                yield engagement.supervisor, party.group


def _whispers_to(world: World, speaker: str, listener: Party) -> bool:
    return listener.purpose == Purpose.AGENT and Listening(speaker, listener.id, Mode.COACH) in world.listenings


def _hears_music(world: World, party: Party, heard: set[Route]) -> bool:
    return party.group in world.music_groups and not [route for route in heard if route.listener == party.id]


_PURPOSES = (Purpose.CUSTOMER, Purpose.AGENT, Purpose.AGENT, Purpose.SUPERVISOR)
_GROUPS = ("main", "consult", "hold", "queue")
_MODES = (Mode.MONITOR, Mode.COACH, Mode.BARGE)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Any world of at most five parties and three supervisors, also ones that no call leads to."""
    parties = tuple(
        Party(f"party-{n}", draw(st.sampled_from(_PURPOSES)), draw(st.sampled_from(_GROUPS)), draw(st.booleans()))
        for n in range(draw(st.integers(0, 5)))
    )
    targets = [party.id for party in parties] + ["gone"]
    listenings = tuple(
        Listening(f"supervisor-{n}", draw(st.sampled_from(targets)), draw(st.sampled_from(_MODES)), draw(st.booleans()))
        for n in range(draw(st.integers(0, 3)))
    )
    return World(parties, listenings, draw(st.frozensets(st.sampled_from(_GROUPS))))
