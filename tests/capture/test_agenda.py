"""The agenda: order, and what wakes the thread that serves it."""

import threading

from kuager.capture.agenda import Agenda


def test_order_is_kept_between_urgent_and_not():
    agenda, seen = Agenda(), []
    agenda.put_later(lambda _: seen.append("picture"))
    agenda.put(lambda _: seen.append("order"))
    agenda.put_later(lambda _: seen.append("sound"))
    agenda.run(10)
    assert seen == ["picture", "order", "sound"]


def test_only_what_is_urgent_wakes():
    agenda, seen = Agenda(), []
    served = threading.Thread(target=agenda.run, args=(30,), daemon=True)
    served.start()
    agenda.put_later(lambda _: seen.append("picture"))
    served.join(0.05)
    assert served.is_alive()
    assert not seen
    agenda.put(lambda _: seen.append("order"))
    served.join(5)
    assert seen == ["picture", "order"]


def test_what_is_put_while_serving_waits_for_the_next_time():
    agenda, seen = Agenda(), []

    def again(_: int) -> None:
        seen.append("once")
        agenda.put(again)

    agenda.put(again)
    agenda.run(0)
    assert seen == ["once"]
    agenda.run(0)
    assert seen == ["once", "once"]
