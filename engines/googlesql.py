"""GoogleSQL's reference implementation, which Google's own engines are tested against.

It has BigQuery's names, types and functions, and what they do with null and JSON. It has none of
BigQuery's limits.
"""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wasmtime import Config, Engine, Linker, Module, Store, WasiConfig
from zetasql.core.wasm_client import WasmClient, get_tzinfo_dir
from zetasql.wasi import get_wasm_path
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as calls
from zetasql.wasi._pb2.zetasql.proto.options_pb2 import LanguageOptionsProto
from zetasql.wasi._pb2.zetasql.public import options_pb2 as options

if TYPE_CHECKING:
    from collections.abc import Mapping

# A project can set its time zone. All moments are meant in UTC nevertheless.
TIME_ZONE = "Asia/Tokyo"
# BigQuery documents them for columns and variables only, not for casts.
LEFT_OUT = {options.FEATURE_PARAMETERIZED_TYPES}


@dataclass(frozen=True)
class Rows:
    """The rows of a table or query.

    Attributes:
        columns: The type of each column, as GoogleSQL's `TypeProto`.
        cells: The values of each row, as its `ValueProto`.
    """

    columns: Mapping[str, Any]
    cells: list[list[Any]]


class GoogleSql:
    """The reference implementation, which runs queries of tables that it is given."""

    def __init__(self) -> None:
        self._client = _Client()
        language = self._call(
            "GetLanguageOptions",
            calls.LanguageOptionsRequest(maximum_features=True),
            LanguageOptionsProto,
        )
        enabled = set(language.enabled_language_features) - LEFT_OUT
        language.ClearField("enabled_language_features")
        language.enabled_language_features.extend(enabled)
        language.product_mode = options.PRODUCT_EXTERNAL
        self._request = calls.EvaluateQueryRequest()
        self._request.options.language_options.CopyFrom(language)
        self._request.options.default_timezone = TIME_ZONE
        functions = self._request.simple_catalog.builtin_function_options
        functions.language_options.CopyFrom(language)

    def query(self, sql: str, tables: Mapping[str, Rows]) -> Rows:
        """Run a query of tables, which it names as `` `project`.`dataset`.`table` ``.

        Raises:
            zetasql.core.exceptions.ZetaSQLError: The query is wrong, or fails.
        """
        request = calls.EvaluateQueryRequest()
        request.CopyFrom(self._request)
        # Tables of a catalog within the catalog cannot be given rows.
        request.sql = re.sub(r"`([\w-]+)`\.`(\w+)`\.`(\w+)`", r"`\1.\2.\3`", sql)
        for name, rows in tables.items():
            if f"`{name}`" in request.sql:
                table = request.simple_catalog.table.add(name=name)
                for column, kind in rows.columns.items():
                    table.column.add(name=column, type=kind)
                content = request.table_content[name].table_data
                content.SetInParent()
                for cells in rows.cells:
                    content.row.add(cell=cells)
        found = self._call("EvaluateQuery", request, calls.EvaluateQueryResponse)
        return Rows(
            {column.name: column.type for column in found.prepared.columns},
            [list(row.cell) for row in found.content.table_data.row],
        )

    def _call(self, name: str, request: Any, *response: Any) -> Any:
        return self._client.call_grpc_func(f"ZetaSqlLocalService_{name}", request, *response)


class _Client(WasmClient):  # type: ignore[misc]  # it is not installed where types are checked
    """Compiles the WebAssembly once for all runs, as that takes a minute.

    The cache is wasmtime's own, in the user's folder. Bytes are copied at once, not one by one.
    """

    def __init__(self) -> None:
        config = Config()
        config.shared_memory = True
        config.cache = True
        system = WasiConfig()
        system.preopen_dir(get_tzinfo_dir(), "/usr/share/zoneinfo")
        engine = Engine(config)
        self.store = Store(engine)
        self.store.set_wasi(system)
        linker = Linker(engine)
        linker.define_wasi()
        instance = linker.instantiate(self.store, Module.from_file(engine, get_wasm_path()))
        self.exports = instance.exports(self.store)
        self.exports["_initialize"](self.store)
        self.memory = self.exports["memory"]

    def write_bytes(self, ptr: int, data: bytes) -> None:
        ctypes.memmove(self._address(ptr), data, len(data))

    def read_bytes(self, ptr: int, size: int) -> bytes:
        return ctypes.string_at(self._address(ptr), size)

    def _address(self, ptr: int) -> int:
        return ctypes.addressof(self.memory.data_ptr().contents) + ptr
