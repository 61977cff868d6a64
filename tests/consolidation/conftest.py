"""Two reviewers at the HQ, one outlet each: the case most tests here begin with."""

import pytest

from tests import make
from tests.consolidation.world import Case, case


@pytest.fixture
def hechuan(world: make.World) -> Case:
    """HQ with an and bai, S1 with an, S2 with bai; nothing answered."""
    made = case(world)
    made.visit("hq", "HQ", "an", "bai")
    made.visit("s1", "S1", "an")
    made.visit("s2", "S2", "bai")
    return made


@pytest.fixture
def disputed(hechuan: Case) -> Case:
    """Everything answered; an and bai differ on 1.1 of the HQ; all parts submitted.

    By hand: 1.2 pooled 2/10 → 16 of 20; 2.1 HQ, S1 met, S2 not: mean 1/3 lost → 40/3 of 20; 2.2 both outlets met → 20.
    1.1 met: 40 + 16 + 40/3 + 20 = 268/3 = 89.33; not met: 49.33.
    """
    an, bai = hechuan.tablet("an"), hechuan.tablet("bai")
    hq, s1, s2 = (hechuan.visits[name] for name in ("hq", "s1", "s2"))
    an.met(hq, "1.1", True, note="看了组织机构图")
    bai.met(hq, "1.1", False, note="岗位说明书缺两份")
    an.sample(hq, "1.2", 4, 1)
    an.met(hq, "2.1")
    an.sample(s1, "1.2", 3, 1)
    an.met(s1, "2.1")
    an.met(s1, "2.2")
    bai.sample(s2, "1.2", 3, 0)
    bai.met(s2, "2.1", False)
    bai.met(s2, "2.2")
    an.submit(hq, hechuan.person("an"))
    bai.submit(hq, hechuan.person("bai"))
    an.submit(s1, hechuan.person("an"))
    bai.submit(s2, hechuan.person("bai"))
    return hechuan
