"""Requests to an application, without a server."""

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI


def client_of(app: FastAPI) -> httpx.AsyncClient:
    """A client of an application; its exceptions reach the test."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service")


def request(app: FastAPI, method: str, url: str, **more: Any) -> httpx.Response:
    """One request, from a test that is not async itself."""

    async def send() -> httpx.Response:
        async with client_of(app) as client:
            return await client.request(method, url, **more)

    return asyncio.run(send())


def get(app: FastAPI, url: str, **more: Any) -> httpx.Response:
    """One GET request."""
    return request(app, "GET", url, **more)
