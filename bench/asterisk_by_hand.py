"""A supervisor by bare ARI, as one would write it by hand: the known thing beside the Asterisk engine.

No plan, no look at who is on the call, no deadman, no book of what stands.
"""

from tests.support.ari_by_hand import APP, Ari

WHISPER = {"monitor": "none", "coach": "out", "barge": "both"}


class ByHand:
    """One supervisor's bridge, telephone and snoop."""

    def __init__(self, ari: Ari, endpoint: str, agent_line: str) -> None:
        self._ari = ari
        self._endpoint = endpoint
        self._agent_line = agent_line
        self._number = 0
        self._bridge = self._leg = self._snoop = ""

    async def attach(self) -> None:
        """Ring the telephone, which answers by itself, and let it hear."""
        self._number += 1
        self._bridge, self._leg = f"hand-b-{self._endpoint}", f"hand-l-{self._endpoint}-{self._number}"
        await self._ari.request("POST", f"/bridges/{self._bridge}", {"type": "mixing"})
        query = {"endpoint": f"PJSIP/{self._endpoint}", "app": APP, "channelId": self._leg, "timeout": "15"}
        await self._ari.request("POST", "/channels", query)
        await self._ari.event("StasisStart", self._leg)
        await self._add(self._leg)
        self._snoop = await self._new_snoop("monitor")
        await self._add(self._snoop)

    async def switch(self, mode: str) -> None:
        """Make the new snoop, take the old one out, put the new one in, delete the old one."""
        new = await self._new_snoop(mode)
        await self._ari.request("POST", f"/bridges/{self._bridge}/removeChannel", {"channel": self._snoop})
        await self._add(new)
        await self._ari.request("DELETE", f"/channels/{self._snoop}")
        self._snoop = new

    async def detach(self) -> None:
        """Take everything away."""
        for channel in (self._snoop, self._leg):
            await self._ari.request("DELETE", f"/channels/{channel}")
        await self._ari.request("DELETE", f"/bridges/{self._bridge}")

    async def _new_snoop(self, mode: str) -> str:
        self._number += 1
        snoop = f"hand-s-{self._endpoint}-{self._number}"
        query = {"spy": "both", "whisper": WHISPER[mode], "app": APP}
        await self._ari.request("POST", f"/channels/{self._agent_line}/snoop/{snoop}", query)
        # A channel that is not there yet can't be put into a bridge.
        await self._ari.event("StasisStart", snoop)
        return snoop

    async def _add(self, channel: str) -> None:
        query = {"channel": channel, "inhibitConnectedLineUpdates": "true"}
        await self._ari.request("POST", f"/bridges/{self._bridge}/addChannel", query)
