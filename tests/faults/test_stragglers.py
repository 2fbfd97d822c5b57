"""What nobody waits for any more finds the photo in other hands, and must leave it whole."""

import pytest
from tests.faults.plan import Fault, Kind, MAX_ATTEMPTS
from tests.faults.world import World, Create, Upload, StartIngest, List, Edit, Read, Delete
from photosky.table import LEASE_SECONDS

def test_scan(world: World) -> None:
    bad = []; n = 0
    for breaks in range(0, 13):
        for kind in (Kind.STALLED, Kind.LATE):
            for at in range(0, 16):
                for second in (0, 1):
                    world.begin()
                    plan = {breaks: Fault(Kind.CRASHED)} | {at: Fault(kind, 3)}
                    world.do(Create()); world.do(Upload(0, 0))
                    r1 = world.do(StartIngest(0), plan)
                    world.clock.tick(LEASE_SECONDS + 1)
                    world.do(Upload(0, second))
                    r2 = world.do(StartIngest(0))
                    world.drift([0] * 20)
                    n += 1
                    try:
                        world.settle(); world.check(); world.check_deletable()
                    except AssertionError as e:
                        bad.append((breaks, kind, at, second, r1.status, r2.status, repr(e)[:150]))
    print(n, len(bad))
    for b in bad: print(*b)
