"""Many devices at the same time: what only locks can get wrong."""

from concurrent.futures import ThreadPoolExecutor

from tests.sync.world import OPEN, SECOND, Tablet, World, answer, id_of


def push_all(tablet: Tablet, visits: tuple[str, str]) -> None:
    """Pushes twenty times to two visits, again where the server asks to."""
    for number in range(20):
        own = [tablet.lines[-1]] if tablet.lines else []
        tablet.lines.append(answer("5.1.1", number % 2 == 0, *map(id_of, own), visit=visits[number % 2]))
        while (reply := tablet.push()).status_code == 503:
            pass
        assert reply.status_code == 200, reply.get_data()


def test_devices_that_push_at_the_same_time_lose_nothing(world: World):
    world.host.assigned[SECOND].add("bai")
    world.act("open_part", visit=SECOND, person="bai")
    tablets = [world.tablet(person) for person in ("an", "an", "bai", "bai")]
    for tablet in tablets:
        tablet.world = World.__new__(World)
        tablet.world.__dict__ |= world.__dict__ | {"client": world.app.test_client()}
    orders = [(OPEN, SECOND), (SECOND, OPEN), (OPEN, SECOND), (SECOND, OPEN)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(push_all, tablets, orders))
    for tablet in tablets:
        told = tablet.push(start=1).json
        assert (told["last_n"], told["parked"]) == (20, [])
    pulled = world.tablet("bai").pull(limit=3)
    assert pulled["digests"][OPEN] == world.digest(OPEN)
    assert (
        sorted(head[0] for head in pulled["registers"][OPEN, "result/5.1.1/value"])
        == world.heads()["result/5.1.1/value"]
    )
