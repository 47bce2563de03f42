"""A peer on Python's websockets, which does the closing handshake in full.

peer.py server      listens on a free port, holds one conversation, exits
peer.py client URL  returns every message until the server closes
"""

import asyncio
import sys

import websockets


async def serve() -> None:
    over = asyncio.get_running_loop().create_future()

    async def speak(ws, *_path) -> None:
        try:
            print("Echoing")
            for n in range(10):
                message = f"Hello {n}"
                print(f"Sending to client: {message}")
                await ws.send(message)
                print(f"Received back from client: {await ws.recv()}")
            await ws.close()
            over.set_result(None)
        except Exception as error:
            over.set_exception(error)

    async with websockets.serve(speak, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        print(f"Listening on ws://{host}:{port}/", file=sys.stderr, flush=True)
        await over


async def converse(url: str) -> None:
    async with websockets.connect(url) as ws:
        async for message in ws:
            text = message if isinstance(message, str) else message.decode()
            print(f"Received from server: {text}")
            await ws.send(message)
        if ws.close_code != 1000:
            raise RuntimeError(f"expected close code 1000, got {ws.close_code}")


match sys.argv[1:]:
    case ["server"]:
        asyncio.run(serve())
    case ["client", url]:
        asyncio.run(converse(url))
    case _:
        sys.exit("usage: peer.py server | peer.py client URL")
