"""What the payloads of a chunk weigh."""

from __future__ import annotations

from bench.encoding import payloads, weigh
from bench.messages import noise, orders


def test_a_body_is_in_three_payloads_of_six() -> None:
    small, large = (sum(map(len, payloads(["x" * size] * 10))) for size in (10, 110))

    assert len(payloads(["x"])) == 6
    assert large - small == 3 * 10 * 100


def test_what_repeats_shrinks_and_noise_hardly_does() -> None:
    alike, unlike = weigh(list(orders(1_024, 100))), weigh(list(noise(1_024, 100)))

    assert alike.compressed < 0.3 * alike.plain
    assert 0.7 * unlike.plain < unlike.compressed < unlike.plain
    assert alike.claim_check == unlike.claim_check
