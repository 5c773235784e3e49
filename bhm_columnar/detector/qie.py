"""The QIE10 digitiser: ADC code to charge, and what the TDC codes mean.

Sources: code layout from the HCAL test-stand documentation; nominal bin centres from CMSSW
``DQM/HcalCommon/interface/Constants.h`` (adc2fC); TDC codes from CMSSW ``DataFormats/HcalRecHit/interface/
HcalSpecialTimes.h``, which quotes T. Zimmerman's QIE10/11 specification. There are no public slopes and pedestals for
BHM, so charges are nominal: good to the spread between QIE chips.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = [
    "ADC_CHARGE_FC",
    "LINK_WORDS",
    "N_ADC",
    "N_SAMPLES",
    "N_TDC",
    "TDC_ALREADY_HIGH",
    "TDC_CODES",
    "TDC_MEANINGS",
    "TDC_NO_CROSSING",
    "TDC_NS",
    "adc_to_charge",
    "charge_to_adc",
]

#: ADC samples per pulse in a dump, one per bunch crossing
N_SAMPLES: Final = 20
N_ADC: Final = 256
N_TDC: Final = 64
#: width of one TDC count in ns
TDC_NS: Final = 0.5
#: codes that are a leading-edge time; the rest are states
TDC_CODES: Final = range(50)
TDC_ALREADY_HIGH: Final = 62
TDC_NO_CROSSING: Final = 63
TDC_MEANINGS: Final = {
    **dict.fromkeys(range(50, 58), "should not happen: bit flip"),
    58: "invalid code",
    59: "a DLL unlocked",
    60: "phase DLL unlocked",
    61: "TDC DLL unlocked",
    TDC_ALREADY_HIGH: "discriminator already high at the start of the BX",
    TDC_NO_CROSSING: "no crossing",
}
#: (TDC, peak ADC) of link words decoded as data: 188 = 0xBC = K28.5 and 124 = 0x7C = K28.3 of the 8b/10b code
LINK_WORDS: Final = ((25, 188), (0, 124))

# fmt: off
_ADC_CHARGE_FC: Final = (
    1.58, 4.73, 7.88, 11, 14.2, 17.3, 20.5, 23.6, 26.8, 29.9, 33.1, 36.2, 39.4, 42.5, 45.7, 48.8,
    53.6, 60.1, 66.6, 73, 79.5, 86, 92.5, 98.9, 105, 112, 118, 125, 131, 138, 144, 151,
    157, 164, 170, 177, 186, 199, 212, 225, 238, 251, 264, 277, 289, 302, 315, 328,
    341, 354, 367, 380, 393, 406, 418, 431, 444, 464, 490, 516, 542, 568, 594, 620,
    569, 594, 619, 645, 670, 695, 720, 745, 771, 796, 821, 846, 871, 897, 922, 947,
    960, 1010, 1060, 1120, 1170, 1220, 1270, 1320, 1370, 1430, 1480, 1530, 1580, 1630, 1690, 1740,
    1790, 1840, 1890, 1940, 2020, 2120, 2230, 2330, 2430, 2540, 2640, 2740, 2850, 2950, 3050, 3150,
    3260, 3360, 3460, 3570, 3670, 3770, 3880, 3980, 4080, 4240, 4450, 4650, 4860, 5070, 5280, 5490,
    5080, 5280, 5480, 5680, 5880, 6080, 6280, 6480, 6680, 6890, 7090, 7290, 7490, 7690, 7890, 8090,
    8400, 8810, 9220, 9630, 10000, 10400, 10900, 11300, 11700, 12100, 12500, 12900, 13300, 13700, 14100, 14500,
    15000, 15400, 15800, 16200, 16800, 17600, 18400, 19300, 20100, 20900, 21700, 22500, 23400, 24200, 25000, 25800,
    26600, 27500, 28300, 29100, 29900, 30700, 31600, 32400, 33200, 34400, 36100, 37700, 39400, 41000, 42700, 44300,
    41100, 42700, 44300, 45900, 47600, 49200, 50800, 52500, 54100, 55700, 57400, 59000, 60600, 62200, 63900, 65500,
    68000, 71300, 74700, 78000, 81400, 84700, 88000, 91400, 94700, 98100, 101000, 105000, 108000, 111000, 115000, 118000,
    121000, 125000, 128000, 131000, 137000, 145000, 152000, 160000, 168000, 176000, 183000, 191000, 199000, 206000, 214000, 222000,
    230000, 237000, 245000, 253000, 261000, 268000, 276000, 284000, 291000, 302000, 316000, 329000, 343000, 356000, 370000, 384000,)
# fmt: on

#: nominal charge at the centre of each ADC code's bin in fC, shape (256,). Four ranges of 64 codes overlap by three
#: codes, so the charge falls back at 64, 128 and 192.
ADC_CHARGE_FC: Final[npt.NDArray[np.float32]] = np.asarray(_ADC_CHARGE_FC, dtype=np.float32)
ADC_CHARGE_FC.setflags(write=False)

#: codes the digitiser gives to a slowly rising charge: each range is used up to its end before the next one
_RISING: Final = np.flatnonzero(np.maximum.accumulate(ADC_CHARGE_FC) <= ADC_CHARGE_FC)
_RISING_EDGES: Final = (ADC_CHARGE_FC[_RISING][1:] + ADC_CHARGE_FC[_RISING][:-1]) / 2


def adc_to_charge(adc: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Nominal charge in fC of ADC codes, any shape."""
    charge: npt.NDArray[np.float32] = ADC_CHARGE_FC[adc]
    return charge


def charge_to_adc(charge: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """ADC code that a nominal QIE10 gives to a charge in fC, any shape; saturates at 0 and 255."""
    return _RISING[np.searchsorted(_RISING_EDGES, charge)].astype(np.uint8)
