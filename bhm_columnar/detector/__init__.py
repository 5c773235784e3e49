"""What the hardware is: channels, the QIE10 digitiser, the LHC clock.

These constants change only when someone re-cables, and each says where it comes from.
"""
