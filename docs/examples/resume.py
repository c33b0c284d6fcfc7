"""A client of linkspan in Python that resumes its session. Needs the package websockets (Debian: python3-websockets).
With a gateway running:

    python3 docs/examples/resume.py [ws://127.0.0.1:8080/ws] [USER]

Prints what USER receives, through lost connections, until somebody sends it "bye".
"""
import asyncio
import json
import random
import sys
import uuid
from collections import OrderedDict
from urllib.parse import urlencode

import websockets

URL = sys.argv[1] if len(sys.argv) > 1 else "ws://127.0.0.1:8080/ws"
USER = sys.argv[2] if len(sys.argv) > 2 else "hello"

NEVER = {1000, 1002, 1003, 1007, 1008, 1009, 1010, 4400, 4401, 4403, 4409, 4410}  # 4401: this client has no other identity
FIRST_DELAY, MAX_DELAY, STABLE = 0.5, 30, 5  # seconds


class Client:
    def __init__(self):
        self.session = ""
        self.socket = None
        self.pending = OrderedDict()  # messages without an outcome, in the order of sending
        self.seen = OrderedDict()  # (from, eventId) of received messages

    async def write(self, packet):
        if self.socket is not None:
            await self.socket.send(json.dumps(packet))

    async def send(self, **message):
        """Sends a message, now or after the next connect, until it has an outcome."""
        message["eventId"] = str(uuid.uuid4())
        self.pending[message["eventId"]] = message
        await self.write({"message": message})

    async def run(self):
        """The only loop that connects: there is one connection at most."""
        attempt = 0
        while True:
            started = asyncio.get_running_loop().time()
            code, reason = 1006, ""
            query = urlencode({"user": USER, "session": self.session, "ack": "client"})
            try:
                async with websockets.connect(f"{URL}?{query}", subprotocols=["linkspan.json"]) as socket:
                    try:
                        async for frame in socket:
                            if await self.on_frame(socket, json.loads(frame)):
                                return  # leaves with code 1000, which ends the session
                    finally:
                        self.socket = None
                        code, reason = socket.close_code or 1006, socket.close_reason or ""
            except (OSError, asyncio.TimeoutError, websockets.exceptions.WebSocketException):
                pass  # no connection, or it ended without a close frame
            if code in NEVER or 4500 <= code < 5000:
                sys.exit(f"closed by the gateway: {code} {reason}")
            if asyncio.get_running_loop().time() - started > STABLE:
                attempt = 0
            ceiling = min(MAX_DELAY, FIRST_DELAY * 2 ** min(attempt, 10))
            least = float(reason.split("retryAfterMs=")[1]) / 1000 if "retryAfterMs=" in reason else 0
            await asyncio.sleep(least + random.uniform(ceiling / 2 if attempt else 0, ceiling))
            attempt += 1

    async def on_frame(self, socket, frame):
        """Returns whether the program ends."""
        message = frame.get("message")
        if message is None:
            self.pending.pop(frame.get("ack", {}).get("eventId"), None)
            return False
        kind = message.get("type")
        if kind == "session":  # the first message of each connection
            greeting = json.loads(message["body"])
            self.session = greeting["session"]
            print("resumed" if greeting["recovered"] else "a new session", flush=True)
            self.socket = socket
            for unsettled in list(self.pending.values()):
                await self.write({"message": unsettled})
            return False
        if kind == "error":
            self.pending.pop(message.get("replyTo"), None)
            print("refused:", message["body"], flush=True)
            return False
        if kind == "auth":
            return False
        key = (message.get("from"), message["eventId"])
        if key not in self.seen:
            self.seen[key] = True
            if len(self.seen) > 2000:
                self.seen.popitem(last=False)
            print(f"{message.get('from')}: {message.get('body', '')}", flush=True)
        await self.write({"ack": {"eventId": message["eventId"]}})
        return message.get("body") == "bye"


async def main():
    client = Client()
    await client.send(to="service:echo", type="text", body="Hello, linkspan!")
    await client.run()


asyncio.run(main())
