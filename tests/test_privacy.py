"""Nothing about people and no secret is ever logged, whatever happens."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.app import OPTIONAL_PATHS, TOKEN_PATH
from sandbox.exports import PATHS
from sandbox.faults import Fault
from sandbox.moves import Move
from tap_techwolf.errors import ExportError
from tests.api.test_answers import FATAL, RETRIED
from tests.api.test_pages import BROKEN
from tests.config.keys import ENCRYPTED_KEY, PASSPHRASE, RSA_KEY
from tests.gateway import Break, gateway
from tests.harness import LOG, arguments, discover, run, selecting, settings, sync
from tests.test_process import finish, read_states, start

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.app import Sandbox

GOALS = PATHS["employee_ai_goals"]
PUBLIC_KEY = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
DEBUG = {"TAP_TECHWOLF_LOGLEVEL": "DEBUG"}
KEY = {
    "client_secret": None,
    "private_key": ENCRYPTED_KEY,
    "private_key_passphrase": PASSPHRASE,
    "max_attempts": 2,
    "page_size": 50,
}


def secrets_of(sandbox: Sandbox) -> set[str]:
    """All that must never be logged."""
    people = {one.external_id for one in sandbox.company.employees}
    texts = {one.goals[-1].description for one in sandbox.company.employees if one.goals}
    pem = {line for line in ENCRYPTED_KEY.splitlines() if "-----" not in line}
    return sandbox.tokens.secrets | people | texts | pem | {PASSPHRASE, "sandbox-secret"}


def check(sandbox: Sandbox, log: str) -> None:
    assert log
    leaked = [secret for secret in secrets_of(sandbox) if secret in log]
    assert not leaked
    assert sandbox.tokens.secrets


def fault_id(fault: Fault) -> str:
    return f"{fault.path} {fault.kind} {fault.status}"


FAULTS = [
    *(Fault(GOALS, status=status, skip=1, times=2) for status in (*RETRIED, *FATAL, 401)),
    *(Fault(OPTIONAL_PATHS[stream], status=403, skip=1) for stream in OPTIONAL_PATHS),
    *(Fault(TOKEN_PATH, status=status, times=2) for status in (429, 500, 400, 401, 403)),
    Fault(GOALS, kind="not_json", times=2),
    Fault(GOALS, kind="not_object", times=2),
    Fault(GOALS, kind="redirect", status=302),
]


@pytest.mark.parametrize("fault", FAULTS, ids=fault_id)
def test_no_fault_makes_a_secret_show(
    sandbox: Sandbox, url: str, tmp_path: Path, fault: Fault
) -> None:
    sandbox.tokens.public_key = PUBLIC_KEY.decode()
    # The server repeats whatever it was sent: the cursor of the second page among it.
    cursor = sandbox.company.employees[49].external_id
    fault = Fault(**vars(fault) | {"text": f"No {cursor} here.", "retry_after": "0"})
    sandbox.conditions.faults.append(fault)
    optional = [stream for stream, path in OPTIONAL_PATHS.items() if path == fault.path]
    output = run(arguments(tmp_path, settings(url, **KEY, optional_streams=optional)), **DEBUG)
    if not sandbox.tokens.secrets:  # The token request itself was refused.
        sandbox.tokens.secrets.add("no token was ever given")
    if fault.path == GOALS:
        check(sandbox, output.log)
    else:
        assert not [one for one in secrets_of(sandbox) - {cursor} if one in output.log]


@pytest.mark.parametrize("kind", ["close", "reset", "cut_body", "cut_chunked", "not_gzip"])
def test_no_broken_connection_makes_a_secret_show(
    sandbox: Sandbox, url: str, tmp_path: Path, kind: Break
) -> None:
    with gateway(url) as (address, gate):
        gate.breaks[GOALS] = ["none", *[kind] * 4]  # Each attempt may send a request twice.
        output = run(arguments(tmp_path, settings(address, page_size=50, max_attempts=2)), **DEBUG)
    assert output.exit_status == 1
    check(sandbox, output.log)


def maps_of(sandbox: Sandbox) -> dict[str, Any]:
    """Stream maps that name somebody."""
    who = sandbox.company.employees[0].external_id
    return {
        "employee_ai_goals": {"__filter__": f"external_id != '{who}'"},
        "employee_task_profiles": {"external_id": f"external_id if '{who}' else md5(external_id)"},
    }


@pytest.mark.parametrize("level", ["INFO", "WARNING"])
def test_a_rule_of_a_stream_map_is_logged_at_no_usual_level(
    sandbox: Sandbox, url: str, tmp_path: Path, level: str
) -> None:
    config = settings(url, stream_maps=maps_of(sandbox))
    output = run(arguments(tmp_path, config), TAP_TECHWOLF_LOGLEVEL=level)
    assert output.exit_status == 0, output.log
    who = sandbox.company.employees[0].external_id
    assert who not in output.log
    assert who not in output.ids("employee_ai_goals")


def test_a_sync_that_succeeds_logs_no_secret(sandbox: Sandbox, url: str, tmp_path: Path) -> None:
    sandbox.tokens.public_key = PUBLIC_KEY.decode()
    maps = maps_of(sandbox)
    config = settings(url, **KEY, stream_maps=maps, optional_streams=list(OPTIONAL_PATHS))
    sandbox.moves.append(Move("/employees", "remove"))
    output = run(arguments(tmp_path, config), **DEBUG)
    assert output.exit_status == 0, output.log
    assert "reading it again" in output.log
    check(sandbox, output.log)
    again = run(arguments(tmp_path, config, output.of_type("STATE")[3]["value"]), **DEBUG)
    assert "resumed at page" in again.log
    check(sandbox, again.log)


@pytest.mark.parametrize("expression", ["int(goal)", "goal.nonsense", "1 / 0", "goal + 1"])
def test_a_failing_stream_map_shows_no_record(
    sandbox: Sandbox, url: str, tmp_path: Path, expression: str
) -> None:
    config = settings(url, stream_maps={"employee_ai_goals": {"goal": expression}})
    output = run(arguments(tmp_path, config), **DEBUG)
    assert output.exit_status == 1
    titles = {one.goals[-1].title for one in sandbox.company.employees if one.goals}
    assert not [title for title in titles if title in output.log]
    check(sandbox, output.log)


def test_a_failing_expression_is_reported_without_its_values(
    sandbox: Sandbox, url: str, tmp_path: Path
) -> None:
    config = settings(url, stream_maps={"employee_ai_goals": {"goal": "int(goal)"}})
    output = run(arguments(tmp_path, config))
    assert "an expression fails with ValueError for a record" in output.last_line
    assert "Traceback" not in output.log
    assert "invalid literal" not in output.log
    check(sandbox, output.log)


@pytest.mark.parametrize("broken", [one[0] for one in BROKEN], ids=str)
def test_a_broken_page_shows_no_record(broken: dict[str, Any], requests_mock: Any) -> None:
    record = {"external_id": "distinctive-id", "goal": "distinctive-goal"}
    if isinstance(broken.get("records"), list):
        broken = broken | {"records": [record, *broken["records"]]}
    requests_mock.post("http://127.0.0.1" + TOKEN_PATH, json={"access_token": "t"})
    requests_mock.post("http://127.0.0.1" + GOALS, json=broken)
    catalog = selecting(discover(), "employee_ai_goals")
    with pytest.raises(ExportError) as caught:
        sync(settings("http://127.0.0.1"), catalog=catalog)
    assert "distinctive" not in str(caught.value)


def test_an_unknown_property_that_looks_like_an_id_is_not_named(
    requests_mock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    requests_mock.post("http://127.0.0.1" + TOKEN_PATH, json={"access_token": "a-token"})
    record = {"external_id": "ada", "ada@example.com": 2, "E-1234567": 3}
    requests_mock.post("http://127.0.0.1" + GOALS, json={"has_next": False, "records": [record]})
    sync(settings("http://127.0.0.1"), catalog=selecting(discover(), "employee_ai_goals"))
    assert caplog.text.count("unknown property '[hidden]'") == 2
    assert not any(name in caplog.text for name in ("ada", "1234567"))


def test_an_unknown_property_is_named_without_its_value(
    requests_mock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    requests_mock.post("http://127.0.0.1" + TOKEN_PATH, json={"access_token": "a-token"})
    records = [
        {"external_id": str(number), "salary": "distinctive", "exported_at": "x", "goal": "g"}
        for number in range(3)
    ]
    requests_mock.post("http://127.0.0.1" + GOALS, json={"has_next": False, "records": records})
    catalog = selecting(discover(), "employee_ai_goals", LOG)
    output = sync(settings("http://127.0.0.1"), catalog=catalog)
    warnings = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    assert [("'salary'" in one, "'exported_at'" in one) for one in warnings] == [
        (False, True),
        (True, False),
    ]
    assert "distinctive" not in caplog.text
    for record in output.records["employee_ai_goals"]:
        assert record.keys() == {"external_id", "goal", "exported_at"}
        assert record["exported_at"] != "x"


def test_a_signal_shows_nothing_either(sandbox: Sandbox, url: str, tmp_path: Path) -> None:
    sandbox.conditions.delay = 0.05
    process = start(arguments(tmp_path, settings(url)))
    read_states(process, 2)
    process.send_signal(signal.SIGTERM)
    _, log = finish(process)
    check(sandbox, log)
