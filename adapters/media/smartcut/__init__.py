"""Cutting coded video at any picture without encoding the whole of it anew.

What lies between two key frames can only be decoded from the first of them on. So pictures are copied as they were
coded from the first key frame inside a span; those before it, and those at the end that need pictures from after the
end, are decoded and encoded anew with the parameters of the recording. Both kinds stand in one track: its header holds
the parameter sets of the recording and, under ids that the recording does not use, those of the encoder.
"""
