"""The Asterisk engine under the contract: real SIP telephones on a real PBX."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.asterisk_lab import AsteriskLab
from tests.support.pbx_stage import OUTSIDE, PHONES, PbxStage, pbx_stage
from tests.voice_contract.contract import VoiceContract


class TestAsteriskEngine(VoiceContract):
    @pytest.fixture
    async def stage(self, asterisk_root: Path) -> AsyncIterator[PbxStage]:
        async with AsteriskLab(asterisk_root, phones=PHONES, outside=(OUTSIDE,)) as lab, pbx_stage(lab) as stage:
            yield stage
