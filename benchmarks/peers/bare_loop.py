"""A bare loop: requests and msgspec, writing the same JSON lines one export after another."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import msgspec
import requests

PATHS = {
    "employee_ai_goals": "/export/employees/ai_goals",
    "employee_task_profiles": "/export/employees/task_profiles",
    "job_task_profiles": "/job_architecture/export/jobs/task_profiles",
}


def main(url: str) -> None:
    """Write all records, without schemas, state or error handling."""
    session = requests.Session()
    token = session.post(url + "/oauth/token", json={}, timeout=300).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"
    encode = msgspec.json.Encoder().encode
    write = sys.stdout.buffer.write
    for stream, path in PATHS.items():
        began = datetime.now(UTC).isoformat()
        body: dict[str, object] = {"limit": 100}
        while True:
            page = msgspec.json.decode(session.post(url + path, json=body, timeout=300).content)
            for record in page["records"]:
                record["exported_at"] = began
                write(encode({"type": "RECORD", "stream": stream, "record": record}))
                write(b"\n")
            if not page["has_next"]:
                break
            body["starting_after"] = page["next_starting_after"]


if __name__ == "__main__":
    main(sys.argv[1])
