"""What Snowflake refuses or reads otherwise, and its emulator lets pass."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from engines.package import PACKAGE, DbtError
from engines.tables import Row, tables_of
from tests.dbt.company import EXPORTS
from tests.dbt.histories import EMPLOYEES, people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engines.engine import Engine
    from engines.package import Package

MODELS = PACKAGE / "models"
# From "Reserved & limited keywords" in Snowflake's SQL reference.
RESERVED_WORDS = """
    account all alter and any as asof between by case cast check column connect connection
    constraint create cross current current_date current_time current_timestamp current_user
    database delete distinct drop else exists false following for from full grant group gscluster
    having ilike in increment inner insert intersect into is issue join lateral left like localtime
    localtimestamp match_condition match_recognize minus natural not null of on or order
    organization qualify regexp revoke right rlike row rows sample schema select set some start
    table tablesample then to trigger true try_cast union unique update using values view when
    whenever where with
"""
# Each is in Snowflake's reference.
FUNCTIONS = """
    cast coalesce convert_timezone count dateadd flatten get_path is_array lower max min nullif
    row_number sum sysdate to_json try_cast try_parse_json try_to_double
"""
# What else stands before a bracket: parts of the syntax, and types.
BEFORE_BRACKETS = "and as decimal exists from in join or over when"
OPERATORS = "( ) , . * / + - = <> < > <= >= || =>"


def faults(sql: str) -> list[str]:
    """Return what is not Snowflake's, or not known to be."""
    found = list(_refused_tokens(sqlglot.tokenize(sql, read="snowflake")))
    try:
        return [*found, *_refused_names(sqlglot.parse_one(sql, read="snowflake"))]
    except sqlglot.ParseError:
        return [*found, "syntax"]


def _refused_tokens(tokens: list[Token]) -> Iterator[str]:
    known = {*FUNCTIONS.split(), *BEFORE_BRACKETS.split()}
    brackets = [token.token_type == TokenType.L_PAREN for token in tokens]
    for token, is_before_bracket in zip(tokens, [*brackets[1:], False], strict=True):
        word = token.text.lower()
        if token.token_type in {TokenType.STRING, TokenType.NUMBER, TokenType.IDENTIFIER}:
            continue
        if not word.replace(" ", "_").isidentifier():  # as in `group by`, which is one token
            if word not in OPERATORS.split():
                yield f"operator {word}"
        elif word == "window":
            yield word
        elif is_before_bracket and word not in known:
            yield f"function {word}"


def _refused_names(statement: exp.Expression) -> Iterator[str]:
    reserved = set(RESERVED_WORDS.split())
    for node in statement.walk():
        if isinstance(node, exp.Identifier) and not node.quoted and node.name.lower() in reserved:
            yield f"name {node.name}"
        if isinstance(node, exp.Select) and node.args.get("where") and not node.args.get("from_"):
            yield "where without from"


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("select max(a) over w from t window w as (partition by b)", "window"),
        ("select max(a) over w from t where a = 1 window w as (partition by b)", "window"),
        ("select a as sample from t", "name sample"),
        ("select a as rows from t", "name rows"),
        ("select issue from t", "name issue"),
        ("select t.start from t", "name start"),
        ("select a from t as minus", "name minus"),
        ("with increment as (select 1 as a) select a from increment", "name increment"),
        ("select 1 as a where 1 = 0", "where without from"),
        ("select a from (select 1 as a where 1 = 0) as t", "where without from"),
        ("select unnest(a) as b from t", "function unnest"),
        ("select count(*) filter (where a) as b from t", "function filter"),
        ("select json_extract(a, '$.b') as c from t", "function json_extract"),
        ("select a ->> 'b' as c from t", "operator ->>"),
    ],
)
def test_what_snowflake_refuses_is_found(sql: str, fault: str) -> None:
    assert fault in faults(sql)


def full_pass(began: str, loaded: str | None) -> Row:
    """Return a full pass as a loader logs it that writes moments as texts."""
    return {
        "stream": EMPLOYEES,
        "began_at": began,
        "completed_at": began,
        "is_full": True,
        "record_count": 9,
        "scope_hash": "all",
        "loaded_at": loaded,
    }


@pytest.fixture(scope="module")
def package(engine: Engine, make_package: Callable[..., Package]) -> Package:
    """Return the package, compiled for texts: that takes most functions. A table is missing."""
    first, second, third = "2026-01-01 00:00:00", "2026-01-02 00:00:00", "2026-01-03T09:00:00+09:00"
    exported = {"left": first, **dict.fromkeys(people(9), third)}
    profiles = [
        {"external_id": name, "tasks": [], "exported_at": began} for name, began in exported.items()
    ]
    passes = [full_pass(first, first), full_pass(second, None), full_pass(third, third)]
    tables: dict[str, list[Row]] = {name: [] for name in EXPORTS if name != "skills"}
    tables |= {EMPLOYEES: profiles, "completed_passes": passes}
    engine.load("dialect", tables_of(tables), "text")
    made = make_package("dialect", techwolf_history=True)
    # The histories have to be there for what a second build runs.
    engine.build(made, "--resource-type", "model", "--select", "+techwolf.history")
    made("compile")
    return made


def test_all_models_and_tests_are_in_snowflakes_dialect(package: Package) -> None:
    nodes = package.nodes().values()
    compiled = {node["name"]: node["compiled_code"] for node in nodes if node["compiled_code"]}
    assert len(compiled) > len(list(MODELS.rglob("*.sql")))
    found = {name: faults(sql) for name, sql in compiled.items()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_a_text_without_offset_is_a_moment_in_utc(engine: Engine, package: Package) -> None:
    not_loaded = engine.found(package, "techwolf_full_passes_not_loaded")
    assert [row["began_at"] for row in not_loaded] == [datetime(2026, 1, 2)]  # noqa: DTZ001 - in UTC
    [removed] = engine.found(package, "techwolf_removed")
    assert removed["external_id"] == "left"
    assert removed["noticed_at"] == datetime(2026, 1, 3)  # noqa: DTZ001 - as above


def test_deleting_is_refused_but_counting_is_not(package: Package) -> None:
    package("run-operation", "techwolf_delete_removed", "--args", "{dry_run: true}")
    with pytest.raises(DbtError, match="On 'snowflake' this cannot be done"):
        package("run-operation", "techwolf_delete_removed")


def test_freshness_is_that_of_the_last_loaded_pass(package: Package) -> None:
    with pytest.raises(DbtError):  # as that was long ago
        package("source", "freshness")
    found = {
        source["unique_id"].split(".")[-1]: source["max_loaded_at"]
        for source in package.artifact("sources")["results"]
    }
    assert found[EMPLOYEES] == "2026-01-03T00:00:00+00:00"
