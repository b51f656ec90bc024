"""What the API says of itself, for tests that go through every route: nobody has to remember a new one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute

from routers.api import api
from routers.openapi import API
from tests.server import Client

Json = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    told: Json
    schemas: Json

    @property
    def name(self) -> str:
        return f"{self.method} {self.path.removeprefix(API)}"

    @property
    def parameters(self) -> list[str]:
        return [one["name"] for one in self.told.get("parameters", []) if one["in"] == "path"]

    @property
    def filters(self) -> set[str]:
        return {one["name"] for one in self.told.get("parameters", []) if one["in"] == "query"}

    @property
    def takes_json(self) -> bool:
        return "application/json" in self.told.get("requestBody", {}).get("content", {})

    @property
    def example(self) -> Json | None:
        """The body that the description shows, or is made of the fields it shows."""
        if not self.takes_json:
            return None
        schema = self.told["requestBody"]["content"]["application/json"]["schema"]
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rpartition("/")[2]]
        if "examples" in schema:
            return dict(schema["examples"][0])
        fields = schema["properties"].items()
        return {name: field["examples"][0] for name, field in fields if "examples" in field}

    def ask(self, client: Client, ids: Json, **more: Any) -> httpx.Response:
        """As somebody would who has read the description."""
        path = self.path.format(**ids)
        if self.path.endswith("/uploads"):
            more.setdefault("params", {"filename": "หนังสือ.pdf"})
        return client.request(self.method, path, json=self.example, headers={"If-Match": '"1"'}, **more)


def operations(app: FastAPI) -> list[Operation]:
    told = app.openapi()
    return [
        Operation(method.upper(), path, operation, told["components"]["schemas"])
        for path, methods in told["paths"].items()
        if path.startswith(API)
        for method, operation in methods.items()
    ]


def routes() -> set[str]:
    """What the code answers, described or not."""
    return {
        f"{method} {route.path.removeprefix(API)}"
        for route in every_route()
        for method in route.methods or ()
    }


def every_route() -> Iterator[APIRoute]:
    return (route for route in api if isinstance(route, APIRoute))
