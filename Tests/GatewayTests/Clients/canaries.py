"""What the searches for secrets share: tokens, and a vendor that keeps all it is sent."""

import asyncio
import base64
import hashlib
import hmac
import json
import time

from wire import CLOSE, Wire


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(secret, subject, lifetime=600):
    claims = {"sub": subject, "exp": int(time.time()) + lifetime}
    text = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{text}.{encode(hmac.digest(secret.encode(), text.encode(), hashlib.sha256))}"


async def keep(messages, reader, writer, head):
    """Appends every frame of a session until its Close, which is answered."""
    wire = Wire(reader, writer, False, head)
    try:
        while received := await wire.receive():
            messages.append(received)
            if received[0] == CLOSE:
                wire.send(*received)
                writer.close()
    except (ConnectionError, asyncio.IncompleteReadError):
        writer.close()
