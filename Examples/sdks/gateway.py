"""What the examples share: where the gateway is, what it takes for a credential, and something to say.

An SDK is given the gateway's address for its vendor's, and the gateway's credential for its vendor's key. Nothing else is changed in it.
"""

import array
import os
import time
import wave

HOST = os.environ.get("VOXGATE_HOST", "localhost:8080")
TOKEN = os.environ.get("VOXGATE_TOKEN", "")
RECORDING = os.path.join(os.path.dirname(__file__), "../audio/booking.wav")


def samples(rate=16_000, seconds=4):
    """The start of the recording and a second of silence, as PCM16."""
    with wave.open(RECORDING) as file:
        own = file.getframerate()
        heard = array.array("h", file.readframes(own * seconds))
    count = len(heard) * rate // own
    spoken = array.array("h", (heard[index * own // rate] for index in range(count)))
    return spoken.tobytes() + bytes(2 * rate)


def pieces(rate=16_000, milliseconds=100, speed=5):
    """The same in pieces, so many times faster than it was spoken."""
    audio = samples(rate)
    size = 2 * rate * milliseconds // 1000
    for start in range(0, len(audio), size):
        yield audio[start : start + size]
        time.sleep(milliseconds / 1000 / speed)


def finish(what, well):
    """Says how it went."""
    print(what)
    if not well:
        raise SystemExit("this is not what was to be expected")
