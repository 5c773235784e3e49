"""The automatic calibration of one channel, hit by hit, from its description alone.

It shares no code with the library.
"""

from __future__ import annotations


def calibrate(hits: list[tuple[int, int]], fallback_cut: int) -> tuple[int, int]:
    """TDC peak and ADC cut from (TDC, peak ADC) of each hit."""
    table = [[0] * 51 for _ in range(15)]
    for tdc, adc in hits:
        if tdc <= 14 and 128 <= adc <= 179:
            table[tdc][min(adc - 128, 50)] += 1
    best, tdc_peak, p = -1, 0, 0
    for t in range(15):
        for k in range(51):
            if table[t][k] > best:
                best, tdc_peak, p = table[t][k], t, k
    row = table[tdc_peak]
    a, b = max(0, p - 15), min(50, p + 16)
    total = sum(row[a:b])
    if total == 0:
        return tdc_peak, fallback_cut
    left = right = p
    while True:
        if left >= a:
            left -= 1
        if right < b:
            right += 1
        if sum(row[left + 1 : right]) / total >= 0.68:
            break
    while row[left + 1] == 0:
        left += 1
    return tdc_peak, 128 + left
